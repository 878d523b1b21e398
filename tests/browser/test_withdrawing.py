"""The phone says what can't be before it is sent; a record that was sent is taken back with the code of its receipt."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, text

from app.config import Config
from surveys import applying
from tests.browser import axe, people
from tests.browser.phone import Phone


@pytest.fixture
def phone(chromium: Browser, address: str, cluster: Config) -> Iterator[Phone]:
    with people.a_phone(chromium, address, cluster) as made:
        yield made


@pytest.fixture
def instances(worker: Engine) -> Iterator[list[str]]:
    """What was sent, and is gone afterwards."""
    made: list[str] = []
    yield made
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM withdrawals WHERE instance_id = ANY(:ids)"), {"ids": made})


def test_days_that_cannot_be_are_named_and_what_was_sent_is_taken_back(
    phone: Phone, worker: Engine, instances: list[str]
) -> None:
    phone.opens("religious_sites")
    phone.picks("hamlet", "thon 1")
    phone.page.get_by_label("Tên cơ sở").fill("Chùa Linh Ẩn")
    phone.picks("tradition", "phat giao")
    phone.picks("facility_type", "chua")
    phone.question("request").locator("[data-choice=gcn_dat] input").check()
    received, answered = phone.question("received_on"), phone.question("answered_on")
    received.locator("input").fill("2026-10-02")
    expect(received.get_by_text("không được sau")).to_have_count(0)  # while nobody has answered
    answered.locator("input").fill("2026-10-01")
    expect(received).to_contain_text('không được sau "Ngày trả lời"')
    answered.locator("input").fill("2026-10-03")
    expect(received.get_by_text("không được sau")).to_have_count(0)
    phone.takes_point()
    phone.takes_photo()
    phone.sends()
    code = phone.shows("withdrawal-code")
    instances.append(phone.shows("instance-id"))
    while applying.apply_batch(worker):
        pass

    record = people.own_record(phone, instances[0])
    record.locator("[data-action=withdraw]").click()
    box = record.get_by_label("Mã rút phiếu")
    expect(box).to_have_value(code)  # this phone has the receipt
    assert axe.violations(phone.page) == []
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box.fill("ABCD-2345-EFGH")
    record.locator("[data-action=send-withdraw]").click()
    expect(record.get_by_role("alert")).to_be_visible()
    box.fill(code)
    record.locator("[data-action=send-withdraw]").click()
    expect(record.locator("[data-withdrawal]")).to_contain_text("Đã yêu cầu rút phiếu")
    expect(record.locator("[data-action=withdraw]")).to_have_count(0)
    with worker.connect() as connection:
        state = connection.scalar(text("SELECT state FROM withdrawals WHERE instance_id = :i"), {"i": instances[0]})
    assert state == "asked"
