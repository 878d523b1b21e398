"""The leader's map in a real Chromium: seen, drilled into, switched, clicked; nothing asked of another machine."""

import threading
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, delete, insert, text
from werkzeug.serving import make_server

from app import create_app, passwords
from app.config import Config
from app.roles import Urls
from geodata import tiles
from surveys.layers import CATALOGUE
from tests.rows import feature
from tests.world import World

PASSWORD = "mat-khau-thu-nghiem"
SCRIPT = "<img src=x onerror=alert(1)>"
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def address(cluster: Config, urls: Urls, worker: Engine, world: World) -> Iterator[str]:
    """The application on a port of its own, one row of each layer in three communes, the names an attack."""
    ids = []
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        for layer in CATALOGUE:
            for commune in world.communes:
                row = feature(layer, commune, hamlet=100 + (commune - 10) * 10 + 1)
                if "name" in layer.table.__table__.c:
                    row["name"] = SCRIPT
                ids.append(row["id"])
                connection.execute(insert(layer.table), row)
    tiles.refresh_all(worker)
    web = create_app(cluster, urls)
    server = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    web.extensions["diaban_engine"].dispose()
    with worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(delete(layer.table).where(layer.table.id.in_(ids)))
    tiles.refresh_all(worker)


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Opened]:
    """`opened(path, width, height, who)`: a signed-in page on the map that has drawn its tiles."""
    contexts = []
    foreign: list[str] = []
    errors: list[str] = []

    def make(path: str = "/map/", width: int = 1920, height: int = 1080, who: str = "leader") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="vi-VN", has_touch=width < 500
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on(
            "request", lambda r: foreign.append(r.url) if not r.url.startswith((address, "data:", "blob:")) else None
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(f"dialog {dialog.message}"))
        # A page's own content policy speaks through the console when it had to stop something.
        page.on("console", lambda m: errors.append(m.text) if "Content Security Policy" in m.text else None)
        page.goto(f"{address}/login?next={path}")
        page.locator("#username").fill(who)
        page.locator("#password").fill(PASSWORD)
        page.locator("form[action='/login'] button[type=submit]").click()
        drawn(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert foreign == []
    assert errors == []


def drawn(page: Page) -> None:
    page.locator("[data-map-page][data-ready]").wait_for()


def middle(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place stands on the screen."""
    at = page.evaluate("([lat, lon]) => map_leader.latLngToContainerPoint([lat, lon])", [lat, lon])
    box = page.locator("#map_leader").bounding_box()
    assert box is not None
    return box["x"] + at["x"], box["y"] + at["y"]


def colours(page: Page, lon: float, lat: float) -> set[str]:
    """Colours painted within 20 pixels of a place."""
    return set(
        page.evaluate(
            """([lat, lon]) => {
                const p = map_leader.latLngToContainerPoint([lat, lon]), found = {};
                const home = map_leader.getContainer().getBoundingClientRect();
                for (const canvas of document.querySelectorAll('canvas.leaflet-tile')) {
                    const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
                    const x = (home.x + p.x - box.x) * scale, y = (home.y + p.y - box.y) * scale;
                    if (x < -20 || y < -20 || x > canvas.width + 20 || y > canvas.height + 20) continue;
                    const d = canvas.getContext('2d').getImageData(x - 20, y - 20, 40, 40).data;
                    const hex = (v) => v.toString(16).padStart(2, '0');
                    for (let i = 0; i < d.length; i += 4)
                        if (d[i + 3] === 255) found[hex(d[i]) + hex(d[i + 1]) + hex(d[i + 2])] = 1;
                }
                return Object.keys(found);
            }""",
            [lat, lon],
        )
    )


def switch(page: Page, layer: str) -> None:
    page.locator(f"input[data-layer={layer}]").click()
    page.wait_for_timeout(700)


def test_a_leader_sees_the_layers_drawn_and_the_figures_beside_them(opened: Opened, worker: Engine) -> None:
    with worker.connect() as connection:
        rows = connection.scalar(text("SELECT count(*) FROM hamlet_profiles WHERE province_id = 1"))
    page = opened("/map/?layers=hamlet_profiles")
    expect(page.locator("[data-place-panel] h2")).to_have_text("Tỉnh Lâm Đồng")
    expect(page.locator(".figures tr", has_text="Hồ sơ thôn")).to_contain_text(str(rows))
    page.wait_for_timeout(500)
    assert colours(page, 108.05, 11.95) & {"b2182b", "1b7837"}  # its class's colour, or a number on the layer's
    assert page.locator("canvas.sign").count() >= 8


def test_switching_a_layer_on_and_off_changes_the_map_and_the_address(opened: Opened) -> None:
    page = opened("/map/?layers=hamlet_profiles")
    switch(page, "hamlet_profiles")
    assert "b2182b" not in colours(page, 108.05, 11.95)
    switch(page, "joint_activities")
    assert "0571b0" in colours(page, 108.05, 11.95)
    assert "layers=joint_activities" in page.url
    page.reload()
    drawn(page)
    expect(page.locator("input[data-layer=joint_activities]")).to_be_checked()
    expect(page.locator("input[data-layer=hamlet_profiles]")).not_to_be_checked()


def test_reports_become_numbers_by_commune_when_faith_is_switched_on(opened: Opened) -> None:
    page = opened("/map/?layers=situation_reports")
    page.wait_for_load_state("networkidle")  # tiles of the reports alone may still be under way
    asked: list[str] = []
    page.on("request", lambda r: asked.append(urlsplit(r.url).path) if "/tiles/" in r.url else None)
    said = page.locator("[data-said]")
    expect(said).to_be_hidden()
    switch(page, "religious_sites")
    expect(said).to_contain_text("không đặt cạnh tôn giáo")
    assert asked
    assert all("situation_report_counts" in path and "situation_reports," not in path for path in asked)
    switch(page, "religious_sites")
    expect(said).to_be_hidden()


def test_drilling_from_province_to_commune_to_hamlet_and_back(opened: Opened) -> None:
    page = opened()
    panel = page.locator("[data-place-panel]")
    panel.get_by_role("link", name="Xuân Hương - Đà Lạt").click()
    expect(panel.locator("h2")).to_have_text("Phường Xuân Hương - Đà Lạt")
    expect(panel.locator("h2")).to_be_focused()
    assert page.url.split("?")[0].endswith("/map/place/12")
    panel.get_by_role("link", name="Thôn 1").click()
    expect(panel.locator("h2")).to_have_text("Thôn 1")
    expect(panel.locator(".crumbs")).to_contain_text("Lâm Đồng")
    page.go_back()
    expect(panel.locator("h2")).to_have_text("Phường Xuân Hương - Đà Lạt")
    panel.locator(".crumbs").get_by_role("link", name="Lâm Đồng").press("Enter")
    expect(panel.locator("h2")).to_have_text("Tỉnh Lâm Đồng")


def test_a_click_on_empty_ground_opens_the_commune(opened: Opened) -> None:
    page = opened("/map/?layers=hamlet_profiles")
    page.mouse.click(*middle(page, 108.12, 11.975))
    expect(page.locator("[data-place-panel] h2")).to_have_text("Phường Xuân Hương - Đà Lạt")


def test_a_click_on_a_feature_tells_of_it_and_its_text_stays_text(opened: Opened) -> None:
    page = opened("/map/?layers=joint_activities")
    page.mouse.click(*middle(page, 108.05, 11.95))
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text(SCRIPT)
    expect(popup).to_contain_text("01/10/2026")
    assert popup.locator("img").count() == 0
    popup.get_by_role("link", name="Xã Đắk Mil").click()
    expect(page.locator("[data-place-panel] h2")).to_have_text("Xã Đắk Mil")


def test_a_commune_account_sees_no_symbol_of_its_neighbour(opened: Opened) -> None:
    page = opened("/map/place/1?layers=joint_activities", who="field")
    page.wait_for_timeout(500)
    assert "0571b0" in colours(page, 108.05, 11.95)
    assert "0571b0" not in colours(page, 108.15, 11.95)


def test_on_a_phone_everything_is_within_reach(opened: Opened) -> None:
    page = opened("/map/?layers=joint_activities", 360, 640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_text("Các lớp và chú giải").first.click()
    switch(page, "hamlet_profiles")
    box = page.locator("label.eye").first.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    page.get_by_role("link", name="Xuân Hương - Đà Lạt").click()
    expect(page.locator("[data-place-panel] h2")).to_have_text("Phường Xuân Hương - Đà Lạt")


def test_in_a_meeting_the_text_is_large_and_stays_so(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name="Chữ lớn cho phòng họp").click()
    size = "(s) => parseFloat(getComputedStyle(document.querySelector(s)).fontSize)"
    for what in (".figures td", ".eye span", ".classes li:last-child", ".units a"):
        assert page.evaluate(size, what) >= 24
    page.reload()
    drawn(page)
    assert page.evaluate(size, ".figures td") >= 24


def test_names_are_found_without_marks(opened: Opened, worker: Engine) -> None:
    ids = [9000 + n for n in range(9)]
    with worker.begin() as connection:
        for id_ in ids:
            connection.execute(
                text(
                    "INSERT INTO units (id, level, code, name, kind, parent_id, province_id, valid_from, point)"
                    " VALUES (:id, 4, :code, :name, 'thôn', 11, 1, '2025-07-01', 'SRID=4326;POINT(108.02 11.92)')"
                ),
                {"id": id_, "code": str(uuid.uuid4()), "name": f"Thôn {id_ - 8990}"},
            )
    page = opened("/map/place/11")
    panel = page.locator("[data-place-panel]")
    panel.locator("[data-find]").fill("thon 13")
    expect(panel.locator("[data-name]:visible")).to_have_count(1)
    panel.locator("[data-find]").fill("không có")
    expect(panel.locator("[data-none]")).to_be_visible()
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM units WHERE id = ANY(:ids)"), {"ids": ids})
