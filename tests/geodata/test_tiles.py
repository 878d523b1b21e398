"""Tiles hold exactly what the row policy shows: every role's scope, every zoom, after any writes."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from app.config import Config
from app.database import acting
from geodata import tiles
from surveys import layer_sql
from surveys.access import Actor
from surveys.layers import CATALOGUE, REPORT_COUNTS, named
from tests.geodata import mvt
from tests.geodata.tiled import Base, build, rows
from tests.rows import feature
from tests.world import KNOWN

BOX = (107.99, 11.89, 108.31, 12.01)  # the three communes of the small world
POINTS = [layer for layer in CATALOGUE if layer.shape == "POINT"]
AREAS = [layer for layer in CATALOGUE if layer.shape == "MULTIPOLYGON"]
KEYS = [layer.key for layer in CATALOGUE]


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
