"""Places on the phone: measuring, the pin, the offline map, boundaries and lines, oddities, what is there already."""

import dataclasses
import datetime as dt
import re
import threading
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import Engine, text
from werkzeug.serving import make_server

from app import create_app, passwords
from app.config import Config
from app.roles import Urls
from surveys import applying, form_versions, xforms
from tests.browser import axe, basemap
from tests.browser.phone import PASSWORD, Phone
from tests.browser.waiting import until
from tests.world import World


@pytest.fixture(scope="module")
def address(
    cluster: Config, urls: Urls, worker: Engine, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The application with an office's base map."""
    with worker.begin() as connection:
        form_versions.publish(connection)
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        connection.execute(text("DELETE FROM sign_in_failures"))
    archive = basemap.make(tmp_path_factory.mktemp("nen") / "nen.pmtiles")
    web = create_app(dataclasses.replace(cluster, basemap=str(archive)), urls)
    server = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    for pool in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[pool].dispose()


@pytest.fixture
def phone(chromium: Browser, cluster: Config, address: str) -> Iterator[Phone]:
    """The field officer of commune 11, signed in, standing in the commune with good GPS."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
        permissions=["geolocation"],
        service_workers="block",  # what it sends can't be held back by the test
    )
    made = Phone(context, context.new_page(), address, cluster.secrets)
    made.watch()
    made.sign_in("field")
    yield made
    context.close()
    assert made.errors == []


@pytest.fixture
def activity(worker: Engine) -> Iterator[str]:
    """An approved activity 100 m north of where the phone stands."""
    id_ = str(uuid.uuid4())
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO joint_activities (id, province_id, commune_id, observed_on, origin, geom, name, kind,"
                " agencies, planned_on) VALUES (:id, 1, 11, '2026-11-02', 'survey',"
                " ST_SetSRID(ST_Point(108.05, 11.9509), 4326), 'Sửa đường thôn 1', 'tinh_nguyen', '{}', '2026-11-02')"
            ),
            {"id": id_},
        )
    yield id_
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM joint_activities WHERE id = :id"), {"id": id_})


def stands(phone: Phone, accuracy: float, latitude: float = 11.95, longitude: float = 108.05) -> None:
    """The phone's GPS says so from now on."""
    phone.context.set_geolocation({"latitude": latitude, "longitude": longitude, "accuracy": accuracy})


def place(phone: Phone) -> Locator:
    return phone.question("geometry")


def tap(phone: Phone, action: str) -> None:
    phone.page.locator(f"[data-action={action}]:visible").click()


def opens_map(phone: Phone) -> None:
    place(phone).locator("[data-action=open-map]").click()
    phone.page.locator("[data-map-canvas].leaflet-container").wait_for()
    expect(phone.page.locator(".map-label").first).to_be_attached()


def taps_map(phone: Phone, x: float, y: float) -> None:
    """x, y: shares of the map's width and height."""
    box = phone.page.locator("[data-map-canvas]").bounding_box()
    assert box is not None
    phone.page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def sees_nothing_wrong(phone: Phone, where: str) -> None:
    """axe finds nothing of WCAG 2.2 AA, and every button is 48 pixels high and wide."""
    assert axe.violations(phone.page) == [], where
    small = phone.page.evaluate(
        "[...document.querySelectorAll('[data-question=geometry] button, dialog button, dialog a')]"
        ".map(b => [b.getBoundingClientRect(), b.outerHTML.slice(0, 80)])"
        ".filter(([r]) => r.width && (r.width < 48 || r.height < 48)).map(([r, html]) => [r.width, r.height, html])"
    )
    assert small == [], where


def test_standing_still_gives_an_average_with_its_number_and_an_honest_error(phone: Phone) -> None:
    stands(phone, 43)
    phone.opens("joint_activities")
    place(phone).locator("[data-action=take-point]").click()
    expect(place(phone).locator("[data-live]")).to_contain_text("±43 m")
    tap(phone, "average")
    for accuracy in (40, 41, 39):
        stands(phone, accuracy)
        expect(place(phone).locator("[data-average]")).to_contain_text(f"{ {40: 2, 41: 3, 39: 4}[accuracy] } lần đo")
    sees_nothing_wrong(phone, "average")
    tap(phone, "use-average")
    # Four fixes of the same minute see the same satellites: no better than one of them.
    assert phone.shows("accuracy") == "±41 m, trung bình 4 lần đo"
    assert "kém chính xác" in place(phone).inner_text()


def test_an_average_stops_when_the_phone_walks_away_and_keeps_what_was_measured(phone: Phone) -> None:
    stands(phone, 20)
    phone.opens("joint_activities")
    place(phone).locator("[data-action=take-point]").click()
    tap(phone, "average")
    stands(phone, 18)
    expect(place(phone).locator("[data-average]")).to_contain_text("2 lần đo")
    # A single stray fix is no walk.
    stands(phone, 5, latitude=11.951)
    phone.page.wait_for_timeout(1000)
    expect(place(phone).locator("[data-average]")).to_contain_text("2 lần đo")
    stands(phone, 6, latitude=11.9511)
    assert "rời chỗ" in phone.shows("failure")
    tap(phone, "use-average")
    assert phone.shows("latitude") == "11,950000"


def test_a_pin_on_the_offline_map_travels_without_accuracy_and_the_reviewer_is_told(
    phone: Phone, worker: Engine
) -> None:
    phone.fills_activity("Chấm bản đồ")
    opens_map(phone)
    tap(phone, "map-cancel")
    asked = len(phone.asked)
    phone.context.set_offline(True)
    opens_map(phone)
    expect(phone.page.locator(".map-label.hamlet", has_text="Thôn 1")).to_be_attached()
    taps_map(phone, 0.3, 0.4)
    assert re.search(r"Ghim ở 11,\d+; 10[78],\d+", phone.shows("map-status"))
    tap(phone, "map-done")
    assert phone.shows("accuracy") == "chấm trên bản đồ, không đo GPS"
    phone.context.set_offline(False)
    assert [url for url in phone.asked[asked:] if not url.startswith((phone.site, "blob:"))] == []
    phone.sends()
    phone.shows("receipt-code")
    assert re.search(r"<geometry>11\.\d+ 10[78]\.\d+ 0\.0 0\.0</geometry>", phone.xml())
    applying.apply_batch(worker)
    with worker.connect() as connection:
        row = connection.execute(
            text("SELECT flags, accuracy_m FROM proposals WHERE submission_id = :id"), {"id": phone.instance()}
        ).one()
    assert "placed_by_hand" in row.flags
    assert row.accuracy_m is None


def test_the_pin_can_be_set_at_the_cross_by_keyboard_and_dragged(phone: Phone) -> None:
    phone.opens("joint_activities")
    opens_map(phone)
    sees_nothing_wrong(phone, "map")
    phone.page.locator("[data-action=at-cross]").focus()
    phone.page.keyboard.press("Enter")
    before = phone.shows("map-status")
    pin = phone.page.locator(".pin").bounding_box()
    assert pin is not None
    phone.page.mouse.move(pin["x"] + 24, pin["y"] + 24)
    phone.page.mouse.down()
    phone.page.mouse.move(pin["x"] + 84, pin["y"] + 64, steps=5)
    phone.page.mouse.up()
    assert phone.shows("map-status") != before
    tap(phone, "map-done")
    phone.shows("point")


def test_a_place_outside_the_commune_and_far_from_the_hamlet_is_said_at_once_and_can_be_sent(
    phone: Phone, worker: Engine
) -> None:
    stands(phone, 7, longitude=108.15)
    phone.fills_activity("Ngoài xã")
    assert "trong Phường Xuân Hương - Đà Lạt" in place(phone).locator("[data-doubt=commune]").inner_text()
    assert "cách “Thôn 1” 10,9 km" in place(phone).locator("[data-doubt=hamlet]").inner_text()
    place(phone).scroll_into_view_if_needed()
    sees_nothing_wrong(phone, "doubts")
    phone.sends()
    phone.shows("receipt-code")
    applying.apply_batch(worker)
    with worker.connect() as connection:
        flags = connection.scalar(
            text("SELECT flags FROM proposals WHERE submission_id = :id"), {"id": phone.instance()}
        )
    assert {"outside_commune", "far_from_hamlet"} <= set(flags)


def test_an_approximate_boundary_is_doubted_softly(phone: Phone, worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(text("UPDATE units SET approximate = true WHERE id = 11"))
    try:
        phone.comes_back()
        stands(phone, 7, longitude=108.15)
        phone.opens("joint_activities")
        phone.takes_point()
        assert "có thể nằm ngoài" in place(phone).locator("[data-doubt=commune]").inner_text()
        opens_map(phone)
        expect(phone.page.locator(".map-note")).to_have_text("Ranh giới gần đúng")
    finally:
        with worker.begin() as connection:
            connection.execute(text("UPDATE units SET approximate = false WHERE id = 11"))


def test_what_is_there_already_is_shown_before_saving_and_can_be_chosen(activity: str, phone: Phone) -> None:
    phone.opens("joint_activities")
    phone.takes_point()
    near = place(phone).locator("[data-nearby]")
    expect(near).to_contain_text("Sửa đường thôn 1")
    expect(near).to_contain_text("02/11/2026, cách 100 m")
    assert near.locator("[data-action=this-one]").get_attribute("href") == f"#/tham/joint_activities/{activity}"
    near.scroll_into_view_if_needed()
    sees_nothing_wrong(phone, "nearby")
    tap(phone, "another-one")
    expect(near).to_have_count(0)


def test_an_area_is_drawn_changed_step_by_step_and_refused_while_it_crosses_itself(phone: Phone) -> None:
    phone.opens("resettlement_projects")
    opens_map(phone)
    for x, y in ((0.3, 0.3), (0.7, 0.3), (0.3, 0.6), (0.7, 0.6)):
        taps_map(phone, x, y)
    expect(phone.page.locator("[data-crossing]")).to_be_visible()
    expect(phone.page.locator("[data-action=map-done]")).to_be_disabled()
    phone.page.locator(".corner").nth(2).click()
    tap(phone, "remove-corner")
    assert phone.shows("map-status").startswith("3 góc")
    tap(phone, "undo")
    assert phone.shows("map-status").startswith("4 góc")
    tap(phone, "undo")
    tap(phone, "at-cross")
    assert phone.shows("map-status").startswith("4 góc")
    sees_nothing_wrong(phone, "shape")
    tap(phone, "undo")
    corner = phone.page.locator(".corner").nth(0).bounding_box()
    assert corner is not None
    before = phone.shows("map-status")
    phone.page.mouse.move(corner["x"] + 24, corner["y"] + 24)
    phone.page.mouse.down()
    phone.page.mouse.move(corner["x"] - 10, corner["y"] - 10, steps=5)
    phone.page.mouse.up()
    assert phone.shows("map-status") != before
    tap(phone, "map-done")
    assert phone.shows("shape").startswith("✓ 3 góc")


@pytest.fixture
def path_form(worker: Engine, address: str) -> Iterator[str]:
    """An uploaded form, published to the province, that asks for a line."""
    line = {"type": "geotrace", "name": "duong_mon", "label": "Đường mòn"}
    settings = [{"form_title": "Đường mòn", "form_id": "duong_mon", "version": "1"}]
    xform = xforms.convert({"survey": [line], "settings": settings})
    with worker.begin() as connection:
        form_versions.store(
            connection, form_id="duong_mon", version="1", title="Đường mòn", layer=None, xform=xform, uploaded_by=2
        )
        form_versions.make_live(connection, "duong_mon", "1", approved_by=6, until=dt.date(2099, 1, 1))
        connection.execute(text("INSERT INTO form_units (form_id, unit_id, published_by) VALUES ('duong_mon', 1, 6)"))
    yield "duong_mon"
    with worker.begin() as connection:
        connection.execute(text("UPDATE forms SET state = 'closed' WHERE form_id = 'duong_mon'"))


def test_a_line_is_drawn_and_travels_open(path_form: str, phone: Phone) -> None:
    phone.page.locator(f"[data-form={path_form}]").click()
    phone.question(path_form).locator("[data-action=open-map]").click()
    expect(phone.page.locator(".map-label").first).to_be_attached()
    for x, y in ((0.3, 0.3), (0.5, 0.6), (0.6, 0.3)):
        taps_map(phone, x, y)
    assert re.match(r"3 điểm, dài khoảng [\d.]+ m", phone.shows("map-status"))
    tap(phone, "map-done")
    assert phone.shows("shape").startswith("✓ 3 điểm")
    phone.sends()
    phone.shows("receipt-code")
    found = re.search(r"<duong_mon>([^<]+)</duong_mon>", phone.xml())
    assert found is not None
    places = [part.split()[:2] for part in found[1].split(";")]
    assert len(places) == 3
    assert places[0] != places[2]


def test_walked_corners_wait_for_good_positions(phone: Phone) -> None:
    stands(phone, 30)
    phone.opens("resettlement_projects")
    opens_map(phone)
    tap(phone, "walk")
    assert "±30 m" in phone.shows("walk-weak")
    for latitude, longitude in ((11.95, 108.05), (11.951, 108.05), (11.951, 108.051)):
        stands(phone, 8, latitude, longitude)
        phone.page.wait_for_timeout(150)
    stands(phone, 60, 11.952, 108.052)
    phone.page.wait_for_timeout(150)
    tap(phone, "walk")
    assert phone.shows("map-status").startswith("3 góc, khoảng 0,6")
    assert "cách góc đầu" in phone.shows("gap")


def test_the_base_map_is_downloaded_when_asked_for_and_drawn_with_no_network(phone: Phone) -> None:
    phone.opens("joint_activities")
    opens_map(phone)
    offer = phone.page.locator("[data-action=get-basemap]")
    expect(offer).to_contain_text("MB)")
    assert not [url for url in phone.asked if url.endswith(".pmtiles")]
    offer.click()
    expect(phone.page.locator("[data-basemap]")).to_contain_text("Đã lưu")
    tap(phone, "map-cancel")
    phone.context.set_offline(True)
    opens_map(phone)
    painted = """() => [...document.querySelectorAll('.leaflet-tile-pane canvas.leaflet-tile')].some((tile) => {
        const { data } = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height);
        return data.some((value, i) => i % 4 === 3 && value > 0);
    })"""
    until(phone.page, painted)
    phone.page.wait_for_timeout(500)
    phone.context.set_offline(False)


def test_a_restricted_category_leaves_no_question_about_the_place_and_no_point(phone: Phone) -> None:
    phone.opens("situation_reports")
    phone.picks("hamlet", "thon 1")
    phone.picks("category", "dien")
    phone.takes_point()
    phone.picks("category", "dat dai")
    expect(place(phone)).to_have_count(0)
    expect(phone.page.locator("[data-nearby], [data-map], [data-doubt]")).to_have_count(0)
    phone.has_saved()
    phone.comes_back()
    phone.picks("category", "dien")
    expect(place(phone).locator("[data-action=take-point]")).to_be_visible()
    expect(place(phone).locator("[data-point]")).to_have_count(0)
    phone.picks("category", "dat dai")
    phone.page.get_by_label("Nội dung sự việc").fill("Chậm chi trả")
    phone.question("urgency").locator("input").first.check()
    phone.page.get_by_label("Ngày xảy ra").fill(f"{dt.date.today() - dt.timedelta(days=2):%Y-%m-%d}")  # noqa: DTZ011
    phone.sends()
    phone.shows("receipt-code")
    assert "11.95" not in phone.xml()
    assert "108.05" not in phone.xml()
    assert "<geometry>" not in phone.xml()
