"""A technician brings in a file from the cupboard, an officer approves it, and takes it back: in a real browser."""

from collections.abc import Callable
from pathlib import Path

import shapely
from playwright.sync_api import expect
from sqlalchemy import NullPool, create_engine, text

from tests.browser.conftest import Desk
from tests.faults import site as sites
from tests.faults.site import Site
from tests.old_files import shapefile

SLOW_MS = 60_000


def test_a_tcvn3_shapefile_is_seen_mapped_confirmed_approved_and_undone(
    running: Site, at_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    file = shapefile(
        tmp_path / "co_so.zip",
        {
            "TEN": ["Chùa Linh Sơn", "Chùa Phước Huệ", "Nhà thờ Lộc Đức", "Chùa ở biển"],
            "TON_GIAO": ["Phật giáo", "Đạo Phật", "Công giáo", "Phật giáo"],
            "KIEU": ["Chùa", "Chùa", "Nhà thờ", "Chùa"],
            "TRU_TRI": ["Thích Minh Tâm", "Thích Nữ Diệu Hòa", "Lm. Giuse Trần Văn Bình", "Thích Quảng Đức"],
            "TEN_XA": ["Đắk Mil", "Đắk Mil", "Xuân Hương - Đà Lạt", "Phú Quý"],
        },
        [shapely.Point(x, y) for x, y in ((108.05, 11.95), (108.06, 11.96), (108.15, 11.95), (110.5, 11.0))],
    )
    gis = at_desk(str(running.config.url), "gis")
    gis.page.locator("details.group > summary", has_text="Dữ liệu").click()
    gis.page.get_by_role("link", name="Nhập dữ liệu", exact=True).click()
    gis.page.locator("#layer").select_option("religious_sites")
    gis.page.locator("#file").set_input_files(file)
    gis.page.get_by_role("button", name="Tải lên và xem trước").click()
    expect(gis.page.locator("[data-state='asking'], [data-state='ready']")).to_be_visible(timeout=SLOW_MS)
    if gis.page.locator("[data-state='asking']").count():
        gis.page.get_by_label("TCVN3").check()
        if not gis.page.locator("input[name=system]:checked").count():
            gis.page.locator("input[name=system]").first.check()
        gis.page.get_by_role("button", name="Đọc lại").click()
        expect(gis.page.locator("[data-state='ready']")).to_be_visible(timeout=SLOW_MS)
    expect(gis.page.locator("[data-dropped]")).to_contain_text("TRU_TRI")
    expect(gis.page.locator("main")).not_to_contain_text("Minh Tâm")
    gis.page.get_by_label("KIEU", exact=True).select_option("facility_type")
    gis.page.get_by_label("Đạo Phật", exact=True).select_option("phat_giao")
    gis.page.get_by_role("button", name="Đọc lại").click()
    expect(gis.page.locator("[data-state='ready']")).to_be_visible(timeout=SLOW_MS)
    expect(gis.page.locator("[data-count='create'] dd")).to_have_text("3", timeout=SLOW_MS)
    expect(gis.page.locator("[data-count='doubtful'] dd")).to_have_text("1")
    expect(gis.page.locator(".import-map circle.dot.create")).to_have_count(3)
    gis.page.screenshot(path=tmp_path / "preview.png", full_page=True)
    gis.sees_nothing_cut()
    gis.page.get_by_role("button", name="Đề nghị 3 dòng").click()
    expect(gis.page.locator("[data-state='proposed']")).to_be_visible(timeout=SLOW_MS)

    officer = at_desk(str(running.config.url), "officer")
    officer.goes_to("/review/")
    expect(officer.page.locator("[data-import]")).to_have_count(1)
    officer.page.get_by_role("link", name="co_so.zip").click()
    expect(officer.page.get_by_role("cell", name="Nhà thờ Lộc Đức")).to_be_visible()
    officer.page.screenshot(path=tmp_path / "review.png", full_page=True)
    officer.sees_nothing_cut()
    officer.page.get_by_role("button", name="Duyệt cả tệp").click()
    expect(officer.page.locator("[data-state='approved']")).to_be_visible(timeout=SLOW_MS)
    engine = create_engine(sites.urls(running).worker, poolclass=NullPool)
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT name FROM religious_sites WHERE origin = 'import' ORDER BY 1")).all()
    assert list(names) == ["Chùa Linh Sơn", "Chùa Phước Huệ", "Nhà thờ Lộc Đức"]
    officer.page.get_by_role("button", name="Hoàn tác cả lần nhập").click()
    expect(officer.page.locator("[data-undone]")).to_contain_text("bỏ 3 dòng mới", timeout=SLOW_MS)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM religious_sites WHERE origin = 'import'")) == 0
    gis.asked_nobody_else()
    officer.asked_nobody_else()
