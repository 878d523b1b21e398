"""A forgotten PIN, a session that ended, a locked phone: every draft comes back and everything finished is sent."""

import time
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Route, expect
from sqlalchemy import Engine, text

from app import credentials
from app.config import Config
from surveys import form_versions, xforms
from tests.browser import outpost
from tests.browser.phone import PASSWORD, PIN, Phone

FORM = "mot_cau"
SHEETS = {
    "survey": [{"type": "text", "name": "what", "label": "Việc gì", "required": "yes"}],
    "settings": [{"form_title": "Một câu", "form_id": FORM, "version": "1"}],
}
NEW_PIN = "741852"
AWAY_DAYS, BEFORE_DAYS = 9, 6  # without signal, after days of use: a field officer's session lasts fourteen
# The phone's clock, from the next page on. Timers run as ever.
LATER = """globalThis.Date = class extends Date {
  constructor(...given) { if (given.length) super(...given); else super(globalThis.Date.now()); }
  static now() { return super.now() + AWAY * 24 * 3600 * 1000; }
}""".replace("AWAY", str(AWAY_DAYS))
N = 20


@pytest.fixture(autouse=True)
def remembered_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server, which is in this process, remembers a cookie for a second instead of thirty."""
    monkeypatch.setattr(credentials, "REMEMBERED_S", 1)


@pytest.fixture(scope="module")
def short_form(worker: Engine, address: str) -> Iterator[None]:
    """A form of one question, for as long as this file is run."""
    with worker.begin() as connection:
        form_versions.store(
            connection, form_id=FORM, version="1", title="Một câu", layer=None, xform=xforms.convert(SHEETS)
        )
        form_versions.make_live(connection, FORM, "1")
    yield
    with worker.begin() as connection:
        connection.execute(text("UPDATE forms SET state = 'closed' WHERE form_id = :id"), {"id": FORM})


@pytest.fixture
def make_phone(chromium: Browser, address: str, cluster: Config, short_form: None) -> Iterator[Callable[..., Phone]]:
    """The field officer of commune 11, signed in, the PIN chosen."""
    made: list[Phone] = []

    def one(service_workers: Literal["allow", "block"]) -> Phone:
        context = chromium.new_context(
            viewport={"width": 360, "height": 640},
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            service_workers=service_workers,
        )
        phone = Phone(context, context.new_page(), address, cluster.secrets)
        made.append(phone)
        phone.watch()
        phone.sign_in("field")
        return phone

    yield one
    for phone in made:
        phone.context.close()
        assert phone.errors == []


@pytest.fixture
def phone(make_phone: Callable[..., Phone]) -> Phone:
    """One without a service worker: what that sends can't be held back by a test."""
    return make_phone("block")


def no_signal(route: Route) -> None:
    route.abort()


def writes(phone: Phone, words: str) -> None:
    phone.goes_home()
    phone.page.locator(f"[data-form={FORM}]").click()
    phone.page.get_by_label("Việc gì").fill(words)
    phone.has_saved()


def finishes(phone: Phone, words: str) -> None:
    writes(phone, words)
    phone.page.locator("[data-action=send]").click()
    phone.page.locator("[data-screen=finished]").wait_for()


def received(worker: Engine) -> int:
    with worker.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM submissions WHERE form_id = :id"), {"id": FORM})
    return int(found or 0)


def forgets_the_pin(phone: Phone) -> None:
    phone.page.locator("[data-action=pin-forgotten]").click()
    phone.page.locator("[data-pin=new]").fill(NEW_PIN)
    phone.page.locator("[data-pin=again]").fill(NEW_PIN)
    phone.page.locator("[data-action=set-pin]").click()


def days_pass(phone: Phone, owner: Engine) -> None:
    """Nine days without signal, by the phone's clock and by the server's, whose own rule ends the session."""
    with owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE sign_ins SET created_at = created_at - make_interval(days => :days),"
                " expires_at = expires_at - make_interval(days => :days)"
            ),
            {"days": AWAY_DAYS + BEFORE_DAYS},
        )
        connection.execute(text("DELETE FROM sign_in_failures"))
    phone.page.add_init_script(LATER)
    time.sleep(credentials.REMEMBERED_S)  # for so long the server remembers a cookie without looking


def signs_in_again(phone: Phone) -> None:
    """To the gate: what is asked there is the test's."""
    phone.page.goto(f"{phone.site}/login?next=/survey/")
    phone.page.locator("#username").fill("field")
    phone.page.locator("#password").fill(PASSWORD)
    phone.page.locator("form[action='/login'] button[type=submit]").click()
    phone.page.locator("[data-screen=locked]").wait_for()


def test_nine_days_away_and_a_forgotten_pin_lose_no_draft_and_nothing_finished(
    make_phone: Callable[..., Phone], worker: Engine, owner: Engine
) -> None:
    phone = make_phone("allow")
    phone.goes_home()
    outpost.packed(phone)
    phone.context.set_offline(True)
    for number in range(N):
        writes(phone, f"nháp số {number}")
    for number in range(N):
        finishes(phone, f"xong số {number}")
    phone.goes_home()
    assert phone.shows("unsent") == f"{N} phiếu chưa gửi"
    phone.shows("warned")
    days_pass(phone, owner)
    # Signal again: the server knows the cookie and has ended its session itself.
    phone.context.set_offline(False)
    phone.page.reload()
    phone.page.locator("[data-screen=locked] [data-action=sign-in]").wait_for()
    assert phone.page.evaluate("fetch('/survey/api/me').then(({status}) => status)") == 401
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sign_ins WHERE expires_at < now()")) > 0
    assert received(worker) == 0
    # Signed in and still locked, the phone sends what is finished.
    signs_in_again(phone)
    phone.page.locator("[data-all-sent]").wait_for(timeout=60_000)
    assert received(worker) == N
    assert same_by_hash(phone, worker)
    forgets_the_pin(phone)
    drafts = phone.page.locator("[data-draft] [data-action=continue]")
    expect(drafts).to_have_count(N)
    shown = set()
    for address in [link.get_attribute("href") for link in drafts.all()]:
        phone.page.evaluate("(there) => (location.hash = there)", address)
        phone.page.locator(f"[data-screen=form][data-draft='{str(address).rsplit('/', 1)[-1]}'] input").wait_for()
        shown.add(phone.page.get_by_label("Việc gì").input_value())
    assert shown == {f"nháp số {number}" for number in range(N)}
    # The old PIN is no PIN any more, the new one is.
    phone.page.locator("[data-action=lock]").click()
    phone.page.locator("[data-pin=pin]").fill(PIN)
    phone.page.locator("[data-action=unlock]").click()
    phone.shows("pin-wrong")
    phone.page.locator("[data-pin=pin]").fill(NEW_PIN)
    phone.page.locator("[data-action=unlock]").click()
    phone.page.locator("[data-screen=locked]").wait_for(state="detached")


def same_by_hash(phone: Phone, worker: Engine) -> bool:
    """What the phone's ledger says was acknowledged is what the server holds, id by id and hash by hash."""
    with worker.connect() as connection:
        held = connection.execute(
            text("SELECT instance_id, encode(sha256_received, 'hex') FROM submissions WHERE form_id = :id"),
            {"id": FORM},
        )
        return {row[0]: row[1] for row in held} == phone.ledger()


def test_a_password_given_long_ago_opens_no_drafts(phone: Phone, owner: Engine) -> None:
    writes(phone, "bản nháp còn đây")
    with owner.begin() as connection:
        connection.execute(text("UPDATE sign_ins SET created_at = created_at - interval '1 hour'"))
        connection.execute(text("DELETE FROM sign_in_failures"))
    phone.page.reload()
    forgets_the_pin(phone)
    phone.page.locator("[data-action=sign-in-again]").click()
    phone.page.wait_for_url("**/login**")
    phone.page.locator("#username").fill("field")
    phone.page.locator("#password").fill(PASSWORD)
    phone.page.locator("form[action='/login'] button[type=submit]").click()
    phone.page.locator("[data-screen=locked]").wait_for()
    forgets_the_pin(phone)
    phone.page.locator("[data-action=continue]").click()
    expect(phone.page.get_by_label("Việc gì")).to_have_value("bản nháp còn đây")


def test_a_session_over_after_days_away_keeps_everything_until_the_next_sign_in(
    make_phone: Callable[..., Phone], worker: Engine, owner: Engine
) -> None:
    phone = make_phone("allow")
    before = received(worker)
    phone.goes_home()
    outpost.packed(phone)
    writes(phone, "trước khi hết phiên")
    days_pass(phone, owner)
    phone.page.reload()
    expect(phone.page.locator("[data-screen=locked] [data-action=sign-in]")).to_be_visible(timeout=15_000)
    phone.passes_the_gate()
    phone.shows("session-over")
    expect(phone.page.get_by_label("Việc gì")).to_have_value("trước khi hết phiên")
    phone.page.get_by_label("Việc gì").fill("sau khi hết phiên")
    phone.sends()
    assert "đăng nhập" in phone.shows("kept")
    assert received(worker) == before
    phone.sign_in("field")
    phone.page.locator("[data-all-sent]").wait_for(timeout=60_000)
    assert received(worker) == before + 1
