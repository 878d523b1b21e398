"""Layers out as a file: who may have them, what it holds, what stays back, the audit row that says so (S6, S7, S9)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata import crs, systems
from geodata.outgoing import bundle, formats
from geodata.outgoing.formats import Format
from geodata.outgoing.lossreport import LossReport
from geodata.outgoing.parts import Look, Part, Title
from geodata.problems import Problem
from geodata.systems import System
from surveys import audit, export_areas, export_columns, layers, screening, selections, stamps, wall_clock
from surveys.access import Actor, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.export_areas import Area
from surveys.export_columns import Codes
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named
from surveys.selections import Selection

LONGEST_PURPOSE = 300


class PurposeNeeded(Problem):
    """An export says what it is for: at least a few words. Facts: none."""

    code = "purpose_needed"


@dataclass(frozen=True)
class Plan:
    """Everything a file is made from; holds no connection, so the writing keeps no transaction open."""

    layers: tuple[Layer, ...]
    parts: tuple[Part, ...]
    system: System
    format: Format
    selection: Selection
    purpose: str

    @property
    def used(self) -> System:
        """The system the file is written in: some formats have but one."""
        return systems.system(systems.WGS84) if self.format.wgs84 else self.system

    @property
    def file_name(self) -> str:
        """ASCII, with layer, system and format: hamlet_profiles_VN2000_10745.zip, 3_lop_WGS84_kml.zip."""
        what = self.layers[0].key if len(self.layers) == 1 else f"{len(self.layers)}_lop"
        suffix = "" if self.format.key == "shapefile" else f"_{self.format.key}"
        return f"{what}_{self.used.stem}{suffix}.zip"

    @property
    def masked(self) -> tuple[str, ...]:
        """What stays back, of all layers."""
        return tuple(line for part in self.parts for line in part.masked)


def offered(actor: Actor) -> list[Layer]:
    """The layers this account may export. Restricted reports are no layer of the catalogue: they never leave (S5)."""
    return [layer for layer in CATALOGUE if actor.may(Verb.EXPORT, layer.grants)]


def zones(session: Session, actor: Actor) -> tuple[tuple[crs.Zone, tuple[str, ...]], ...]:
    """The province's zones, its own first, each with the former provinces that used it."""
    return crs.offered_zones(_province(session, actor)[0])


def offered_systems(session: Session, actor: Actor, area: Area) -> list[tuple[System, tuple[str, ...], bool]]:
    """Every system: the province's own first, then those of its former provinces; true where the area lay in one."""
    code = _province(session, actor)[0]
    here = export_areas.systems_of(code, area.former)
    own, *others = systems.offered(code)
    return [(system, names, system.epsg in here) for system, names in (own, *others)]


def purpose_of(given: str | None) -> str:
    """The purpose as it may be stored: one line, persons masked. Raises PurposeNeeded, SubmissionClassified."""
    said = re.sub(r"\s+", " ", given or "").strip()[:LONGEST_PURPOSE]
    if len(said) < 5:
        raise PurposeNeeded()
    if screening.classified(said):
        raise SubmissionClassified(field="purpose")
    return screening.mask(said)[0]


def check(session: Session, actor: Actor, selection: Selection) -> tuple[tuple[Layer, ...], System, Format]:
    """Layers, system and format, if this actor may have them, and together (S7).

    Raises NotFound, Forbidden, IncompatibleLayers, UnknownZone, DeprecatedZone, UnknownFormat, InvalidValue and
    FilterInvalid.
    """
    chosen = tuple(map(named, selection.layers))
    for layer in chosen:
        actor.must(Verb.EXPORT, layer.key, layer.grants)
    layers.refuse_clash(set(selection.layers))
    form = formats.named(selection.format)
    epsg = selection.epsg or crs.zone_for_province(_province(session, actor)[0]).epsg
    system = systems.system(epsg)
    export_areas.find(session, actor, selection.unit)
    codes = export_columns.codes(session)
    for layer in chosen:
        selections.conditions(session, selection, layer)
        selections.kept_columns(selection, layer, _column_names(layer, codes))
    return chosen, system, form


def plan(session: Session, actor: Actor, selection: Selection, purpose: str) -> Plan:
    """What to write, with the rights the actor has now. Raises as `check`."""
    chosen, system, form = check(session, actor, selection)
    area = export_areas.find(session, actor, selection.unit)
    used = systems.system(systems.WGS84) if form.wgs84 else system
    notes = _notes(session, actor, selection, area, purpose, used)
    codes = export_columns.codes(session)
    parts = tuple(_part(session, actor, selection, layer, used, area, notes, codes) for layer in chosen)
    return Plan(chosen, parts, system, form, selection, purpose)


def write(
    plan: Plan,
    database: Mapping[str, Any],
    out: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[LossReport]:
    """Writes the zip. `database`: libpq parameters of the web role, so row policies hold. Raises as bundle does."""
    return bundle.write(
        database, plan.parts, plan.format, plan.system, out, progress=progress, cancelled=cancelled
    )  # fmt: skip


def record(session: Session, actor: Actor, plan: Plan, reports: Sequence[LossReport], detail: dict[str, Any]) -> None:
    """The audit rows of a file that was written, before anybody gets it: one a layer, with purpose, rows, system."""
    for layer, report in zip(plan.layers, reports, strict=True):
        counts = {"rows": report.rows, "written": report.written, "epsg": plan.used.epsg, "format": plan.format.key}
        audit.record(
            session,
            actor,
            "export",
            layer=layer.key,
            area=plan.selection.unit or actor.commune_id or actor.province_id,
            purpose=plan.purpose,
            detail={**counts, **detail},
        )


def columns_of(session: Session, layer: Layer) -> list[tuple[str, str, str]]:
    """(name, Vietnamese, English) of the columns of a layer that may be left out of its file."""
    found = export_columns.columns(layer, export_columns.codes(session))
    return [(each.name, each.label_vi, each.label_en) for each, _ in found if each.name not in export_columns.ALWAYS]


def _part(
    session: Session,
    actor: Actor,
    selection: Selection,
    layer: Layer,
    system: System,
    area: Area,
    notes: tuple[str, ...],
    codes: Codes,
) -> Part:
    conditions = selections.conditions(session, selection, layer)
    if area.condition is not None:
        conditions.append(area.condition)
    kept = selections.kept_columns(selection, layer, _column_names(layer, codes))
    more = stamps.columns(stamps.begin(session, actor, layer.key, whole=selection.whole))
    source = export_columns.source(layer, actor, codes, conditions=conditions, kept=kept, more=more)
    _, kind, name = _province(session, actor)
    title = Title(
        name=f"{layer.key}_{system.stem}",
        title=f"{layer.title} – {area.name}",
        abstract=f"{layer.title} ({layer.title_en}), {area.name}. Chỉ gồm bản ghi đã duyệt.",
        organisation=f"{kind} {name}",
        made_at=wall_clock.today().isoformat(),
        notes=notes,
    )
    names = {column.name for column in source.columns}
    label = layer.field(layer.label).dbf
    masked = _masked(session, actor, layer, conditions)
    return Part(layer.key, title, source, _look(layer, codes, names), label, masked)


def _notes(
    session: Session, actor: Actor, selection: Selection, area: Area, purpose: str, system: System
) -> tuple[str, ...]:
    """What the report says of all layers."""
    lines = [f"Phạm vi: {area.name}", *area.notes]
    if selection.begins or selection.ends:
        first, last = (f"{day:%d/%m/%Y}" if day else "…" for day in (selection.begins, selection.ends))
        lines.append(f"Ngày ghi nhận: {first} – {last}")
    if selection.state:
        lines.append(f"Tình trạng: {selection.state}")
    if selection.filter:
        lines.append(f"Bộ lọc: {selection.filter}")
    if selection.columns:
        lines.append("Chỉ gồm các cột đã chọn")
    today = wall_clock.today()
    return (*lines, f"Mục đích: {purpose}", f"Ngày xuất: {today:%d/%m/%Y}", _system_note(session, actor, area, system))


def _masked(session: Session, actor: Actor, layer: Layer, conditions: Sequence[sql.Composable]) -> tuple[str, ...]:
    """A line for each thing of the layer that stays back; how often, where it depends on the row."""
    lines = [f"{field.dbf} ({field.label}): không đưa ra" for field in layer.fields if not field.leaves]
    rules = list(export_columns.left_out(layer))
    if rules:
        counts = [sql.SQL("count(*) FILTER (WHERE {})").format(condition) for _, condition in rules]
        query = sql.SQL("SELECT {} FROM {} f WHERE {}").format(
            sql.SQL(", ").join(counts),
            sql.Identifier(layer.key),
            sql.SQL(" AND ").join([export_columns.scope(actor), *conditions]),
        )
        # As it stands: a colon or a percent sign in a filter is no parameter.
        run = session.connection().exec_driver_sql
        found = run(query.as_string(None), execution_options={"no_parameters": True}).one()
        lines += [f"{said}: {count} dòng" for (said, _), count in zip(rules, found, strict=True) if count]
    return tuple(lines)


def _look(layer: Layer, codes: Codes, columns: set[str]) -> Look:
    """The layer's colours; the file holds labels, so the categories are labels too."""
    field = layer.field(layer.style.by) if layer.style.by else None
    if field is None or field.dbf not in columns:
        return Look(layer.style.color)
    labels = dict(codes.get(field.list or "", ()))
    return Look(
        layer.style.color,
        field.dbf,
        tuple(
            (labels.get(code, code), labels.get(code, code), color) for code, (color, _) in layer.style.classes.items()
        ),
    )


def _system_note(session: Session, actor: Actor, area: Area, system: System) -> str:
    code = _province(session, actor)[0]
    if system.epsg == crs.zone_for_province(code).epsg:
        here = export_areas.systems_of(code, area.former)
        others = [
            f"{', '.join(names)} dùng {systems.system(epsg).said}"
            for epsg, names in here.items()
            if epsg != system.epsg
        ]
        old = f" (trước đó {'; '.join(others)})" if others else ""
        return f"Múi chiếu của tỉnh từ 01/7/2025{old}"
    users = [name for name, zone in crs.legacy_zones(code) if zone.epsg == system.epsg]
    if users:
        return f"Múi chiếu của {', '.join(users)} trước 01/7/2025"
    return "Hệ tọa độ địa lý WGS 84" if system.geographic else "Múi chiếu khác múi của tỉnh"


def _column_names(layer: Layer, codes: Codes) -> list[str]:
    return [column.name for column, _ in export_columns.columns(layer, codes)]


def _province(session: Session, actor: Actor) -> tuple[str, str, str]:
    row = session.execute(text("SELECT code, kind, name FROM units WHERE id = :id"), {"id": actor.province_id}).one()
    return row.code, row.kind, row.name
