"""Checks of geometry: each oddity found once, nothing found where all is well, and no square of the rows."""

import json
import time
import uuid
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from geodata import geometry_checks
from geodata.geometry_checks import Checked
from surveys import curation
from surveys.layers import CATALOGUE, named
from tests.rows import feature
from tests.world import World

AREAS = Checked("resettlement_projects", "MULTIPOLYGON", ("name",), 30)
POINTS = Checked("community_models", "POINT", ("name",), 30)


@pytest.fixture
def connection(background: Session) -> Connection:
    connection = background.connection()
    for layer in CATALOGUE:
        connection.execute(text(f"DELETE FROM {layer.key}"))
    return connection


def box(west: float, south: float, east: float, north: float) -> str:
    return f"(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


def area(connection: Connection, *polygons: str, commune: int = 11, name: str | None = None) -> uuid.UUID:
    geom = f"SRID=4326;MULTIPOLYGON({','.join(polygons)})"
    return add(connection, "resettlement_projects", geom, commune, name)


def point(connection: Connection, lon: float, lat: float, *, commune: int = 11, name: str | None = None) -> uuid.UUID:
    return add(connection, "community_models", f"SRID=4326;POINT({lon} {lat})", commune, name)


def add(connection: Connection, key: str, geom: str, commune: int, name: str | None) -> uuid.UUID:
    row = feature(named(key), commune, name=name or uuid.uuid4().hex) | {"geom": geom}
    connection.execute(insert(named(key).table), row)
    return row["id"]


def found(connection: Connection, checked: Checked, commune: int = 0) -> list[Any]:
    geometry_checks.find(connection, checked, 1, commune)
    return list(connection.execute(text("SELECT * FROM findings ORDER BY kind, feature_id")))


def test_what_is_in_order_is_not_found(connection: Connection, world: World) -> None:
    area(connection, box(108.01, 11.91, 108.02, 11.92))
    area(connection, box(108.02, 11.91, 108.03, 11.92))  # shares an edge
    area(connection, box(108.05, 11.91, 108.06, 11.92))
    point(connection, 108.05, 11.95)
    point(connection, 108.05, 11.95)  # the same place, another thing
    assert found(connection, AREAS) == []
    assert found(connection, POINTS) == []


def test_an_area_that_crosses_itself_is_found_where_it_does(connection: Connection, world: World) -> None:
    id_ = area(connection, "((108.01 11.91,108.03 11.93,108.03 11.91,108.01 11.93,108.01 11.91))")
    (one,) = found(connection, AREAS)
    assert (one.kind, one.feature_id, one.fix) == ("self_crossing", id_, "valid")
    assert connection.scalar(text("SELECT ST_AsText(at) FROM findings")) == "POINT(108.02 11.92)"


def test_overlaps_slivers_gaps_and_twins_of_areas(connection: Connection, world: World) -> None:
    large = area(connection, box(108.01, 11.91, 108.03, 11.93))
    small = area(connection, box(108.02, 11.92, 108.032, 11.925))  # over the edge of the large one
    thin = area(connection, box(108.02998, 11.912, 108.035, 11.915))  # two metres of it
    near = area(connection, box(108.03503, 11.912, 108.038, 11.914))  # three metres from the thin one
    twin = area(connection, box(108.04, 11.94, 108.05, 11.95), name="Khu A")
    again = area(connection, box(108.04, 11.94, 108.05, 11.95), name="Khu A")
    rows = {(one.kind, one.feature_id, one.other_id): one for one in found(connection, AREAS)}
    assert set(rows) - {key for key in rows if key[0] == "duplicate"} == {
        ("overlap", large, small), ("sliver", large, thin), ("gap", near, thin),
    }  # fmt: skip
    twins = [key for key in rows if key[0] == "duplicate"]
    assert {frozenset(key[1:]) for key in twins} == {frozenset((twin, again))}
    assert rows["overlap", large, small].fix == "cut"
    assert rows["overlap", large, small].measure == pytest.approx(1089 * 553, rel=0.02)
    assert (rows["gap", near, thin].fix, round(rows["gap", near, thin].measure)) == ("snap", 3)
    assert rows[twins[0]].fix == "archive"


def test_two_rows_of_one_name_and_place_are_one_thing_told_twice(connection: Connection, world: World) -> None:
    first = point(connection, 108.05, 11.95, name="Đường hoa")
    connection.execute(text("UPDATE community_models SET created_at = now() - interval '1 day'"))
    second = point(connection, 108.0501, 11.95, name="Đường hoa")
    point(connection, 108.051, 11.95, name="Đường hoa")  # a hundred metres away
    (one,) = found(connection, POINTS)
    assert (one.kind, one.feature_id, one.other_id, one.fix) == ("duplicate", second, first, "archive")
    assert one.measure == pytest.approx(10.9, abs=0.2)


def test_the_same_place_in_two_rounds_is_no_duplicate(connection: Connection, world: World) -> None:
    assert "survey_round" in curation.checked(named("hamlet_profiles")).same
    assert "happened_on" in curation.checked(named("situation_reports")).same
    assert curation.checked(named("situation_reports")).archive is False


def test_what_lies_outside_its_commune_is_offered_to_the_one_that_holds_it(
    connection: Connection, world: World
) -> None:
    lost, sea = point(connection, 108.15, 11.95), point(connection, 108.05, 12.2)
    rows = {one.feature_id: one for one in found(connection, POINTS)}
    assert (rows[lost].kind, rows[lost].commune_to, rows[lost].fix) == ("outside_unit", 12, "rehome")
    assert rows[lost].measure == pytest.approx(5450, rel=0.01)
    assert (rows[sea].kind, rows[sea].commune_to, rows[sea].fix) == ("outside_unit", None, "")


def test_swapped_coordinates_are_told_from_those_off_the_map(connection: Connection, world: World) -> None:
    swapped, nowhere = point(connection, 11.95, 108.05 - 20), point(connection, 0, 0)
    connection.execute(
        text("UPDATE community_models SET geom = 'SRID=4326;POINT(11.95 108.05)' WHERE id = :i"), {"i": swapped}
    )
    rows = {one.feature_id: (one.kind, one.fix) for one in found(connection, POINTS)}
    assert rows == {swapped: ("swapped", "flip"), nowhere: ("off_map", "")}


def test_only_the_scope_asked_for_is_looked_at(connection: Connection, world: World) -> None:
    point(connection, 108.25, 11.95, commune=11)
    other = point(connection, 108.05, 11.95, commune=12)
    assert [one.feature_id for one in found(connection, POINTS, 12)] == [other]


def grid(connection: Connection, side: int) -> None:
    """side × side squares, edge to edge, in the world's first commune."""
    connection.execute(text("DELETE FROM resettlement_projects"))
    connection.execute(
        text(
            "INSERT INTO resettlement_projects (province_id, commune_id, observed_on, name, kind, responsible_office,"
            " stage, households_affected, origin, geom) SELECT 1, 11, '2026-01-01', x || '-' || y, 'cao_toc', 'Ban',"
            " 'kiem_dem', 40, 'test', ST_Multi(ST_MakeEnvelope(108 + x * s, 11.9 + y * s, 108 + (x + 1) * s,"
            " 11.9 + (y + 1) * s, 4326)) FROM generate_series(0, :n - 1) x, generate_series(0, :n - 1) y,"
            " (SELECT 0.1 / cast(:n AS float8) AS s) w"
        ),
        {"n": side},
    )


def test_areas_are_compared_by_index(connection: Connection, world: World) -> None:
    grid(connection, 40)
    found(connection, AREAS)
    for query in (geometry_checks.OVERLAPS, geometry_checks.GAPS):
        plan = explained(connection, query)
        assert "checked_rows_geom_idx" in plan, plan


def test_points_are_compared_by_index(connection: Connection, world: World) -> None:
    connection.execute(
        text(
            "INSERT INTO community_models (province_id, commune_id, observed_on, name, field, kind, state,"
            " registered_on, origin, geom) SELECT 1, 11, '2026-01-01', 'x', 'kinh_te', 'mo_hinh', 'dang_ky',"
            " '2026-01-01', 'test', ST_SetSRID(ST_MakePoint(108 + random() * 0.1, 11.9 + random() * 0.1), 4326)"
            " FROM generate_series(1, 3000)"
        )
    )
    found(connection, POINTS)
    assert "checked_rows_geom_idx" in explained(connection, geometry_checks.DUPLICATE_POINTS)


def test_four_times_the_areas_take_about_four_times_as_long(connection: Connection, world: World) -> None:
    """Far from the sixteen times that every pair would take; twice is left for a busy machine."""
    times = []
    for side in (30, 60):
        grid(connection, side)
        begun = time.monotonic()
        assert found(connection, AREAS) == []
        times.append(time.monotonic() - begun)
    assert times[1] < 9 * times[0], times


def explained(connection: Connection, query: str) -> str:
    names = {"table": "resettlement_projects", "same": "'{}'::jsonb", "archive": "true"}
    given = {"thin": 5, "thin_degrees": 5e-5, "least": 1, "near": 30, "near_degrees": 3e-4}
    plan = connection.scalar(text("EXPLAIN (FORMAT JSON) " + query.format(**names)), given)
    return json.dumps(plan)
