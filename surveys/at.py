"""What stands at a spot of the map: features found by place, then read under the policy and put into words."""

import uuid
from dataclasses import dataclass
from math import atan, degrees, floor, log, pi, radians, sinh, tan

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveys import showing
from surveys.layer import Layer
from surveys.showing import Labels

MOST = 10  # features told of in one answer; of more only the number is told: nobody reads such a list on a map
CROWD = 1001  # what the database says for "more than 1,000"
CLICK_PX = 26.0  # how far from a lone symbol a click still means it
_WORLD = float(1 << 26)
_FIND = text("SELECT id, total, away FROM features_at(:layer, :west, :south, :east, :north, :lon, :lat, :most)")
_COMMUNE = text("SELECT unit_at(ST_SetSRID(ST_Point(:lon, :lat), 4326), 3)")


@dataclass(frozen=True)
class Spot:
    """A click: degrees, the map's zoom, and the side in pixels of the cell whose features stand together there.

    `cell_px` 0: no cells at this zoom, only what is near the click.
    """

    lon: float
    lat: float
    z: int
    cell_px: int

    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the cell the click falls into, or of CLICK_PX around it."""
        cells = (1 << self.z) * 256 / (self.cell_px or 2 * CLICK_PX)
        x = (self.lon + 180) / 360 * cells
        y = (0.5 - log(tan(pi / 4 + radians(self.lat) / 2)) / (2 * pi)) * cells

        def lat(row: float) -> float:
            return degrees(atan(sinh(pi * (1 - 2 * row / cells))))

        left, top = (floor(x), floor(y)) if self.cell_px else (x - 0.5, y - 0.5)
        return (left / cells * 360 - 180, lat(top + 1), (left + 1) / cells * 360 - 180, lat(top))


@dataclass(frozen=True)
class Feature:
    """One feature in words: a title, the place, and label → value for every field that may leave."""

    id: uuid.UUID
    title: str
    on: str  # the day it was observed: several rounds of one hamlet stand at one place
    commune_id: int
    told: list[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """Of one layer: how many stand there (CROWD: more than 1,000), and, of MOST at most, each, the nearest first."""

    layer: Layer
    total: int
    features: list[Feature]


def find(session: Session, layer: Layer, spot: Spot, labels: Labels, language: str = "vi") -> Found | None:
    """What of a layer stands at the spot, within the actor's scope; None for nothing."""
    west, south, east, north = spot.box()
    given = {"west": west, "south": south, "east": east, "north": north, "lon": spot.lon, "lat": spot.lat}
    rows = session.execute(_FIND, {"layer": layer.key, "most": MOST, **given}).all()
    if not rows:
        return None
    total = rows[0].total
    # A lone symbol stands where the feature is, not somewhere in the cell.
    if total == 1 and rows[0].away / _WORLD * (1 << spot.z) * 256 > CLICK_PX:
        return None
    ids = [row.id for row in rows if row.id is not None] if total <= MOST else []
    return Found(layer, total, described(session, layer, ids, labels, language))


def commune(session: Session, spot: Spot) -> int | None:
    """The commune whose area holds the spot."""
    found: int | None = session.execute(_COMMUNE, {"lon": spot.lon, "lat": spot.lat}).scalar_one_or_none()
    return found


def described(session: Session, layer: Layer, ids: list[uuid.UUID], labels: Labels, language: str) -> list[Feature]:
    """Features of a layer in words, in the order of their ids; those the actor may not see are left out."""
    if not ids:
        return []
    table = layer.table.__table__
    columns = [table.c.id, table.c.commune_id, table.c.observed_on, *(table.c[field.key] for field in layer.leaving)]
    found = {row.id: row for row in session.execute(select(*columns).where(table.c.id.in_(ids)))}
    return [_in_words(layer, id_, found[id_], labels, language) for id_ in ids if id_ in found]


def _in_words(layer: Layer, id_: uuid.UUID, row: object, labels: Labels, language: str) -> Feature:
    told = []
    title = ""
    values = row._mapping  # type: ignore[attr-defined]
    withheld = {key: rule.why for rule in layer.withheld if rule.holds(values) for key in rule.fields}
    for field in layer.leaving:
        value = getattr(row, field.key)
        said = withheld.get(field.key) or showing.shown(field, value, labels, language)
        if field.key == layer.label:
            title = said
        # The number of an attached file means nothing to a reader; an empty field would only lengthen the list.
        elif field.kind != "document" and said != showing.EMPTY:
            told.append((field.label_en if language == "en" else field.label, said))
    on = showing.day(row.observed_on)  # type: ignore[attr-defined]
    told.append(("Observed on" if language == "en" else "Ngày ghi nhận", on))
    return Feature(id_, title or layer.title, on, row.commune_id, told)  # type: ignore[attr-defined]
