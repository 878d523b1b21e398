"""Stored submissions become proposals: typed, placed, flagged; a bad one is set aside and holds up nothing."""

import hashlib
import uuid
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from surveys import applying, form_versions
from surveys.layers import named
from surveys.submissions import Submission
from tests.rows import feature
from tests.world import World

WHERE = "11.95 108.05 900 6.5"  # in the middle of commune 11


@pytest.fixture(scope="module", autouse=True)
def forms(worker: Engine) -> None:
    with worker.begin() as connection:
        form_versions.publish(connection)


@pytest.fixture(autouse=True)
def nothing_waits(worker: Engine) -> None:
    """What other tests left waiting is no concern of these."""
    with worker.begin() as connection:
        connection.execute(text("UPDATE submissions SET state = 'applied' WHERE state = 'received'"))


def sent(worker: Engine, form: str, answers: dict[str, str], *, entity: str = "", **changes: Any) -> str:
    """Stores a received submission of a form; returns its instance id."""
    id_ = f"uuid:{uuid.uuid4()}"
    with worker.begin() as connection:
        version = connection.scalar(
            text("SELECT version FROM forms WHERE form_id = :f AND state = 'live'"), {"f": form}
        )
        body = "".join(f"<{k}>{v}</{k}>" for k, v in answers.items())
        entity = entity or f'<entity dataset="{form}" id="{uuid.uuid4()}" create="1"/>'
        xml = f'<data id="{form}" version="{version}">{body}<meta><instanceID>{id_}</instanceID>{entity}</meta></data>'
        row = {
            "instance_id": id_, "form_id": form, "form_version": version, "account_id": 1, "province_id": 1,
            "sha256_received": hashlib.sha256(xml.encode()).digest(), "sha256_kept": b"", "xml": xml,
            "code": "x", **changes,
        }  # fmt: skip
        connection.execute(insert(Submission), row)
    return id_


def proposal(worker: Engine, id_: str) -> Any:
    with worker.connect() as connection:
        return connection.execute(
            text("SELECT *, ST_AsText(geom) AS place FROM proposals WHERE submission_id = :i"), {"i": id_}
        ).one_or_none()


def state(worker: Engine, id_: str) -> Any:
    with worker.connect() as connection:
        return connection.execute(
            text("SELECT state, error, commune_id FROM submissions WHERE instance_id = :i"), {"i": id_}
        ).one()


SITE = {
    "commune": "11", "hamlet": "111", "observed_on": "2026-10-02", "name": "Chùa Linh Sơn", "tradition": "phat_giao",
    "facility_type": "chua", "hazards": "ngap chay", "geometry": WHERE,
}  # fmt: skip


def labelled(answers: dict[str, str], list_: str) -> str:
    label = f"<label>{answers['name']}</label>"
    return f'<entity dataset="{list_}" id="{uuid.uuid4()}" create="1">{label}</entity>'


def test_a_submission_becomes_a_placed_proposal(worker: Engine, world: World) -> None:
    id_ = sent(worker, "religious_sites", SITE, entity=labelled(SITE, "religious_sites"))
    assert applying.apply_batch(worker) == 1
    made = proposal(worker, id_)
    assert made.values["hazards"] == ["ngap", "chay"]
    assert made.values["name"] == "Chùa Linh Sơn"
    assert (made.commune_id, made.hamlet_id, made.accuracy_m, made.flags) == (11, 111, 6.5, [])
    assert made.place == "POINT(108.05 11.95)"
    assert state(worker, id_).state == "applied"
    assert applying.apply_batch(worker) == 0


@pytest.mark.parametrize(
    ("where", "flag"),
    [
        ("108.05 11.95 0 5", "swapped"),
        ("0 0 0 0", "null_island"),
        ("21.03 105.85 0 5", "outside_province"),
        ("11.95 108.15 0 5", "outside_commune"),
        ("11.999 108.001 0 5", "far_from_hamlet"),
        ("11.95 108.05 800 15.1", "weak_accuracy"),
        ("11.95 108.05 800 0", "placed_by_hand"),
    ],
)
def test_an_odd_place_is_kept_and_flagged(worker: Engine, where: str, flag: str) -> None:
    answers = {**SITE, "geometry": where}
    id_ = sent(worker, "religious_sites", answers, entity=labelled(answers, "religious_sites"))
    applying.apply_batch(worker)
    assert flag in proposal(worker, id_).flags


def test_a_place_as_exact_as_was_asked_for_carries_no_flag(worker: Engine) -> None:
    answers = {**SITE, "geometry": "11.95 108.05 800 15"}
    id_ = sent(worker, "religious_sites", answers, entity=labelled(answers, "religious_sites"))
    applying.apply_batch(worker)
    assert proposal(worker, id_).flags == []


def test_a_day_ahead_of_the_clock_is_flagged(worker: Engine) -> None:
    answers = {**SITE, "observed_on": "2027-10-02"}
    id_ = sent(worker, "religious_sites", answers)
    applying.apply_batch(worker)
    assert "clock_ahead" in proposal(worker, id_).flags


def test_a_bad_one_is_set_aside_and_the_others_go_on(worker: Engine) -> None:
    good = [sent(worker, "religious_sites", SITE) for _ in range(3)]
    bad = sent(worker, "religious_sites", {**SITE, "geometry": "nowhere"})
    good += [sent(worker, "religious_sites", SITE) for _ in range(3)]
    assert applying.apply_batch(worker) == 7
    assert all(proposal(worker, id_) is not None for id_ in good)
    assert proposal(worker, bad) is None
    assert (state(worker, bad).state, state(worker, bad).error["code"]) == ("quarantined", "geometry_not_a_number")


def test_a_restricted_report_goes_its_own_way_without_a_place(worker: Engine, world: World) -> None:
    answers = {
        "commune": "11", "hamlet": "111", "observed_on": "2026-10-02", "category": "dat_dai_boi_thuong",
        "what_happened": "Chậm chi trả", "urgency": "gap", "happened_on": "2026-10-01", "geometry": WHERE,
    }  # fmt: skip
    id_ = sent(worker, "situation_reports", answers, restricted=True)
    applying.apply_batch(worker)
    made = proposal(worker, id_)
    assert (made.layer, made.restricted, made.place) == ("restricted_reports", True, None)
    assert made.office_id == world.answering_office
    assert "geometry" not in made.values


def stored(worker: Engine, commune: int = 11) -> uuid.UUID:
    """A religious site of the layer, at version 1."""
    layer = named("religious_sites")
    row = feature(layer, commune)
    with worker.begin() as connection:
        connection.execute(insert(layer.table), row)
    return uuid.UUID(str(row["id"]))


def update_of(feature_id: uuid.UUID, **attributes: object) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<entity dataset="religious_sites" id="{feature_id}" create="false" update="true"{more}/>'


def test_an_update_carries_its_base_version_and_what_was_left_empty(worker: Engine) -> None:
    feature_id = stored(worker)
    id_ = sent(
        worker, "religious_sites", SITE, entity=update_of(feature_id, baseVersion=3, trunkVersion="", branchId="")
    )
    applying.apply_batch(worker)
    made = proposal(worker, id_)
    assert (made.action, made.base_version, made.feature_id, made.branch_id) == ("update", 3, feature_id, None)
    assert made.values["hazards"] == ["ngap", "chay"]
    assert made.values["condition"] is None
    assert "photo" not in made.values


def test_of_a_chain_of_offline_updates_the_trunk_is_the_base(worker: Engine) -> None:
    feature_id, branch = stored(worker), uuid.uuid4()
    entity = update_of(feature_id, baseVersion=3, trunkVersion=1, branchId=branch)
    id_ = sent(worker, "religious_sites", SITE, entity=entity)
    applying.apply_batch(worker)
    assert (proposal(worker, id_).base_version, proposal(worker, id_).branch_id) == (1, branch)


def test_a_feature_of_elsewhere_is_treated_like_one_that_never_was(worker: Engine, world: World) -> None:
    wrong = [uuid.uuid4(), stored(worker, 12), stored(worker, world.other_commune)]
    ids = [sent(worker, "religious_sites", SITE, entity=update_of(one, baseVersion=1)) for one in wrong]
    good = sent(worker, "religious_sites", SITE, entity=update_of(stored(worker), baseVersion=1))
    applying.apply_batch(worker)
    errors = [state(worker, id_).error for id_ in ids]
    assert errors == [{"code": "visit_unknown"}] * 3
    assert all(proposal(worker, id_) is None for id_ in ids)
    assert proposal(worker, good) is not None
    by_officer = sent(worker, "religious_sites", SITE, entity=update_of(wrong[1], baseVersion=1), account_id=2)
    applying.apply_batch(worker)
    assert proposal(worker, by_officer) is not None


def test_a_feature_deleted_meanwhile_is_said_to_be(worker: Engine) -> None:
    feature_id = stored(worker)
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM religious_sites WHERE id = :id"), {"id": feature_id})
    id_ = sent(worker, "religious_sites", SITE, entity=update_of(feature_id, baseVersion=1))
    applying.apply_batch(worker)
    assert proposal(worker, id_).flags == ["feature_deleted"]


def test_a_report_is_answered_and_not_updated(worker: Engine) -> None:
    layer = named("situation_reports")
    row = feature(layer, 11)
    with worker.begin() as connection:
        connection.execute(insert(layer.table), row)
    answers = {
        "commune": "11", "observed_on": "2026-10-02", "category": "nuoc", "what_happened": "Giếng cạn",
        "urgency": "gap", "happened_on": "2026-10-01",
    }  # fmt: skip
    entity = f'<entity dataset="situation_reports" id="{row["id"]}" update="1" baseVersion="1"/>'
    id_ = sent(worker, "situation_reports", answers, entity=entity)
    applying.apply_batch(worker)
    assert state(worker, id_).error == {"code": "visit_unknown"}
