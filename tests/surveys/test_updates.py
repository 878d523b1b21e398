"""Updates at approval: merged by field with what others did meanwhile, never over it, and the history is kept."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text

from app.database import ScopedSession
from geodata.problems import Conflict
from surveys import merging, review, updates
from surveys.access import Actor
from surveys.layers import named
from surveys.proposals import Proposal
from tests.rows import DAY, feature
from tests.world import World

Acting = Callable[[Actor | None], AbstractContextManager[ScopedSession]]
SITE = {"name": "Chùa Linh Sơn", "tradition": "phat_giao", "facility_type": "chua"}
HERE = "SRID=4326;POINT(108.05 11.95)"
THERE, ELSEWHERE = "SRID=4326;POINT(108.051 11.951)", "SRID=4326;POINT(108.052 11.952)"


def stored(worker: Engine, layer_key: str = "religious_sites", **values: Any) -> uuid.UUID:
    layer = named(layer_key)
    row = feature(layer, 11, **{"geom": HERE if layer.shape == "POINT" else None, **values})
    with worker.begin() as connection:
        connection.execute(insert(layer.table), row)
    return uuid.UUID(str(row["id"]))


def visit(worker: Engine, feature_id: uuid.UUID, layer: str = "religious_sites", **facts: Any) -> uuid.UUID:
    """A waiting update by the field account, as a form sends it: every question, changed or not."""
    values = facts.pop("values", {})
    asked = {f.key: None for f in named(layer).fields if f.asked and f.kind != "document"}
    row = {
        "id": uuid.uuid4(), "layer": layer, "action": "update", "feature_id": feature_id, "base_version": 1,
        "values": {**asked, **(SITE if layer == "religious_sites" else {}), **values}, "geom": HERE,
        "province_id": 1, "commune_id": 11, "hamlet_id": None, "observed_on": DAY, "created_by": 1, **facts,
    }  # fmt: skip
    with worker.begin() as connection:
        connection.execute(insert(Proposal), row)
    return uuid.UUID(str(row["id"]))


@pytest.fixture
def approve(as_actor: Acting, world: World) -> Callable[..., None]:
    """`approve(proposal, picks={"name": "sent"})`: by the officer."""

    def one(id_: uuid.UUID, picks: Mapping[str, str] | None = None, seen: int | None = None) -> None:
        with as_actor(world.actor("officer")) as session:
            review.approve(session, world.actor("officer"), id_, picks=picks, seen=seen)

    return one


def now(worker: Engine, feature_id: uuid.UUID, layer: str = "religious_sites") -> Any:
    table = named(layer).table.__table__
    with worker.connect() as connection:
        return (
            connection.execute(select(table, text("ST_AsEWKT(geom) AS place")).where(table.c.id == feature_id))
            .mappings()
            .one()
        )


def history(worker: Engine, feature_id: uuid.UUID) -> list[Any]:
    with worker.connect() as connection:
        return list(
            connection.execute(
                text("SELECT version, row, replaced_by FROM versions WHERE id = :id ORDER BY version"),
                {"id": feature_id},
            )
        )


def test_different_fields_are_merged_and_the_history_is_kept(worker: Engine, approve: Any, world: World) -> None:
    site = stored(worker, condition="tot", hazards=["ngap"])
    first = visit(worker, site, values={"condition": "hu_hong", "hazards": ["ngap"]})
    second = visit(
        worker, site, values={"condition": "tot", "hazards": ["ngap", "chay"], "land_paper": "chua_co"}, geom=THERE,
        observed_on=DAY + dt.timedelta(days=2), created_by=world.gis,
    )  # fmt: skip
    approve(first)
    approve(second)
    row = now(worker, site)
    assert (row["version"], row["condition"], row["hazards"]) == (3, "hu_hong", ["ngap", "chay"])
    assert (row["land_paper"], row["place"], row["entered_by"]) == ("chua_co", THERE, world.gis)
    assert row["observed_on"] == DAY + dt.timedelta(days=2)
    kept = history(worker, site)
    assert [(v.version, v.row["condition"], v.row["hazards"]) for v in kept] == [
        (1, "tot", ["ngap"]), (2, "hu_hong", ["ngap"]),
    ]  # fmt: skip
    assert {v.replaced_by for v in kept} == {world.officer}


@pytest.mark.parametrize(("pick", "after"), [("sent", "trung_binh"), ("kept", "hu_hong")])
def test_the_same_field_waits_for_a_person(worker: Engine, approve: Any, pick: str, after: str) -> None:
    site = stored(worker, condition="tot")
    first = visit(worker, site, values={"condition": "hu_hong"})
    second = visit(worker, site, values={"condition": "trung_binh", "source": "Sổ theo dõi"})
    approve(first)
    with pytest.raises(merging.Undecided) as raised:
        approve(second)
    assert raised.value.facts == {"fields": "condition"}
    untouched = now(worker, site)
    assert (untouched["version"], untouched["condition"], untouched["source"]) == (2, "hu_hong", None)
    approve(second, {"condition": pick}, seen=2)
    row = now(worker, site)
    assert (row["condition"], row["source"]) == (after, "Sổ theo dõi")
    assert [v.row["condition"] for v in history(worker, site)] == ["tot", "hu_hong"]
    with worker.connect() as connection:
        detail = connection.scalar(
            text("SELECT detail FROM audit WHERE detail ->> 'proposal' = :id"), {"id": str(second)}
        )
    assert detail["picked"] == {"condition": pick}


def test_the_place_is_a_field_like_others(worker: Engine, approve: Any) -> None:
    site = stored(worker)
    first, second = visit(worker, site, geom=THERE), visit(worker, site, geom=ELSEWHERE)
    third = visit(worker, site, values={"source": "Sổ"}, geom="SRID=4326;POINT(108.05000001 11.95)")
    approve(first)
    with pytest.raises(merging.Undecided, match="geometry"):
        approve(second)
    approve(third)  # a centimetre off where it began: it left the place alone
    assert now(worker, site)["place"] == THERE
    approve(second, {"geometry": "sent"})
    assert now(worker, site)["place"] == ELSEWHERE


def test_no_place_answered_leaves_the_place(worker: Engine, approve: Any) -> None:
    site = stored(worker)
    approve(visit(worker, site, geom=None))
    assert now(worker, site)["place"] == HERE


def test_clearing_an_answer_is_a_change_and_not_having_been_told_is_none(worker: Engine, approve: Any) -> None:
    site = stored(worker, condition="tot", source="Sổ cũ")
    approve(visit(worker, site, values={"condition": None, "source": "Sổ cũ"}))
    assert (now(worker, site)["condition"], now(worker, site)["source"]) == (None, "Sổ cũ")
    check = stored(worker, "democracy_checks", findings="Cần công khai lại", know_evidence="Biên bản")
    values = {key: now(worker, check, "democracy_checks")[key] for key in (
        "survey_round", "checklist", "know", "discuss", "act", "check", "supervise", "benefit")}  # fmt: skip
    values |= {"checked_on": DAY.isoformat(), "know_evidence": "Biên bản mới"}
    approve(visit(worker, check, "democracy_checks", values=values))
    row = now(worker, check, "democracy_checks")
    assert (row["findings"], row["know_evidence"]) == ("Cần công khai lại", "Biên bản mới")
    activity = stored(worker, "joint_activities", households_reached=3)
    values = {"name": "Ngày Chủ nhật xanh", "kind": "tinh_nguyen", "planned_on": DAY.isoformat(), "result": "Xong"}
    approve(visit(worker, activity, "joint_activities", values=values))
    assert now(worker, activity, "joint_activities")["households_reached"] == 3


def test_from_a_version_nobody_knows_everything_that_differs_is_asked(worker: Engine, approve: Any) -> None:
    site = stored(worker, condition="tot")
    for base in (None, 7):
        with pytest.raises(merging.Undecided, match="condition"):
            approve(visit(worker, site, base_version=base, values={"condition": "hu_hong"}))
        approve(visit(worker, site, base_version=base, values={"condition": "tot"}))


def test_a_decision_is_about_the_version_that_was_looked_at(worker: Engine, approve: Any) -> None:
    site = stored(worker, condition="tot")
    first = visit(worker, site, values={"condition": "hu_hong"})
    second = visit(worker, site, values={"condition": "trung_binh"})
    approve(first, seen=1)
    approve(visit(worker, site, values={"condition": "tot", "source": "Sổ"}))
    with pytest.raises(Conflict):
        approve(second, {"condition": "sent"}, seen=2)


def test_one_phones_chain_of_updates_is_no_conflict_with_itself(worker: Engine, approve: Any) -> None:
    site, branch = stored(worker, condition="tot", source="a"), uuid.uuid4()
    at = dt.datetime.now(dt.UTC)
    first = visit(worker, site, branch_id=branch, values={"condition": "hu_hong", "source": "a"}, created_at=at)
    other = visit(worker, site, values={"condition": "tot", "source": "b"}, created_by=5)
    again = visit(
        worker, site, branch_id=branch, values={"condition": "trung_binh", "source": "a"},
        created_at=at + dt.timedelta(minutes=1),
    )  # fmt: skip
    for id_ in (first, other, again):
        approve(id_)
    assert (now(worker, site)["condition"], now(worker, site)["source"]) == ("trung_binh", "b")


def test_a_deleted_feature_is_said_to_be(worker: Engine, approve: Any, as_actor: Acting, world: World) -> None:
    site = stored(worker)
    id_ = visit(worker, site)
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM religious_sites WHERE id = :id"), {"id": site})
    with pytest.raises(updates.FeatureDeleted):
        approve(id_)
    actor = world.actor("officer")
    with as_actor(actor) as session:
        assert updates.compare(session, actor, review.proposal(session, actor, id_)).deleted


def test_who_changed_it_and_when_is_told(worker: Engine, approve: Any, as_actor: Acting, world: World) -> None:
    site = stored(worker, condition="tot")
    approve(visit(worker, site, values={"condition": "hu_hong"}))
    second = visit(worker, site, values={"condition": "trung_binh"}, created_by=5)
    actor = world.actor("officer")
    with as_actor(actor) as session:
        compared = updates.compare(session, actor, review.proposal(session, actor, second))
    assert compared.merged.conflicts == ("condition",)
    assert compared.changes["condition"].by == world.field
    assert abs(compared.changes["condition"].at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


def test_few_households_leave_no_place_and_no_money_by_an_update_either(worker: Engine, approve: Any) -> None:
    values = {
        "name": "Cao tốc đoạn 1",
        "kind": "cao_toc",
        "responsible_office": "Ban Quản lý dự án",
        "stage": "kiem_dem",
    }
    area = "SRID=4326;MULTIPOLYGON(((108.05 11.95,108.06 11.95,108.06 11.96,108.05 11.95)))"
    project = stored(worker, "resettlement_projects", money_approved=5_000_000, geom=area)
    sent = values | {"households_affected": 9, "money_approved": 5_000_000}
    approve(visit(worker, project, "resettlement_projects", values=sent, geom=area))
    row = now(worker, project, "resettlement_projects")
    assert (row["households_affected"], row["money_approved"], row["place"]) == (9, None, None)
