"""One restricted report's whole life: only its answering office opens it, for a reason, with a right two administrators
gave; everybody else sees the frozen cube and no more (S5, S6).
"""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, text

from app.config import Config
from surveys import periods, restricted_cube, wall_clock
from tests.browser import people
from tests.browser.conftest import Desk
from tests.browser.people import People, counted, step
from tests.browser.phone import Phone
from tests.world import KNOWN

SECRET = "Chậm chi trả bồi thường đợt hai đã bốn tháng"
GROUP = "Đất đai và bồi thường"
DAYS = 15  # of the small world's standard
ADMINS = {"admin", "admin2"}
NAMES = ("field", "officer", "answering", "works", "leader", "gis", "admin", "admin2")
ELSEWHERE = (
    "/", "/cases/", "/cases/?list=answered", "/cases/?list=closed", "/cases/figures/", "/review/", "/reports/",
    "/map/at?layer=situation_reports&lon=108.05&lat=11.95&z=16", "/map/place/11/records?layer=situation_reports",
    "/survey/api/mine",
)  # fmt: skip


@pytest.fixture
def second_office(worker: Engine, address: str) -> Iterator[int]:
    """A second office that answers for land; nobody may read restricted reports yet, as in the small world after."""
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM special_verbs WHERE verb = 'read_restricted'"))
    with people.a_second_office(worker, "dat_dai_boi_thuong", "Trung tâm Phát triển quỹ đất") as made:
        yield made
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM special_requests"))
        connection.execute(text("DELETE FROM special_verbs WHERE verb = 'read_restricted'"))
        connection.execute(
            text(
                "INSERT INTO special_verbs VALUES"
                " (:holder, 'read_restricted', current_date, current_date + 300, :first, :second)"
            ),
            {"holder": KNOWN.answering, "first": KNOWN.admin, "second": KNOWN.admin2},
        )


@pytest.fixture
def phone(chromium: Browser, address: str, cluster: Config) -> Iterator[Phone]:
    with people.a_phone(chromium, address, cluster) as made:
        yield made


def test_a_restricted_report_lives_in_its_answering_office_alone(
    at_desk: Callable[..., Desk], address: str, worker: Engine, phone: Phone, second_office: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = people.last_audited(worker)
    everyone = People(lambda: at_desk(address))
    everyone.sign_in(*NAMES)
    instance = people.sends_without_signal(
        phone, worker, lambda: people.fills_a_report(phone, SECRET, "dat dai", instead_of="dien")
    )
    everyone.did(("field", "submit"))
    no_place_came_with_it(worker, instance)
    proposal, id_, received = people.proposal_of(worker, instance)
    path, due = f"/cases/restricted/{id_}", counted(received, DAYS)

    everyone.closed_to_all_but(set(), f"/review/{proposal}")
    everyone.closed_to_all_but(set(), "/cases/restricted/")
    for name in ("answering", "works"):
        two_administrators_give_the_right(everyone, worker, name)
        everyone.sign_in(name)
    reasons = [its_own_office_approves_it_for_a_reason(everyone, proposal)]
    assert case(worker, id_) == ("mo", KNOWN.answering_office, due)

    def takes(who: str, key: str, listed: str = "waiting", /, **said: str) -> None:
        reasons.append(f"Xem lần {len(reasons)} để xử lý")
        opens(everyone, who, path, reasons[-1], listed)
        moves(everyone, who, path, key, **said)

    only_opens(everyone, "answering", path)
    takes("answering", "take")
    takes("answering", "reassign", words="Thuộc việc của quỹ đất.", office=str(second_office))
    assert case(worker, id_) == ("mo", second_office, due)
    only_opens(everyone, "works", path)
    takes("works", "answer", words="Đã chi trả đợt hai cho khu này.")
    record = people.own_record(phone, instance)
    expect(record.locator("[data-case]")).to_contain_text("Đã trả lời ngày")
    expect(record).to_contain_text("Cơ quan trả lời trực tiếp")
    expect(record.locator("[data-answer], [data-action=reopen]")).to_have_count(0)
    takes("works", "close", "answered")

    reopened = people.next_holiday(due) - dt.timedelta(days=1)
    people.calendar(monkeypatch)(reopened)
    takes("works", "reopen", "closed", words="Còn một phần chưa chi trả.")
    assert case(worker, id_) == ("mo_lai", second_office, counted(reopened, DAYS))
    takes("works", "answer", words="Đã chi trả đủ.")
    takes("works", "close", "answered")
    assert case(worker, id_)[0] == "dong"

    assert people.audited(worker, before) == everyone.told
    assert purposes(worker, before) == reasons
    the_administrator_reads_the_reasons(everyone, received - dt.timedelta(days=1), reasons)
    others_see_the_cube_and_no_more(everyone, worker, id_, wall_clock.today(), people.calendar(monkeypatch))
    for desk in everyone.desks.values():
        desk.asked_nobody_else()


def case(worker: Engine, id_: str) -> tuple[str, int, dt.date]:
    with worker.connect() as connection:
        asked = text("SELECT state, office_id, due_on FROM restricted_reports WHERE id = :i")
        return tuple(connection.execute(asked, {"i": id_}).one())  # type: ignore[return-value]


def no_place_came_with_it(worker: Engine, instance: str) -> None:
    """A point was taken before the category was chosen; it never left the phone."""
    with worker.connect() as connection:
        asked = text("SELECT xml, restricted, flags FROM submissions WHERE instance_id = :i")
        kept = connection.execute(asked, {"i": instance}).one()
        files = connection.scalar(text("SELECT count(*) FROM attachments WHERE instance_id = :i"), {"i": instance})
    assert (kept.restricted, files) == (True, 0)
    assert "point_cut" not in kept.flags  # there was nothing to cut
    assert "11.95" not in kept.xml
    assert "108.05" not in kept.xml


def two_administrators_give_the_right(everyone: People, worker: Engine, name: str) -> None:
    """One asks and can't give, however the form is sent; another gives, for at most twelve months."""
    with worker.connect() as connection:
        account = connection.scalar(text("SELECT id FROM accounts WHERE username = :n"), {"n": name})
    asked = {"verb": "read_restricted", "account": str(account)}
    everyone.refused_to_all_but(ADMINS, "/admin/special/", **asked)
    page = everyone["admin"].page
    everyone["admin"].goes_to("/admin/special/")
    form = page.locator("form[aria-labelledby=ask-read_restricted]")
    fit = {one.split(" ")[0] for one in form.locator("option").all_inner_texts()}
    assert fit == {"officer", "answering", "works"}  # no leader, no technician, no administrator
    form.get_by_label("Tài khoản").select_option(str(account))
    form.get_by_role("button", name="Đề nghị").click()
    people.done(page, "Một quản trị khác cần đăng nhập và đồng ý")
    everyone.did(("admin", "special_asked"))

    waiting = page.locator("[data-request]", has_text=name)
    expect(waiting.get_by_role("button", name="Đồng ý cấp")).to_have_count(0)
    path = f"/admin/special/{waiting.get_attribute('data-request')}"
    assert everyone.posted("admin", path, decision="grant") == 422
    everyone.refused_to_all_but(ADMINS, path, decision="grant")
    everyone.closed_to_all_but(holders(worker), "/cases/restricted/")

    second = everyone["admin2"]
    second.goes_to("/admin/special/")
    second.page.locator("[data-request]", has_text=name).get_by_role("button", name="Đồng ý cấp").click()
    people.done(second.page, "Đã cấp quyền trong 12 tháng.")
    expect(second.page.locator("tbody tr", has_text=name)).to_contain_text("admin, admin2")
    everyone.did(("admin2", "special_granted"))
    assert name in holders(worker)


def holders(worker: Engine) -> set[str]:
    """Who may read restricted reports, and not for longer than twelve months."""
    with worker.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.username, v.expires_on - v.granted_on AS days FROM special_verbs v"
                " JOIN accounts a ON a.id = v.account_id"
                " WHERE v.verb = 'read_restricted' AND v.expires_on > current_date"
            )
        ).all()
    assert all(0 < row.days <= 366 for row in rows)
    return {row.username for row in rows}


def its_own_office_approves_it_for_a_reason(everyone: People, proposal: str) -> str:
    reason, path = "Xem để duyệt", f"/review/{proposal}"
    everyone.closed_to_all_but({"answering"}, path)
    everyone.refused_to_all_but({"answering"}, path, decision="open", reason=reason)
    everyone.refused_to_all_but({"answering"}, path, decision="approve")
    page = everyone["answering"].page
    everyone["answering"].goes_to("/review/")
    page.get_by_role("link", name=GROUP).click()
    expect(page.get_by_text(SECRET)).to_have_count(0)
    page.get_by_label("Lý do mở").fill(reason)
    page.get_by_role("button", name="Mở phiếu").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    page.get_by_role("button", name="Duyệt", exact=True).click()
    people.done(page, "Phản ánh đã giao cho cơ quan trả lời")
    everyone.did(("answering", "open_restricted"), ("answering", "approved"))
    return reason


def only_opens(everyone: People, who: str, path: str) -> None:
    """To nobody else is there a question why, and no reason opens it."""
    everyone.closed_to_all_but({who}, path)
    everyone.refused_to_all_but({who}, path, reason="Xem để biết")


def opens(everyone: People, who: str, path: str, reason: str, listed: str) -> None:
    """From the list, which shows commune, group, state and due date, through the question why."""
    page = everyone[who].page
    everyone[who].goes_to(f"/cases/restricted/?list={listed}")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody td")).to_have_count(4)
    page.get_by_role("link", name=GROUP).click()
    expect(page.get_by_text(SECRET)).to_have_count(0)
    page.get_by_label("Lý do mở").fill(reason)
    page.get_by_role("button", name="Mở phiếu").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Phản ánh tại Thôn 1, Đắk Mil")
    everyone.did((who, "open_restricted"))


def moves(everyone: People, who: str, path: str, key: str, words: str = "", office: str = "") -> None:
    """On the page that was opened; afterwards it isn't open any more."""
    everyone.refused_to_all_but({who}, f"{path}/{key}", words=words, office=office)
    form = step(everyone[who].page, key)
    if office:
        form.locator("select").select_option(office)
    if words:
        form.locator("textarea").fill(words)
    form.get_by_role("button").click()
    everyone[who].page.wait_for_url("**/cases/restricted/")
    expect(everyone[who].page.get_by_text(SECRET)).to_have_count(0)
    everyone.did((who, f"restricted_{key}"))


def purposes(worker: Engine, after: int) -> list[str]:
    """Why it was opened, each time; and nothing of its words or place anywhere in the audit."""
    with worker.connect() as connection:
        rows = connection.execute(text("SELECT * FROM audit WHERE id > :after ORDER BY id"), {"after": after}).all()
    told = " ".join(f"{row.purpose} {row.layer} {row.detail}" for row in rows)
    assert not [trace for trace in (SECRET, "11.95", "108.05") if trace in told]
    return [row.purpose for row in rows if row.verb == "open_restricted"]


def the_administrator_reads_the_reasons(everyone: People, since: dt.date, reasons: list[str]) -> None:
    desk = everyone["admin"]
    desk.goes_to(f"/admin/audit/?what=open_restricted&since={since}")
    told = desk.page.locator("table.log tbody tr").all_inner_texts()[: len(reasons)]  # the newest first
    assert [reason for row, reason in zip(reversed(told), reasons, strict=True) if reason in row] == reasons


def others_see_the_cube_and_no_more(
    everyone: People, worker: Engine, id_: str, today: dt.date, turn_to: Callable[[dt.date], None]
) -> None:
    """Nothing while the quarter runs; once it is closed the mark "ẩn", and for the communes without a report nought."""
    with worker.connect() as connection:
        asked = text("SELECT (created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM restricted_reports WHERE id = :i")
        written: dt.date = connection.execute(asked, {"i": id_}).scalar_one()
    quarter = periods.holding(periods.QUARTER, written)
    table = f"/map/table?layers=&figure=restricted_dat_dai_boi_thuong&period={quarter.code}"
    others = [name for name in NAMES if name not in ("answering", "works")]

    def shown(name: str) -> list[str]:
        everyone[name].goes_to(table)
        return [
            one.strip() for one in everyone[name].page.locator("#figure-rows tbody td:nth-child(2)").all_inner_texts()
        ]

    assert set(shown("leader")) == {"chưa có số liệu"}
    following = restricted_cube.following(quarter.first)
    assert restricted_cube.freeze_closed(worker, following) == 1
    turn_to(max(today, following))
    for name in ("leader", "officer"):
        assert sorted(shown(name)) == ["0", "0", "ẩn"]
    for name in others:
        for path in (*ELSEWHERE, table):
            page = everyone[name].page.request.get(everyone[name].address + path).text()
            assert SECRET not in page, (name, path)
            assert id_ not in page, (name, path)
