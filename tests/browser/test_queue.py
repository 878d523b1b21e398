"""The queue on the phone: what waits says why, is sent on one tap, and by the browser itself when the app is closed."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect
from sqlalchemy import Engine, text

from app.config import Config
from tests.browser import axe
from tests.browser.phone import Phone


@pytest.fixture
def phone(chromium: Browser, address: str, cluster: Config) -> Iterator[Phone]:
    """The field officer of commune 11, signed in."""
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


def portal(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<h1>Wifi</h1>")


def rows(worker: Engine, instance: str) -> int:
    with worker.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM submissions WHERE instance_id = :id"), {"id": instance})
    return int(found or 0)


def test_the_queue_says_why_and_sends_on_one_tap(phone: Phone, worker: Engine) -> None:
    phone.network = portal
    phone.fills_activity("Thăm thôn")
    phone.sends()
    phone.page.evaluate("location.hash = '#/hang-doi'")
    record = phone.page.locator("[data-screen=queue] [data-record]")
    expect(record).to_have_count(1)
    expect(record.locator("[data-why]")).to_contain_text("trả lời thay máy chủ")
    expect(record.locator("[data-why]")).to_contain_text("Lần thử tiếp theo")
    assert axe.violations(phone.page) == []
    phone.network = Route.continue_
    phone.page.locator("[data-action=send-now]").click()
    expect(phone.page.locator("[data-queue-empty]")).to_be_visible()
    assert rows(worker, phone.instance()) == 1


LONG_WITHOUT_SIGNAL = """() => new Promise((done) => {
    const open = indexedDB.open('diaban');
    open.onsuccess = () => {
        const write = open.result.transaction('facts', 'readwrite');
        const value = { failures: 40, retryAt: Date.now() + 30 * 60_000, busyUntil: 0 };
        write.objectStore('facts').put({ key: 'sending', value });
        write.oncomplete = () => { open.result.close(); done(); };
    };
})"""


def test_whoever_opens_the_app_after_days_without_signal_does_not_wait_for_the_next_try(
    phone: Phone, worker: Engine
) -> None:
    phone.network = lambda route: route.abort()
    phone.fills_activity("Thăm thôn")
    phone.sends()
    phone.page.evaluate(LONG_WITHOUT_SIGNAL)
    phone.network = Route.continue_
    phone.page.reload()
    # Before the PIN: what is sealed needs none.
    for _ in range(60):
        if rows(worker, phone.instance()):
            break
        phone.page.wait_for_timeout(500)
    assert rows(worker, phone.instance()) == 1


def test_what_the_server_refuses_for_good_stays_until_a_person_throws_it_away(phone: Phone) -> None:
    body = '{"code": "submission_classified", "detail": "Phiếu có dấu hiệu tài liệu mật", "facts": {}}'
    phone.network = lambda route: route.fulfill(status=422, content_type="application/problem+json", body=body)
    phone.fills_activity("Thăm thôn")
    phone.sends()
    phone.page.evaluate("location.hash = '#/hang-doi'")
    record = phone.page.locator("[data-record][data-state=refused]")
    expect(record).to_contain_text("Phiếu có dấu hiệu tài liệu mật")
    sent = len(phone.sent)
    phone.page.evaluate("new BroadcastChannel('diaban').postMessage({ kind: 'queued' })")
    phone.page.wait_for_timeout(1500)
    assert len(phone.sent) == sent
    record.locator("[data-action=discard]").click()
    phone.page.locator("[data-action=ask-no]").click()
    expect(record).to_have_count(1)
    record.locator("[data-action=discard]").click()
    phone.page.locator("[data-action=ask-yes]").click()
    expect(phone.page.locator("[data-queue-empty]")).to_be_visible()


def test_a_refused_record_is_saved_for_an_officer_before_it_can_be_thrown_away(phone: Phone) -> None:
    body = '{"code": "submission_changed", "detail": "Đã có phiếu với nội dung khác", "facts": {}}'
    phone.network = lambda route: route.fulfill(status=409, content_type="application/problem+json", body=body)
    phone.fills_activity("Thăm thôn")
    phone.sends()
    phone.page.evaluate("location.hash = '#/hang-doi'")
    record = phone.page.locator("[data-record][data-state=refused]")
    expect(record).to_contain_text("nội dung khác")
    expect(record.locator("[data-to-do]")).to_contain_text("lưu phiếu này ra tệp")
    expect(record.locator("[data-action=discard]")).to_have_count(0)
    with phone.page.expect_download() as coming:
        record.locator("[data-action=save-record]").click()
    head = json.loads(coming.value.path().read_bytes().split(b"\n", 1)[0])
    assert [one["id"] for one in head["records"]] == [record.get_attribute("data-record")]
    record.locator("[data-action=discard]").click()
    expect(phone.page.locator("dialog.ask")).to_contain_text("đã được lưu ra tệp")
    phone.page.locator("[data-action=ask-yes]").click()
    expect(phone.page.locator("[data-queue-empty]")).to_be_visible()


def test_a_closed_app_is_woken_by_the_browser_when_there_is_signal(
    chromium: Browser, address: str, cluster: Config, worker: Engine
) -> None:
    context = chromium.new_context(locale="vi-VN", geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
                                   permissions=["geolocation"])  # fmt: skip
    phone = Phone(context, context.new_page(), address, cluster.secrets)
    phone.sign_in("field")
    for _ in range(120):  # evaluated, not waited for: the policy forbids the page what waiting would do
        if phone.page.evaluate("navigator.serviceWorker.controller !== null"):
            break
        phone.page.wait_for_timeout(500)
    phone.fills_activity("Thăm thôn buổi chiều")
    context.set_offline(True)
    phone.sends()
    control = context.new_cdp_session(other := context.new_page())
    registrations: list[dict[str, str]] = []
    control.on("ServiceWorker.workerRegistrationUpdated", lambda told: registrations.extend(told["registrations"]))
    control.send("ServiceWorker.enable")
    phone.page.close()
    context.set_offline(False)
    other.goto(f"{address}/healthz")
    other.wait_for_timeout(300)
    mine = next(one for one in registrations if one["scopeURL"].endswith("/survey/"))
    wake = {"origin": address, "registrationId": mine["registrationId"], "tag": "diaban-send", "lastChance": False}
    held = """() => new Promise((done) => {
        const open = indexedDB.open('diaban');
        open.onsuccess = () => {
            const db = open.result;
            const got = db.transaction('sealed').objectStore('sealed').count();
            got.onsuccess = () => { db.close(); done(got.result); };
        };
    })"""
    assert other.evaluate(held) == 1
    for _ in range(40):
        control.send("ServiceWorker.dispatchSyncEvent", wake)
        other.wait_for_timeout(500)
        if other.evaluate(held) == 0:
            break
    assert other.evaluate(held) == 0
    with worker.connect() as connection:
        told = connection.scalar(text("SELECT count(*) FROM submissions WHERE xml LIKE '%Thăm thôn buổi chiều%'"))
    assert told == 1
    context.close()
