"""Places beside each other: the communes that hold points, and which points are the same place twice."""

import json
import math
from collections.abc import Iterator, Mapping

import shapely
from sqlalchemy import Connection, text

from surveys.addresses import bare
from surveys.layer import Layer

# One place seen twice: this near whatever it is called, or this near under the same name.
SAME_PLACE_M = 10.0
SAME_NAME_M = 1000.0
DEGREE_M = 111_320.0

_COMMUNES = text(
    "SELECT w.i, u.id, u.province_id"
    " FROM jsonb_to_recordset(cast(:wanted AS jsonb)) AS w(i int, lon float8, lat float8)"
    " JOIN units u ON u.id = unit_at(ST_SetSRID(ST_Point(w.lon, w.lat), 4326), 3)"
)
_WANTED = (
    "SELECT i, p, ST_Expand(p, 0.012) AS box FROM (SELECT i, ST_SetSRID(ST_Point(lon, lat), 4326) AS p"
    " FROM jsonb_to_recordset(cast(:wanted AS jsonb)) AS r(i int, lon float8, lat float8)) w"
)
_STORED = (
    "SELECT w.i, f.{label}, ST_Distance(f.geom::geography, w.p::geography), false"
    " FROM ({wanted}) w JOIN {table} f ON f.geom && w.box AND f.province_id = :province"
    " UNION ALL SELECT w.i, q.values ->> :label, ST_Distance(q.geom::geography, w.p::geography), true"
    " FROM ({wanted}) w JOIN proposals q ON q.geom && w.box WHERE q.state = 'waiting' AND q.layer = :layer"
    " AND q.province_id = :province AND q.action = 'create' ORDER BY 1, 3"
)


def communes(connection: Connection, places: Mapping[int, tuple[float, float]]) -> dict[int, tuple[int, int]]:
    """Number → (commune, province) of the points that lie in a commune."""
    wanted = json.dumps([{"i": i, "lon": lon, "lat": lat} for i, (lon, lat) in places.items()])
    return {i: (commune, province) for i, commune, province in connection.execute(_COMMUNES, {"wanted": wanted})}


def stored_twins(
    connection: Connection, layer: Layer, province_id: int, rows: Mapping[int, tuple[float, float, str]]
) -> Iterator[tuple[int, str]]:
    """(number, what it doubles) for each row that the layer, or what waits for it, holds already."""
    wanted = json.dumps([{"i": i, "lon": lon, "lat": lat} for i, (lon, lat, _) in rows.items()])
    quote = connection.dialect.identifier_preparer.quote
    query = text(_STORED.format(wanted=_WANTED, table=quote(layer.key), label=quote(layer.label)))
    told = set()
    given = {"wanted": wanted, "province": province_id, "layer": layer.key, "label": layer.label}
    for i, name, metres, waiting in connection.execute(query, given):
        if i not in told and _same(rows[i][2], name or "", metres):
            told.add(i)
            yield i, f"cách bản ghi {'đang chờ duyệt' if waiting else 'đã có'} {metres:.0f} m"


def twins(rows: Mapping[int, tuple[float, float, str]]) -> Iterator[tuple[int, int, float]]:
    """(number, an earlier one, metres) for each row that is the same place as one before it which stands."""
    numbers = sorted(rows)
    points = [shapely.Point(rows[i][0], rows[i][1]) for i in numbers]
    tree = shapely.STRtree(points)
    dropped: set[int] = set()
    for at, i in enumerate(numbers):
        for near in sorted(tree.query(points[at].buffer(0.012))):
            other = numbers[near]
            if other >= i or other in dropped:
                continue
            metres = _metres(points[at], points[near])
            if _same(rows[i][2], rows[other][2], metres):
                dropped.add(i)
                yield i, other, metres
                break


def _same(one: str, other: str, metres: float) -> bool:
    return metres <= SAME_PLACE_M or (metres <= SAME_NAME_M and bare(one) == bare(other))


def _metres(a: shapely.Point, b: shapely.Point) -> float:
    east = (a.x - b.x) * math.cos(math.radians((a.y + b.y) / 2))
    return math.hypot(east, a.y - b.y) * DEGREE_M
