"""Whoever holds the phone and reads its storage finds no answer and no feature of the office in plain text."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect
from sqlalchemy import Connection, Engine, insert, text

from app.config import Config
from surveys import uploaded_forms, xlsforms
from surveys.access import Actor, Role
from surveys.layers import named
from surveys.xlsforms import Sheets
from tests.browser.phone import Phone
from tests.browser.vault_dump import plain_of
from tests.rows import feature
from tests.world import World

SECRET = "Cầu treo Đắk Nang gãy hai nhịp"
SITE = "Chùa Vắng Tiếng Chuông"
ACTIVITY = "Sửa đường vào Buôn Kín"
FORM = "tham_co_so"
ANSWERS = ["Đắk Nang", "gãy hai nhịp", "Đối thoại bí mật", "<instanceID>uuid"]
LABELS = [SITE, "Vắng Tiếng", ACTIVITY, "Buôn Kín"]
JPEG = b"\xff\xd8\xff"
# The package is whole; the form's own list of sites, what stands near places and the features to visit are among it.
KEPT = """async () => {
  const asked = indexedDB.open('diaban');
  const db = await new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const all = (store, how) => new Promise((done) => {
    const found = db.transaction(store).objectStore(store)[how]();
    found.onsuccess = () => done(found.result);
  });
  const [keys, facts] = [await all('things', 'getAllKeys'), await all('facts', 'getAll')];
  db.close();
  const whole = facts.some(({ key, value }) => key.startsWith('package ') && value.at);
  const held = (start) => keys.some((key) => key.startsWith(start));
  const listed = keys.some((key) => key.startsWith('md5:') && key.includes(' of '));
  return whole && listed && held('/survey/api/nearby/joint_activities') && held('features ');
}"""


@pytest.fixture
def features(worker: Engine, world: World) -> Iterator[None]:
    """A site and an activity of commune 11, and a form of staff that updates sites by a list of them."""
    approver = Actor(world.admin, "admin", Role.ADMIN, world.province, special=frozenset({"approve_form"}))
    rows = {
        "religious_sites": feature(named("religious_sites"), 11, hamlet=111, name=SITE),
        "joint_activities": feature(named("joint_activities"), 11, hamlet=111, name=ACTIVITY),
    }
    with worker.begin() as connection:
        for key, row in rows.items():
            connection.execute(insert(named(key).table), row)
        book = xlsforms.workbook(_form(connection))
        made = uploaded_forms.add(connection, world.actor("officer"), book)
        uploaded_forms.approve(connection, approver, *made)
    yield
    with worker.begin() as connection:
        connection.execute(text("UPDATE forms SET state = 'closed' WHERE form_id = :id"), {"id": FORM})
        for key, row in rows.items():
            connection.execute(text(f"DELETE FROM {key} WHERE id = :id"), {"id": uuid.UUID(str(row["id"]))})


def _form(connection: Connection) -> Sheets:
    """As an office would start from ours: which site is asked in the form, by the list of sites."""
    layer = named("religious_sites")
    content = xlsforms.sheets(layer, xlsforms.codes_on(connection, dt.date(2026, 1, 1)), "1")
    content["settings"][0].update(form_id=FORM, form_title="Thăm cơ sở")
    return content


@pytest.fixture
def phone(chromium: Browser, address: str, cluster: Config, features: None) -> Iterator[Phone]:
    """The field officer of commune 11, signed in, the PIN chosen."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
        permissions=["geolocation"],
        service_workers="block",
    )
    made = Phone(context, context.new_page(), address, cluster.secrets)
    made.watch()
    made.sign_in("field")
    yield made
    context.close()
    assert made.errors == []


def no_signal(route: Route) -> None:
    route.abort()


def test_a_dump_of_the_phone_holds_no_plain_answer_and_no_feature_open_locked_or_signed_out(phone: Phone) -> None:
    phone.opens("situation_reports")
    phone.picks("hamlet", "thon 1")
    phone.picks("category", "dien")
    phone.page.get_by_label("Nội dung sự việc").fill(SECRET)
    phone.takes_photo()
    phone.has_saved()
    phone.fills_activity_from_home("Đối thoại bí mật ở Đắk Nang")
    # The phone can read what it keeps.
    assert ACTIVITY in phone.shows("nearby")
    phone.page.locator("[data-action=another-one]").click()
    phone.network = no_signal
    phone.sends()
    phone.goes_home()
    phone.opens(FORM)
    phone.page.evaluate("location.hash = '#/tham/religious_sites'")
    expect(phone.page.locator("[data-features]")).to_contain_text(SITE)
    phone.goes_home()
    for _ in range(300):
        if phone.page.evaluate(KEPT):
            break
        phone.page.wait_for_timeout(200)
    assert phone.page.evaluate(KEPT)

    holds_nothing_plain(phone, "open")
    phone.page.locator("[data-action=lock]").click()
    phone.page.locator("[data-screen=locked]").wait_for()
    holds_nothing_plain(phone, "locked")
    with phone.page.expect_download() as coming:
        phone.page.locator("[data-action=save-queue]").click()
    written = coming.value.path().read_bytes()
    head = json.loads(written.split(b"\n", 1)[0])
    assert head["format"] == "diaban queue 1"
    assert len(head["records"]) == 1
    assert plain_in(written) == []

    phone.passes_the_gate()
    phone.page.locator("[data-action=sign-out]").click()
    phone.page.locator("[data-action=ask-yes]").click()
    phone.page.wait_for_url("**/login**")
    holds_nothing_plain(phone, "signed out")


def holds_nothing_plain(phone: Phone, state: str) -> None:
    found = plain_of(phone.page)
    # What is public is there to be found: the dump sees every store.
    for words in ("Thôn 1", "FeatureCollection", "situation_reports"):
        assert words.encode() in found, words
    assert plain_in(found) == [], state


def plain_in(data: bytes) -> list[str]:
    """What of the answers and labels stands there, as UTF-8 or as JSON escapes it; or a photo."""
    told = [one for one in [*ANSWERS, *LABELS] if one.encode() in data or json.dumps(one)[1:-1].encode() in data]
    return told + ["JPEG"] * (JPEG in data)
