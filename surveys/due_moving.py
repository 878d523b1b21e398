"""Due dates after a day was decided free: what is open and counted over that day is due later, nothing ever earlier."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from surveys import audit, working_days
from surveys.working_days import Calendar

_WAITING = text("SELECT id, day, works FROM calendar_days WHERE followed_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED")
_FOLLOWED = text("UPDATE calendar_days SET followed_at = now() WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class _Open:
    """A table of what waits for an answer: its kind, the day its clock began last, and whether it is open, as SQL."""

    table: str
    kind: str
    start: str
    still: str
    more: str = ""


_UNANSWERED = "r.state IN ('mo', 'dang_xu_ly', 'mo_lai')"
_OPEN = (
    _Open("situation_reports", "r.category", "coalesce(r.reopened_on, r.received_on)", _UNANSWERED),
    _Open(
        "restricted_reports", "r.category",
        "(coalesce((SELECT max(s.at) FROM restricted_steps s WHERE s.report_id = r.id AND s.step = 'reopen'),"
        " (SELECT p.created_at FROM proposals p WHERE p.id = r.proposal_id), r.created_at)"
        " AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
        _UNANSWERED, ", version = r.version + 1, updated_at = now()",
    ),
    _Open("site_requests", "r.kind", "r.received_on", "r.answered_on IS NULL"),
)  # fmt: skip


def follow(engine: Engine) -> int:
    """Counts anew what days decided since the last time touch, as the worker; how many days it took."""
    with engine.begin() as connection:
        waiting = connection.execute(_WAITING).all()
        if not waiting:
            return 0
        calendar = working_days.known(connection)
        for row in waiting:
            if not row.works:
                moved = {one.table: _move(connection, one, row.day, calendar) for one in _OPEN}
                audit.record(connection, None, "due_moved", detail={"day": str(row.day), **moved})
        connection.execute(_FOLLOWED, {"ids": [row.id for row in waiting]})
    return len(waiting)


def _move(connection: Connection, of: _Open, day: dt.date, calendar: Calendar) -> int:
    """How many rows whose time runs over the day are due later now: by the standard their clock began under."""
    begun = (
        f"SELECT r.id, {of.kind} AS kind, {of.start} AS start, r.due_on FROM {of.table} r"  # noqa: S608  from this file
        f" WHERE {of.still} AND r.due_on >= :day AND {of.start} < :day"
    )
    groups = connection.execute(
        text(
            f"SELECT DISTINCT b.kind, b.start, b.due_on, s.days FROM ({begun}) b CROSS JOIN LATERAL"  # noqa: S608
            " (SELECT days FROM service_standards WHERE category = b.kind AND valid_from <= b.start"
            " AND (valid_to IS NULL OR valid_to > b.start) ORDER BY valid_from DESC LIMIT 1) s"
        ),
        {"day": day},
    ).all()
    later = [(row, due) for row in groups if (due := _due(row, day, calendar)) > row.due_on]
    if not later:
        return 0
    moved = text(
        f"WITH b AS ({begun}) UPDATE {of.table} r SET due_on = m.due{of.more} FROM b JOIN unnest("  # noqa: S608
        " CAST(:kinds AS text[]), CAST(:starts AS date[]), CAST(:dues AS date[]), CAST(:news AS date[]))"
        " AS m(kind, start, due_on, due) ON m.kind = b.kind AND m.start = b.start AND m.due_on = b.due_on"
        " WHERE r.id = b.id"
    )
    given = {
        "kinds": [row.kind for row, _ in later], "starts": [row.start for row, _ in later],
        "dues": [row.due_on for row, _ in later], "news": [due for _, due in later], "day": day,
    }  # fmt: skip
    changed: int = connection.execute(moved, given).rowcount
    return changed


def _due(row: Row[Any], day: dt.date, calendar: Calendar) -> dt.date:
    """By the standard's count; what was told stays where that is earlier, but nothing is due on the free day itself."""
    told = calendar.after(day, 1) if row.due_on == day else row.due_on
    return max(calendar.after(row.start, row.days), told)
