"""Tiles hold exactly what the row policy shows: every role's scope, every zoom, after any writes."""

import random
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from app.config import Config
from app.database import acting
from geodata import tiles
from surveys import layer_sql
from surveys.access import Actor
from surveys.layer import Layer
from surveys.layers import CATALOGUE, REPORT_COUNTS, named
from tests import world as worlds
from tests.conftest import migrate, new_database
from tests.geodata import mvt
from tests.rows import feature
from tests.world import KNOWN

BOX = (107.99, 11.89, 108.31, 12.01)  # the three communes of the small world
POINTS = [layer for layer in CATALOGUE if layer.shape == "POINT"]
AREAS = [layer for layer in CATALOGUE if layer.shape == "MULTIPOLYGON"]
KEYS = [layer.key for layer in CATALOGUE]


@dataclass
class Base:
    """One database with the small world: engines of the web role and of the worker."""

    web: Engine
    worker: Engine
    owner: Engine

    def tile(self, actor: Actor | None, keys: list[str], z: int, x: int, y: int) -> bytes:
        with acting(self.web, actor) as session:
            return tiles.made(session.connection(), keys, z, x, y)


def rows(seed: int, communes: tuple[int, ...] = (11, 12, 13), each: int = 40) -> dict[str, list[dict[str, Any]]]:
    """Seeded rows of every layer, scattered and in heaps, some without a place."""
    chance = random.Random(seed)
    made: dict[str, list[dict[str, Any]]] = {}
    for layer in CATALOGUE:
        made[layer.key] = []
        for commune in communes:
            west = 108.0 + (commune - 11) / 10
            for n in range(each if layer.shape == "POINT" else 5):
                row = feature(
                    layer, commune, id=uuid.UUID(int=chance.getrandbits(128)), geom=placed(chance, layer, west, n)
                )
                if layer.style.by:
                    row[layer.style.by] = chance.choice(list(layer.style.classes))
                made[layer.key].append(row)
    return made


def placed(chance: random.Random, layer: Layer, west: float, n: int) -> str | None:
    x, y = west + 0.1 * chance.random(), 11.9 + 0.1 * chance.random()
    if layer.shape == "POINT":
        if not layer.geometry_required and n % 7 == 0:
            return None
        if n % 3 == 0:
            x, y = west + 0.05, 11.95  # a heap
        return f"SRID=4326;POINT({x} {y})"
    size = chance.choice((0.00001, 0.001, 0.02))
    x, y = min(x, west + 0.1 - size), min(y, 12.0 - size)
    return f"SRID=4326;MULTIPOLYGON((({x} {y},{x + size} {y},{x + size} {y + size},{x} {y + size},{x} {y})))"


def build(cluster: Config, name: str, of: dict[str, list[dict[str, Any]]]) -> Base:
    urls = new_database(cluster, f"diaban_test_{name}_{uuid.uuid4().hex[:8]}")
    migrate(urls.owner)
    base = Base(
        create_engine(urls.web, pool_size=1, max_overflow=0), create_engine(urls.worker), create_engine(urls.owner)
    )
    worlds.build(base.worker)
    with base.worker.begin() as connection:
        for layer in CATALOGUE:
            if of[layer.key]:
                connection.execute(insert(layer.table), of[layer.key])
    tiles.refresh_all(base.worker)
    return base


@pytest.fixture(scope="module")
def base(cluster: Config) -> Iterator[Base]:
    made = build(cluster, "tiles", rows(1))
    yield made
    for engine in (made.web, made.worker, made.owner):
        engine.dispose()


def told(base: Base, actor: Actor, z: int, box: tuple[float, float, float, float] = BOX) -> Counter[str]:
    """Features of each point layer in all tiles of a zoom together."""
    keys = [layer.key for layer in POINTS]
    found: Counter[str] = Counter()
    with acting(base.web, actor) as session:
        for address in mvt.over(*box, z):
            tile = tiles.made(session.connection(), keys, *address)
            for key in mvt.names(tile):
                found[key] += sum(one["n"] for one in mvt.features(tile, key))
    return found


@pytest.mark.parametrize("name", ["field", "officer", "answering", "leader", "gis", "admin"])
def test_tiles_tell_as_many_as_the_policy_shows(base: Base, name: str) -> None:
    actor = KNOWN.actor(name)
    with acting(base.web, actor) as session:
        shown = Counter(
            {layer.key: session.scalar(text(f"SELECT count(geom) FROM {layer.key}")) or 0 for layer in POINTS}
        )
    assert min(shown.values()) > 30
    for z in (5, 10, 13, 14):
        assert told(base, actor, z) == shown


@pytest.mark.parametrize("name", ["field", "leader"])
def test_areas_and_lone_features_carry_the_ids_the_policy_shows(base: Base, name: str) -> None:
    actor = KNOWN.actor(name)
    for layer in AREAS:
        with acting(base.web, actor) as session:
            shown = {str(id_) for id_ in session.scalars(select(layer.table.id))}
        found = [
            one for at in mvt.over(*BOX, 14) for one in mvt.features(base.tile(actor, [layer.key], *at), layer.key)
        ]
        assert {one["id"] for one in found} == shown
    lone = 0
    for layer in POINTS:
        with acting(base.web, actor) as session:
            shown = {str(id_) for id_ in session.scalars(select(layer.table.id))}
        found = [
            one
            for at in mvt.over(108.0, 11.93, 108.03, 11.96, 17)
            for one in mvt.features(base.tile(actor, [layer.key], *at), layer.key)
        ]
        alone = {one["id"] for one in found if one["n"] == 1}
        lone += len(alone)
        assert alone <= shown
        assert all("id" not in one for one in found if one["n"] > 1)
    assert lone > 5


def test_a_commune_gets_byte_for_byte_what_a_database_of_its_rows_alone_would_give(cluster: Config, base: Base) -> None:
    all_rows = rows(1)
    alone = build(
        cluster, "alone", {key: [row for row in part if row["commune_id"] == 11] for key, part in all_rows.items()}
    )
    actor, whole = KNOWN.actor("field"), KNOWN.actor("leader")
    differs = 0
    for z in (*range(5, 14), 14, 15, 17):
        # Its own corner, and the edge to the commune beside it.
        for at in mvt.over(*((107.99, 11.89, 108.11, 12.01) if z < 15 else (108.09, 11.94, 108.11, 11.96)), z):
            mine = base.tile(actor, [*KEYS, REPORT_COUNTS], *at)
            assert mine == alone.tile(actor, [*KEYS, REPORT_COUNTS], *at)
            differs += mine != base.tile(whole, [*KEYS, REPORT_COUNTS], *at)
    assert differs > 10  # the comparison would be worth nothing if both saw the same
    for engine in (alone.web, alone.worker, alone.owner):
        engine.dispose()


def test_every_layer_of_the_catalogue_has_tiles_coloured_as_its_style_says(base: Base) -> None:
    with base.worker.connect() as connection:
        known = {
            row.key: (row.shape, row.class_column) for row in connection.execute(text("SELECT * FROM tile_layers"))
        }
        triggers = set(
            connection.execute(
                text(
                    "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                    " WHERE t.tgname LIKE 'tile_%'"
                )
            ).all()
        )
    assert known.pop(tiles.UNITS) == ("UNITS", "")
    assert known == {layer.key: (layer.shape, layer.style.by) for layer in CATALOGUE}
    when = ("tile_added", "tile_changed", "tile_removed")
    assert triggers == {(key, name) for key in (*KEYS, tiles.UNITS) for name in when}


def test_a_new_layers_own_migration_makes_the_same_function_as_the_first_ones(base: Base) -> None:
    with base.owner.begin() as connection:
        for layer in POINTS:
            body = "SELECT prosrc FROM pg_proc WHERE proname = :name"
            made = connection.execute(text(body), {"name": f"tile_rows_{layer.key}"}).scalar_one()
            (wanted,) = [one for one in layer_sql.tiled(layer) if one.startswith("CREATE FUNCTION")]
            assert made in wanted


def test_without_an_actor_a_tile_is_empty(base: Base) -> None:
    z, x, y = 10, *mvt.at(108.05, 11.95, 10)
    assert base.tile(None, [*KEYS, REPORT_COUNTS, tiles.UNITS], z, x, y) == b""
    assert base.tile(KNOWN.actor("leader"), KEYS, z, x, y) != b""


def test_a_neighbour_province_sees_none_of_it(base: Base) -> None:
    stranger = Actor(99, "x", KNOWN.actor("leader").role, KNOWN.other_province)
    for z in (6, 10, 14):
        for at in mvt.over(*BOX, z):
            assert base.tile(stranger, [*KEYS, REPORT_COUNTS], *at) == b""


def test_nothing_but_place_number_class_and_id_stands_in_a_tile(base: Base) -> None:
    found: set[str] = set()
    for z in (8, 14, 17):
        for at in mvt.over(*(BOX if z < 15 else (108.04, 11.94, 108.06, 11.96)), z):
            tile = base.tile(KNOWN.actor("leader"), KEYS, *at)
            for key in mvt.names(tile):
                found |= {name for one in mvt.features(tile, key) for name in one}
            assert "Giếng".encode() not in tile
            assert "Linh Sơn".encode() not in tile
    assert found == {"n", "class", "id", "geometry"}


def test_a_feature_alone_stands_where_it_is_at_every_zoom(cluster: Config) -> None:
    layer = named("religious_sites")
    empty: dict[str, list[dict[str, Any]]] = {one.key: [] for one in CATALOGUE}
    lone = build(cluster, "lone", {**empty, layer.key: [feature(layer, 11, geom="SRID=4326;POINT(108.0317 11.9421)")]})
    for z in (5, 9, 13, 14, 18):
        x, y = mvt.at(108.0317, 11.9421, z)
        (one,) = mvt.features(lone.tile(KNOWN.actor("leader"), [layer.key], z, x, y), layer.key)
        px = ((108.0317 + 180) / 360 * (1 << z) - x) * 4096
        assert one["n"] == 1
        assert abs(one["geometry"].x - px) <= (2 if z < 16 else 17)  # positions are kept to 0.6 m
    for engine in (lone.web, lone.worker, lone.owner):
        engine.dispose()


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
        for layer in AREAS:
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


def test_units_share_their_edges_and_carry_their_names(base: Base) -> None:
    z, x, y = 12, *mvt.at(108.1, 11.95, 12)  # on the edge of two communes
    tile = base.tile(KNOWN.actor("field"), [tiles.UNITS], z, x, y)
    outlines = {one["id"]: one["geometry"] for one in mvt.features(tile, "units")}
    assert {11, 12, 1} <= outlines.keys()
    assert outlines[11].intersection(outlines[12]).area < 1
    assert outlines[11].boundary.intersection(outlines[12].boundary).length > 1000
    labels: dict[str, int] = {}
    for address in mvt.over(*BOX, 11):
        tile = base.tile(KNOWN.actor("field"), [tiles.UNITS], *address)
        labels |= {one["name"]: one["level"] for one in mvt.features(tile, "unit_labels")}
    assert labels["Xuân Hương - Đà Lạt"] == 3
    assert labels["Thôn 1"] == 4


def test_a_renamed_unit_is_drawn_anew(base: Base) -> None:
    with base.worker.begin() as connection:
        connection.execute(text("UPDATE units SET name = 'Đắk Mil Mới' WHERE id = 11"))
    tiles.refresh(base.worker)
    z, x, y = 10, *mvt.at(108.05, 11.95, 10)
    names = {
        one["name"] for one in mvt.features(base.tile(KNOWN.actor("leader"), [tiles.UNITS], z, x, y), "unit_labels")
    }
    with base.worker.begin() as connection:
        connection.execute(text("UPDATE units SET name = 'Đắk Mil' WHERE id = 11"))
    tiles.refresh(base.worker)
    assert "Đắk Mil Mới" in names


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


@pytest.mark.parametrize("address", [(4, 0, 0), (21, 0, 0), (10, 1024, 0), (10, 0, -1), (5, 32, 3)])
def test_an_address_outside_the_world_is_no_tile(base: Base, address: tuple[int, int, int]) -> None:
    with pytest.raises(tiles.NoSuchTile):
        base.tile(KNOWN.actor("leader"), KEYS, *address)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM tile_cells_province",
        "SELECT count(*) FROM tile_shapes",
        "SELECT count(*) FROM read_marks",
        "SELECT tile_of_cells(8::smallint, 'x', 2, 0, 10, 819, 478)",
        "SELECT tile_rows_religious_sites(NULL, 2, 0, 14, 1, 1)",
        "SELECT tile_refresh(1)",
    ],
)
def test_the_web_role_reaches_neither_the_counts_nor_the_inner_functions(base: Base, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), acting(base.web, KNOWN.actor("leader")) as session:
        session.execute(text(statement))


def test_rows_of_a_deep_tile_are_found_by_the_spatial_index(base: Base) -> None:
    with base.owner.begin() as connection:
        connection.execute(text("SET LOCAL ROLE diaban_definer"))
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            connection.scalars(
                text(
                    "EXPLAIN SELECT id FROM joint_activities"
                    " WHERE geom && ST_MakeEnvelope(108, 11.9, 108.01, 11.91, 4326) AND province_id = 1"
                )
            )
        )
    assert "joint_activities_geom_ix" in plan
    assert "Index Cond" in plan
