"""The counts behind the tiles follow every write, and lose nothing however many write at once."""

import random
import threading
import uuid
from collections import Counter
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from app.config import Config
from geodata import tiles
from surveys.layers import CATALOGUE, REPORT_COUNTS, named
from tests.geodata import mvt
from tests.geodata.tiled import Base, build, placed, rows
from tests.rows import feature
from tests.world import KNOWN


def cells(connection: Connection, table: str) -> Counter[tuple[Any, ...]]:
    """What the table of counts holds."""
    found = connection.execute(text(f"SELECT * FROM {table}")).all()
    assert all(row.n > 0 for row in found)
    return Counter({tuple(row): 1 for row in found})


def recounted(connection: Connection, commune: bool) -> Counter[tuple[Any, ...]]:
    """The counts made anew from the rows themselves, by plain arithmetic."""
    made: dict[tuple[Any, ...], list[int]] = {}
    numbers = {row.key: row.id for row in connection.execute(text("SELECT key, id FROM tile_layers"))}
    for layer in CATALOGUE:
        by = f"coalesce({layer.style.by}, '')" if layer.style.by else "''"
        place = "tile_px(ST_X(geom)), tile_py(ST_Y(geom))" if layer.shape == "POINT" else "NULL::int, NULL::int"
        for province, commune_id, class_, x, y in connection.execute(
            text(f"SELECT province_id, commune_id, {by}, {place} FROM {layer.key}")
        ):
            for z in (0, *range(5, 15)):
                if z and x is None:
                    continue
                at = (x >> 26 - z, y >> 26 - z, (y >> 23 - z & 7) * 8 + (x >> 23 - z & 7)) if z else (0, 0, 0)
                key = (numbers[layer.key], province, *((commune_id,) if commune else ()), z, *at, class_)
                held = made.setdefault(key, [0, 0, 0])
                held[0] += 1
                held[1] += x if z else 0
                held[2] += y if z else 0
    return Counter({(*key, *held): 1 for key, held in made.items()})


def test_counts_follow_inserts_updates_and_deletes_in_small_bites(base: Base) -> None:
    chance = random.Random(7)
    for round_ in range(4):
        with base.worker.begin() as connection:
            for layer in CATALOGUE:
                table = layer.table
                connection.execute(insert(table), rows(100 + round_, each=9)[layer.key])
                ids = connection.scalars(select(table.id).order_by(table.id)).all()
                some = chance.sample(list(ids), 12)
                moved = placed(chance, layer, 108.1, 1)
                connection.execute(
                    update(table)
                    .where(table.id.in_(some[:4]))
                    .values(geom=moved, commune_id=12, observed_on="2026-09-09")
                )
                if layer.style.by:
                    other = chance.choice(list(layer.style.classes))
                    connection.execute(update(table).where(table.id.in_(some[4:8])).values({layer.style.by: other}))
                connection.execute(delete(table).where(table.id.in_(some[8:])))
        tiles.refresh(base.worker, 7)
        tiles.refresh(base.worker, 50)
    assert tiles.refresh_all(base.worker, 300) > 0
    with base.worker.connect() as connection:
        assert cells(connection, "tile_cells_province") == recounted(connection, commune=False)
        assert cells(connection, "tile_cells_commune") == recounted(connection, commune=True)
        assert connection.scalar(text("SELECT count(*) FROM tile_deltas")) == 0
        for layer in (one for one in CATALOGUE if one.shape == "MULTIPOLYGON"):
            ids = set(connection.scalars(select(layer.table.id)))
            asked = text("SELECT feature_id FROM tile_shapes JOIN tile_layers l ON l.id = layer WHERE l.key = :key")
            drawn = set(connection.scalars(asked, {"key": layer.key}))
            assert drawn == ids


def test_a_change_that_no_tile_shows_makes_no_delta(base: Base) -> None:
    with base.worker.begin() as connection:
        connection.execute(text("UPDATE hamlet_profiles SET households = coalesce(households, 0) + 1"))
        assert connection.scalar(text("SELECT count(*) FROM tile_deltas")) == 0


def test_each_refresh_raises_the_generation_of_what_changed(base: Base) -> None:
    with base.web.connect() as connection:
        before = tiles.generations(connection)
    with base.worker.begin() as connection:
        connection.execute(insert(named("joint_activities").table), feature(named("joint_activities"), 11))
    tiles.refresh(base.worker)
    with base.web.connect() as connection:
        after = tiles.generations(connection)
    assert {key for key in after if after[key] != before[key]} == {"joint_activities"}


def test_bulk_writers_and_refreshers_at_once_neither_deadlock_nor_lose_count(base: Base) -> None:
    layer = named("community_models")
    errors: list[Exception] = []
    done = threading.Event()

    def write(seed: int) -> None:
        part = rows(seed, each=60)[layer.key]
        random.Random(seed).shuffle(part)
        try:
            for start in range(0, len(part), 30):
                with base.worker.begin() as connection:
                    connection.execute(insert(layer.table), part[start : start + 30])
                    ids = [row["id"] for row in part[start : start + 10]]
                    connection.execute(delete(layer.table).where(layer.table.id.in_(ids)))
        except Exception as error:
            errors.append(error)

    def keep_up() -> None:
        try:
            while not done.is_set():
                tiles.refresh(base.worker, 25)
        except Exception as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(500, 504)]
    refreshers = [threading.Thread(target=keep_up) for _ in range(2)]
    for thread in writers + refreshers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in refreshers:
        thread.join()
    tiles.refresh_all(base.worker)
    assert errors == []
    with base.worker.connect() as connection:
        assert cells(connection, "tile_cells_province") == recounted(connection, commune=False)


def test_a_place_outside_the_maps_square_is_counted_but_breaks_no_tile(base: Base) -> None:
    layer = named("joint_activities")
    with base.worker.begin() as connection:
        id_ = uuid.uuid4()
        connection.execute(insert(layer.table), feature(layer, 11, id=id_, geom="SRID=4326;POINT(532000 1320000)"))
    tiles.refresh(base.worker)
    z, x, y = 10, *mvt.at(108.05, 11.95, 10)
    assert mvt.features(base.tile(KNOWN.actor("leader"), [layer.key], z, x, y), layer.key)
    with base.worker.begin() as connection:
        connection.execute(delete(layer.table).where(layer.table.id == id_))
    tiles.refresh(base.worker)


def test_a_crowd_is_counted_at_deep_zooms_too_and_nothing_is_left_out(cluster: Config) -> None:
    layer = named("joint_activities")
    chance = random.Random(3)
    many = [
        feature(
            layer, 11, geom=f"SRID=4326;POINT({108.05 + 0.004 * chance.random()} {11.95 + 0.004 * chance.random()})"
        )
        for _ in range(3000)
    ]
    crowd = build(cluster, "crowd", {**{one.key: [] for one in CATALOGUE}, layer.key: many})
    for name in ("leader", "field"):
        for z in (14, 15, 16):
            told = [
                mvt.features(crowd.tile(KNOWN.actor(name), [layer.key], *at), layer.key)
                for at in mvt.over(108.04, 11.94, 108.06, 11.96, z)
            ]
            assert sum(one["n"] for tile in told for one in tile) == 3000
            full = [tile for tile in told if sum(one["n"] for one in tile) > 1000]
            assert full or z > 14
            assert all(len(tile) <= 9 for tile in full)  # as the cells of zoom 14, not one by one
    for engine in (crowd.web, crowd.worker, crowd.owner):
        engine.dispose()


def test_reports_as_numbers_by_commune_include_those_without_a_place(base: Base) -> None:
    with base.worker.connect() as connection:
        asked = text("SELECT commune_id AS id, count(*) AS n FROM situation_reports WHERE province_id = 1 GROUP BY 1")
        counted = {row.id: row.n for row in connection.execute(asked)}
    for name, communes in (("leader", {11, 12, 13}), ("field", {11})):
        z, x, y = 8, *mvt.at(108.15, 11.95, 8)
        found = mvt.features(base.tile(KNOWN.actor(name), [REPORT_COUNTS], z, x, y), REPORT_COUNTS)
        assert {one["unit"]: one["n"] for one in found} == {id_: counted[id_] for id_ in communes}
        assert {key for one in found for key in one} == {"unit", "n", "geometry"}
