"""Reforms of units over everything that names a unit: layers, reports, proposals, submissions, scopes, forms."""

import datetime as dt
import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, text

from geodata import reform_input, reform_undo, rehoming, succession_import, unit_changes, unit_import
from geodata.boundaries import Boundary
from geodata.problems import NotFound, Problem
from geodata.rehoming import Rehomed, Rows
from surveys import audit, rehomed_tables, scopes
from surveys.access import Actor

Progress = Callable[[int, int | None], None]


class FiguresPublished(Problem):
    """Restricted figures were published in the units of this reform: it can't be taken back (S6). Facts: quarters."""

    code: ClassVar[str] = "reform_figures_published"


@dataclass
class Report:
    """What a reform did, in names and numbers a person can check; every relation of `rehomed` adds up."""

    kind: str
    source: str
    on: str | None = None
    act: str | None = None
    reform: str | None = None  # None: nothing was changed
    added: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    successions: int = 0
    boundaries: int = 0
    repaired: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    without_area: list[str] = field(default_factory=list)
    rehomed: list[dict[str, Any]] = field(default_factory=list)
    ties: int = 0
    scopes: list[dict[str, Any]] = field(default_factory=list)
    forms: int = 0
    seconds: float = 0.0

    @property
    def json(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return asdict(self)


def apply(
    connection: Connection,
    actor: Actor | None,
    paths: Sequence[Path],
    on: dt.date | None,
    act: str | None = None,
    *,
    layer: str | None = None,
    names: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Loads the files as the worker role, in the caller's transaction, and gives every row its unit of today.

    With a day, a reform: new units begin then and those they came from end. Without one, boundaries and successions are
    corrected. Whoever wants a preview rolls the transaction back. Raises ReformRefused, BoundariesRefused,
    SuccessionRefused, ReformInFuture, ColumnMissing and what reading the files does; nothing is changed then.
    """
    begun = time.monotonic()
    source = ", ".join(names or [path.name for path in paths])
    report = Report(kind="reform" if on else "boundaries", source=source, on=on.isoformat() if on else None, act=act)
    # One at a time: two would place the same rows by each other's half-drawn units.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('reforms', 0))"))
    reform = connection.execute(
        text(
            'INSERT INTO reforms (kind, "on", act, source, account_id)'
            " VALUES (:kind, :on, :act, :source, :account) RETURNING id"
        ),
        {"kind": report.kind, "on": on, "act": act, "source": source, "account": actor.account_id if actor else None},
    ).scalar_one()
    provinces = _dated(connection, report, reform, paths, on, act, layer) if on else _corrected(
        connection, report, reform, paths, layer
    )  # fmt: skip
    ties = unit_import.ties(connection)
    rehoming.follow_successions(connection)
    wanted = rehomed_tables.tables()
    for n, rows in enumerate(wanted):
        if progress:
            progress(n, len(wanted))
        report.rehomed.append(asdict(_rehomed(connection, rows, provinces, reform)))
    report.ties = unit_import.ties(connection) - ties
    report.scopes = scopes.follow(connection, reform)
    report.forms = scopes.forms_follow(connection, reform)
    report.seconds = round(time.monotonic() - begun, 1)
    _keep(connection, actor, report, reform)
    return report


def undo(connection: Connection, actor: Actor | None, reform: uuid.UUID) -> reform_undo.Undone:
    """Takes a reform back as the worker role. Raises NotFound, ReformNotLast, ReformUndone, FiguresPublished."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('reforms', 0))"))
    if connection.scalar(text("SELECT id FROM reforms WHERE id = :id"), {"id": reform}) is None:
        raise NotFound(what="reform", id=str(reform))
    published = connection.scalars(text(PUBLISHED), {"reform": reform}).all()
    if published:
        raise FiguresPublished(quarters=", ".join(published))
    back = scopes.back(connection, reform)
    done = reform_undo.undo(connection, reform, rehomed_tables.tables())
    done.rows |= back
    connection.execute(
        text(
            "UPDATE reforms SET undone_at = clock_timestamp(), undone_by = :by, undo_report = cast(:report AS jsonb)"
            " WHERE id = :id"
        ),
        {"id": reform, "by": actor.account_id if actor else None, "report": json.dumps(asdict(done))},
    )
    detail = {"reform": str(reform), "rows": done.rows, "edited": done.edited_count}
    audit.record(connection, actor, "reform_undone", detail=detail)
    return done


def last(connection: Connection) -> uuid.UUID | None:
    """The last reform that stands: the one that can be taken back."""
    found: uuid.UUID | None = connection.scalar(
        text("SELECT id FROM reforms WHERE undone_at IS NULL ORDER BY applied_at DESC LIMIT 1")
    )
    return found


def _dated(
    connection: Connection,
    report: Report,
    reform: uuid.UUID,
    paths: Sequence[Path],
    on: dt.date,
    act: str | None,
    layer: str | None,
) -> list[int]:
    today = connection.scalar(text("SELECT (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"))
    reform_input.check_day(on, today or on)
    wanted = reform_input.read(list(paths), layer)
    changed = unit_changes.apply(connection, wanted, on, act, reform)
    report.added, report.ended = _told(connection, changed.added), _told(connection, changed.ended)
    report.successions, report.without_area = changed.pairs, changed.without_area
    report.repaired = [_said(row) for row in wanted.repaired]
    # Areas of units that go on as they are: corrected.
    rows = [
        Boundary(unit.row, unit.code, unit.name, unit.province, unit.area)
        for unit in wanted.units if unit.area is not None
    ]  # fmt: skip
    found = {
        (row.code): row.id
        for row in connection.execute(
            text("SELECT id, code FROM units WHERE level = 3 AND valid_to IS NULL AND code = ANY(:codes)"),
            {"codes": [row.code for row in rows]},
        )
    }
    areas = [(found[row.code], row) for row in rows if row.code in found]
    if areas:
        touched = _provinces_of(connection, [id_ for id_, _ in areas])
        report.boundaries = unit_import.store(connection, areas, touched, reform)
        return sorted({*changed.provinces, *touched})
    return changed.provinces


def _corrected(
    connection: Connection, report: Report, reform: uuid.UUID, paths: Sequence[Path], layer: str | None
) -> list[int]:
    provinces: set[int] = set()
    for path in sorted(paths, key=lambda one: one.suffix.lower() not in reform_input.TABLES):
        if path.suffix.lower() in reform_input.TABLES:
            found = succession_import.load(connection, path, reform)
            report.kind = "succession" if len(paths) == 1 else report.kind
            report.successions += found.added + found.changed
            continue
        rows, bad = unit_import.boundaries.read(path, layer)
        read, touched = unit_import.correct(connection, rows, bad, reform)
        report.boundaries += read.communes
        report.repaired += [_said(row) for row in read.repaired]
        report.missing += read.missing
        provinces |= set(touched)
    return sorted(provinces)


def _rehomed(connection: Connection, rows: Rows, provinces: list[int], reform: uuid.UUID) -> Rehomed:
    found = rehoming.rehome(connection, rows, provinces, reform)
    if not found.adds_up:  # a row counted twice or lost: nothing of it may stand
        raise AssertionError(f"{rows.relation}: {found}")
    return found


def _keep(connection: Connection, actor: Actor | None, report: Report, reform: uuid.UUID) -> None:
    """The report beside the reform; a run that changed nothing leaves no reform behind."""
    if not connection.scalar(text(ANYTHING), {"reform": reform}):
        connection.execute(text("DELETE FROM reforms WHERE id = :id"), {"id": reform})
        return
    report.reform = str(reform)
    connection.execute(
        text("UPDATE reforms SET kind = :kind, report = cast(:report AS jsonb) WHERE id = :id"),
        {"id": reform, "kind": report.kind, "report": json.dumps(report.json)},
    )
    detail = {
        "reform": str(reform), "added": len(report.added), "ended": len(report.ended),
        "boundaries": report.boundaries, "successions": report.successions,
        "moved": {one["layer"]: one["total"] - one["kept"] for one in report.rehomed},
    }  # fmt: skip
    audit.record(connection, actor, "reform", detail=detail)


def _told(connection: Connection, ids: list[int]) -> list[str]:
    query = "SELECT code || ' ' || kind || ' ' || name FROM units WHERE id = ANY(:ids) ORDER BY level, code"
    return list(connection.scalars(text(query), {"ids": ids}))


def _provinces_of(connection: Connection, ids: list[int]) -> list[int]:
    query = "SELECT DISTINCT province_id FROM units WHERE id = ANY(:ids) ORDER BY 1"
    return list(connection.scalars(text(query), {"ids": ids}))


def _said(row: Boundary) -> str:
    return f"{row.row}: {row.code} {row.name}: {row.repaired}"


ANYTHING = """
SELECT EXISTS (SELECT FROM reform_moves WHERE reform_id = :reform) OR EXISTS (SELECT FROM reform_pairs
    WHERE reform_id = :reform)
    OR EXISTS (SELECT FROM unplaced WHERE reform_id = :reform)
    OR EXISTS (SELECT FROM reform_units r LEFT JOIN units u ON u.id = r.unit_id WHERE r.reform_id = :reform
        AND (r.added OR (r.valid_to, r.parent_id, r.province_id, r.approximate)
            IS DISTINCT FROM (u.valid_to, u.parent_id, u.province_id, u.approximate) OR r.geom IS DISTINCT FROM u.geom))
"""
PUBLISHED = """
SELECT DISTINCT to_char(c.quarter, '"quý "Q/YYYY') FROM restricted_counts c
JOIN reform_units r ON r.unit_id = c.commune_id WHERE r.reform_id = :reform AND r.added ORDER BY 1
"""
