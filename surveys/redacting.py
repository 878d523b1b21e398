"""Takes the text out of restricted reports when their period is over, wherever it is kept (S11)."""

import datetime as dt
import logging
from typing import Any

from sqlalchemy import Connection, Engine, text

from surveys import audit, emptying, keeping, wall_clock

log = logging.getLogger(__name__)
AT_A_TIME = 100

# Closed, or answered and never opened again: whoever forgets to close a case doesn't keep its text for ever.
_REPORTS = text(
    "SELECT id, commune_id FROM restricted_reports WHERE redacted_on IS NULL AND state IN ('dong', 'da_tra_loi')"
    " AND coalesce(closed_on, answered_on) + make_interval(months => :months) <= :today"
    " ORDER BY coalesce(closed_on, answered_on), id LIMIT :most FOR UPDATE SKIP LOCKED"
)
_REDACT = text("UPDATE restricted_reports SET what_happened = '', redacted_on = :today WHERE id = :id")
_OF_REPORT = text("SELECT submission_id FROM proposals WHERE restricted AND feature_id = :id")
_WISHES = text(
    "UPDATE proposals SET values = jsonb_build_object('category', values -> 'category'), comment = NULL"
    " WHERE restricted AND feature_id = :id"
)
_VERSIONS = text("UPDATE versions SET row = row - 'what_happened' WHERE layer = 'restricted_reports' AND id = :id")
# What offices wrote to each other about it tells of it too.
_STEPS = text("UPDATE restricted_steps SET words = NULL WHERE report_id = :id AND words IS NOT NULL")
# Decided, and no report came of it: it is closed since then. One that was returned waits for its sender, not for ever.
_WITHOUT_REPORT = text(
    "SELECT p.id, p.feature_id, p.commune_id FROM proposals p"
    " WHERE p.restricted AND p.state IN ('rejected', 'superseded', 'returned')"
    " AND coalesce(p.reviewed_at, p.created_at) + make_interval(months => :months) <= :today"
    " AND p.values - 'category' <> '{}' AND NOT EXISTS (SELECT FROM restricted_reports r WHERE r.id = p.feature_id)"
    " AND NOT EXISTS (SELECT FROM proposals w WHERE w.feature_id = p.feature_id AND w.state = 'waiting')"
    " ORDER BY p.id LIMIT :most FOR UPDATE SKIP LOCKED"
)
_SET_ASIDE = text(
    "SELECT instance_id, commune_id FROM submissions WHERE restricted AND state = 'quarantined' AND xml <> ''"
    " AND received_at + make_interval(months => :months) <= :today ORDER BY seq LIMIT :most FOR UPDATE SKIP LOCKED"
)


def redact(engine: Engine, today: dt.date | None = None) -> int:
    """Empties what is due, as the worker role, a hundred at a time; how many. `today` is Vietnam's unless given.

    Row, former versions, stored XML with its corrections, and proposals lose the text; no export, search or import ever
    had it. What stays: place, category, state, days, and the hash of what came.
    """
    today = today or wall_clock.today()
    found = 0
    with engine.begin() as connection:
        months = keeping.length(connection, keeping.RESTRICTED_MONTHS, today)
        due = {"months": months, "today": today, "most": AT_A_TIME}
        for row in connection.execute(_REPORTS, due).all():
            _empty(connection, row.id)
            connection.execute(_REDACT, {"id": row.id, "today": today})
            _record(connection, row.commune_id, {"feature": str(row.id)})
            found += 1
        # A record and its corrections are one.
        for row in {row.feature_id: row for row in connection.execute(_WITHOUT_REPORT, due)}.values():
            _empty(connection, row.feature_id)
            _record(connection, row.commune_id, {"proposal": str(row.id)})
            found += 1
        for row in connection.execute(_SET_ASIDE, due).all():
            emptying.texts(connection, [row.instance_id])
            _record(connection, row.commune_id, {"submission": row.instance_id})
            found += 1
    if found:
        log.info("%d restricted records lost their text after %d months", found, months)
    return found


def _empty(connection: Connection, id_: Any) -> None:
    """Everything but the row itself that tells what a report said."""
    given = {"id": id_}
    ids = [sent for sent in connection.scalars(_OF_REPORT, given) if sent is not None]
    connection.execute(_WISHES, given)
    connection.execute(_VERSIONS, given)
    connection.execute(_STEPS, given)
    emptying.texts(connection, emptying.chain(connection, ids))


def _record(connection: Connection, commune_id: int | None, detail: dict[str, str]) -> None:
    audit.record(connection, None, "redact", layer="restricted_reports", area=commune_id, detail=detail)
