"""What a job is given when its turn comes, and the ways it may end early."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.config import Config
from app.roles import Urls
from geodata.problems import Problem
from surveys.access import Actor


class Stopping(Exception):
    """This process ends; the job stays as it is and is begun again by the next one."""


class Cancelled(Problem):
    """The job was asked to end."""

    code = "job_cancelled"


class RightsLost(Problem):
    """The account may no longer do what it asked for when the job's turn came."""

    code = "job_rights_lost"


@dataclass(frozen=True)
class Context:
    """What a kind of job is given: the actor with its rights of this moment, and where to say how far it is."""

    id: uuid.UUID
    actor: Actor
    parameters: dict[str, Any]
    purpose: str | None
    config: Config
    urls: Urls
    folder: Path  # its own, for files to hand out
    progress: Callable[[int, int | None], None]  # (done, total); raises Cancelled when asked to end
