"""Stored submissions become proposals: typed, placed, flagged; a bad one is set aside and holds up nothing."""

import hashlib
import uuid
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from surveys import applying, form_versions
from surveys.submissions import Submission
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
    ],
)
def test_an_odd_place_is_kept_and_flagged(worker: Engine, where: str, flag: str) -> None:
    answers = {**SITE, "geometry": where}
    id_ = sent(worker, "religious_sites", answers, entity=labelled(answers, "religious_sites"))
    applying.apply_batch(worker)
    assert flag in proposal(worker, id_).flags


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


def test_an_update_carries_its_base_version(worker: Engine) -> None:
    feature = uuid.uuid4()
    id_ = sent(
        worker, "religious_sites", SITE,
        entity=f'<entity dataset="religious_sites" id="{feature}" update="1" baseVersion="3"/>',
    )  # fmt: skip
    applying.apply_batch(worker)
    made = proposal(worker, id_)
    assert (made.action, made.base_version, made.feature_id) == ("update", 3, feature)
