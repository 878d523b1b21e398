"""Rows whose address names a unit far from their place; addresses are compared and gone with the transaction."""

import json

from sqlalchemy import Connection, text

from surveys.access import Actor
from surveys.addresses import Gazetteer
from surveys.import_judging import CHANGES

FAR_M = 5000.0
# Areas drawn from centroids are that much less sure.
APPROXIMATE_M = 5000.0
# A district may have been divided since: an old address then names the whole beside a commune that left it.
DIVIDED_M = 15_000.0
_AT_ONCE = 2000

_NAMED = "CREATE TEMP TABLE named (address text, nth int, written text, nested bool, communes int[]) ON COMMIT DROP"
_NAME = text(
    "INSERT INTO named SELECT address, nth, written, nested, communes"
    " FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(address text, nth int, written text, nested bool,"
    " communes int[])"
)
_COMPARED = f"{CHANGES} AND j.geom IS NOT NULL AND j.commune_id IS NOT NULL AND NOT j.doubts @> '[[\"outside\"]]'"
# A row in a commune that is named is at no distance; else it counts from the nearest one that is.
_AWAY = text(
    f"""
CREATE TEMP TABLE away ON COMMIT DROP AS
SELECT j.n, a.nth, a.written, a.nested, CASE WHEN j.commune_id = ANY (a.communes) THEN 0 ELSE (
    SELECT ST_Distance(place::geography, j.geom::geography) - CASE WHEN approximate THEN :slack ELSE 0 END
    FROM (SELECT coalesce(u.geom, u.point) AS place, u.approximate FROM units u WHERE u.id = ANY (a.communes)) u
    WHERE place IS NOT NULL ORDER BY ST_Distance(place, j.geom) LIMIT 1) END AS metres
FROM judged j JOIN incoming i ON i.n = j.n JOIN named a ON a.address = i.address
WHERE {_COMPARED}
"""
)
_DOUBT = text(
    """
UPDATE judged j SET doubts = j.doubts || f.made
FROM (SELECT n, jsonb_agg(jsonb_build_array('far', 'cách ' || written || ' ' || round(metres / 1000) || ' km', '')
                          ORDER BY nth) AS made
      FROM (SELECT *, bool_or(NOT nested AND metres <= 0) OVER (PARTITION BY n) AS beside FROM away) a
      WHERE nested AND metres > CASE WHEN beside THEN cast(:divided AS float8) ELSE :far END GROUP BY n) f
WHERE f.n = j.n
"""
)
_UNKNOWN = text(
    f"SELECT count(*) FROM judged j JOIN incoming i ON i.n = j.n WHERE {_COMPARED}"
    " AND NOT EXISTS (SELECT FROM named a WHERE a.address = i.address)"
)


def doubt_far(connection: Connection, actor: Actor) -> int | None:
    """Adds the doubt "far" to rows of `judged`; how many with a place couldn't be compared. None without addresses.

    Former units are known by what became of them.
    """
    if not connection.scalar(text("SELECT EXISTS (SELECT FROM incoming WHERE address IS NOT NULL)")):
        return None
    gazetteer = Gazetteer(connection, actor.province_id)
    connection.execute(text(_NAMED))
    found = connection.execute(
        text("SELECT DISTINCT address FROM incoming WHERE address IS NOT NULL"),
        execution_options={"yield_per": _AT_ONCE},
    )
    for part in found.scalars().partitions():
        rows = [
            {
                "address": address, "nth": nth, "written": unit.written, "nested": unit.nested,
                "communes": sorted(unit.communes),
            }
            for address in part
            for nth, unit in enumerate(gazetteer.read(address))
        ]  # fmt: skip
        connection.execute(_NAME, {"rows": json.dumps(rows)})
    connection.execute(text("ANALYZE named"))
    connection.execute(_AWAY, {"slack": APPROXIMATE_M})
    connection.execute(_DOUBT, {"divided": DIVIDED_M, "far": FAR_M})
    return connection.scalar(_UNKNOWN) or 0
