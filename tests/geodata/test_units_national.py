"""The country's units: every one there, a reused code kept apart, wrong centroids left out."""

import math

import geopandas
import pytest
import shapely
from sqlalchemy import Connection, text

from geodata import approximate_areas, centroids, national_source, national_units
from geodata.national_source import Country, Source
from tests.province import Province


@pytest.fixture
def units(province: Province):
    with province.undone() as connection:
        yield connection


def counted(connection: Connection, query: str) -> dict:
    return {tuple(row[:-1]): row[-1] for row in connection.execute(text(query))}


def test_every_unit_of_today_and_of_before_is_there(units: Connection) -> None:
    query = "SELECT level, valid_to IS NULL, count(*) FROM units WHERE NOT illustrative GROUP BY 1, 2"
    assert counted(units, query) == {
        (1, True): 34,
        (3, True): 3321,
        (1, False): 63,
        (2, False): 696,
        (3, False): 10035,
    }
    assert counted(units, "SELECT kind, count(*) FROM units WHERE level = 3 AND valid_to IS NULL GROUP BY 1") == {
        ("xã",): 2621,
        ("phường",): 687,
        ("đặc khu",): 13,
    }


def test_every_unit_knows_its_parent_and_province_of_the_same_time(units: Connection) -> None:
    assert (
        units.scalar(text("SELECT count(*) FROM units WHERE province_id IS NULL OR (parent_id IS NULL) <> (level = 1)"))
        == 0
    )
    mixed = """
        SELECT count(*) FROM units u JOIN units p ON p.id = u.parent_id
        WHERE (u.valid_to IS NULL) <> (p.valid_to IS NULL)
    """
    assert units.scalar(text(mixed)) == 0


def test_successions_add_up(units: Connection) -> None:
    whole_or_part = """
        SELECT o.level, s.whole, count(DISTINCT o.id) AS olds, count(*) AS n
        FROM succession s JOIN units o ON o.id = s.old_id GROUP BY 1, 2
    """
    rows = {(r.level, r.whole): (r.olds, r.n) for r in units.execute(text(whole_or_part))}
    # Every old commune went somewhere: whole into one, or in parts into several; five island districts had no communes.
    assert rows == {(1, True): (63, 63), (2, True): (5, 5), (3, True): (9564, 9564), (3, False): (471, 1033)}
    assert rows[3, True][0] + rows[3, False][0] == 10035
    from_nothing = """
        SELECT count(*) FROM units u WHERE valid_to IS NULL AND level IN (1, 3)
        AND NOT EXISTS (SELECT FROM succession WHERE new_id = u.id)
    """
    assert units.scalar(text(from_nothing)) == 0
    across = """
        SELECT count(*) FROM succession s JOIN units o ON o.id = s.old_id JOIN units n ON n.id = s.new_id
        WHERE o.level > 1 AND NOT EXISTS (
            SELECT FROM succession p WHERE p.old_id = o.province_id AND p.new_id = n.province_id)
    """
    assert units.scalar(text(across)) == 0


def test_a_code_that_was_given_again_stays_two_units(units: Connection) -> None:
    rows = units.execute(
        text("SELECT name, valid_to, id FROM units WHERE level = 1 AND code = '15' ORDER BY valid_from")
    ).all()
    assert [(row.name, row.valid_to) for row in rows] == [("Yên Bái", national_units.REFORM), ("Lào Cai", None)]
    communes = text("SELECT count(*) FROM units WHERE level = 3 AND province_id = :id")
    assert units.scalar(communes, {"id": rows[0].id}) == 168
    assert units.scalar(communes, {"id": rows[1].id}) == 99
    went = "SELECT n.name FROM succession s JOIN units n ON n.id = s.new_id WHERE s.old_id = :id"
    assert list(units.scalars(text(went), {"id": rows[0].id})) == ["Lào Cai"]


def test_loading_again_changes_nothing(units: Connection) -> None:
    whole = text("SELECT md5(string_agg(u.ctid::text || u.*::text, '' ORDER BY id)) FROM units u")
    before = units.scalar(whole)
    again = national_units.load(units)
    assert (again.units, again.succession) == (0, 0)
    assert units.scalar(whole) == before


def test_wrong_centroids_are_listed_and_left_out(province: Province, units: Connection) -> None:
    dropped = {item.unit.code: item for item in province.made.dropped if not item.unit.old}
    # The two sources have these two communes of Phú Thọ, alike in name, exchanged.
    assert {"04924", "08296"} <= set(dropped)
    assert all(item.reason == "far_from_old_communes" and item.km > 10 for item in dropped.values())
    without = units.scalars(text("SELECT code FROM units WHERE level = 3 AND valid_to IS NULL AND point IS NULL"))
    assert set(without) == set(dropped)
    old = "SELECT count(*) FROM units WHERE level = 3 AND valid_to IS NOT NULL AND point IS NULL"
    assert units.scalar(text(old)) == sum(item.unit.old for item in province.made.dropped)


def test_what_is_dropped_is_wrong_and_what_is_kept_is_right(province: Province, shared) -> None:
    truth = geopandas.read_file(shared / "data" / "communes_2025_simplified.gpkg").set_index("ward_code").geometry
    dropped = {item.unit.key for item in province.made.dropped}
    for unit in national_source.read().units:
        if unit.level == 3 and not unit.old and not unit.island:
            lon, lat = unit.place
            off = 111.2 * truth[unit.code].distance(shapely.Point(lon, lat))
            # One commune's centroid lies 5.3 km off and passes for right.
            assert (off > 5.4) == (unit.key in dropped), (unit.name, off)


def commune(key: str, place: tuple[float, float] | None, *, old: bool = False, **facts) -> Source:
    defaults = {"level": 3, "code": key, "name": key, "kind": "xã", "parent": "d", "province": "p", "area_km2": 100.0}
    return Source(key=key, place=place, old=old, **(defaults | facts))


def reasons(*units: Source, successors: dict | None = None) -> dict[str, str]:
    province = commune("p", None, level=1, bounds="wide", parent=None)
    district = commune("d", None, level=2, bounds="narrow", parent="p")
    found = centroids.wrong(Country((province, district, *units), successors or {}))
    return {item.unit.key: item.reason for item in found}


def test_a_centroid_outside_the_country_or_shared_by_two_is_wrong() -> None:
    assert reasons(commune("a", (90.0, 11.0)), commune("b", None), commune("c", (108.0, 11.5))) == {
        "a": "outside_country",
        "b": "no_point",
    }
    twins = (commune("a", (108.0, 11.5)), commune("b", (108.0, 11.5)), commune("c", (108.1, 11.5)))
    assert reasons(*twins) == {"a": "same_point", "b": "same_point"}


def test_a_centroid_far_from_the_old_communes_is_wrong_unless_those_are() -> None:
    new, old = commune("new", (108.0, 11.5)), commune("old", (108.5, 11.5), old=True)
    assert reasons(new, old, successors={"old": ("new",)}) == {"new": "far_from_old_communes"}
    misplaced = commune("old", (108.5, 11.5), old=True, bounds="narrow")
    assert reasons(new, misplaced, successors={"old": ("new",)}) == {"old": "larger_place"}


def test_a_centroid_far_from_its_whole_province_is_wrong_but_an_island_may_be() -> None:
    near = (commune("a", (108.0, 11.5)), commune("b", (108.1, 11.5)))
    assert reasons(*near, commune("far", (108.0, 14.0))) == {"far": "far_from_province"}
    assert reasons(*near, commune("far", (108.0, 14.0), kind="đặc khu")) == {}


def test_approximate_areas_cover_the_province_without_gap_or_overlap(units: Connection) -> None:
    rows = units.execute(
        text(
            "SELECT u.code, u.kind, u.approximate, ST_AsBinary(u.geom) AS area, ST_Covers(u.geom, u.point) AS holds,"
            " ST_Area(u.geom::geography) / 1e6 AS km2, u.area_km2 FROM units u JOIN units p ON p.id = u.province_id"
            " WHERE p.code = '68' AND p.valid_to IS NULL AND u.level = 3"
        )
    ).all()
    assert len(rows) == 124
    assert all(row.approximate and row.holds for row in rows)
    areas = shapely.from_wkb([row.area for row in rows])
    assert shapely.is_valid(areas).all()
    assert shapely.coverage_is_valid(areas)
    assert math.isclose(sum(row.km2 for row in rows), sum(row.area_km2 for row in rows), rel_tol=0.1)
    island = next(row for row in rows if row.kind == "đặc khu")
    assert island.code == "23272"
    assert math.isclose(island.km2, island.area_km2, rel_tol=0.05)
    outside = (
        "SELECT count(*) FROM units u JOIN units p ON p.id = u.province_id WHERE u.geom IS NOT NULL AND p.code <> '68'"
    )
    assert units.scalar(text(outside)) == 0


def test_areas_once_there_are_not_drawn_over(units: Connection) -> None:
    province = units.scalar(text("SELECT id FROM units WHERE level = 1 AND code = '68' AND valid_to IS NULL"))
    assert approximate_areas.draw(units, province) == 0
