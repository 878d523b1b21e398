"""A service case walked through its life by the offices in a real Chromium."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, insert, text

from surveys.layers import named
from tests.browser import axe
from tests.browser.conftest import PROJECTOR, Desk
from tests.rows import feature

WHEN = {"phone": (360, 640), "projector": PROJECTOR}


def nothing_violated(page: Page) -> None:
    assert axe.violations(page) == []


@pytest.mark.parametrize("screen", list(WHEN))
def test_two_offices_walk_a_case_to_its_end_and_back(
    screen: str, at_desk: Callable[..., Desk], address: str, worker: Engine
) -> None:
    first, again = (feature(named("situation_reports"), 11, hamlet=111) for _ in range(2))
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM situation_reports"))
        connection.execute(insert(named("situation_reports").table), [first, again])
    answering = at_desk(address, "answering", screen=WHEN[screen])
    answering.goes_to("/cases/")
    nothing_violated(answering.page)
    answering.goes_to(f"/cases/{first['id']}")
    expect(answering.page.get_by_role("heading", name="Cùng nơi này")).to_be_visible()
    answering.page.get_by_role("button", name="Nhận xử lý").click()
    expect(answering.page.get_by_text("Đã nhận xử lý.")).to_be_visible()
    answering.page.get_by_label("Trả lời", exact=True).fill("Đã khoan lại giếng.")
    nothing_violated(answering.page)
    answering.sees_nothing_cut()
    answering.page.get_by_role("button", name="Gửi câu trả lời").click()
    expect(answering.page.get_by_text("không có việc phải làm")).to_be_visible()

    liaison = at_desk(address, "officer", screen=WHEN[screen])
    liaison.goes_to("/cases/?list=answered")
    liaison.page.get_by_role("link", name="Nước").click()
    liaison.page.get_by_role("button", name="Đóng vụ việc").click()
    expect(liaison.page.get_by_text("Đã đóng vụ việc.")).to_be_visible()
    form = liaison.page.locator("[data-step=reopen]")
    form.get_by_label("Lý do").fill("Nước lại đục.")
    form.get_by_role("button", name="Mở lại").click()
    expect(liaison.page.get_by_text("Hạn trả lời tính lại từ hôm nay.")).to_be_visible()
    expect(liaison.page.locator("[data-event]")).to_have_count(4)
    expect(liaison.page.locator("[data-event=reopen]")).to_contain_text(re.compile("Nước lại đục"))
    nothing_violated(liaison.page)
    liaison.sees_nothing_cut()

    answering.goes_to(f"/cases/{again['id']}")
    answering.page.locator("[data-step=duplicate]").get_by_role("button", name="Gộp").click()
    expect(answering.page.get_by_text("Người gửi sẽ nhận câu trả lời của vụ việc kia.")).to_be_visible()
    answering.asked_nobody_else()
    liaison.asked_nobody_else()
