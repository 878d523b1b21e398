"""Units, what waits for a commune, and checks of geometry: on a phone and on a projector, by axe."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, insert, text

from app import jobs
from app.config import Config
from app.roles import Urls
from surveys import reforms
from surveys.layers import named
from tests.browser import axe
from tests.browser.conftest import PROJECTOR, Desk
from tests.rows import feature

SCREENS = {"phone": (360, 640), "projector": PROJECTOR}
CROSSED = "SRID=4326;MULTIPOLYGON(((108.01 11.91,108.03 11.93,108.03 11.91,108.01 11.93,108.01 11.91)))"
SPLIT = (
    "ma_xa_cu,ma_xa_moi,ten_moi,loai_moi,ma_tinh_moi,ghi_chu\n"
    "24701,24801,Xuân Hương Đông,phường,68,Nhập một phần\n24701,24802,Xuân Hương Tây,phường,68,Nhập một phần\n"
)


@pytest.fixture(params=list(SCREENS))
def person(request: pytest.FixtureRequest, at_desk: Callable[..., Desk], address: str) -> Callable[[str], Desk]:
    return lambda name: at_desk(address, name, screen=SCREENS[request.param])


@pytest.fixture
def rows(worker: Engine) -> Iterator[None]:
    with worker.begin() as connection:
        for key, commune, values in (
            ("community_models", 12, {"name": "Đường hoa", "geom": None}),
            ("community_models", 11, {"name": "Lạc", "geom": "SRID=4326;POINT(108.15 11.95)"}),
            ("resettlement_projects", 11, {"name": "Khu tái định cư", "geom": CROSSED}),
            ("resettlement_projects", 11, {"name": "Khu bên", "geom": CROSSED.replace("108.03", "108.025")}),
        ):
            connection.execute(insert(named(key).table), feature(named(key), commune, **values))
    yield
    with worker.begin() as connection:
        while (last := reforms.last(connection)) is not None:
            reforms.undo(connection, None, last)
        for table in ("reforms", "geometry_findings", "proposals", "community_models", "resettlement_projects"):
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def work(cluster: Config, urls: Urls, worker: Engine) -> Callable[[], None]:
    """Does the job asked for last as the background process would."""

    def done() -> None:
        with worker.connect() as connection:
            id_ = connection.scalar(text("SELECT id FROM jobs WHERE state = 'queued' ORDER BY created_at DESC LIMIT 1"))
        jobs.run(cluster, urls, worker, uuid.UUID(str(id_)))

    return done


def looks_right(desk: Desk) -> None:
    desk.sees_nothing_cut()
    assert axe.violations(desk.page) == [], desk.page.url


def test_a_split_is_previewed_confirmed_and_what_waits_is_placed(
    person: Callable[[str], Desk], rows: None, work: Callable[[], None], tmp_path: Path
) -> None:
    table = tmp_path / "chia_tach.csv"
    table.write_text(SPLIT)
    admin = person("admin")
    admin.goes_to("/admin/units/")
    looks_right(admin)
    admin.page.get_by_label("Tệp ranh giới").set_input_files(table)
    admin.page.get_by_label("Ngày hiệu lực").fill("2026-09-20")
    admin.page.get_by_role("button", name="Xem sẽ thay đổi gì").click()
    expect(admin.page.get_by_role("progressbar")).to_be_visible()
    looks_right(admin)
    work()
    confirm = admin.page.get_by_role("button", name="Xác nhận, áp dụng")
    expect(confirm).to_be_visible()
    looks_right(admin)
    confirm.click()
    work()
    expect(admin.page.get_by_text("Đã áp dụng.")).to_be_visible()
    admin.page.get_by_role("link", name="Báo cáo và hoàn tác").click()
    expect(admin.page.get_by_role("heading", name="Bản ghi được xếp lại")).to_be_visible()
    looks_right(admin)
    admin.asked_nobody_else()

    officer = person("officer")
    officer.goes_to("/review/")
    officer.page.get_by_role("link", name="Chờ xếp xã").click()
    looks_right(officer)
    officer.page.get_by_label("Đường hoa").check()
    officer.page.get_by_label("Thuộc xã nào hiện nay").select_option(label="phường Xuân Hương Tây", index=None)
    officer.page.get_by_role("button", name="Xếp các bản ghi đã đánh dấu").click()
    expect(officer.page.get_by_text("Đã xếp 1 bản ghi.")).to_be_visible()
    officer.asked_nobody_else()


def test_geometry_is_checked_and_a_repair_proposed(
    person: Callable[[str], Desk], rows: None, work: Callable[[], None]
) -> None:
    gis = person("gis")
    gis.goes_to("/exchange/")
    gis.page.get_by_role("link", name="Kiểm tra hình").click()
    looks_right(gis)
    gis.page.get_by_role("button", name="Bắt đầu kiểm tra").click()
    expect(gis.page.get_by_role("progressbar")).to_be_visible()
    work()
    link = gis.page.get_by_role("link", name="Hình tự cắt").first
    expect(link).to_be_visible()
    link.click()
    expect(gis.page.get_by_role("img", name="Hình của bản ghi").first).to_be_visible()
    looks_right(gis)
    gis.page.get_by_label("Chọn chỗ này").first.check()
    gis.page.get_by_role("button", name="Đề xuất sửa các chỗ đã chọn").click()
    expect(gis.page.get_by_text("Đã gửi 1 đề xuất sửa.")).to_be_visible()
    looks_right(gis)
    gis.asked_nobody_else()
