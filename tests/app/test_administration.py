"""The administrator reads the audit and has it verified, sees everybody's jobs and the state, and adds dated rows."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import jobs, keys
from app.config import Config
from app.roles import Urls
from surveys import administration, audit, cases, dated_rows, keeping, sealing, wall_clock, working_days
from surveys.administration import Wanted
from tests.world import World

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("no_jobs")
PAGES = ("/admin/audit/", "/admin/jobs/", "/admin/health/", "/admin/dated/", "/admin/bulk/")
NEXT_YEAR = wall_clock.today().replace(month=1, day=1) + dt.timedelta(days=400)


@pytest.fixture(autouse=True)
def _no_dated_rows(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        for table in ("code_lists", "service_standards", "safeguard_periods"):
            connection.execute(text(f"DELETE FROM {table} WHERE source = 'QĐ thử'"))
        connection.execute(text("UPDATE code_lists SET valid_to = NULL WHERE list = 'obstacles'"))


@pytest.mark.parametrize("page", PAGES)
def test_only_an_administrator_opens_the_pages(machine: Machine, page: str) -> None:
    assert machine("admin").get(page).status_code == 200
    for name in ("field", "officer", "answering", "leader", "gis"):
        assert machine(name).get(page).status_code == 403


def test_the_audit_is_read_by_account_act_and_day(machine: Machine, worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        audit.record(connection, world.actor("leader"), "test_reads", layer="religious_sites", area=11, purpose="Họp")
        audit.record(connection, world.actor("gis"), "test_reads", detail={"rows": 7})
        connection.execute(text("INSERT INTO accounts (id, username, role, unit_id) VALUES (99, 'xa', 'officer', 2)"))
        connection.execute(text("INSERT INTO audit (account_id, verb) VALUES (99, 'test_reads')"))
    try:
        client = machine("admin")
        page = client.get("/admin/audit/?what=test_reads").text
        assert all(said in page for said in ("leader", "religious_sites", "Đắk Mil", "Họp", "rows: 7"))
        assert "<td>xa</td>" not in page  # of another province
        only = client.get("/admin/audit/?what=test_reads&who=gis").text
        assert "rows: 7" in only
        assert "Họp" not in only
        past = (wall_clock.today() - dt.timedelta(days=30)).isoformat()
        assert "Không có dòng nào khớp" in client.get(f"/admin/audit/?what=test_reads&until={past}").text
        assert client.get("/admin/audit/?until=hôm qua").status_code == 400
    finally:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM accounts WHERE id = 99"))


def test_nobody_else_reads_the_audit_or_others_jobs_past_the_pages(
    as_actor: Callable[..., object], world: World
) -> None:
    today = wall_clock.today()
    for name in ("field", "officer", "answering", "leader", "gis"):
        with as_actor(world.actor(name)) as session:  # type: ignore[attr-defined]
            assert administration.audit_rows(session, Wanted(today, today), wall_clock.HERE) == []
            assert administration.jobs(session) == []
            assert administration.state(session) == {}
            assert administration.audit_state(session) is None


@pytest.fixture
def sealed(worker: Engine, owner: Engine, world: World, cluster: Config, tmp_path: Path) -> Config:
    """A home of its own with one sealed batch; its secrets and cluster are the tests'."""
    home = Config(home=tmp_path)
    for name in ("cluster", "secrets"):
        (tmp_path / name).symlink_to(cluster.home / name)
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE audit, audit_seals"))
    with worker.begin() as connection:
        audit.record(connection, world.actor("officer"), "read", area=11)
    key = keys.kept(home.secrets, "audit_seal").encode()
    for _ in range(600):
        if sealing.seal(worker, key, tmp_path / "seals.log"):
            return home
    raise AssertionError("open transactions hold every seal up")


def verified(machine: Machine, worker: Engine, home: Config, urls: Urls) -> str:
    client = machine("admin")
    assert client.post("/admin/audit/").status_code == 303
    assert "hx-get" in client.get("/admin/audit/check").text  # it asks again until it is done
    with worker.connect() as connection:
        (id_,) = connection.scalars(text("SELECT id FROM jobs WHERE kind = 'audit_verify' AND state = 'queued'")).all()
    jobs.run(home, urls, worker, id_)
    return client.get("/admin/audit/").text


def test_the_seals_are_checked_on_demand_and_a_changed_row_is_found(
    machine: Machine, worker: Engine, owner: Engine, urls: Urls, sealed: Config
) -> None:
    assert 'data-agrees="true"' in verified(machine, worker, sealed, urls)
    with owner.begin() as connection:
        connection.execute(text("UPDATE audit SET area = 12 WHERE verb = 'read'"))
    assert 'data-agrees="false"' in verified(machine, worker, sealed, urls)


def test_jobs_and_what_waits_are_told_without_what_they_were_given(machine: Machine, worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO jobs (account_id, kind, parameters, purpose, state, error, finished_at) VALUES"
                " (5, 'export', '{\"layer\": \"bi-mat\"}', 'muc-dich-rieng', 'failed',"
                ' \'{"code": "job_failed"}\', now())'
            )
        )
    page = machine("admin").get("/admin/jobs/?state=failed").text
    assert 'data-state="failed"' in page
    assert "gis" in page
    assert "bi-mat" not in page
    assert "muc-dich-rieng" not in page
    assert "Không có việc nào" in machine("admin").get("/admin/jobs/?state=running").text
    assert machine("admin").get("/admin/jobs/?state=x").status_code == 404
    health = machine("admin").get("/admin/health/").text
    assert "1 hỏng trong 24 giờ" in health
    assert "diaban backup" in health  # none was ever made in the tests' home


def sent(client: FlaskClient, what: str, day: dt.date = NEXT_YEAR, **more: str) -> int:
    return client.post(
        "/admin/dated/", data={"what": what, "day": day.isoformat(), "source": "QĐ thử", **more}
    ).status_code


def test_a_new_standard_holds_from_its_day(machine: Machine, worker: Engine) -> None:
    client = machine("admin")
    assert sent(client, "standard", category="nuoc", days="3") == 303
    assert sent(client, "standard", category="nuoc", days="4") == 409  # a row that stands isn't rewritten
    for category, days in (("nuoc", "0"), ("nuoc", "nhiều"), ("khong_co", "3")):
        assert sent(client, "standard", NEXT_YEAR + dt.timedelta(days=1), category=category, days=days) == 422
    with worker.connect() as connection:
        before = cases.due_on(connection, "nuoc", NEXT_YEAR - dt.timedelta(days=1))
        after = cases.due_on(connection, "nuoc", NEXT_YEAR)
        assert after == working_days.PLAIN.after(NEXT_YEAR, 3)
        assert before == working_days.PLAIN.after(NEXT_YEAR - dt.timedelta(days=1), 15)


def test_a_period_holds_from_its_day_and_backups_never_longer_than_they_may(machine: Machine, worker: Engine) -> None:
    client = machine("admin")
    assert sent(client, "period", kind="restricted_months", length="12") == 303
    assert sent(client, "period", kind="backup_days", length="36") == 422
    with worker.connect() as connection:
        assert keeping.length(connection, keeping.RESTRICTED_MONTHS, NEXT_YEAR) == 12
        assert keeping.length(connection, keeping.RESTRICTED_MONTHS, NEXT_YEAR - dt.timedelta(days=1)) == 24
        audited = text("SELECT detail FROM audit WHERE verb = 'add_period' ORDER BY id DESC LIMIT 1")
        assert connection.scalar(audited)["length"] == 12


def test_codes_are_added_and_ended_but_never_in_a_closed_list(machine: Machine, worker: Engine) -> None:
    client = machine("admin")
    added = {"list": "obstacles", "code": "thieu_xe", "label_vi": "Thiếu xe", "label_en": "No vehicle"}
    assert sent(client, "code", **added) == 303
    assert sent(client, "code", **{**added, "code": "Thiếu xe"}) == 422
    assert sent(client, "code", **{**added, "code": "ong_a", "label_vi": "Gọi ông Nguyễn Văn An 0912345678"}) == 422
    for closed in dated_rows.CLOSED:
        assert sent(client, "code", **{**added, "list": closed}) == 422
        assert sent(client, "end", list=closed, code="mo") == 422
    assert sent(client, "end", NEXT_YEAR + dt.timedelta(days=9), list="obstacles", code="thieu_xe") == 303
    page = client.get("/admin/dated/?list=obstacles").text
    assert "Thiếu xe" in page
    with worker.connect() as connection:
        row = connection.execute(text("SELECT * FROM code_lists WHERE code = 'thieu_xe'")).one()
    assert (row.valid_from, row.valid_to) == (NEXT_YEAR, NEXT_YEAR + dt.timedelta(days=9))
