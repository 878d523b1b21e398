"""A form of staff in the browser: uploaded, told what is wrong, tried as on a phone, approved by another account."""

import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, text

from app import jobs
from app.config import Config
from app.roles import Urls
from tests.browser.conftest import Desk
from tests.world import World

ROWS = (
    "| survey |",
    "| | type | name | label | required | relevant |",
    "| | text | ten_cau | Tên cầu | yes | |",
    "| | integer | nhip | Số nhịp | | |",
    "| | select_one co_khong | hong | Có nhịp hỏng? | yes | ${nhip} > 1 |",
    "| | select_one_from_file communes.csv | commune | Xã, phường | | |",
    "| choices |",
    "| | list_name | name | label |",
    "| | co_khong | co | Có |",
    "| | co_khong | khong | Không |",
)
FORM = "\n".join(ROWS).encode()


@pytest.fixture(scope="module")
def working(cluster: Config, urls: Urls) -> Iterator[None]:
    """The real job thread."""
    stop = threading.Event()
    thread = threading.Thread(target=jobs.work, args=(cluster, urls, stop), daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=20)


@pytest.fixture
def approver(worker: Engine, world: World) -> Iterator[str]:
    with worker.begin() as connection:
        connection.execute(
            text("INSERT INTO special_verbs VALUES (:who, 'approve_form', current_date, current_date + 300, 6, 7)"),
            {"who": world.leader},
        )
    yield "leader"
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM special_verbs WHERE verb = 'approve_form'"))
        connection.execute(text("DELETE FROM forms WHERE origin = 'upload'"))


def uploads(desk: Desk, name: str, data: bytes) -> None:
    desk.goes_to("/forms/")
    before = desk.page.locator("[data-upload=done]").count()
    desk.page.locator("#form").set_input_files([{"name": name, "mimeType": "text/markdown", "buffer": data}])
    desk.page.get_by_role("button", name="Tải lên và kiểm tra").click()
    expect(desk.page.locator("[data-upload=done]")).to_have_count(before + 1, timeout=90_000)


@pytest.mark.usefixtures("working")
def test_a_form_is_uploaded_tried_and_approved(at_desk: Callable[..., Desk], address: str, approver: str) -> None:
    officer = at_desk(address, "officer", screen=(360, 640))
    uploads(officer, "cầu.md", FORM.replace("Số nhịp".encode(), "Số giáo dân dự lễ".encode()))
    expect(officer.page.locator("[data-upload=done]").first).to_contain_text("Không đếm người dự lễ")
    officer.sees_nothing_cut()
    uploads(officer, "cầu.md", FORM)
    link = officer.page.locator("[data-upload=done] a").first
    expect(link).to_contain_text("cau")
    link.click()
    officer.sees_nothing_cut()
    expect(officer.page.get_by_role("button", name="Duyệt")).to_have_count(0)

    officer.page.get_by_role("button", name="Điền thử").click()
    page = officer.page
    page.locator("[data-screen=trial][data-state=open]").wait_for()
    expect(page.locator("[data-trial]")).to_contain_text("không lưu, không gửi")
    expect(page.locator("[data-action=send]")).to_be_disabled()
    assert page.locator("[data-unsupported], [data-broken], [data-missing]").count() == 0
    page.locator("[data-action=check]").click()
    expect(page.locator("[data-summary]")).to_contain_text("Tên cầu")
    page.locator("[data-question=ten_cau] input").fill("Cầu Đắk Mil")
    page.locator("[data-question=nhip] input").fill("3")
    page.locator("[data-question=hong] input").first.check()
    page.locator("[data-action=check]").click()
    expect(page.locator("[data-summary]")).to_contain_text("Mọi câu bắt buộc đã trả lời")
    expect(page.locator("[data-summary] pre")).to_contain_text("<nhip>3</nhip>")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    officer.asked_nobody_else()

    second = at_desk(address, approver)
    form = officer.page.locator("a.back").get_attribute("href")
    assert form is not None
    second.goes_to(form)
    second.page.get_by_role("button", name="Duyệt").click()
    expect(second.page.get_by_role("status")).to_contain_text("Đã duyệt")
    second.sees_nothing_cut()
    second.asked_nobody_else()
