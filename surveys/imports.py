"""Rows of a table of points: each one good, or doubtful with its reasons; good ones become proposals, none is lost."""

import datetime as dt
import html
import itertools
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import Connection

from geodata import crs, pointtables
from geodata.problems import InvalidValue, Problem
from surveys import addresses, audit, export_columns, import_columns, nearby, proposing, screening, site_names
from surveys.access import Actor, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.export_columns import Codes
from surveys.import_columns import Columns
from surveys.layer import Layer
from surveys.layers import religious_sites
from surveys.proposing import Wanted

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
SAMPLES = 200
# What a name says of its own place; layers not named here have nothing to read from it.
NAME_READERS = {religious_sites.layer.key: site_names.read}
REASONS = {
    "no_place": ("không có tọa độ dùng được", "no usable coordinates"),
    "swapped": ("kinh độ và vĩ độ bị đảo", "longitude and latitude swapped"),
    "null_island": ("tọa độ 0,0", "coordinates 0,0"),
    "outside": ("nằm ngoài tỉnh", "outside the province"),
    "outside_scope": ("ngoài xã của tài khoản", "outside the account's commune"),
    "far": ("xa nơi ghi trong địa chỉ", "far from the address's commune"),
    "duplicate": ("trùng", "duplicate"),
    "person": ("tên có thông tin về người", "a person's details in the name"),
    "private": ("nhà riêng, điểm nhóm hoặc nhà thờ họ", "a private home or clan hall"),
    "value": ("thiếu hoặc sai giá trị", "a value missing or wrong"),
}


class NotForAreas(Problem):
    """Only layers of points are filled from a table of points. Facts: layer."""

    code: ClassVar[str] = "import_not_for_areas"


class NameMissing(Problem):
    """No column holds the name of a row. Facts: columns."""

    code: ClassVar[str] = "import_name_missing"


@dataclass
class Read:
    """One row of the table. `doubts` are (reason, what exactly); without any it is good and `values` are complete."""

    line: int
    name: str
    lon: float | None = None
    lat: float | None = None
    address: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    commune_id: int | None = None
    doubts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.doubts

    @property
    def place(self) -> tuple[float, float]:
        """(lon, lat) of a row that has them."""
        assert self.lon is not None  # noqa: S101  for the type checker; rows without a place are doubtful before this
        assert self.lat is not None  # noqa: S101
        return self.lon, self.lat


@dataclass(frozen=True)
class Table:
    """A table as read: every row in order, what became of its columns, how many addresses couldn't be compared."""

    layer: Layer
    columns: Columns
    rows: tuple[Read, ...]
    address_unknown: int

    @property
    def good(self) -> list[Read]:
        return [row for row in self.rows if row.good]

    @property
    def doubtful(self) -> list[Read]:
        return [row for row in self.rows if not row.good]


def read(
    connection: Connection,
    actor: Actor,
    layer: Layer,
    path: Path,
    *,
    zone: crs.Zone | None = None,
    defaults: Mapping[str, str] | None = None,
) -> Table:
    """Reads and judges a table as the background role, within the actor's scope; stores nothing.

    `defaults`: values where a row says nothing. Raises Forbidden, NotForAreas, NameMissing, SubmissionClassified, and
    what pointtables raise.
    """
    actor.must(Verb.IMPORT, layer.key, layer.grants)
    if layer.shape != "POINT":
        raise NotForAreas(layer=layer.title)
    layout = pointtables.layout(path)
    rows = list(pointtables.rows(path, layout, zone))
    samples: dict[str, list[str]] = {
        column: [row.values.get(column, "") for row in itertools.islice(rows, SAMPLES)] for column in layout.columns
    }
    columns = import_columns.match(layer, layout.columns, samples, frozenset({layout.north, layout.east}))
    if layer.label == "name" and "name" not in {one.key for one in columns.fields.values()}:
        raise NameMissing(columns=", ".join(layout.columns))
    codes = export_columns.codes(connection)
    found = [_read(layer, row, columns, codes, dict(defaults or {})) for row in rows]
    _place(connection, actor, found)
    unknown = _compare_with_addresses(connection, actor, found)
    _find_duplicates(connection, actor, layer, found)
    return Table(layer, columns, tuple(found), unknown)


def propose(connection: Connection, actor: Actor, table: Table, source: str) -> list[uuid.UUID]:
    """The good rows as waiting proposals, all or nothing, with the audit row; their features' ids."""
    today = dt.datetime.now(HERE).date()
    batch = [
        Wanted(
            layer=table.layer.key,
            feature_id=uuid.uuid4(),
            values=row.values,
            province_id=actor.province_id,
            observed_on=today,
            place=_ewkb(row),
            commune_id=row.commune_id,
            created_by=actor.account_id,
            origin="import",
            flags=list(row.flags),
        )
        for row in table.good
    ]
    if batch:
        proposing.propose(connection, batch)
    audit.record(
        connection, actor, "import", layer=table.layer.key, area=actor.commune_id or actor.province_id, purpose=source,
        detail={"rows": len(table.rows), "proposed": len(batch), "doubtful": len(table.doubtful)},
    )  # fmt: skip
    return [wanted.feature_id for wanted in batch]


def _ewkb(row: Read) -> bytes:
    point = shapely.set_srid(shapely.Point(row.place), crs.STORED_SRID)
    return bytes(shapely.to_wkb(point, include_srid=True))


def _read(layer: Layer, row: pointtables.Row, columns: Columns, codes: Codes, defaults: dict[str, str]) -> Read:
    cells = {header: _clean(cell) for header, cell in row.values.items()}
    made = Read(row.line, "", row.lon, row.lat, cells.get(columns.address or "", ""))
    if row.problem is not None:
        made.doubts.append(("no_place", _why(row.problem)))
    for flag in ("swapped", "null_island"):
        if flag in row.flags:
            made.doubts.append((flag, ""))
    for header, of in columns.fields.items():
        try:
            value = import_columns.read(of, cells.get(header, ""), codes)
        except InvalidValue as problem:
            made.doubts.append(("value", f"{problem.facts['field']}: {problem.facts['reason']}"))
            continue
        if value is not None:
            made.values[of.key] = _screened(made, of.key == layer.label, value)
    made.name = str(made.values.get(layer.label, ""))
    _read_name(layer, made)
    made.values = {**defaults, **made.values}
    for of in layer.fields:
        if of.required and of.asked and not of.relevant and made.values.get(of.key) in (None, ""):
            made.doubts.append(("value", f"{of.label}: thiếu"))
    return made


def _clean(cell: str) -> str:
    """Đắk R&#39;Lấp and Ðà Lạt as tables from the web hold them → Đắk R'Lấp, Đà Lạt."""
    return " ".join(html.unescape(cell).replace("Ð", "Đ").replace("ð", "đ").split())


def _screened(made: Read, is_name: bool, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if screening.classified(value):
        raise SubmissionClassified(field=f"dòng {made.line}")
    masked, found = screening.mask(value)
    if found and is_name:
        made.doubts.append(("person", ""))
    elif found:
        made.flags.append("masked")
    return masked


def _read_name(layer: Layer, made: Read) -> None:
    reader = NAME_READERS.get(layer.key)
    if reader is None:
        return
    told = reader(made.name)
    if told.private and made.values.get("heritage_rank") in (None, "khong"):
        made.doubts.append(("private", ""))
    for key, value in told.values.items():
        if key not in made.values:
            made.values[key] = value
            if key in told.assumed:
                made.flags.append(f"{key}_assumed")


def _place(connection: Connection, actor: Actor, rows: list[Read]) -> None:
    placed = {i: row.place for i, row in enumerate(rows) if row.lon is not None and row.lat is not None}
    communes = nearby.communes(connection, placed)
    for i in placed:
        commune, province = communes.get(i, (None, None))
        if province != actor.province_id:
            rows[i].doubts.append(("outside", ""))
        elif actor.commune_id not in (0, commune):
            rows[i].doubts.append(("outside_scope", ""))
        else:
            rows[i].commune_id = commune


def _compare_with_addresses(connection: Connection, actor: Actor, rows: list[Read]) -> int:
    """Rows whose address names no unit that is known can't be compared: their number."""
    if not any(row.address for row in rows):
        return 0
    gazetteer = addresses.Gazetteer(connection, actor.province_id)
    named = {i: gazetteer.read(row.address) for i, row in enumerate(rows) if row.commune_id is not None}
    pairs = [(i, unit) for i, units in named.items() for unit in units]
    asked = [(n, *rows[i].place, unit.communes) for n, (i, unit) in enumerate(pairs)]
    metres = addresses.distances(connection, asked)
    for i in named:
        near = [(unit, metres[n]) for n, (of, unit) in enumerate(pairs) if of == i and n in metres]
        for unit, away in addresses.far(near):
            rows[i].doubts.append(("far", f"cách {unit.written} {away / 1000:.0f} km"))
    return sum(not units for units in named.values())


def _find_duplicates(connection: Connection, actor: Actor, layer: Layer, rows: list[Read]) -> None:
    """Against the layer and what waits for it, then against the good rows before it in the table."""
    good = {i: (*row.place, row.name) for i, row in enumerate(rows) if row.good}
    for i, said in nearby.stored_twins(connection, layer, actor.province_id, good):
        rows[i].doubts.append(("duplicate", said))
    still = {i: place for i, place in good.items() if rows[i].good}
    for i, first, metres in nearby.twins(still):
        rows[i].doubts.append(("duplicate", f"cách dòng {rows[first].line} {metres:.0f} m"))


def _why(problem: Problem) -> str:
    return {"coordinate_missing": "thiếu", "coordinate_unreadable": "không đọc được"}.get(problem.code, "không hợp lệ")


def lines(table: Table) -> Iterator[tuple[Any, ...]]:
    """Rows for the report file: line, verdict, name, latitude, longitude, reasons, flags."""
    for row in table.rows:
        said = "; ".join(f"{REASONS[reason][0]}{f' ({what})' if what else ''}" for reason, what in row.doubts)
        yield (
            row.line, "tốt" if row.good else "nghi ngờ", row.name, row.lat, row.lon, said, ", ".join(row.flags),
        )  # fmt: skip
