"""One report's whole life by five roles: sent without signal, approved, assigned, handed on, answered, closed, opened
again, closed; each step by its own role alone, the clock over weekends and holidays, all of it in the audit.
"""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, text

from app.config import Config
from surveys import wall_clock
from tests.browser import people
from tests.browser.conftest import Desk
from tests.browser.people import People, counted, step
from tests.browser.phone import Phone
from tests.world import KNOWN

SOURCE = "Quy chế thử"
HAPPENED = "Giếng của thôn cạn từ đầu tuần"
HANDED_ON = "Việc này thuộc ngành hạ tầng."
FIRST, SECOND = "Đã khoan lại giếng của thôn, nước trong.", "Đã thay máy bơm, có nước cả ngày."
STILL = "Giếng lại cạn, cả thôn vẫn thiếu nước."
REVIEWERS = {"officer", "answering", "works"}
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def other_office(worker: Engine, address: str) -> Iterator[int]:
    """A second office that answers for water; and no days to answer but those of the small world at the end."""
    with people.a_second_office(worker, "nuoc", "Phòng Hạ tầng") as made:
        yield made
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM service_standards WHERE source = :s"), {"s": SOURCE})


@pytest.fixture
def phone(chromium: Browser, address: str, cluster: Config) -> Iterator[Phone]:
    with people.a_phone(chromium, address, cluster) as made:
        yield made


def test_a_report_lives_from_the_phone_to_its_second_answer(
    at_desk: Callable[..., Desk], address: str, worker: Engine, phone: Phone, other_office: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    turn_to = people.calendar(monkeypatch)
    before = people.last_audited(worker)
    everyone = People(lambda: at_desk(address))
    everyone.sign_in("field", "officer", "answering", "works", "leader", "gis", "admin")
    days = people.enough_to_pass(people.next_holiday(wall_clock.today()), wall_clock.today())
    the_administrator_sets_the_days_to_answer(everyone, days)

    instance = people.sends_without_signal(
        phone, worker, lambda: people.fills_a_report(phone, HAPPENED, "nuoc sinh hoat")
    )
    everyone.did(("field", "submit"))
    proposal, id_, received = people.proposal_of(worker, instance)
    the_officer_approves(everyone, proposal)
    path, due = f"/cases/{id_}", counted(received, days)
    assert case(worker, id_) == ("mo", KNOWN.answering_office, due)

    the_office_it_was_assigned_to_takes_it(everyone, path)
    the_officer_hands_it_on(everyone, path, other_office)
    assert case(worker, id_) == ("mo", other_office, due)  # handing on wins nobody time
    on_the_last_day_nobody_is_late_on_the_next_one_the_office_is(everyone, due, turn_to)
    the_officer_tells_the_leader(everyone, path)

    the_office_answers(everyone, path, FIRST)
    record = people.own_record(phone, instance)
    expect(record.locator("[data-answer]")).to_contain_text(FIRST)
    expect(record.locator("[data-answer]")).to_contain_text(f"Phòng Hạ tầng, ngày {due + ONE_DAY:%d/%m/%Y}")
    the_officer_closes(everyone, path)

    reopened = people.next_holiday(due + ONE_DAY) - ONE_DAY
    turn_to(reopened)
    whoever_sent_it_opens_it_again(everyone, phone, instance, path)
    due = counted(reopened, days)
    assert case(worker, id_) == ("mo_lai", other_office, due)
    record = people.own_record(phone, instance)
    expect(record.locator("[data-case]")).to_contain_text(f"Mở lại. Hạn trả lời: {due:%d/%m/%Y}")
    the_office_answers(everyone, path, SECOND)
    expect(people.own_record(phone, instance).locator("[data-answer]")).to_contain_text(SECOND)
    the_officer_closes(everyone, path)
    assert case(worker, id_)[0] == "dong"

    taken = ["take", "reassign", "escalate", "answer", "close", "reopen", "answer", "close"]
    steps = everyone["officer"].page.locator("[data-event]")
    assert [one.get_attribute("data-event") for one in steps.all()] == taken
    assert people.audited(worker, before) == everyone.told
    the_administrator_reads_all_of_it(everyone, received - ONE_DAY, ["submit", "approved", *taken])
    for desk in everyone.desks.values():
        desk.asked_nobody_else()


def case(worker: Engine, id_: str) -> tuple[str, int, dt.date]:
    with worker.connect() as connection:
        asked = text("SELECT state, office_id, due_on FROM situation_reports WHERE id = :i")
        return tuple(connection.execute(asked, {"i": id_}).one())  # type: ignore[return-value]


def the_administrator_sets_the_days_to_answer(everyone: People, days: int) -> None:
    """So many that a public holiday and a weekend lie between, whatever day it is."""
    today = wall_clock.today().isoformat()
    given = {"what": "standard", "category": "nuoc", "day": today, "days": str(days), "source": SOURCE}
    everyone.refused_to_all_but({"admin"}, "/admin/dated/", **given)
    desk = everyone["admin"]
    desk.goes_to("/admin/dated/")
    form = desk.page.locator("form", has=desk.page.locator("[name=what][value=standard]"))
    form.get_by_label("Lĩnh vực").select_option("nuoc")
    form.get_by_label("Từ ngày").fill(today)
    form.get_by_label("Ngày làm việc").fill(str(days))
    form.get_by_label("Nguồn").fill(SOURCE)
    form.get_by_role("button", name="Thêm thời hạn").click()
    people.done(desk.page, "Đã ghi.")
    everyone.did(("admin", "add_standard"))


def the_officer_approves(everyone: People, proposal: str) -> None:
    everyone.closed_to_all_but(REVIEWERS, f"/review/{proposal}")
    everyone.refused_to_all_but(REVIEWERS, f"/review/{proposal}", decision="approve")
    page = everyone["officer"].page
    everyone["officer"].goes_to("/review/")
    page.get_by_role("link", name="Nước sinh hoạt").click()
    expect(page.get_by_text(HAPPENED)).to_be_visible()
    page.get_by_role("button", name="Duyệt", exact=True).click()
    people.done(page, "Phản ánh đã giao cho cơ quan trả lời")
    everyone.did(("officer", "approved"))


def the_office_it_was_assigned_to_takes_it(everyone: People, path: str) -> None:
    everyone.closed_to_all_but({"answering", "officer"}, path)
    everyone.refused_to_all_but({"answering"}, f"{path}/take")
    everyone["answering"].goes_to("/cases/")
    page = everyone["answering"].page
    page.get_by_role("link", name="Nước sinh hoạt").click()
    expect(step(page, "close")).to_have_count(0)
    step(page, "take").get_by_role("button").click()
    people.done(page, "Đã nhận xử lý.")
    everyone.did(("answering", "take"))


def the_officer_hands_it_on(everyone: People, path: str, office: int) -> None:
    given = {"office": str(office), "words": HANDED_ON}
    everyone.refused_to_all_but({"answering", "officer"}, f"{path}/reassign", **given)
    desk = everyone["officer"]
    desk.goes_to(path)
    expect(step(desk.page, "take")).to_have_count(0)
    form = step(desk.page, "reassign")
    form.get_by_label("Chuyển cơ quan khác").select_option("Phòng Hạ tầng")
    form.get_by_label("Lý do").fill(HANDED_ON)
    form.get_by_role("button").click()
    people.done(desk.page, "Đã chuyển cơ quan khác.")
    everyone.did(("officer", "reassign"))
    everyone.closed_to_all_but({"works", "officer"}, path)  # no longer the first office's


def on_the_last_day_nobody_is_late_on_the_next_one_the_office_is(
    everyone: People, due: dt.date, turn_to: Callable[[dt.date], None]
) -> None:
    for day, late in ((due, 0), (due + ONE_DAY, 1)):
        turn_to(day)
        for name in ("works", "officer", "leader"):
            everyone[name].goes_to("/cases/")
            row = everyone[name].page.locator("tbody tr", has_text="Nước sinh hoạt")
            expect(row).to_contain_text(f"{due:%d/%m/%Y}")
            expect(row.get_by_text("cơ quan trả lời muộn")).to_have_count(late)


def the_officer_tells_the_leader(everyone: People, path: str) -> None:
    why = "Cần quyết kinh phí khoan giếng."
    everyone.refused_to_all_but({"officer"}, f"{path}/escalate", words=why)
    desk = everyone["officer"]
    desk.goes_to(path)
    step(desk.page, "escalate").get_by_label("Lý do").fill(why)
    step(desk.page, "escalate").get_by_role("button").click()
    people.done(desk.page, "Đã báo cáo lãnh đạo.")
    everyone.did(("officer", "escalate"))
    leader = everyone["leader"]
    leader.goes_to("/")
    leader.page.get_by_role("main").get_by_role("link", name="Vụ việc", exact=True).click()
    expect(leader.page.locator("[data-escalated]")).to_contain_text(why)
    expect(leader.page.get_by_text(HAPPENED)).to_have_count(0)


def the_office_answers(everyone: People, path: str, words: str) -> None:
    everyone.refused_to_all_but({"works"}, f"{path}/answer", answer=words)
    desk = everyone["works"]
    desk.goes_to(path)
    expect(desk.page.get_by_text(HANDED_ON)).to_be_visible()
    step(desk.page, "answer").get_by_label("Trả lời", exact=True).fill(words)
    step(desk.page, "answer").get_by_role("button").click()
    people.done(desk.page, "Người gửi sẽ thấy câu trả lời trên điện thoại.")
    everyone.did(("works", "answer"))


def the_officer_closes(everyone: People, path: str) -> None:
    everyone.refused_to_all_but({"officer"}, f"{path}/close")
    desk = everyone["officer"]
    desk.goes_to("/cases/?list=answered")
    desk.page.get_by_role("link", name="Nước sinh hoạt").click()
    step(desk.page, "close").get_by_role("button").click()
    people.done(desk.page, "Đã đóng vụ việc.")
    everyone.did(("officer", "close"))


def whoever_sent_it_opens_it_again(everyone: People, phone: Phone, instance: str, path: str) -> None:
    """On the phone; at a desk only the liaison office could, and nobody else's record is anybody's on a phone."""
    everyone.refused_to_all_but({"officer"}, f"{path}/reopen", words=STILL)
    for name, desk in everyone.desks.items():
        if name != "field":
            as_the_phone = {"data": {"words": STILL}, "headers": {"X-Diaban-Client": "1"}}
            answer = desk.page.request.post(f"{desk.address}/survey/api/mine/{instance}/reopen", **as_the_phone)
            assert answer.status == 404, name
            everyone.did((name, "refused"))
    record = people.own_record(phone, instance)
    record.locator("[data-action=reopen]").click()
    record.get_by_label("Việc gì chưa xong").fill(STILL)
    record.locator("[data-action=send-reopen]").click()
    expect(record.locator("[data-action=reopen], [data-action=send-reopen]")).to_have_count(0)
    everyone.did(("field", "reopen"))


def the_administrator_reads_all_of_it(everyone: People, since: dt.date, acts: list[str]) -> None:
    """On the page of the audit, the newest first: every act on the report, beside what was read and refused."""
    desk = everyone["admin"]
    desk.goes_to(f"/admin/audit/?layer=situation_reports&since={since}")
    told = desk.page.locator("table.log tbody code").all_inner_texts()
    assert [one for one in reversed(told) if one not in ("read", "refused")] == acts
