"""A system of its own for each module of safeguards."""

from collections.abc import Iterator

import pytest

from app.config import Config
from tests.safeguards import system as systems
from tests.safeguards.system import System


@pytest.fixture(scope="module")
def system(cluster: Config, request: pytest.FixtureRequest) -> Iterator[System]:
    with systems.new(cluster, request.module.__name__.rpartition("_")[2]) as made:
        yield made
