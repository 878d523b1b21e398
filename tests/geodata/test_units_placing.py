"""Who holds a point: by index, ties logged, nearest hamlet and distance in metres."""

import json

import pytest
import shapely
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from geodata import placing
from tests.province import Province
from tests.world import World


def at(lon: float, lat: float) -> bytes:
    return shapely.to_wkb(shapely.set_srid(shapely.Point(lon, lat), 4326), include_srid=True)


def test_a_point_is_held_by_its_commune_and_its_province(background: Session, world: World) -> None:
    assert placing.unit_at(background, at(108.05, 11.95)) == world.communes[0]
    assert placing.unit_at(background, at(108.05, 11.95), 1) == world.province
    assert placing.unit_at(background, at(109.15, 12.15)) == world.other_commune


def test_nobody_holds_a_point_outside(background: Session) -> None:
    assert placing.unit_at(background, at(105.0, 20.0)) is None


def test_on_a_shared_edge_the_smallest_id_holds_and_the_others_are_logged(background: Session, world: World) -> None:
    edge = at(108.1, 11.95)
    assert placing.unit_at(background, edge) == world.communes[0]
    assert placing.place(background, "community_models", "f1", edge) == world.communes[0]
    logged = background.execute(text("SELECT layer, feature_id, unit_id, others FROM placement_ties")).all()
    assert [tuple(row) for row in logged] == [("community_models", "f1", world.communes[0], str(world.communes[1]))]


def test_a_point_without_rivals_is_not_logged(background: Session) -> None:
    placing.place(background, "community_models", "f1", at(108.05, 11.95))
    assert background.scalar(text("SELECT count(*) FROM placement_ties")) == 0


def test_the_nearest_hamlet_is_one_of_the_commune(background: Session, world: World) -> None:
    # 0.001° of latitude are 110.6 m here; the next commune's hamlet would be nearer than none.
    near = placing.nearest_hamlet(background, at(108.05, 11.951), world.communes[0])
    assert near is not None
    assert near.hamlet_id == world.hamlets[0]
    assert near.metres == pytest.approx(110.6, abs=0.5)
    assert placing.nearest_hamlet(background, at(108.05, 11.951), world.other_commune) is None


def test_distance_is_nought_inside_an_area_and_in_metres_outside(background: Session, world: World) -> None:
    assert placing.metres_to(background, at(108.05, 11.95), world.communes[0]) == 0
    assert placing.metres_to(background, at(108.05, 11.951), world.hamlets[0]) == pytest.approx(110.6, abs=0.5)
    assert placing.metres_to(background, at(108.05, 11.95), 999_999) is None


def test_the_lookup_reads_the_index(province: Province) -> None:
    body = "SELECT prosrc FROM pg_proc WHERE proname = 'unit_at'"
    with province.undone() as connection:
        query = connection.scalar(text(body)).replace("place", "ST_SetSRID(ST_MakePoint(108.05, 11.95), 4326)")
        plan = connection.scalar(text("EXPLAIN (FORMAT json) " + query.replace("of_level", "3")))
        assert "unit_parts_geom_ix" in json.dumps(plan)


def test_a_function_of_units_is_no_way_to_change_them(as_actor, world: World) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), as_actor(world.actor("field")) as session:
        session.execute(text("UPDATE units SET name = 'x'"))


def test_in_bulk_as_one_by_one(province: Province) -> None:
    with province.undone() as connection:
        provinces = list(connection.scalars(text("SELECT DISTINCT province_id FROM community_models")))
        placing.place_all(connection, "community_models", provinces)
        assert _differing(connection) == 0
        assert connection.scalar(text("SELECT count(*) FROM placed")) == 400


def _differing(connection: Connection) -> int:
    query = """
        SELECT count(*) FROM placed p JOIN community_models m USING (id)
        WHERE p.unit_id IS DISTINCT FROM unit_at(m.geom, 3)
    """
    return connection.execute(text(query)).scalar_one()
