"""A phone that never finds signal: its queue saved to a file, its site data cleared, the file loaded by an officer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, NullPool, create_engine, text

from tests.browser import outpost
from tests.browser.conftest import Desk
from tests.browser.phone import Phone
from tests.faults import site as sites
from tests.faults.site import Site

NAMES = ("Thăm thôn một", "Thăm thôn hai")
# id → [SHA-256 of the XML, {name of a file: SHA-256}] of what is sealed on the phone.
SEALED = """() => new Promise((done) => {
  const asked = indexedDB.open('diaban');
  asked.onsuccess = () => {
    const rows = asked.result.transaction('sealed').objectStore('sealed').getAll();
    rows.onsuccess = () => {
      asked.result.close();
      const files = (row) => Object.fromEntries(row.files.map(({ name, sha256 }) => [name, sha256]));
      done(Object.fromEntries(rows.result.map((row) => [row.id, [row.sha256, files(row)]])));
    };
  };
})"""
# How many rows all databases hold; the worker may have made its own again, empty.
LEFT = """async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let rows = 0;
  for (const { name } of await indexedDB.databases()) {
    const held = await done(indexedDB.open(name));
    for (const store of held.objectStoreNames) rows += await done(held.transaction(store).objectStore(store).count());
    held.close();
  }
  return rows;
}"""


@pytest.fixture
def phone(chromium: Browser, running: Site) -> Iterator[Phone]:
    """The field officer's, installed and packed; then there is no network."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
        permissions=["geolocation"],
    )
    made = outpost.phone(context, running.config.url, running.config.secrets)
    made.sign_in("field")
    outpost.packed(made)
    context.set_offline(True)
    yield made
    context.close()
    assert made.errors == []


@pytest.fixture
def database(running: Site) -> Engine:
    return create_engine(sites.urls(running).worker, poolclass=NullPool)


def stored(database: Engine) -> dict[str, Any]:
    """What the server holds, in the form of SEALED; an id held twice would be seen by the count."""
    with database.connect() as connection:
        rows = connection.execute(text("SELECT instance_id, encode(sha256_received, 'hex') FROM submissions")).all()
        files = connection.execute(
            text("SELECT instance_id, name, encode(sha256_received, 'hex') FROM attachments")
        ).all()
    assert len({row[0] for row in rows}) == len(rows)
    return {id_: [sha256, {name: of for owner, name, of in files if owner == id_}] for id_, sha256 in rows}


def finishes_a_report_with_a_photo(phone: Phone) -> None:
    phone.opens("situation_reports")
    phone.picks("hamlet", "thon 1")
    phone.picks("category", "dien")
    phone.page.get_by_label("Nội dung sự việc").fill("Mất điện từ tối qua")
    phone.question("urgency").locator("input").first.check()
    phone.page.get_by_label("Ngày xảy ra").fill("2026-11-20")
    phone.takes_point()
    phone.takes_photo()
    finishes(phone)


def finishes(phone: Phone) -> None:
    """To the screen that says it is sealed: nothing is sent now, nor tried at once."""
    phone.page.locator("[data-action=send]").click()
    phone.page.locator("[data-screen=finished]").wait_for()


def loads(desk: Desk, file: Path) -> list[str | None]:
    """What the officer's page says of each record of the file."""
    desk.goes_to("/review/queue-file")
    desk.page.locator("#file").set_input_files(file)
    desk.page.get_by_role("button", name="Nạp tệp").click()
    expect(desk.page.locator("[data-results]")).to_be_visible()
    return [row.get_attribute("data-result") for row in desk.page.locator("[data-result]").all()]


def test_what_a_cleared_phone_had_saved_to_a_file_is_loaded_whole(
    phone: Phone, running: Site, database: Engine, at_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    for name in NAMES:
        phone.fills_activity_from_home(name)
        finishes(phone)
    phone.goes_home()
    finishes_a_report_with_a_photo(phone)
    phone.goes_home()
    sealed = phone.page.evaluate(SEALED)
    assert len(sealed) == 3
    assert sorted(len(files) for _, files in sealed.values()) == [0, 0, 1]
    assert stored(database) == {}
    with phone.page.expect_download() as coming:
        phone.page.locator("[data-action=save-queue]").click()
    file = tmp_path / coming.value.suggested_filename
    assert file.suffix == ".diaban"
    coming.value.save_as(file)

    # All the phone had is gone: it starts as a new one.
    clear = phone.context.new_cdp_session(phone.page)
    phone.page.goto("about:blank")  # an open app would write again what was just cleared
    clear.send("Storage.clearDataForOrigin", {"origin": running.config.url, "storageTypes": "all"})
    phone.context.set_offline(False)
    phone.page.goto(f"{running.config.url}/healthz")
    assert phone.page.evaluate(LEFT) == 0

    officer = at_desk(running.config.url, "officer")
    # A worker that was about to send one when its data were cleared may still do so: then the file's is the second.
    outcomes = loads(officer, file)
    assert len(outcomes) == 3
    assert set(outcomes) <= {"received", "again"}
    assert "received" in outcomes
    assert stored(database) == sealed
    with database.connect() as connection:
        makers = connection.scalars(
            text("SELECT DISTINCT username FROM submissions s JOIN accounts a ON a.id = account_id")
        )
        assert list(makers) == ["field"]
    # Loaded again by mistake, nothing is doubled.
    assert loads(officer, file) == ["again"] * 3
    assert stored(database) == sealed

    phone.sign_in("field")
    phone.page.locator("[data-screen=forms]").wait_for()
    assert phone.page.evaluate(SEALED) == {}
