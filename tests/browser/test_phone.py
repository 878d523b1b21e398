"""The phone app on the real server: what is asked, what is kept when the network lies, what is never sent."""

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect
from sqlalchemy import Engine, text

from app.config import Config
from tests.browser.phone import Phone, photo


@pytest.fixture
def phone(chromium: Browser, address: str, cluster: Config) -> Iterator[Phone]:
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


def rows(worker: Engine, instance: str) -> int:
    with worker.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM submissions WHERE instance_id = :id"), {"id": instance})
    return int(found or 0)


def portal(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<html><h1>Wifi miễn phí</h1></html>")


def test_a_filled_form_is_acknowledged_and_nothing_is_asked_of_another_machine(phone: Phone, worker: Engine) -> None:
    phone.fills_activity("Ngày hội đại đoàn kết")
    phone.sends()
    assert phone.shows("withdrawal-code").count("-") == 2
    assert phone.shows("instance-id") == phone.instance()
    assert rows(worker, phone.instance()) == 1
    assert [url for url in phone.asked if not url.startswith((phone.site, "blob:"))] == []


def test_the_own_commune_is_filled_in_and_hamlets_are_found_without_marks(phone: Phone) -> None:
    phone.opens("joint_activities")
    assert phone.question("commune").locator("[data-value]").inner_text() == "Xã Đắk Mil"
    assert phone.picks("hamlet", "THON 1") == "Thôn 1"


def test_a_portals_answer_is_no_receipt_and_the_record_is_kept(phone: Phone, worker: Engine) -> None:
    phone.fills_activity("Thăm thôn")
    phone.network = portal
    phone.sends()
    assert "trang đăng nhập Wi-Fi" in phone.shows("kept")
    assert phone.shows("unsent") == "1 phiếu chưa gửi"
    phone.network = Route.continue_
    phone.sends()
    phone.shows("receipt-code")
    assert phone.xml(0) == phone.xml(1)
    assert rows(worker, phone.instance()) == 1


def test_a_receipt_for_other_bytes_does_not_count(phone: Phone) -> None:
    def forged(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(answer.json()["sha256"], "0" * 64))

    phone.fills_activity("Đối thoại")
    phone.network = forged
    phone.sends()
    phone.shows("kept")


def test_a_lost_acknowledgement_leaves_one_row(phone: Phone, worker: Engine) -> None:
    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    phone.fills_activity("Cứu trợ sau lũ")
    phone.network = lost
    phone.sends()
    assert "Chưa có sóng" in phone.shows("kept")
    phone.network = Route.continue_
    phone.sends()
    phone.shows("receipt-code")
    assert rows(worker, phone.instance()) == 1


def test_a_session_that_ended_keeps_the_record_until_signed_in_again(phone: Phone, worker: Engine) -> None:
    phone.fills_activity("Tình nguyện")
    phone.context.clear_cookies()
    phone.sends()
    assert "đăng nhập" in phone.shows("kept")
    phone.sign_in("field", phone.context.new_page())
    phone.shows("receipt-code")
    assert rows(worker, phone.instance()) == 1


def test_leaving_a_filled_form_loses_nothing(phone: Phone) -> None:
    phone.opens("joint_activities")
    phone.page.get_by_label("Tên hoạt động").fill("Nửa chừng")
    phone.page.locator("[data-action=back]").click()
    phone.page.locator("[data-action=continue]").click()
    expect(phone.page.get_by_label("Tên hoạt động")).to_have_value("Nửa chừng")


def test_a_restricted_category_takes_point_and_photo_back(phone: Phone) -> None:
    phone.opens("situation_reports")
    phone.picks("hamlet", "thon 1")
    phone.picks("category", "dien")
    phone.takes_point()
    phone.takes_photo()
    phone.picks("category", "dat dai")
    expect(phone.question("geometry")).to_have_count(0)
    expect(phone.question("photo")).to_have_count(0)
    phone.page.get_by_label("Nội dung sự việc").fill("Chậm chi trả")
    phone.question("urgency").locator("input").first.check()
    phone.page.get_by_label("Ngày xảy ra").fill(f"{dt.date.today() - dt.timedelta(days=2):%Y-%m-%d}")  # noqa: DTZ011
    phone.sends()
    phone.shows("receipt-code")
    assert "11.95" not in phone.xml()
    assert phone.files() == phone.brought == {}


def test_photos_leave_the_phone_small_and_without_exif(phone: Phone) -> None:
    phone.opens("situation_reports")
    phone.picks("hamlet", "thon 1")
    phone.picks("category", "dien")
    phone.page.get_by_label("Nội dung sự việc").fill("Mất điện")
    phone.question("urgency").locator("input").first.check()
    phone.page.get_by_label("Ngày xảy ra").fill("2026-11-20")
    phone.takes_point()
    phone.takes_photo()
    phone.sends()
    phone.shows("receipt-code")
    [(name, taken)] = phone.files().items()
    assert taken.startswith(b"\xff\xd8\xff")
    assert b"SecretCam" not in taken
    assert len(taken) < len(photo())
    assert "IMG_2026" not in name + phone.xml()


def test_texts_about_persons_are_shown_to_the_writer_and_classified_ones_stop_the_form(phone: Phone) -> None:
    phone.fills_activity("Thăm hỏi")
    result = phone.page.get_by_label("Kết quả")
    result.fill("Liên hệ 0912 345 678 để biết thêm")
    assert "0912 345 678" in phone.shows("screening")
    expect(phone.page.locator("mark")).to_have_text("0912 345 678")
    phone.sends()
    phone.page.locator("[data-action=ask-no]").click()
    expect(result).to_be_focused()
    result.fill("Tài liệu TỐI MẬT")
    phone.sends()
    assert "TỐI MẬT" in phone.question("result").locator("[data-error]").inner_text()
    assert phone.sent == []


def test_a_weak_position_is_used_only_when_asked_for_and_says_so(phone: Phone) -> None:
    phone.context.set_geolocation({"latitude": 11.95, "longitude": 108.05, "accuracy": 43})
    phone.opens("joint_activities")
    phone.question("geometry").locator("[data-action=take-point]").click()
    expect(phone.page.locator("[data-live]")).to_contain_text("±43 m")
    phone.question("geometry").locator("[data-action=use-weak]").click()
    assert "±43 m" in phone.shows("accuracy")
    assert "kém chính xác" in phone.question("geometry").inner_text()
