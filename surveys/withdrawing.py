"""Carries out what officers ordered: a withdrawn record's text, files, and the feature that nobody else changed."""

import json
import logging
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, text

from surveys import emptying, media_sweep
from surveys.audit import AuditRow
from surveys.layers import KEYS, situation_reports

log = logging.getLogger(__name__)

_NEXT = text(
    "SELECT id, instance_id, commune_id, restricted, ordered_by FROM withdrawals WHERE state = 'ordered'"
    " ORDER BY ordered_at LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_PROPOSALS = text(
    "SELECT id, layer, action, feature_id, state FROM proposals WHERE submission_id = ANY(:ids) ORDER BY id FOR UPDATE"
)
_EMPTY = text(
    "UPDATE proposals SET state = 'withdrawn', values = '{}', geom = NULL, accuracy_m = NULL, comment = NULL,"
    " flags = '[]', hamlet_id = NULL WHERE submission_id = ANY(:ids)"
)
_WITHDRAWN = text(
    "UPDATE submissions SET state = 'withdrawn', flags = '[]', error = NULL WHERE instance_id = ANY(:ids)"
)
_RESTRICTED = text("DELETE FROM restricted_reports WHERE id = :feature")
# Reports that were closed because this one stood for them are open again: nobody else would answer them.
_JOINED = text(
    "UPDATE situation_reports SET state = 'mo_lai' WHERE state = 'dong'"
    " AND id IN (SELECT report_id FROM case_duplicates WHERE main_id = :feature)"
)
_REPORT = text("DELETE FROM situation_reports WHERE id = :feature")
# What others have changed since is theirs too, and stays.
_FEATURE = (
    "DELETE FROM {table} f WHERE f.id = :feature AND f.proposal_id = :proposal"
    " AND NOT EXISTS (SELECT FROM versions v WHERE v.layer = :layer AND v.id = f.id)"
)
# The tables of what is done with a feature: its requests, steps, findings. They would go with it.
_BESIDE = text(
    "SELECT c.conrelid::regclass::text AS relation, a.attname AS key FROM pg_constraint c"
    " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
    " WHERE c.contype = 'f' AND c.confrelid = cast(:layer AS regclass)"
)
_TRACES = (
    text("DELETE FROM versions WHERE layer = :layer AND id = :feature"),
    text("DELETE FROM geometry_findings WHERE layer = :layer AND :feature IN (feature_id, other_id)"),
    text("DELETE FROM placement_ties WHERE layer = :layer AND feature_id = cast(:feature AS text)"),
)
# The others of its chain may have been asked for too.
_DONE = text(
    "UPDATE withdrawals SET state = 'done', done_at = now(), removed = cast(:removed AS jsonb),"
    " ordered_by = :by, ordered_at = coalesce(ordered_at, now()) WHERE instance_id = ANY(:ids) AND state <> 'done'"
)


def carry_out(engine: Engine, home: Path) -> int:
    """Carries out one order as the worker role, if there is one; how many (0 or 1). `home` is DIABAN_HOME.

    Its files are removed after the commit, where nothing else keeps them; the daily sweep finds what a crash left.
    """
    with engine.begin() as connection:
        wanted = connection.execute(_NEXT).first()
        if wanted is None:
            return 0
        ids = emptying.chain(connection, [wanted.instance_id])
        removed: dict[str, Any] = {"records": len(ids), "features": 0, "left": 0}
        for proposal in connection.execute(_PROPOSALS, {"ids": ids}).all():
            if proposal.state == "approved":
                removed["features" if _take_out(connection, proposal) else "left"] += 1
        connection.execute(_EMPTY, {"ids": ids})
        files = emptying.files(connection, ids)
        emptying.texts(connection, ids)
        connection.execute(_WITHDRAWN, {"ids": ids})
        removed["files"] = len(files)
        connection.execute(_DONE, {"ids": ids, "by": wanted.ordered_by, "removed": json.dumps(removed)})
        _record(connection, wanted, removed)
    media_sweep.remove(engine, home, files)
    log.info("withdrawal %s carried out", wanted.id)
    return 1


def _take_out(connection: Connection, proposal: Row[Any]) -> bool:
    """Removes what the proposal made, with its former versions; False where it stays because others worked on it."""
    facts = {"feature": proposal.feature_id, "proposal": proposal.id, "layer": proposal.layer}
    if proposal.layer == "restricted_reports":
        gone = connection.execute(_RESTRICTED, facts).rowcount
    elif proposal.layer == situation_reports.layer.key:
        connection.execute(_JOINED, facts)
        gone = connection.execute(_REPORT, facts).rowcount
    elif proposal.layer in KEYS and proposal.action == "create" and not _worked_on(connection, facts):
        gone = connection.execute(text(_FEATURE.format(table=proposal.layer)), facts).rowcount
    else:
        gone = 0
    if gone:
        for trace in _TRACES:
            connection.execute(trace, facts)
    return gone > 0


def _worked_on(connection: Connection, facts: dict[str, Any]) -> bool:
    """Whether somebody has entered anything about the feature."""
    return any(
        connection.scalar(
            text(f"SELECT EXISTS (SELECT FROM {row.relation} WHERE {row.key} = :feature)"),  # noqa: S608  the catalogue's names
            facts,
        )
        for row in connection.execute(_BESIDE, facts).all()
    )


def _record(connection: Connection, wanted: Row[Any], removed: dict[str, Any]) -> None:
    row = {
        "account_id": wanted.ordered_by, "verb": "withdraw", "area": wanted.commune_id,
        "layer": "restricted_reports" if wanted.restricted else None,
        "detail": {"withdrawal": wanted.id, "submission": wanted.instance_id, **removed},
    }  # fmt: skip
    connection.execute(insert(AuditRow).inline().values(row))
