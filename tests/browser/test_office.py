"""Signing in and the office pages in a real Chromium, on a phone and on a projector."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PROJECTOR, Desk
from tests.browser.phone import PASSWORD
from tests.browser.waiting import until

SCREENS = {"phone": (360, 640), "projector": PROJECTOR}


@pytest.fixture(params=list(SCREENS))
def desk(request: pytest.FixtureRequest, at_desk: Callable[..., Desk], address: str) -> Iterator[Desk]:
    made = at_desk(address, screen=SCREENS[request.param])
    yield made
    made.asked_nobody_else()


@pytest.mark.parametrize("name", ["field", "officer", "leader", "gis", "admin"])
def test_every_role_signs_in_by_keyboard_and_sees_its_home_whole(desk: Desk, name: str) -> None:
    desk.signs_in_by_keyboard(name)
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Xã Đắk Mil" if name == "field" else "Tỉnh Lâm Đồng")
    desk.sees_nothing_cut()
    desk.goes_to("/account/")
    desk.sees_nothing_cut()
    desk.page.get_by_text("Tạo mã truy cập").first.click()
    desk.sees_nothing_cut()


def test_a_heading_of_the_menu_drops_down_and_closes_again(desk: Desk) -> None:
    desk.signs_in_by_keyboard("officer")
    link = desk.page.get_by_role("navigation").get_by_role("link", name="Tái định cư", exact=True)
    if desk.page.evaluate("innerWidth") < 992:
        desk.page.locator("details.menu > summary").click()
        expect(link).to_be_visible()  # one below the other nothing is hidden twice
        desk.sees_nothing_cut()
        return
    heading = desk.page.locator("details.group > summary", has_text="Công tác")
    heading.focus()
    desk.page.keyboard.press("Enter")
    expect(link).to_be_visible()
    desk.sees_nothing_cut()
    desk.page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(heading).to_be_focused()
    heading.click()
    desk.page.locator("main").click(position={"x": 2, "y": 2})
    expect(link).to_be_hidden()
    heading.click()
    link.click()
    expect(desk.page).to_have_url(f"{desk.address}/resettlement/")
    expect(desk.page.locator("details.group[data-here]")).to_contain_text("Công tác")


def test_the_menu_opens_and_closes_by_keyboard(desk: Desk) -> None:
    desk.signs_in_by_keyboard("officer")
    link = desk.page.get_by_role("link", name="Duyệt", exact=True)
    if desk.page.evaluate("innerWidth") < 992:
        expect(link).to_be_hidden()
        desk.page.locator("details.menu > summary").focus()
        desk.page.keyboard.press("Enter")
        expect(link).to_be_visible()
        desk.sees_nothing_cut()
        desk.page.keyboard.press("Escape")
        expect(link).to_be_hidden()
        desk.page.keyboard.press("Enter")
    link.click()
    expect(desk.page).to_have_url(f"{desk.address}/review/")
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()


def test_a_token_is_made_and_its_page_never_shows_it_again(desk: Desk) -> None:
    desk.signs_in_by_keyboard("gis")
    desk.goes_to("/account/")
    desk.page.get_by_text("Tạo mã truy cập").first.click()
    desk.page.get_by_label("Dùng cho").fill("QGIS <img src=x onerror=alert(1)>")
    desk.page.locator("#current-token").fill(PASSWORD)
    desk.page.get_by_role("button", name="Tạo mã truy cập").click()
    expect(desk.page.locator("code.secret")).to_contain_text("diaban_")
    expect(desk.page.get_by_role("cell", name="QGIS <img src=x onerror=alert(1)>").first).to_be_visible()
    desk.sees_nothing_cut()
    desk.goes_to("/account/")
    expect(desk.page.locator("code.secret")).to_have_count(0)


def test_the_qr_code_of_the_second_step_is_drawn(desk: Desk) -> None:
    desk.signs_in_by_keyboard("leader")
    desk.goes_to("/account/")
    desk.page.get_by_text("Bật xác thực hai bước").first.click()
    desk.page.locator("#current-two").fill(PASSWORD)
    desk.page.locator("#current-two").press("Enter")
    picture = desk.page.locator("img.qr")
    expect(picture).to_be_visible()
    until(desk.page, "() => document.querySelector('img.qr').naturalWidth > 0")
    desk.sees_nothing_cut()
