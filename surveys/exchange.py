"""A layer out as a file: who may have it, what it holds, what stays back, the audit row that says so (S6, S7, S9)."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata import crs, qml, shapefile, shapefilesql
from geodata.lossreport import LossReport
from geodata.problems import Problem
from surveys import audit, export_columns, screening, stamps
from surveys.access import Actor, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.export_columns import Codes
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
LONGEST_PURPOSE = 300


class PurposeNeeded(Problem):
    """An export says what it is for: at least a few words. Facts: none."""

    code = "purpose_needed"


@dataclass(frozen=True)
class Plan:
    """Everything a file is made from; holds no connection, so the writing keeps no transaction open."""

    layer: Layer
    zone: crs.Zone
    source: shapefilesql.Source
    title: shapefile.Title
    style: str
    masked: tuple[str, ...]
    purpose: str

    @property
    def file_name(self) -> str:
        """ASCII, with layer and zone: hamlet_profiles_VN2000_10745.zip."""
        return f"{self.title.name}.zip"


def offered(actor: Actor) -> list[Layer]:
    """The layers this account may export. Restricted reports are no layer of the catalogue: they never leave (S5)."""
    return [layer for layer in CATALOGUE if actor.may(Verb.EXPORT, layer.grants)]


def zones(session: Session, actor: Actor) -> tuple[tuple[crs.Zone, tuple[str, ...]], ...]:
    """The zones to choose from, the province's own first, each with the former provinces that used it."""
    return crs.offered_zones(_province(session, actor)[0])


def purpose_of(given: str | None) -> str:
    """The purpose as it may be stored: one line, persons masked. Raises PurposeNeeded, SubmissionClassified."""
    said = re.sub(r"\s+", " ", given or "").strip()[:LONGEST_PURPOSE]
    if len(said) < 5:
        raise PurposeNeeded()
    if screening.classified(said):
        raise SubmissionClassified(field="purpose")
    return screening.mask(said)[0]


def check(session: Session, actor: Actor, key: str, epsg: int | None) -> tuple[Layer, crs.Zone]:
    """The layer and the zone if this actor may have them. Raises NotFound, Forbidden, UnknownZone, DeprecatedZone."""
    layer = named(key)
    actor.must(Verb.EXPORT, key, layer.grants)
    own = zones(session, actor)
    if epsg is None:
        return layer, own[0][0]
    wanted = crs.zone(epsg)
    if wanted not in [zone for zone, _ in own]:
        raise crs.UnknownZone(epsg=epsg)
    return layer, wanted


def plan(session: Session, actor: Actor, key: str, epsg: int | None, purpose: str) -> Plan:
    """What to write, with the rights the actor has now. `epsg` None: the province's zone. Raises as `check`."""
    layer, zone = check(session, actor, key, epsg)
    codes = export_columns.codes(session)
    today = dt.datetime.now(HERE).date()
    _, kind, name = _province(session, actor)
    area = f"{kind} {name}" if not actor.commune_id else _commune(session, actor)
    notes = (
        f"Phạm vi: {area}",
        f"Mục đích: {purpose}",
        f"Ngày xuất: {today:%d/%m/%Y}",
        _zone_note(session, actor, zone),
    )
    title = shapefile.Title(
        name=shapefile.file_stem(key, zone),
        title=f"{layer.title} – {area}",
        abstract=f"{layer.title} ({layer.title_en}), {area}. Chỉ gồm bản ghi đã duyệt.",
        organisation=f"{kind} {name}",
        made_at=today.isoformat(),
        notes=notes,
    )
    export = stamps.begin(session, actor, key, whole=True)
    source = export_columns.source(layer, actor, codes, stamps.columns(export))
    return Plan(layer, zone, source, title, _style(layer, codes), _masked(session, actor, layer), purpose)


def write(
    plan: Plan,
    database: Mapping[str, Any],
    out: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> LossReport:
    """Writes the zip. `database`: libpq parameters of the web role, so row policies hold. Raises as shapefile does."""
    return shapefile.write_shapefile_zip(
        database, plan.source, plan.zone, out, plan.title,
        style=plan.style, masked=plan.masked, progress=progress, cancelled=cancelled,
    )  # fmt: skip


def record(session: Session, actor: Actor, plan: Plan, report: LossReport, detail: dict[str, Any]) -> None:
    """The audit row of a file that was written, before anybody gets it: purpose, rows, zone."""
    counts = {"rows": report.rows, "written": report.written, "epsg": plan.zone.epsg}
    audit.record(
        session,
        actor,
        "export",
        layer=plan.layer.key,
        area=actor.commune_id or actor.province_id,
        purpose=plan.purpose,
        detail={**counts, **detail},
    )


def _masked(session: Session, actor: Actor, layer: Layer) -> tuple[str, ...]:
    """A line for each thing of the layer that stays back; how often, where it depends on the row."""
    lines = [f"{field.dbf} ({field.label}): không đưa ra" for field in layer.fields if not field.leaves]
    rules = list(export_columns.left_out(layer))
    if rules:
        counts = [sql.SQL("count(*) FILTER (WHERE {})").format(condition) for _, condition in rules]
        query = sql.SQL("SELECT {} FROM {} f WHERE {}").format(
            sql.SQL(", ").join(counts), sql.Identifier(layer.key), export_columns.scope(actor)
        )
        found = session.execute(text(query.as_string(None))).one()
        lines += [f"{said}: {count} dòng" for (said, _), count in zip(rules, found, strict=True) if count]
    return tuple(lines)


def _style(layer: Layer, codes: Codes) -> str:
    """The layer's colours; the file holds labels, so the categories are labels too."""
    if not layer.style.by:
        return qml.plain(layer.shape, layer.style.color)
    field = layer.field(layer.style.by)
    labels = dict(codes.get(field.list or "", ()))
    categories = [
        (labels.get(code, code), labels.get(code, code), color) for code, (color, _) in layer.style.classes.items()
    ]
    return qml.categorised(layer.shape, field.dbf, categories, layer.style.color)


def _zone_note(session: Session, actor: Actor, zone: crs.Zone) -> str:
    own, *others = zones(session, actor)
    if zone == own[0]:
        return "Múi chiếu của tỉnh từ 01/7/2025"
    users = dict(others)[zone]
    return f"Múi chiếu của {', '.join(users)} trước 01/7/2025" if users else "Múi chiếu UTM"


def _province(session: Session, actor: Actor) -> tuple[str, str, str]:
    row = session.execute(text("SELECT code, kind, name FROM units WHERE id = :id"), {"id": actor.province_id}).one()
    return row.code, row.kind, row.name


def _commune(session: Session, actor: Actor) -> str:
    row = session.execute(text("SELECT kind, name FROM units WHERE id = :id"), {"id": actor.commune_id}).one()
    return f"{row.kind} {row.name}"
