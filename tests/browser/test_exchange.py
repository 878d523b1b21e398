"""The page of exports as its technician uses it: chosen, watched, fetched, asked for again; seen by axe."""

import os
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, text

from app import jobs
from app.config import Config
from app.roles import Urls
from surveys.layers import CATALOGUE
from tests.browser import axe
from tests.browser.conftest import Desk
from tests.browser.test_accessible import WIDE
from tests.rows import one_of_each
from tests.world import World

OFFICE, POCKET = (1920, 1080), (360, 640)
OLD = """
INSERT INTO units (id, level, code, name, kind, parent_id, province_id, valid_from, valid_to) VALUES
(901, 1, '67', 'Đắk Nông', 'tỉnh', NULL, 901, '2004-07-08', '2025-07-01'),
(902, 2, '663', 'Đắk Mil', 'huyện', 901, 901, '2004-07-08', '2025-07-01'),
(903, 3, '24664', 'Đắk Lao', 'xã', 902, 901, '2004-07-08', '2025-07-01')
"""


@pytest.fixture
def made(worker: Engine, world: World) -> Iterator[None]:
    """Rows in every layer, no exports yet, and one commune that was of another province."""
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM jobs"))
        for layer in CATALOGUE:
            connection.execute(text(f"DELETE FROM {layer.key}"))
        one_of_each(connection, world.communes)
        connection.execute(text(OLD))
        connection.execute(
            text("INSERT INTO succession (old_id, new_id, whole, \"on\") VALUES (903, 11, true, '2025-07-01')")
        )
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM succession WHERE old_id = 903"))
        connection.execute(text("DELETE FROM units WHERE id IN (901, 902, 903)"))


@pytest.fixture
def working(cluster: Config, urls: Urls) -> Iterator[None]:
    """The background thread that makes the files."""
    stop = threading.Event()
    thread = threading.Thread(target=jobs.work, args=(cluster, urls, stop), daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=20)


def looks_right(desk: Desk, name: str) -> None:
    """No violation by axe, nothing wider than the screen."""
    desk.page.wait_for_timeout(200)
    if folder := os.environ.get("DIABAN_SCREENSHOTS"):
        desk.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    before = list(desk.complaints)
    found = axe.violations(desk.page)
    desk.complaints[:] = before  # axe measures with styles of its own, which our policy refuses
    assert found == [], name
    assert not desk.page.evaluate(WIDE), name


@pytest.mark.parametrize("screen", [OFFICE, POCKET], ids=["office", "pocket"])
def test_the_technician_chooses_watches_fetches_and_asks_again(
    at_desk: Callable[..., Desk], address: str, made: None, working: None, screen: tuple[int, int]
) -> None:
    desk = at_desk(address, "gis", screen)
    page = desk.page
    desk.goes_to("/exchange/")
    expect(page.get_by_text("Chưa có lần xuất nào")).to_be_visible()
    looks_right(desk, f"empty-{screen[0]}")
    page.get_by_label("Phản ánh tình hình").check()
    expect(page.locator("#state")).to_contain_text("Đang xử lý")
    page.get_by_label("Cơ sở tôn giáo").check()
    expect(page.get_by_role("alert")).to_contain_text("không được đặt trong cùng một tệp")
    looks_right(desk, f"clash-{screen[0]}")
    page.get_by_label("Phản ánh tình hình").uncheck()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Hồ sơ thôn").check()
    page.get_by_label("Phạm vi").select_option("902")
    expect(page.locator("#choices")).to_contain_text("khi còn thuộc Đắk Nông dùng múi 108°30'")
    page.get_by_label("Hệ tọa độ").select_option("9218")
    page.get_by_label("Định dạng", exact=True).select_option("gpkg")
    page.get_by_text("Chọn cột, lọc thêm").click()
    page.locator("input[value='hamlet_profiles.MA_THON']").uncheck()
    page.get_by_label("Mục đích sử dụng").fill("Đối chiếu bản đồ cũ")
    looks_right(desk, f"chosen-{screen[0]}")
    page.get_by_role("button", name="Xuất", exact=True).click()
    ready = page.locator("#jobs a[download]")
    ready.wait_for(timeout=60_000)
    expect(page.locator("#jobs")).to_contain_text("2 dòng")
    expect(page.locator("#jobs")).to_contain_text("VN-2000 / TM-3 108-30")
    looks_right(desk, f"done-{screen[0]}")
    with page.expect_download() as coming:
        ready.click()
    assert coming.value.suggested_filename == "2_lop_VN2000_10830_gpkg.zip"
    page.get_by_role("button", name="Xuất lại").click()
    expect(ready).to_have_count(2, timeout=60_000)
    desk.asked_nobody_else()
