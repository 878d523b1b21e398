"""Every screen of the phone by WCAG 2.2 AA as axe sees it: targets for a thumb, both languages, text at 200 %."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import Engine, insert, text

from app.config import Config
from surveys import uploaded_forms, xlsforms
from surveys.access import Actor, Role
from surveys.layers import named
from tests.browser import axe, kitchen_sink
from tests.browser.phone import PASSWORD, Phone
from tests.rows import feature
from tests.world import World

CLIENT = Path(__file__).resolve().parents[2] / "app/client"
# What a thumb must hit, and isn't 48 px high. A link within a sentence is text; what is in a label is hit by it.
SMALL = """() => [...document.querySelectorAll(
  'button, a[href], select, textarea, label:has(input[type=radio], input[type=checkbox], input[type=file]),'
  + ' input:not([type=radio], [type=checkbox], [type=file])')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((one) => !one.closest('.leaflet-control-attribution, .away'))
  .filter((one) => !(one.localName === 'a' && getComputedStyle(one).display === 'inline'))
  .filter((one) => one.getBoundingClientRect().height < 47.5 || one.getBoundingClientRect().width < 47.5)
  .map((one) => `${one.outerHTML.slice(0, 120)} ${JSON.stringify(one.getBoundingClientRect())}`)"""
# Lines of text that end beyond the screen's edge.
# Screens and dialogs of the app that some test of this file has looked at, by the name in their `data-screen` or class.
LOOKED_AT: set[str] = set()
NAMES = """[...document.querySelectorAll('[data-screen], dialog[open]')]
  .map((one) => one.dataset.screen ?? `dialog ${one.classList}`)"""
WIDE = "document.documentElement.scrollWidth > innerWidth + 1"


def looks_right(page: Page, screen: str) -> None:
    """No violation by axe, text at 7 : 1 for the sun, nothing too small to hit, nothing cut at the side."""
    page.wait_for_timeout(300)
    found = axe.violations(page, "color-contrast-enhanced")
    LOOKED_AT.update(page.evaluate(NAMES))
    assert found == [], screen
    assert page.evaluate(SMALL) == [], screen
    assert not page.evaluate(WIDE), screen


@pytest.fixture(scope="module")
def published(address: str, worker: Engine, world: World) -> str:
    approver = Actor(world.admin, "admin", Role.ADMIN, world.province, special=frozenset({"approve_form"}))
    with worker.begin() as connection:
        book = xlsforms.workbook(kitchen_sink.rows("2"))
        made = uploaded_forms.add(connection, world.actor("officer"), book, files=kitchen_sink.files())
        uploaded_forms.approve(connection, approver, *made)
    return address


@pytest.fixture
def phone(chromium: Browser, published: str, cluster: Config) -> Iterator[Phone]:
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
        permissions=["geolocation"],
        service_workers="block",
    )
    made = Phone(context, context.new_page(), published, cluster.secrets)
    made.watch()
    yield made
    context.close()
    assert made.errors == []


def to_the_gate(phone: Phone) -> None:
    phone.page.goto(f"{phone.site}/login?next=/survey/")
    phone.page.locator("#username").fill("field")
    phone.page.locator("#password").fill(PASSWORD)
    phone.page.locator("form[action='/login'] button[type=submit]").click()
    phone.page.locator("[data-screen=set-pin], [data-screen=locked]").wait_for()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_screen(phone: Phone, language: str) -> None:
    page = phone.page
    page.add_init_script(f"localStorage.setItem('diaban-language', '{language}')")
    to_the_gate(phone)
    looks_right(page, "choosing a PIN")
    phone.passes_the_gate()
    page.locator("[data-form]").first.wait_for()
    assert page.locator("html").get_attribute("lang") == language
    looks_right(page, "forms")
    for at in ("#/hang-doi", "#/cua-toi", "#/tham", "#/tham/religious_sites"):
        page.evaluate(f"location.hash = '{at}'")
        page.wait_for_timeout(500)
        looks_right(page, at)
    phone.goes_home()
    phone.opens("joint_activities")
    page.wait_for_timeout(1500)
    looks_right(page, "form")
    phone.question("hamlet").locator("[data-action=open-picker]").click()
    page.locator("dialog [data-choice]").first.wait_for()
    looks_right(page, "picker")
    page.locator("dialog [data-choice]").first.click()
    page.locator("[data-action=send]").click()
    page.locator("[data-summary]").wait_for()
    looks_right(page, "what is wrong")
    phone.takes_point()
    looks_right(page, "point taken")
    phone.question("name").locator("input, textarea").fill("0912 345 678")
    page.locator("[data-screening]").wait_for()
    looks_right(page, "text about persons")
    phone.has_saved()
    phone.goes_home()
    looks_right(page, "forms with a draft")
    phone.opens("resettlement_projects")
    phone.question("geometry").locator("[data-action=open-map]").click()
    page.locator("dialog .leaflet-container").wait_for()
    page.wait_for_timeout(800)
    looks_right(page, "map")


def test_every_kind_of_question(phone: Phone) -> None:
    to_the_gate(phone)
    phone.passes_the_gate()
    phone.opens(kitchen_sink.FORM)
    phone.question("category").locator("[data-choice=dien]").click()
    phone.page.get_by_label("Số điểm đo").fill("1")
    phone.page.locator("[data-repeat=diem_do] [data-question]").wait_for()
    looks_right(phone.page, "kitchen sink")
    phone.page.locator("[data-action=remove-repeat]").click()
    looks_right(phone.page, "removing an item")


def test_receipt_and_locked_screens(phone: Phone) -> None:
    phone.sign_in("field")
    phone.fills_activity("Ngày hội")
    phone.sends()
    looks_right(phone.page, "receipt")
    phone.page.reload()
    phone.page.locator("[data-screen=locked]").wait_for()
    looks_right(phone.page, "locked")


def no_signal(route: Route) -> None:
    route.abort()


def refused(route: Route) -> None:
    body = '{"code": "submission_changed", "detail": "Đã có phiếu với nội dung khác", "facts": {}}'
    route.fulfill(status=409, content_type="application/problem+json", body=body)


def test_records_on_their_way_and_one_that_is_refused(phone: Phone) -> None:
    phone.sign_in("field")
    phone.network = no_signal
    phone.fills_activity("Ngày hội")
    phone.sends()
    looks_right(phone.page, "finished, without signal")
    phone.goes_home()
    looks_right(phone.page, "forms with a queue")
    phone.page.evaluate("location.hash = '#/hang-doi'")
    phone.page.locator("[data-record]").wait_for()
    looks_right(phone.page, "queue")
    phone.network = refused
    phone.page.locator("[data-action=send-now]").click()
    phone.page.locator("[data-record][data-state=refused]").wait_for()
    looks_right(phone.page, "queue with a refused record")


@pytest.fixture
def sites(worker: Engine, address: str) -> Iterator[None]:
    """Two sites of commune 11 to visit again."""
    layer = named("religious_sites")
    rows = [feature(layer, 11, hamlet=111, name=f"Chùa Linh Sơn {n}", condition="tot") for n in (1, 2)]
    with worker.begin() as connection:
        connection.execute(insert(layer.table), rows)
    yield
    with worker.begin() as connection:
        ids = {"ids": [row["id"] for row in rows]}
        connection.execute(text("DELETE FROM religious_sites WHERE id = ANY(:ids)"), ids)


@pytest.mark.usefixtures("sites")
def test_visits_by_list_and_on_the_map(phone: Phone) -> None:
    phone.sign_in("field")
    page = phone.page
    page.evaluate("location.hash = '#/tham'")
    page.locator("[data-layer]").first.wait_for()
    looks_right(page, "kinds to visit")
    page.evaluate("location.hash = '#/tham/religious_sites'")
    page.locator("[data-feature]").first.wait_for()
    looks_right(page, "features")
    page.locator("[data-action=choose-on-map]").click()
    page.locator("[data-near-feature]").first.wait_for()
    looks_right(page, "features on the map")
    page.locator("[data-near-feature]").first.click()
    page.locator("[data-screen=feature][data-ready]").wait_for()
    looks_right(page, "feature")


def test_a_forgotten_pin_and_leaving(phone: Phone) -> None:
    phone.sign_in("field")
    phone.page.locator("[data-action=sign-out]").click()
    looks_right(phone.page, "leaving")
    phone.page.locator("[data-action=ask-no]").click()
    phone.page.locator("[data-action=lock]").click()
    phone.page.locator("[data-action=pin-forgotten]").click()
    phone.page.locator("[data-pin=new]").wait_for()
    looks_right(phone.page, "a new PIN")


# Ends when the database is gone: until the last page has closed it, the next one would still find it.
EMPTIED = """() => new Promise((done, failed) => {
    const asked = indexedDB.deleteDatabase('diaban');
    asked.onsuccess = () => done();
    asked.onerror = () => failed(asked.error);
})"""


def test_without_signal_the_very_first_time(phone: Phone) -> None:
    phone.sign_in("field")
    phone.page.goto(f"{phone.site}/healthz")
    phone.page.evaluate(EMPTIED)
    phone.context.route("**/survey/api/me", no_signal)
    phone.page.goto(f"{phone.site}/survey/")
    phone.page.locator("[data-screen=problem]").wait_for()
    looks_right(phone.page, "nothing here yet")


def test_text_of_twice_the_size_loses_nothing(phone: Phone) -> None:
    phone.sign_in("field")
    phone.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert not phone.page.evaluate(WIDE)
    phone.opens(kitchen_sink.FORM)
    phone.page.wait_for_timeout(2500)
    assert not phone.page.evaluate(WIDE)
    cut = phone.page.evaluate(
        "[...document.querySelectorAll('main button, main label, main legend')]"
        ".filter((one) => one.checkVisibility() && !one.closest('.away') && one.scrollWidth > one.clientWidth + 2"
        " && getComputedStyle(one).overflowX !== 'visible').map((one) => one.outerHTML.slice(0, 120))"
    )
    assert cut == []


def test_a_form_is_filled_by_keyboard_alone(phone: Phone) -> None:
    phone.sign_in("field")
    page = phone.page
    page.locator("[data-form=joint_activities]").focus()
    page.keyboard.press("Enter")
    phone.question("hamlet").locator("[data-action=open-picker]").wait_for()
    phone.question("hamlet").locator("[data-action=open-picker]").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("thon 1")
    expect(page.locator("dialog [data-choice]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(phone.question("hamlet").locator("[data-value]")).to_have_text("Thôn 1")
    # The place on the page is kept when the list closes.
    expect(phone.question("hamlet").locator("[data-action=open-picker]")).to_be_focused()


def test_no_screen_and_no_dialog_was_forgotten() -> None:
    if not LOOKED_AT:
        pytest.skip("the other tests of this file look at the screens")
    screens, dialogs = set(), set()
    for source in (CLIENT / "src").rglob("*.vue"):
        screens |= set(re.findall(r'data-screen="([^"]+)"', source.read_text()))
        dialogs |= {f"dialog {name}" for name in re.findall(r'<dialog\b[^>]*?\sclass="([^"]+)"', source.read_text())}
    # A form being tried is a page of the office, looked at with the others of it.
    assert (screens | dialogs) - {"trial"} - LOOKED_AT == set()
