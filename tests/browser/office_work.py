"""One of everything the offices work on, so that its page has something to show."""

import uuid

from sqlalchemy import Engine, text
from sqlalchemy.dialects.postgresql import insert

from app.database import acting
from geodata.units import COMMUNE, HAMLET
from surveys import area_lists, check_work, model_work, periods, resettlement, seeds, site_requests, wall_clock
from surveys.area_reading import Line, Read
from surveys.check_tables import ChecklistItem
from tests.rows import DAY
from tests.world import KNOWN


def some(engine: Engine) -> dict[str, list[object]]:
    """The parameter of each page → ids; the layers hold rows of province 1 already."""
    return {
        "project_id": [_project(engine)],
        "check_id": [_check(engine)],
        "model_id": [_model(engine)],
        "activity_id": [_activity(engine)],
        "site_id": [_site(engine)],
        "list_id": [_area_list(engine)],
    }


def _area_list(engine: Engine) -> uuid.UUID:
    """A published list that waits for a second officer; a row of it was left out and one is named otherwise."""
    officer, today = KNOWN.actor("officer"), wall_clock.today()
    read = Read(
        lines=[
            Line("2", COMMUNE, "24700", "kv3", "III", "Đắk Min"), Line("3", COMMUNE, "24700", "kv3", "III"),
            Line("4", HAMLET, "24701-1", "thon_dbkk", "ĐBKK"),
        ],
        dropped=[("Họ tên", "Không thu họ tên.")], unused=["STT"],
    )  # fmt: skip
    with acting(engine, officer) as session:
        made = area_lists.enter(
            session, officer, read, "ds.csv", decision="60/QĐ-BDTTG", decided_on=DAY, valid_from=DAY,
            document="0" * 64, document_name="QD60.pdf", today=max(today, DAY),
        )  # fmt: skip
        area_lists.send(session, officer, made)
    return made


def _project(engine: Engine) -> uuid.UUID:
    """A resettlement project with a stage under way and two days' figures."""
    officer, today = KNOWN.actor("officer"), wall_clock.today()
    with engine.begin() as connection:
        found: uuid.UUID = connection.execute(
            text("SELECT id FROM resettlement_projects WHERE province_id = 1 ORDER BY id LIMIT 1")
        ).scalar_one()
    with acting(engine, officer) as session:
        resettlement.record_step(session, officer, found, "ke_hoach", {"began_on": DAY, "planned_on": DAY}, today)
        for on, paid in ((DAY, 3), (today, 6)):
            counts = {"households_affected": 40, "households_paid": paid}
            resettlement.record_progress(session, officer, found, on, counts, today)
    return found


def _check(engine: Engine) -> uuid.UUID:
    """A check with a finding and one answered item."""
    officer, today = KNOWN.actor("officer"), wall_clock.today()
    item = next(row for row in seeds.checklist_item_rows() if row["pillar"] == "know")
    with engine.begin() as connection:
        connection.execute(insert(ChecklistItem).values(**item).on_conflict_do_nothing())
        found: uuid.UUID = connection.execute(
            text("SELECT id FROM democracy_checks WHERE province_id = 1 ORDER BY id LIMIT 1")
        ).scalar_one()
    finding = {"pillar": "know", "words": "Chưa niêm yết", "office_id": KNOWN.answering_office, "fix_by": today}
    with acting(engine, officer) as session:
        check_work.find(session, officer, found, finding, today)
        check_work.answer(session, officer, found, {item["code"]: ("dat", "Có bảng niêm yết")})
    return found


def _model(engine: Engine) -> uuid.UUID:
    """A model that another one was copied from, registered, assessed and recognised."""
    officer, today = KNOWN.actor("officer"), wall_clock.today()
    with engine.begin() as connection:
        first, copy = connection.scalars(
            text("SELECT id FROM community_models WHERE province_id = 1 ORDER BY id LIMIT 2")
        ).all()
    with acting(engine, officer) as session:
        model_work.register(session, officer, first, {"reason": "Đường hẹp", "individuals": 2})
        half = {"half": periods.holding(periods.HALF, today).code, "result": "dat", "kept": True}
        model_work.assess(session, officer, first, half, today)
        model_work.recognise(session, officer, first, "xa", DAY, "QĐ 12/QĐ-UBND", today)
        model_work.follow(session, officer, copy, first)
    found: uuid.UUID = first
    return found


def _activity(engine: Engine) -> uuid.UUID:
    """One that is planned for today."""
    with engine.begin() as connection:
        found: uuid.UUID = (
            connection.execute(
                text("UPDATE joint_activities SET planned_on = :today WHERE province_id = 1 RETURNING id"),
                {"today": wall_clock.today()},
            )
            .scalars()
            .first()
        )  # type: ignore[assignment]
    return found


def _site(engine: Engine) -> uuid.UUID:
    """A site with a request that is answered and one that isn't."""
    officer, today = KNOWN.actor("officer"), wall_clock.today()
    with engine.begin() as connection:
        found: uuid.UUID = connection.execute(
            text("SELECT id FROM religious_sites WHERE province_id = 1 ORDER BY id LIMIT 1")
        ).scalar_one()
    with acting(engine, officer) as session:
        for kind in ("gcn_dat", "sua_chua"):
            given = {"kind": kind, "received_on": DAY, "office_id": KNOWN.answering_office}
            site_requests.receive(session, officer, found, given, today)
        first = site_requests.of_site(session, found)[0].id
        site_requests.answer(session, officer, found, first, {"answered_on": today, "outcome": "dap_ung"}, today)
    return found
