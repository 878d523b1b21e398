"""A reviewer approves, returns, rejects; nothing is overwritten in silence and nobody approves their own."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from app.database import ScopedSession
from geodata.problems import Conflict, Forbidden, NotFound
from surveys import review
from surveys.access import Actor
from surveys.layers import CATALOGUE, named
from surveys.proposals import Proposal
from surveys.restricted import RestrictedReport
from tests.rows import DAY, VALUES, place
from tests.world import World

Acting = Callable[[Actor | None], AbstractContextManager[ScopedSession]]
NOT_ASKED = {"state", "due_on", "office_id", "entered_by", "confirmed_by"}


def proposed(worker: Engine, layer_key: str, **changes: Any) -> uuid.UUID:
    """A waiting proposal of the field account in commune 11."""
    layer = named(layer_key if layer_key != "restricted_reports" else "situation_reports")
    values = {
        k: v if isinstance(v, str | int | list) else v.isoformat()
        for k, v in VALUES[layer.key].items()
        if k not in NOT_ASKED or layer.key == "community_models"
    }
    row = {
        "id": uuid.uuid4(), "layer": layer_key, "feature_id": uuid.uuid4(), "values": values,
        "geom": place(layer, 108.0),
        "province_id": 1, "commune_id": 11, "hamlet_id": None, "observed_on": DAY, "created_by": 1, **changes,
    }  # fmt: skip
    with worker.begin() as connection:
        connection.execute(insert(Proposal), row)
    return uuid.UUID(str(row["id"]))


@pytest.mark.parametrize("key", [layer.key for layer in CATALOGUE])
def test_an_approved_proposal_is_a_row_of_its_layer(worker: Engine, as_actor: Acting, world: World, key: str) -> None:
    id_ = proposed(worker, key)
    with as_actor(world.actor("officer")) as session:
        feature_id = review.approve(session, world.actor("officer"), id_)
    table = named(key).table.__table__
    with worker.connect() as connection:
        row = connection.execute(select(table).where(table.c.id == feature_id)).mappings().one()
    for name, value in VALUES[key].items():
        if name not in NOT_ASKED:
            assert row[name] == value
    assert (row["commune_id"], row["entered_by"], row["confirmed_by"]) == (11, world.field, world.officer)
    if key == "situation_reports":
        assert row["office_id"] == world.answering_office
        assert row["state"] == "mo"
        assert row["due_on"] > row["created_at"].date()


def test_a_decided_proposal_is_not_decided_again(worker: Engine, as_actor: Acting, world: World) -> None:
    id_, actor = proposed(worker, "joint_activities"), world.actor("officer")
    with as_actor(actor) as session:
        review.send_back(session, actor, id_, "Xin ghi rõ ngày.")
    with pytest.raises(Conflict), as_actor(actor) as session:
        review.approve(session, actor, id_)
    with worker.connect() as connection:
        state, comment = connection.execute(
            text("SELECT state, comment FROM proposals WHERE id = :id"), {"id": id_}
        ).one()
    assert (state, comment) == ("returned", "Xin ghi rõ ngày.")


def test_returning_and_rejecting_say_why(worker: Engine, as_actor: Acting, world: World) -> None:
    id_, actor = proposed(worker, "joint_activities"), world.actor("officer")
    for decide in (review.send_back, review.reject):
        with pytest.raises(review.CommentNeeded), as_actor(actor) as session:
            decide(session, actor, id_, "  ")


def test_nobody_approves_their_own(worker: Engine, as_actor: Acting, world: World) -> None:
    id_, actor = proposed(worker, "religious_sites", created_by=world.officer), world.actor("officer")
    with pytest.raises(review.OwnProposal), as_actor(actor) as session:
        review.approve(session, actor, id_)
    with pytest.raises(IntegrityError, match="second_person"), worker.begin() as connection:
        connection.execute(text("UPDATE proposals SET reviewed_by = created_by WHERE id = :id"), {"id": id_})


def test_what_no_commune_claims_waits_for_a_person(worker: Engine, as_actor: Acting, world: World) -> None:
    id_, actor = proposed(worker, "hamlet_profiles", commune_id=None), world.actor("officer")
    with pytest.raises(review.NotPlaced), as_actor(actor) as session:
        review.approve(session, actor, id_)
    with pytest.raises(NotFound), as_actor(actor) as session:
        review.place(session, actor, id_, world.other_commune, None)
    with as_actor(actor) as session:
        review.place(session, actor, id_, 12, world.hamlets[1])
        review.approve(session, actor, id_)


def test_other_roles_and_other_provinces_find_nothing(worker: Engine, as_actor: Acting, world: World) -> None:
    foreign = proposed(worker, "religious_sites", province_id=2, commune_id=world.other_commune)
    with pytest.raises(NotFound), as_actor(world.actor("officer")) as session:
        review.approve(session, world.actor("officer"), foreign)
    own = proposed(worker, "religious_sites")
    with pytest.raises((Forbidden, NotFound)), as_actor(world.actor("field")) as session:
        review.approve(session, world.actor("field"), own)


def test_a_restricted_report_is_approved_by_its_answering_office_only(
    worker: Engine, as_actor: Acting, world: World
) -> None:
    values = {
        "category": "dat_dai_boi_thuong", "what_happened": "Chậm chi trả", "urgency": "gap",
        "happened_on": "2026-10-01",
    }  # fmt: skip
    id_ = proposed(
        worker, "restricted_reports", restricted=True, geom=None, office_id=world.answering_office, values=values
    )
    with pytest.raises(NotFound), as_actor(world.actor("officer")) as session:
        review.approve(session, world.actor("officer"), id_)
    with as_actor(world.actor("answering")) as session:
        review.approve(session, world.actor("answering"), id_)
    with worker.connect() as connection:
        row = connection.execute(select(RestrictedReport.__table__).filter_by(proposal_id=id_)).mappings().one()
    assert row["office_id"] == world.answering_office
    assert row["due_on"] > row["observed_on"]


def test_a_resettlement_part_of_few_households_gets_no_place_and_no_money(
    worker: Engine, as_actor: Acting, world: World
) -> None:
    values = {**VALUES["resettlement_projects"], "households_affected": 9, "money_approved": 5_000_000}
    id_ = proposed(worker, "resettlement_projects", values=values)
    with as_actor(world.actor("officer")) as session:
        feature_id = review.approve(session, world.actor("officer"), id_)
    table = named("resettlement_projects").table.__table__
    with worker.connect() as connection:
        row = connection.execute(select(table).where(table.c.id == feature_id)).mappings().one()
    assert (row["households_affected"], row["geom"], row["money_approved"]) == (9, None, None)
