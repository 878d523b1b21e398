"""Pages of /ogc/ with a tenth of the rows and with all of them: `python -m tests.bench.ogc [rows]`."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, create_engine, text

from app import embedded
from app.config import Config
from app.database import acting
from geodata import tiles
from surveys import collections, feature_filter
from surveys.access import Actor, Role
from surveys.collections import Asked
from surveys.layers import named
from tests import world as worlds
from tests.app.homes import new_home
from tests.bench.table import Row, show
from tests.conftest import migrate, new_database

LAYER = named("religious_sites")
MOST_RATIO = 1.5
TIMES = 40
# The same density everywhere: ten times the rows are ten times the area, as more communes would be.
MAKE = """
INSERT INTO religious_sites (province_id, commune_id, observed_on, origin, name, tradition, facility_type, geom)
SELECT 1, 11 + n % 3, date '2026-01-01' + n % 300, 'demo', 'Cơ sở thờ tự số ' || n, 'phat_giao', 'chua',
       ST_SetSRID(ST_Point(107.5 + (n % 1000) * 0.001, 11.0 + (n / 1000) * 0.001), 4326)
FROM generate_series(1, CAST(:rows AS int)) n
"""
ACTOR = Actor(worlds.KNOWN.gis, "gis", Role.GIS, worlds.KNOWN.province)
BOX = (107.6, 11.001, 107.62, 11.015)


def measure(rows: int = 1_000_000) -> list[Row]:
    """One row for each kind of page."""
    with new_home() as config:
        embedded.start(config)
        webs = tuple(_filled(config, count) for count in (rows // 10, rows))
        tenth, whole = _pages(webs)
        for web in webs:
            web.dispose()
    return [
        Row(
            f"OGC page of {rows:,}: {name}",
            f"{whole[name]:.1f} ms",
            f"of {rows // 10:,} {tenth[name]:.1f} ms",
            whole[name] / tenth[name],
            f"≤ {MOST_RATIO}×",
            whole[name] <= MOST_RATIO * tenth[name],
        )
        for name in whole
    ]


def _filled(config: Config, rows: int) -> Engine:
    """The web role's way into a database of that many sites."""
    urls = new_database(config, f"diaban_bench_{rows}")
    migrate(urls.owner)
    worker = create_engine(urls.worker)
    worlds.build(worker)
    with worker.begin() as connection:
        connection.execute(text(MAKE), {"rows": rows})
    tiles.refresh_all(worker)
    worker.dispose()
    with create_engine(urls.owner, isolation_level="AUTOCOMMIT").connect() as owner:
        owner.execute(text(f"VACUUM ANALYZE {LAYER.key}, tile_cells_commune, tile_cells_province, tile_deltas"))
    return create_engine(urls.web)


def _pages(webs: Sequence[Engine]) -> list[dict[str, float]]:
    """For each database, kind of page → median in ms, as the web role with the technician's settings.

    By turns: what else the machine does meanwhile slows both alike.
    """
    asked: dict[str, Callable[[Engine], Asked]] = {
        "first": lambda _: Asked(100),
        "further on": lambda web: Asked(100, after=_middle(web)),
        "a thousand": lambda _: Asked(1000),
        "in a box": lambda _: Asked(100, box=BOX),
        "filtered": lambda _: Asked(100, condition=_condition()),
    }
    found: list[dict[str, float]] = [{} for _ in webs]
    for name, make in asked.items():
        pages = [make(web) for web in webs]
        took = [[_timed(web, page) for web, page in zip(webs, pages, strict=True)] for _ in range(TIMES + 2)][2:]
        for each, ms in zip(found, zip(*took, strict=True), strict=True):
            each[name] = statistics.median(ms)
    return found


def _timed(web: Engine, asked: Asked) -> float:
    with acting(web, ACTOR) as session:
        begun = time.perf_counter()
        page = collections.page(session, ACTOR, LAYER, asked)
        took = (time.perf_counter() - begun) * 1000
    assert len(page.features) == asked.limit
    return took


def _middle(web: Engine):  # type: ignore[no-untyped-def]
    with acting(web, ACTOR) as session:
        asked = text(
            "SELECT id FROM religious_sites WHERE id > '80000000-0000-0000-0000-000000000000' ORDER BY id LIMIT 1"
        )
        return session.scalar(asked)


def _condition():  # type: ignore[no-untyped-def]
    told = {each.name: each for each in collections.properties(LAYER)}
    chosen = "observed_on BETWEEN DATE('2026-03-01') AND DATE('2026-03-05')"
    return feature_filter.condition(chosen, "cql2-text", told, LAYER.table.__table__.c.geom)


if __name__ == "__main__":
    print(show(measure(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)))
