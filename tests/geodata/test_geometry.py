"""Geometry from phones: what is read, what is put right, what is refused and how it is named."""

import pytest
import shapely

from geodata import geometry


def test_a_point_with_its_accuracy():
    reading = geometry.read("11.9404 108.4583 1475.2 4.8", "POINT")
    assert (reading.geometry.x, reading.geometry.y) == (108.4583, 11.9404)
    assert reading.accuracy == 4.8
    assert reading.flags == frozenset()


def test_a_point_without_altitude_and_a_zero_accuracy_is_an_unknown_one():
    assert geometry.read("11.9404 108.4583", "POINT").accuracy is None
    assert geometry.read("11.9404 108.4583 0 0", "POINT").accuracy is None


def test_a_line_keeps_its_order_and_the_worst_accuracy():
    reading = geometry.read("11.1 108.1 0 5; 11.2 108.2 0 19.5;11.3 108.3 0 7;", "LINESTRING")
    assert list(reading.geometry.coords) == [(108.1, 11.1), (108.2, 11.2), (108.3, 11.3)]
    assert reading.accuracy == 19.5


@pytest.mark.parametrize("end", ["", ";11.1 108.1 0 0"])
def test_a_shape_is_closed_whether_or_not_it_came_closed(end):
    reading = geometry.read("11.1 108.1 0 0;11.2 108.1 0 0;11.2 108.2 0 0" + end, "MULTIPOLYGON")
    assert reading.geometry.geom_type == "MultiPolygon"
    assert reading.geometry.area == pytest.approx(0.005)
    assert reading.geometry.is_valid
    assert "repaired" not in reading.flags


def test_a_crossed_shape_is_untied_and_said():
    reading = geometry.read("11.0 108.0;11.1 108.1;11.1 108.0;11.0 108.1", "MULTIPOLYGON")
    assert reading.geometry.is_valid
    assert reading.geometry.area == pytest.approx(0.005)
    assert reading.flags == {"repaired"}


def test_a_swapped_pair_is_put_right_and_said():
    reading = geometry.read("108.4583 11.9404 0 5", "POINT")
    assert (reading.geometry.x, reading.geometry.y) == (108.4583, 11.9404)
    assert reading.flags == {"swapped"}


@pytest.mark.parametrize(
    ("text", "shape", "kind", "facts"),
    [
        ("", "POINT", geometry.TooFewPoints, {"needed": 1, "found": 0}),
        ("nan 108.1 0 0", "POINT", geometry.NotANumber, {"position": 1}),
        ("11.1 inf 0 0", "POINT", geometry.NotANumber, {"position": 1}),
        ("11.1", "POINT", geometry.NotANumber, {"position": 1}),
        ("11.1 108.1;x y", "LINESTRING", geometry.NotANumber, {"position": 2, "text": "x y"}),
        ("11.1 190", "POINT", geometry.OutOfRange, {"position": 1, "flags": ["outside_country"]}),
        ("1180992.8 403869.4", "POINT", geometry.OutOfRange, {"flags": ["metres_as_degrees"]}),
        ("11.1 108.1;11.1 108.1", "LINESTRING", geometry.TooFewPoints, {"needed": 2, "found": 1}),
        ("11.1 108.1;11.2 108.1;11.1 108.1", "MULTIPOLYGON", geometry.TooFewPoints, {"needed": 3, "found": 2}),
        ("11.1 108.1;11.2 108.1;11.3 108.1", "MULTIPOLYGON", geometry.NoArea, {}),
        ("11.1 108.1;11.2 108.1", "POINT", geometry.GeometryProblem, {"found": 2}),
    ],
)
def test_refusals_name_what_and_where(text, shape, kind, facts):
    with pytest.raises(geometry.GeometryProblem) as refused:
        geometry.read(text, shape)
    assert type(refused.value) is kind
    assert facts.items() <= refused.value.facts.items()


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (108.4583, 11.9404, set()),
        (11.9404, 108.4583, {"swapped"}),
        (0, 0, {"null_island"}),
        (0.0001, -0.0001, {"null_island"}),
        (403869.4, 1180992.8, {"metres_as_degrees"}),
        (2.35, 48.85, {"outside_country"}),
        (112.9150, 7.8920, set()),
        (105.32, 23.38, set()),
    ],
)
def test_flags(lon, lat, expected):
    assert geometry.flags(lon, lat) == expected


def test_a_place_outside_the_area_it_belongs_to():
    province = shapely.box(107, 10.5, 109, 12.5)
    assert geometry.flags(108.4, 11.9, province) == set()
    assert geometry.flags(105.8, 21.0, province) == {"outside_area"}
    assert geometry.flags(11.9, 108.4, province) == {"swapped"}


def test_repair_keeps_areas_only_and_says_what_was_wrong():
    spike = shapely.from_wkt("POLYGON((0 0, 0 1, 1 1, 1 0, 3 0, 1 0, 0 0))")
    fixed, reason = geometry.repair(spike)
    assert fixed.geom_type == "MultiPolygon"
    assert fixed.area == 1
    assert "intersection" in reason.lower()
    assert geometry.repair(shapely.box(0, 0, 1, 1))[1] is None


def test_postgis_takes_what_was_read(postgis):
    reading = geometry.read("11.1 108.1 0 0;11.2 108.1 0 0;11.2 108.2 0 0", "MULTIPOLYGON")
    srid, kind, valid = postgis.execute(
        "select ST_SRID(g), GeometryType(g), ST_IsValid(g) from (select %s::geometry g) s", (reading.ewkb,)
    ).fetchone()
    assert (srid, kind, valid) == (4326, "MULTIPOLYGON", True)
