"""Pages of features for QGIS and GDAL: whose rows they hold is said by the query and by the policies, each alone."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from app.database import acting
from geodata.problems import Forbidden
from surveys import collections
from surveys.access import Actor, Role
from surveys.collections import Asked
from surveys.layers import CATALOGUE, named
from tests.rows import feature
from tests.world import World

LAYER = named("hamlet_profiles")


@pytest.fixture
def ids(worker: Engine, world: World) -> Iterator[dict[int, str]]:
    """One row in each commune, the neighbour province's too: commune → id."""
    made = {}
    with worker.begin() as connection:
        connection.execute(text(f"DELETE FROM {LAYER.key}"))
        for commune in (*world.communes, world.other_commune):
            row = feature(LAYER, commune)
            connection.execute(insert(LAYER.table), row)
            made[commune] = str(row["id"])
    yield made
    with worker.begin() as connection:
        connection.execute(text(f"DELETE FROM {LAYER.key}"))


def shown(session: Session, actor: Actor, asked: Asked) -> list[str]:
    return [each["id"] for each in collections.page(session, actor, LAYER, asked).features]


def test_the_query_and_the_policies_each_cut_alone(
    background: Session, web: Engine, world: World, ids: dict[int, str]
) -> None:
    whole = world.actor("gis")
    own = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=11)
    condition = LAYER.table.__table__.c.observed_on.is_not(None)
    # After the first page nothing is counted: what counts all rows is open to the web role alone.
    for asked in (Asked(10, after=uuid.UUID(int=0)), Asked(10, condition=condition)):
        # The background role is under no policy: the query alone cuts.
        assert shown(background, own, asked) == [ids[11]]
        assert shown(background, whole, asked) == sorted(ids[commune] for commune in world.communes)
        # The query of an account of the province, in the scope of one of a commune: the policies alone cut.
        with acting(web, own) as session:
            assert shown(session, whole, asked) == [ids[11]]
    assert collections.page(background, own, LAYER, Asked(10, condition=condition)).matched == 1


def test_a_single_feature_is_found_within_the_scope_alone(
    background: Session, world: World, ids: dict[int, str]
) -> None:
    own = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=11)
    found = {commune: collections.feature(background, own, LAYER, uuid.UUID(id_), 4326) for commune, id_ in ids.items()}
    assert [commune for commune, feature_ in found.items() if feature_ is not None] == [11]
    found = {
        commune: collections.feature(background, world.actor("gis"), LAYER, uuid.UUID(id_), 4326)
        for commune, id_ in ids.items()
    }
    assert [commune for commune, feature_ in found.items() if feature_ is not None] == [*world.communes]


def test_a_layer_the_role_may_not_read_is_no_collection(world: World) -> None:
    for name in ("field", "officer", "leader", "gis", "admin"):
        actor = world.actor(name)
        for layer in CATALOGUE:
            may = layer in collections.readable(actor)
            if may:
                assert collections.one(actor, layer.key) is layer
            else:
                with pytest.raises(Forbidden):
                    collections.one(actor, layer.key)
