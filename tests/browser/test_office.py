"""Signing in and the office pages in a real Chromium, on a phone and on a projector."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine, text
from werkzeug.serving import make_server

from app import create_app, passwords
from app.config import Config
from app.roles import Urls
from tests.world import World

PASSWORD = "mat-khau-thu-nghiem"
SCREENS = {"phone": (360, 640), "projector": (1920, 1080)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(cluster: Config, urls: Urls, worker: Engine, world: World) -> Iterator[str]:
    """The application on a port of its own, everybody's password known."""
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        connection.execute(text("DELETE FROM sign_in_failures"))
    web = create_app(cluster, urls)
    server = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    web.extensions["diaban_engine"].dispose()


class Desk:
    """One browser window, and everything it asked for or complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.hosts: set[str | None] = set()
        self.complaints: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )

    def goes_to(self, path: str) -> None:
        self.page.goto(self.address + path)

    def signs_in_by_keyboard(self, name: str) -> None:
        self.goes_to("/")
        expect(self.page.get_by_label("Tên đăng nhập")).to_be_focused()
        self.page.keyboard.type(name)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("button", name="Đăng xuất")).to_be_visible()

    def sees_nothing_cut(self) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), self.page.url
        line, size = self.page.evaluate(
            "(() => { const s = getComputedStyle(document.querySelector('main'));"
            " return [parseFloat(s.lineHeight), parseFloat(s.fontSize)] })()"
        )
        assert line / size >= 1.5
        assert "Be Vietnam Pro" in self.page.evaluate("getComputedStyle(document.body).fontFamily")


@pytest.fixture(params=list(SCREENS))
def desk(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Desk]:
    width, height = SCREENS[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    made = Desk(context.new_page(), address)
    yield made
    assert made.hosts == {"127.0.0.1"}
    assert made.complaints == []
    context.close()


@pytest.mark.parametrize("name", ["field", "officer", "leader", "gis", "admin"])
def test_every_role_signs_in_by_keyboard_and_sees_its_home_whole(desk: Desk, name: str) -> None:
    desk.signs_in_by_keyboard(name)
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Xã Đắk Mil" if name == "field" else "Tỉnh Lâm Đồng")
    desk.sees_nothing_cut()
    desk.goes_to("/account/")
    desk.sees_nothing_cut()
    desk.page.get_by_text("Tạo mã truy cập").first.click()
    desk.sees_nothing_cut()


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
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    desk.sees_nothing_cut()
