"""Rules with dates: an administrator adds a row from a day on and ends one; what held before stays as it was."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, make_url, text
from sqlalchemy.exc import ProgrammingError

from app import embedded
from app.cli import diaban
from app.config import Config
from app.database import acting
from app.roles import Urls
from geodata.problems import Forbidden
from surveys import complaints, due_moving, rules, seeds, wall_clock, working_days
from surveys.layers import named
from surveys.offices import ServiceStandard
from surveys.periods import quarter_begins
from surveys.resettlement_rules import in_force
from surveys.resettlement_tables import StageRule
from surveys.rule_kinds import KINDS
from tests.rows import feature
from tests.world import KNOWN, World

Machine = Callable[..., FlaskClient]
TODAY = wall_clock.today()
NEXT_MONTH = TODAY + dt.timedelta(days=31)
SOURCE = "Quyết định thử 12/QĐ-UBND"
SEEDED = (
    (seeds.StageRule, seeds.stage_rule_rows), (seeds.ChecklistItem, seeds.checklist_item_rows),
    (seeds.ComplaintDeadline, seeds.complaint_deadline_rows),
)  # fmt: skip
OPEN = "situation_reports"


@pytest.fixture(autouse=True)
def seeded(worker: Engine) -> Iterator[None]:
    """The rules as they are first loaded; whatever a test adds goes again."""

    def empty(connection: Connection) -> None:
        for table, _ in SEEDED:
            connection.execute(table.__table__.delete())
        for table in ("calendar_days", "site_requests", OPEN, "religious_sites"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM service_standards WHERE source = :said"), {"said": SOURCE})

    with worker.begin() as connection:
        empty(connection)
        for table, rows in SEEDED:
            connection.execute(insert(table), rows())
    yield
    with worker.begin() as connection:
        empty(connection)


def add(client: FlaskClient, kind: str, given: dict[str, str], day: dt.date = NEXT_MONTH) -> Any:
    whole = {"day": day.isoformat(), "source": SOURCE, "status": "sourced", **given}
    return client.post(f"/admin/rules/{kind}/add", data=whole)


POSTING = {
    "stage": "niem_yet_phuong_an", "kind": "not_before", "since": "niem_yet_phuong_an", "point": "ended",
    "since_point": "began",
}  # fmt: skip
FIRST_ANSWER = {"kind": "khieu_nai", "step": "lan_dau", "label": "Giải quyết lần đầu", "days": "25"}
ITEM = {
    "checklist": "chi_thi", "code": "moi_1", "label_vi": "Có lịch tiếp xúc", "label_en": "A calendar", "position": "9",
}  # fmt: skip
REQUEST = {"category": "gcn_dat", "days": "20"}
ONE_OF_EACH = (("stage", POSTING | {"days": "7"}), ("complaint", FIRST_ANSWER), ("item", ITEM), ("request", REQUEST))


def rows_of(worker: Engine, table: str, where: str) -> list[Any]:
    with worker.connect() as connection:
        return list(connection.execute(text(f"SELECT * FROM {table} WHERE {where} ORDER BY valid_from")))


@pytest.mark.parametrize(("kind", "given"), ONE_OF_EACH)
def test_a_row_of_each_kind_is_added_shown_audited_and_ended(
    machine: Machine, worker: Engine, kind: str, given: dict[str, str]
) -> None:
    client, of = machine("admin"), rules.kind(kind)
    assert add(client, kind, given).status_code == 303
    assert add(client, kind, given).status_code == 422  # a row that stands isn't rewritten
    key = ":".join((*(given.get(part.key, "") for part in of.names), NEXT_MONTH.isoformat()))
    page = client.get(f"/admin/rules/?kind={kind}").text
    shown = re.search(rf'data-row="{key}" data-standing="coming">(.*?)</tr>', page, re.S)
    assert shown
    assert SOURCE in shown[1]
    assert "đã đối chiếu" in shown[1]
    last = NEXT_MONTH + dt.timedelta(days=5)
    ending = {"row": key, "day": last.isoformat()}
    assert client.post(f"/admin/rules/{kind}/end", data=ending | {"day": NEXT_MONTH.isoformat()}).status_code == 422
    assert client.post(f"/admin/rules/{kind}/end", data=ending | {"row": "khong:co"}).status_code == 404
    assert client.post(f"/admin/rules/{kind}/end", data=ending).status_code == 303
    assert client.post(f"/admin/rules/{kind}/end", data=ending).status_code == 422
    (row,) = rows_of(worker, of.table.__tablename__, f"source = '{SOURCE}'")
    assert (row.valid_from, row.valid_to) == (NEXT_MONTH, last)
    with worker.connect() as connection:
        told = text("SELECT verb, detail FROM audit WHERE verb LIKE '%_rule' ORDER BY id DESC LIMIT 2")
        (ended, _), (added, detail) = connection.execute(told).all()
    assert (ended, added, detail["kind"]) == ("end_rule", "add_rule", kind)
    assert SOURCE not in str(detail)


def test_a_new_row_ends_the_former_one_and_nothing_of_before_changes(machine: Machine, worker: Engine) -> None:
    where = "stage = 'niem_yet_phuong_an' AND kind = 'not_before'"
    before = rows_of(worker, "resettlement_rules", where)
    assert add(machine("admin"), "stage", POSTING | {"days": "7"}).status_code == 303
    former, standing, new = rows_of(worker, "resettlement_rules", where)
    assert tuple(former) == tuple(before[0])
    assert standing._asdict() == before[1]._asdict() | {"valid_to": NEXT_MONTH}
    assert (new.days, new.status, new.valid_to) == (7, "sourced", None)
    with worker.connect() as connection:
        kept = [
            StageRule(**row._asdict())
            for row in connection.execute(text(f"SELECT * FROM resettlement_rules WHERE {where}"))
        ]
    for day, days in ((NEXT_MONTH - dt.timedelta(days=1), 10), (NEXT_MONTH, 7), (dt.date(2025, 12, 31), 30)):
        assert [rule.days for rule in in_force(kept, day)] == [days]


@pytest.mark.parametrize(
    ("kind", "given", "field", "words"),
    [
        ("stage", POSTING | {"days": "nhiều"}, "days", "Cần một số nguyên"),
        ("stage", POSTING | {"days": "4000"}, "days", "Cần từ 0 đến 3.650"),
        ("stage", POSTING | {"days": "7", "since": "khong_co"}, "since", "Chọn một mục"),
        ("complaint", FIRST_ANSWER | {"step": "Lần đầu"}, "step", "Chỉ dùng chữ thường"),
        ("complaint", FIRST_ANSWER | {"label": "Gọi 0912 345 678"}, "label", "nói về người"),
        ("item", ITEM | {"label_vi": "TỐI MẬT: kế hoạch"}, "label_vi", "dấu mật"),
        ("item", ITEM | {"label_vi": ""}, "label_vi", "Cần điền"),
        ("request", REQUEST | {"category": "nuoc"}, "category", "Chọn một mục"),
        ("request", REQUEST | {"source": ""}, "source", "Cần điền"),
        ("request", REQUEST | {"day": ""}, "day", "Cần điền"),
        ("request", REQUEST | {"day": (quarter_begins(TODAY) - dt.timedelta(days=1)).isoformat()}, "day", "Sớm nhất"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_stays(
    machine: Machine, worker: Engine, kind: str, given: dict[str, str], field: str, words: str
) -> None:
    answer = add(machine("admin"), kind, given)
    assert answer.status_code == 422
    beside = re.search(rf'id="{field}-wrong">(.*?)</small>', answer.text, re.S)
    assert beside
    assert words in beside[1]
    if "source" not in given:
        assert f'value="{SOURCE}"' in answer.text
    assert rows_of(worker, rules.kind(kind).table.__tablename__, f"source = '{SOURCE}'") == []


def test_rows_of_before_are_shown_with_whether_anybody_checked_them(machine: Machine) -> None:
    page = machine("admin").get("/admin/rules/?kind=complaint").text
    unchecked = sum(row["status"] != "sourced" for row in seeds.complaint_deadline_rows())
    assert unchecked
    # The form's own choice says it once more.
    assert page.count("chưa đối chiếu</span>") == unchecked
    assert machine("admin").get("/admin/rules/?kind=khong_co").status_code == 404


def test_only_an_administrator_keeps_rules_and_the_database_holds_to_it(
    machine: Machine, world: World, web: Engine
) -> None:
    for name in ("field", "officer", "answering", "leader", "gis"):
        client = machine(name)
        assert client.get("/admin/rules/").status_code == client.get("/admin/rules/calendar").status_code == 403
        for kind, given in ONE_OF_EACH:
            assert add(client, kind, given).status_code == 403
        assert client.post("/admin/rules/calendar", data={"day": "2026-02-18"}).status_code == 403
    tables = sorted({kind.table.__tablename__ for kind in KINDS})
    for table in tables:
        # A row is added or ended; no role changes what one says.
        with pytest.raises(ProgrammingError, match="permission denied"), acting(web, world.actor("admin")) as session:
            session.execute(text(f"UPDATE {table} SET source = 'x'"))
        with pytest.raises(ProgrammingError, match="permission denied"), acting(web, world.actor("admin")) as session:
            session.execute(text(f"DELETE FROM {table}"))
        with acting(web, world.actor("officer")) as session:
            assert session.execute(text(f"UPDATE {table} SET valid_to = '2099-01-01'")).rowcount == 0
    past = {"kind": "khieu_nai", "step": "x", "valid_from": "2020-01-01", "label": "x", "source": "x", "status": "x"}
    held = {"system": past, "officer": past | {"valid_from": TODAY}, "admin": past}
    for name, row in held.items():
        actor = None if name == "system" else world.actor(name)
        with pytest.raises(ProgrammingError, match="row-level security"), acting(web, actor) as session:
            session.execute(insert(complaints.ComplaintDeadline).inline(), row)
    said = {"category": "nuoc", "valid_from": TODAY, "days": 1, "source": "x", "status": "own"}
    day = {"day": TODAY, "works": False, "source": "x", "set_by": KNOWN.admin}
    refused = (
        ("admin", ServiceStandard, said), ("officer", working_days.CalendarDay, day),
        ("admin", working_days.CalendarDay, day | {"set_by": KNOWN.admin2}),
        ("admin", working_days.CalendarDay, day | {"day": quarter_begins(TODAY) - dt.timedelta(days=1)}),
    )  # fmt: skip
    for name, table, row in refused:
        with pytest.raises(ProgrammingError, match="row-level security"), acting(web, world.actor(name)) as session:
            session.execute(insert(table).inline(), row)


def test_the_complaints_page_counts_by_the_row_of_the_day(machine: Machine) -> None:
    assert add(machine("admin"), "complaint", FIRST_ANSWER | {"working": "1"}).status_code == 303
    client = machine("officer")
    for begun, due in (
        (NEXT_MONTH, working_days.PLAIN.after(NEXT_MONTH, 25)),
        (NEXT_MONTH - dt.timedelta(days=1), NEXT_MONTH + dt.timedelta(days=29)),
    ):
        page = client.get(f"/cases/complaints/?begun={begun}").text
        row = re.search(r"<td>Giải quyết lần đầu.*?</tr>", page, re.S)
        assert row
        assert f"<small>{due:%d/%m/%Y}</small>" in row[0]
    assert client.get("/cases/complaints/?begun=mai").status_code == 422


def test_a_sites_request_is_due_once_a_standard_is_set_and_not_after_it_ended(machine: Machine, worker: Engine) -> None:
    officer, admin = machine("officer"), machine("admin")

    def asked() -> Any:
        site = feature(named("religious_sites"), 11)
        with worker.begin() as connection:
            connection.execute(insert(named("religious_sites").table), site)
        given = {"kind": "gcn_dat", "received_on": TODAY.isoformat(), "office_id": KNOWN.answering_office}
        assert officer.post(f"/site-requests/{site['id']}", data=given).status_code == 303
        with worker.connect() as connection:
            wanted = text("SELECT due_on, due_source FROM site_requests WHERE site_id = :id")
            return tuple(connection.execute(wanted, {"id": site["id"]}).one())

    begins = quarter_begins(TODAY)
    assert asked() == (None, "")
    assert add(admin, "request", REQUEST, begins).status_code == 303
    assert asked() == (working_days.PLAIN.after(TODAY, 20), SOURCE)
    if begins < TODAY:  # a row that ends the day it begins never held
        ending = {"row": f"gcn_dat:{begins}", "day": TODAY.isoformat()}
        assert admin.post("/admin/rules/request/end", data=ending).status_code == 303
        assert asked() == (None, "")


def decide(client: FlaskClient, day: dt.date, works: str) -> Any:
    given = {"day": day.isoformat(), "works": works, "source": SOURCE}
    return client.post("/admin/rules/calendar", data=given)


def open_case(worker: Engine, **values: Any) -> str:
    days = {"observed_on": TODAY, "received_on": TODAY, "happened_on": TODAY, "category": "nuoc"}
    row = feature(named(OPEN), 11, **{**days, "due_on": working_days.PLAIN.after(TODAY, 15), **values})
    with worker.begin() as connection:
        connection.execute(insert(named(OPEN).table), row)
    return str(row["id"])


def due(worker: Engine, id_: str) -> dt.date:
    with worker.connect() as connection:
        found: dt.date = connection.scalar(text("SELECT due_on FROM situation_reports WHERE id = :i"), {"i": id_})
    return found


def test_a_day_off_makes_open_due_dates_later_and_a_day_worked_makes_none_earlier(
    machine: Machine, worker: Engine
) -> None:
    client, told = machine("admin"), working_days.PLAIN.after(TODAY, 15)
    case, closed = open_case(worker), open_case(worker, state="dong", answered_on=TODAY)
    before = open_case(worker, due_on=working_days.PLAIN.after(TODAY, 1))
    off = working_days.PLAIN.after(TODAY, 3)
    saturday = next(day for day in (off + dt.timedelta(days=n) for n in range(1, 8)) if day.weekday() == 5)
    for more in (saturday, saturday + dt.timedelta(days=1)):
        assert decide(client, more, "yes").status_code == 303
    assert due_moving.follow(worker) == 2
    assert decide(client, off, "no").status_code == 303
    assert due_moving.follow(worker) == 1
    assert due(worker, case) == told  # by the count it would be a day earlier
    assert decide(client, told, "no").status_code == 303
    assert due_moving.follow(worker) == 1
    assert due_moving.follow(worker) == 0
    assert due(worker, case) == working_days.PLAIN.after(told, 1)
    assert due(worker, closed) == told
    assert due(worker, before) == working_days.PLAIN.after(TODAY, 1)
    assert decide(client, off, "yes").status_code == 303  # taken back
    assert due_moving.follow(worker) == 1
    assert due(worker, case) == working_days.PLAIN.after(told, 1)
    with worker.connect() as connection:
        moved = text("SELECT detail FROM audit WHERE verb = 'due_moved' ORDER BY id DESC LIMIT 2")
        assert [row["situation_reports"] for row in connection.scalars(moved)] == [1, 0]


def test_a_day_off_lengthens_what_is_counted_over_it(machine: Machine, worker: Engine) -> None:
    case, told = open_case(worker), working_days.PLAIN.after(TODAY, 15)
    for days in (2, 4):
        assert decide(machine("admin"), working_days.PLAIN.after(TODAY, days), "no").status_code == 303
    assert due_moving.follow(worker) == 2
    assert due(worker, case) == working_days.PLAIN.after(told, 2)


def test_a_decided_day_is_kept_with_its_source_and_the_last_row_holds(machine: Machine, worker: Engine) -> None:
    client, day = machine("admin"), working_days.PLAIN.after(NEXT_MONTH, 1)
    assert "Chưa ghi ngày nào" in client.get("/admin/rules/calendar").text
    assert decide(client, day, "no").status_code == decide(client, day, "yes").status_code == 303
    page = client.get("/admin/rules/calendar").text
    assert re.findall(r'data-works="(\w+)"', page) == ["true", "false"]
    assert page.count("đã thay") == 1
    with worker.connect() as connection:
        assert working_days.known(connection).works(day)
    bad = (
        (quarter_begins(TODAY) - dt.timedelta(days=1), "no", "day"),
        (dt.date(TODAY.year + 9, 1, 1), "no", "day"),
        (day, "x", "works"),
    )  # fmt: skip
    for wrong, works, field in bad:
        answer = decide(client, wrong, works)
        assert answer.status_code == 422
        assert f'id="{field}-wrong"' in answer.text
    assert client.post("/admin/rules/calendar", data={"day": day.isoformat(), "works": "no"}).status_code == 422


def test_the_command_lists_adds_and_ends_rules(urls: Urls, cluster: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = embedded.address(cluster)
    assert admin is not None
    address = make_url(admin.url).set(database=make_url(urls.owner).database)
    monkeypatch.setenv("DATABASE_URL", address.render_as_string(hide_password=False))
    monkeypatch.setenv("DIABAN_HOME", str(cluster.home))
    said = ["--source", SOURCE, "--from", NEXT_MONTH.isoformat(), "--as", "admin"]

    def run(*words: str) -> Any:
        return CliRunner().invoke(diaban, ["rule", *words])

    added = run("add", "request", "category=gcn_dat", "days=20", *said)
    assert added.exit_code == 0, added
    assert f"gcn_dat:{NEXT_MONTH} …  days=20: {SOURCE} (chưa đối chiếu | unchecked)" in run("list", "request").output
    assert run("add", "request", "category=gcn_dat", "days=0", *said).exit_code != 0
    assert run("add", "request", "ngay=1", *said).exit_code != 0
    other = run("add", "request", "category=gcn_dat", "days=9", *said[:4], "--as", "officer")
    assert isinstance(other.exception, Forbidden)
    last = (NEXT_MONTH + dt.timedelta(days=3)).isoformat()
    assert run("end", "request", f"gcn_dat:{NEXT_MONTH}", "--from", last, "--as", "admin").exit_code == 0
    assert run("day", last, "free", "--source", SOURCE, "--as", "admin").exit_code == 0
    assert f"{last} nghỉ | free" in run("list", "day").output
