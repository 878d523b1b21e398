"""The whole path as its four people walk it: a survey in a hamlet becomes a layered map and a VN-2000 shapefile."""

import io
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import shapefile as pyshp
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import NullPool, create_engine, text

from tests.browser.phone import PASSWORD, Phone
from tests.clients.test_shapefile import ground
from tests.faults import site as sites
from tests.faults.site import Site

SPOT = (108.0512345, 11.9498765)  # longitude, latitude in commune 11
HAMLET, TEMPLE = "Thôn Đắk Ơ – Rơ Vẻ", "Chùa Thiên Ấn Ở Đồi Mỹ Lệ"


def desk(chromium: Browser, running: Site, name: str) -> Page:
    """A page at a desk, signed in."""
    page = chromium.new_context(viewport={"width": 1920, "height": 1080}, locale="vi-VN").new_page()
    page.goto(f"{running.config.url}/login")
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action='/login'] button[type=submit]").click()
    page.wait_for_url(f"{running.config.url}/")
    return page


def picture() -> bytes:
    """A photo with a position in its EXIF."""
    image = Image.effect_noise((640, 480), 60).convert("RGB")
    exif = image.getexif()
    exif[0x010F] = "DienThoaiBiMat"
    exif.get_ifd(0x8825)[2] = (11.0, 56.0, 59.0)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def officer_fills_a_hamlet_profile(phone: Phone) -> str:
    phone.opens("hamlet_profiles")
    phone.picks("hamlet", "thon 1")
    phone.page.get_by_label("Tên thôn, tổ dân phố").fill(HAMLET)
    phone.question("households").locator("input").fill("87")
    answer_every_choice(phone)
    phone.takes_point()
    phone.sends()
    phone.shows("receipt-code")
    return phone.instance()


def officer_fills_a_religious_site_with_a_photo(phone: Phone) -> str:
    phone.goes_home()
    phone.opens("religious_sites")
    phone.picks("hamlet", "thon 1")
    phone.page.get_by_label("Tên cơ sở").fill(TEMPLE)
    phone.picks("tradition", "phat giao")
    phone.picks("facility_type", "chua")
    phone.takes_point()
    phone.question("photo").locator("[data-photo=gallery]").set_input_files(
        [{"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": picture()}]
    )
    phone.question("photo").locator("[data-preview]").wait_for()
    phone.sends()
    phone.shows("receipt-code")
    return phone.instance()


def answer_every_choice(phone: Phone) -> None:
    """The first answer of every required choice still open, short lists by their buttons, long ones by the picker."""
    for question in phone.page.locator("[data-question]").all():
        name = question.get_attribute("data-question") or ""
        if name in ("commune", "hamlet", "hazards"):
            continue
        if question.locator("input[type=radio]").count():
            question.locator("input[type=radio]").first.check()
        elif question.locator("[data-action=open-picker]").count():
            phone.picks(name, "")


def reviewer_approves(page: Page, running: Site, name: str) -> None:
    page.goto(f"{running.config.url}/review/")
    link = page.get_by_role("link", name=name)
    until(lambda: link.count() or page.reload() is None, lambda: link.count() > 0)
    link.first.click()
    until(lambda: page.reload(), lambda: page.get_by_text("đang làm sạch").count() == 0)
    for box in page.locator("input[name=photo]").all():
        box.check()
    page.get_by_role("button", name="Duyệt", exact=True).click()
    expect(page.get_by_text("Đã duyệt.")).to_be_visible()


def until(again: Any, good: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.5)
        again()


def leader_sees(page: Page, running: Site, layer: str, name: str) -> None:
    """Switches the layer on alone, opens the commune, clicks the middle of its map, and reads what is there."""
    page.goto(f"{running.config.url}/map/")
    page.locator("[data-map-page]").wait_for()
    for box in page.locator("input[data-layer]").all():
        if box.is_checked() != (box.get_attribute("data-layer") == layer):
            box.click(force=True)
    answer = page.request.get(
        f"{running.config.url}/map/at?layer={layer}&lon={SPOT[0]}&lat={SPOT[1]}&z=16", headers={"Accept": "text/html"}
    )
    assert name in answer.text()
    page.get_by_role("link", name="Đắk Mil").first.click()
    expect(page.locator("[data-place-panel]").get_by_role("heading", name="Đắk Mil")).to_be_visible()


def technician_exports(page: Page, running: Site, layer: str, folder: Path) -> Path:
    page.goto(f"{running.config.url}/exchange/")
    page.locator(f"input[name=layers][value={layer}]").check()
    page.locator("#purpose").fill("Đối chiếu ngoài thực địa")
    page.get_by_role("button", name="Xuất", exact=True).click()
    ready = page.locator(f"#jobs a[download]:has-text('{layer}')").first
    ready.wait_for(timeout=60_000)
    with page.expect_download() as coming:
        ready.click()
    out = folder / coming.value.suggested_filename
    coming.value.save_as(out)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(folder / layer)
    return next((folder / layer).glob("*.shp"))


def ogrinfo(shp: Path) -> str:
    done = subprocess.run(["ogrinfo", "-ro", "-al", "-so", str(shp)], check=True, capture_output=True, text=True)
    return done.stdout


def test_a_survey_in_a_hamlet_becomes_a_map_and_a_shapefile(running: Site, chromium: Browser, tmp_path: Path) -> None:
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={"longitude": SPOT[0], "latitude": SPOT[1], "accuracy": 5},
        permissions=["geolocation"],
        service_workers="block",  # what it sends can't be looked into
    )
    phone = Phone(context, context.new_page(), running.config.url, running.config.secrets)
    phone.watch()
    phone.sign_in("field")
    officer_fills_a_hamlet_profile(phone)
    officer_fills_a_religious_site_with_a_photo(phone)
    assert phone.errors == []

    reviewer = desk(chromium, running, "officer")
    reviewer_approves(reviewer, running, HAMLET)
    reviewer_approves(reviewer, running, TEMPLE)

    leader = desk(chromium, running, "leader")
    leader_sees(leader, running, "hamlet_profiles", HAMLET)
    leader_sees(leader, running, "religious_sites", TEMPLE)

    technician = desk(chromium, running, "gis")
    for layer, name in (("hamlet_profiles", HAMLET), ("religious_sites", TEMPLE)):
        shp = technician_exports(technician, running, layer, tmp_path)
        said = ogrinfo(shp)
        assert "Feature Count: 1" in said
        assert "VN-2000" in said
        with pyshp.Reader(str(shp), encoding="utf-8") as reader:
            row = reader.shapeRecords()[0]
        assert row.record["TEN"] == name
        lon, lat = ground(*row.shape.points[0], meridian=107.75, scale=0.9999)
        # 0.01 m is about 9e-8 degrees here.
        assert abs(lon - SPOT[0]) < 9e-8
        assert abs(lat - SPOT[1]) < 9e-8

    photos = [file for file in (running.config.home / "media").rglob("*") if file.is_file()]
    assert photos
    for file in photos:
        kept = file.read_bytes()
        assert b"Exif" not in kept
        assert b"DienThoaiBiMat" not in kept
    seen = leader.request.get(f"{running.config.url}/media/{passed(running)}")
    assert seen.status == 200
    assert Image.open(io.BytesIO(seen.body())).size == (640, 480)


def passed(running: Site) -> str:
    """The hash of the photo that passed review."""
    engine = create_engine(sites.urls(running).worker, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT encode(sha256_kept, 'hex') FROM attachments WHERE state = 'passed'"))
    return str(found)
