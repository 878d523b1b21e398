"""Long work asked for by an account: what it is, how far it is, and what came of it."""

import datetime as dt
import json
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import NotFound
from geodata.tables import Base
from surveys import audit
from surveys.access import Actor


class Job(Base):
    """One export, import or report; it stores who asked and for what, and the rights are read again when it runs."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index("jobs_account_id_created_at_ix", "account_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    purpose: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'queued'"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]


def submit(session: Session, actor: Actor, kind: str, parameters: dict[str, Any], purpose: str | None) -> uuid.UUID:
    """Stores the job and queues it in the caller's transaction: committed together, or neither."""
    id_ = uuid.uuid4()
    session.execute(
        text(
            "INSERT INTO jobs (id, account_id, kind, parameters, purpose)"
            " VALUES (:id, :account, :kind, cast(:parameters AS jsonb), :purpose)"
        ),
        {
            "id": id_,
            "account": actor.account_id,
            "kind": kind,
            "parameters": json.dumps(parameters),
            "purpose": purpose,
        },
    )
    session.execute(text("SELECT enqueue(:id)"), {"id": id_})
    for layer in parameters.get("layers") or [parameters.get("layer")]:
        audit.record(session, actor, f"ask_{kind}", layer=layer, purpose=purpose, detail={"job": str(id_)})
    return id_


def find(session: Session, id_: uuid.UUID) -> Job:
    """The account's own job; NotFound for anyone else's."""
    found = session.get(Job, id_, populate_existing=True)
    if found is None:
        raise NotFound(what="job", id=str(id_))
    return found


def cancel(session: Session, id_: uuid.UUID) -> None:
    """Asks a job to end; one that runs notices at its next step."""
    session.execute(
        text(
            "UPDATE jobs SET state = 'cancelled', finished_at = now() WHERE id = :id AND state IN ('queued', 'running')"
        ),
        {"id": id_},
    )
