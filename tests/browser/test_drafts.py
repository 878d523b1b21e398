"""Forms begun and not finished: kept through a reload with photos and id, locked, thrown away only when asked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from app.config import Config
from tests.browser.phone import PIN, Phone, photo

SECRET = "Cầu treo Đắk Nang gãy hai nhịp"


@pytest.fixture
def make_phone(chromium: Browser, address: str, cluster: Config) -> Iterator[Callable[[], Phone]]:
    """A phone each time it is called; each is another phone."""
    made: list[Phone] = []

    def one() -> Phone:
        context = chromium.new_context(
            viewport={"width": 360, "height": 640},
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
            permissions=["geolocation"],
            service_workers="block",  # what it sends can't be held back by the test
        )
        phone = Phone(context, context.new_page(), address, cluster.secrets)
        phone.watch()
        made.append(phone)
        return phone

    yield one
    for phone in made:
        phone.context.close()
        assert phone.errors == []


@pytest.fixture
def phone(make_phone: Callable[[], Phone]) -> Phone:
    """The field officer of commune 11, signed in, the PIN chosen."""
    made = make_phone()
    made.sign_in("field")
    return made


def begins_a_report(phone: Phone, text: str = SECRET) -> None:
    phone.opens("situation_reports")
    phone.picks("hamlet", "thon 1")
    phone.picks("category", "dien")
    phone.page.get_by_label("Nội dung sự việc").fill(text)


def rows(phone: Phone, store: str) -> list[dict[str, Any]]:
    """The rows of a store, bytes left out."""
    got: list[dict[str, Any]] = phone.page.evaluate(
        """(store) => new Promise((done) => {
          const asked = indexedDB.open('diaban');
          asked.onsuccess = () => {
            const rows = asked.result.transaction(store).objectStore(store).getAll();
            rows.onsuccess = () => {
              asked.result.close();
              done(JSON.parse(JSON.stringify(rows.result, (_, value) => (ArrayBuffer.isView(value) ? null : value))));
            };
          };
        })""",
        store,
    )
    return got


def no_signal(route: Route) -> None:
    route.abort()


def is_full(phone: Phone) -> None:
    """Waits until the browser has noticed: it remembers for a while how much room there was."""
    phone.page.evaluate(
        """async () => {
          const db = await new Promise((done) => {
            const asked = indexedDB.open('diaban');
            asked.onsuccess = () => done(asked.result);
          });
          for (let full = false; !full; ) {
            const tx = db.transaction('facts', 'readwrite');
            tx.objectStore('facts').put({ key: 'ballast', value: new Uint8Array(3000) });
            full = await new Promise((done) => {
              tx.oncomplete = () => done(false);
              tx.onabort = () => done(true);
            });
            await new Promise((done) => setTimeout(done, 200));
          }
          db.close();
        }"""
    )


def test_answers_and_photos_are_there_after_a_reload_under_the_same_id(phone: Phone) -> None:
    phone.hears_ids()
    phone.comes_back()
    begins_a_report(phone)
    phone.takes_photo()
    phone.has_saved()
    (instance,) = phone.heard_ids()
    before = rows(phone, "drafts")
    assert len(before) == 1
    assert len(rows(phone, "photos")) == 1
    phone.comes_back()
    expect(phone.page.get_by_label("Nội dung sự việc")).to_have_value(SECRET)
    phone.question("photo").locator("[data-preview]").wait_for()
    assert "Thôn 1" in phone.question("hamlet").locator("[data-value]").inner_text()
    # Going on with it writes the photo no second time.
    phone.page.get_by_label("Nội dung sự việc").fill(SECRET + ".")
    phone.page.wait_for_timeout(900)
    assert [row["id"] for row in rows(phone, "drafts")] == [before[0]["id"]]
    assert len(rows(phone, "photos")) == 1
    assert phone.heard_ids() == {instance}


def test_every_second_of_typing_is_kept(phone: Phone) -> None:
    begins_a_report(phone, "")
    box = phone.page.get_by_label("Nội dung sự việc")
    for n in range(12):
        box.press_sequentially(f"{n} ", delay=40)
    phone.page.wait_for_timeout(1000)
    phone.comes_back()
    expect(box).to_have_value("0 1 2 3 4 5 6 7 8 9 10 11 ")


def test_the_list_shows_drafts_and_asks_before_one_is_thrown_away(phone: Phone) -> None:
    begins_a_report(phone)
    phone.takes_photo()
    phone.has_saved()
    phone.goes_home()
    assert "Lưu lúc" in phone.shows("drafts")
    phone.page.locator("[data-action=discard]").click()
    phone.page.locator("[data-action=ask-no]").click()
    assert len(rows(phone, "drafts")) == 1
    phone.page.locator("[data-action=continue]").click()
    expect(phone.page.get_by_label("Nội dung sự việc")).to_have_value(SECRET)
    phone.goes_home()
    phone.page.locator("[data-action=discard]").click()
    phone.page.locator("[data-action=ask-yes]").click()
    expect(phone.page.locator("[data-drafts]")).to_have_count(0)
    assert rows(phone, "drafts") == rows(phone, "photos") == []


def test_a_form_only_looked_at_leaves_no_draft(phone: Phone) -> None:
    phone.opens("joint_activities")
    phone.question("hamlet").locator("[data-action=open-picker]").click()
    phone.page.keyboard.press("Escape")
    phone.page.wait_for_timeout(800)
    phone.goes_home()
    expect(phone.page.locator("[data-drafts]")).to_have_count(0)


def test_a_photo_taken_back_leaves_the_phone(phone: Phone) -> None:
    begins_a_report(phone)
    phone.takes_photo()
    phone.has_saved()
    phone.question("photo").locator("[data-action=remove]").click()
    phone.page.wait_for_timeout(1000)
    assert rows(phone, "photos") == []


def test_ten_idle_minutes_lock_and_nothing_typed_is_lost(make_phone: Callable[[], Phone]) -> None:
    phone = make_phone()
    phone.page.clock.install()
    phone.sign_in("field")
    begins_a_report(phone)
    phone.page.clock.run_for(9 * 60_000)
    expect(phone.page.get_by_label("Nội dung sự việc")).to_have_value(SECRET)
    phone.page.clock.run_for(70_000)
    phone.page.locator("[data-screen=locked]").wait_for()
    assert SECRET not in phone.page.content()
    phone.passes_the_gate()
    expect(phone.page.get_by_label("Nội dung sự việc")).to_have_value(SECRET)


def test_a_wrong_pin_opens_nothing_and_makes_wait_even_after_a_reload(phone: Phone) -> None:
    phone.page.locator("[data-action=lock]").click()
    for n in range(3):
        phone.page.locator("[data-pin=pin]").fill("000111")
        phone.page.locator("[data-action=unlock]").click()
        expect(phone.page.locator("[data-pin-wrong]")).to_contain_text(f"sai {n + 1} lần")
    assert "chờ" in phone.shows("pin-wrong")
    expect(phone.page.locator("[data-action=unlock]")).to_be_disabled()
    phone.page.reload()
    phone.page.locator("[data-pin=pin]").fill(PIN)
    phone.page.locator("[data-action=unlock]").click()
    assert "chờ" in phone.shows("pin-wrong")
    phone.page.wait_for_timeout(5500)
    phone.passes_the_gate()


def test_weak_pins_are_refused(make_phone: Callable[[], Phone]) -> None:
    phone = make_phone()
    phone.page.goto(f"{phone.site}/login?next=/survey/")
    phone.page.locator("#username").fill("field")
    phone.page.locator("#password").fill("mat-khau-thu-nghiem")
    phone.page.locator("form[action='/login'] button[type=submit]").click()
    for pin, again, said in (
        ("12345", "12345", "ít nhất 6"),
        ("123456", "123456", "dễ đoán"),
        ("777777", "777777", "dễ đoán"),
        ("258036", "258037", "chưa giống"),
    ):
        phone.page.locator("[data-pin=new]").fill(pin)
        phone.page.locator("[data-pin=again]").fill(again)
        phone.page.locator("[data-action=set-pin]").click()
        expect(phone.page.locator("[data-pin-wrong]")).to_contain_text(said)
    assert rows(phone, "vaults") == []


def test_a_draft_open_in_another_tab_is_not_overwritten(phone: Phone) -> None:
    begins_a_report(phone)
    phone.has_saved()
    other = phone.context.new_page()
    other.goto(phone.page.url)
    phone.passes_the_gate(other)
    expect(other.locator("[data-problem]")).to_contain_text("thẻ khác")
    phone.goes_home()
    other.locator("[data-action=retry]").click()
    expect(other.get_by_label("Nội dung sự việc")).to_have_value(SECRET)


def test_another_account_on_the_phone_sees_nothing_of_it(phone: Phone) -> None:
    begins_a_report(phone)
    phone.has_saved()
    address = phone.page.url
    phone.fills_activity_from_home("Thăm thôn")
    phone.network = no_signal
    phone.sends()
    phone.goes_home()
    phone.page.locator("[data-action=sign-out]").click()
    phone.page.locator("[data-action=ask-yes]").click()
    phone.page.wait_for_url("**/login**")
    phone.sign_in("officer")
    expect(phone.page.locator("[data-drafts]")).to_have_count(0)
    # What is sealed is counted, and still sent: it says itself whose it is.
    assert "1 phiếu chưa gửi của tài khoản khác" in phone.shows("others")
    phone.network = Route.continue_
    phone.page.goto(address.replace("/survey/", "/survey/?again"))
    phone.passes_the_gate()
    phone.question("commune").wait_for()
    assert SECRET not in phone.page.content()
    expect(phone.page.get_by_label("Nội dung sự việc")).to_have_value("")
    phone.goes_home()
    expect(phone.page.locator("[data-queue]")).to_have_count(0)
    assert rows(phone, "sealed") == []


def test_a_full_phone_refuses_the_photo_with_words_and_keeps_the_text(phone: Phone) -> None:
    begins_a_report(phone)
    phone.has_saved()
    cdp = phone.context.new_cdp_session(phone.page)
    # What the page is told of its room is rounded up by the browser: only a refused write says it is full.
    cdp.send("Storage.overrideQuotaForOrigin", {"origin": phone.site, "quotaSize": 1})
    is_full(phone)
    picture = {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    phone.question("photo").locator("[data-photo=gallery]").set_input_files([picture])  # type: ignore[list-item]
    assert "sắp hết chỗ" in phone.shows("no-room")
    expect(phone.question("photo").locator("[data-preview]")).to_have_count(0)
    phone.page.get_by_label("Nội dung sự việc").fill(SECRET + " hôm qua")
    phone.page.wait_for_timeout(1000)
    phone.comes_back()
    expect(phone.page.get_by_label("Nội dung sự việc")).to_have_value(SECRET + " hôm qua")
    cdp = phone.context.new_cdp_session(phone.page)
    cdp.send("Storage.overrideQuotaForOrigin", {"origin": phone.site})
    phone.page.get_by_label("Nội dung sự việc").fill(SECRET + " hôm nay")
    phone.page.wait_for_timeout(1000)
    phone.comes_back()
    expect(phone.page.get_by_label("Nội dung sự việc")).to_have_value(SECRET + " hôm nay")
