"""What an administrator may see of everybody's work: the audit, jobs, the system's state; never what was written."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

PAGE = 100
_AUDIT = text("SELECT * FROM audit_rows(:before, :since, :until, :who, :what, :layer, :most)")
_JOBS = text("SELECT * FROM all_jobs(:state, :most)")


@dataclass(frozen=True)
class Wanted:
    """Which audit rows: days of Vietnam, both included; empty means any. `before`: the last id of the page before."""

    since: dt.date
    until: dt.date
    who: str = ""
    what: str = ""
    layer: str = ""
    before: int | None = None


def audit_rows(session: Session, wanted: Wanted, zone: dt.tzinfo, most: int = PAGE) -> list[Row[Any]]:
    """The newest rows first; none for anybody but an administrator."""
    days = (wanted.since, wanted.until + dt.timedelta(days=1))
    since, until = (dt.datetime.combine(day, dt.time(), zone) for day in days)
    asked = {
        "before": wanted.before, "since": since, "until": until, "who": wanted.who or None,
        "what": wanted.what or None, "layer": wanted.layer or None, "most": most,
    }  # fmt: skip
    return list(session.execute(_AUDIT, asked))


def audit_state(session: Session) -> Row[Any] | None:
    """Number and moment of the last seal, and its era; None where nothing was sealed yet."""
    return session.execute(text("SELECT * FROM audit_state()")).first()


def jobs(session: Session, state: str = "", most: int = PAGE) -> list[Row[Any]]:
    """Everybody's jobs of the province, the newest first, without what they were given."""
    return list(session.execute(_JOBS, {"state": state or None, "most": most}))


def state(session: Session) -> Mapping[str, Any]:
    """Figures of what waits; empty for anybody but an administrator."""
    found: Mapping[str, Any] | None = session.scalar(text("SELECT system_state()"))
    size = session.scalar(text("SELECT pg_database_size(current_database())"))
    return {**found, "bytes": size} if found else {}
