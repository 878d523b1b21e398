"""Records on a real phone that meet a bad connection, a server that was upgraded, and a session that is over.

The long run: `python -m tests.faults.cuttingproxy --sends 500`.
"""

import random
import shutil
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright
from sqlalchemy import text

from tests.faults import cuttingproxy, proxy, queued
from tests.faults import site as sites
from tests.faults.proxy import Proxy
from tests.faults.queued import QueuedPhone, Record, Server
from tests.faults.site import Site

OUT_OF_REACH = (proxy.CUT, 0)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """All of it by `diaban up`."""
    home = queued.folder()
    try:
        made = sites.make(home)
        with sites.running(made):
            yield made
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with queued.chromium(playwright) as made:
        yield made


@pytest.fixture
def line(site: Site) -> Iterator[Proxy]:
    """The connection between phone and server."""
    made = Proxy(site.config.port)
    yield made
    made.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 360, "height": 640}, locale="vi-VN")
    yield made
    made.close()


@pytest.fixture
def phone(context: BrowserContext, line: Proxy, server: Server) -> QueuedPhone:
    """The officer's, signed in and locked: nobody gives a PIN in these tests."""
    made = QueuedPhone(context.new_page(), line.address)
    made.signs_in()
    return made


@pytest.fixture(scope="module")
def server(site: Site) -> Server:
    return Server(site)


def change(server: Server, sql: str) -> None:
    with server.engine.begin() as connection:
        connection.execute(text(sql))


def some(server: Server, number: int, seed: int, **given: object) -> list[Record]:
    chance = random.Random(seed)
    return [server.record(chance, **given) for _ in range(number)]  # type: ignore[arg-type]


def test_cut_connections_lost_acknowledgements_and_portals_lose_and_double_nothing(
    site: Site, browser: Browser
) -> None:
    report = cuttingproxy.run(site, browser, sends=24, seed=3)
    assert report.problems == []
    assert all(report.happened[what] for what in (proxy.CUT, proxy.LOST, proxy.PLAY_SERVER))


def test_a_photo_cut_twenty_times_costs_at_most_a_fifth_more(server: Server, phone: QueuedPhone, line: Proxy) -> None:
    chance = random.Random(4)
    record = server.record(chance, photo_bytes=300_000)
    (part,) = record.row["files"]
    assert 200_000 < part["bytes"] < 600_000
    line.fate = proxy.cut_at(chance.sample(range(part["bytes"]), 20))
    phone.holds([record])
    held = phone.sends_all(within_s=60)
    assert held["waiting"] == []
    assert server.differences([record], held["ledger"]) == []
    assert line.happened[proxy.CUT] == 20
    wire = sum(size for path, size in line.wire.items() if path.startswith("/survey/api/uploads"))
    assert wire <= 1.2 * part["bytes"], f"{wire / part['bytes']:.3f} times its size"
    print(f"{wire / part['bytes']:.3f} times its size, {line.happened[proxy.CUT]} cuts")


def test_a_hundred_records_meet_an_upgraded_server(server: Server, phone: QueuedPhone, line: Proxy) -> None:
    line.fate = lambda _: OUT_OF_REACH
    known = some(server, 60, 5)
    closed = some(server, 20, 6, form="hamlet_profiles")
    deleted = some(server, 20, 7, form="community_models")
    phone.holds([*known, *closed, *deleted])
    phone.finds_signal()  # without any
    phone.page.wait_for_timeout(1000)
    assert len(phone.held()["waiting"]) == 100
    change(
        server,
        "INSERT INTO forms (form_id, version, title, layer, origin, xform, md5, state)"
        " SELECT form_id, '2099', title, layer, origin, replace(xform, version, '2099'), md5, 'live'"
        " FROM forms WHERE form_id = 'religious_sites' AND state = 'live'",
    )
    change(server, "UPDATE forms SET state = 'closed' WHERE form_id = 'religious_sites' AND version <> '2099'")
    change(server, "UPDATE forms SET state = 'closed' WHERE form_id = 'hamlet_profiles'")
    change(server, "DELETE FROM forms WHERE form_id = 'community_models'")
    line.fate = lambda _: (proxy.PASS, 0)
    held = phone.sends_all(within_s=200)
    assert held["waiting"] == []
    assert server.differences([*known, *closed], held["ledger"]) == []
    # A process that still knows the deleted version takes it; the others keep it for an officer.
    kept = server.rows("SELECT instance_id, problem->>'code' AS code FROM quarantined_records")
    assert {row.code for row in kept} <= {"form_unknown"}
    apart = {row.instance_id for row in kept}
    assert {entry["id"] for entry in held["ledger"] if entry["state"] == "quarantined"} == apart
    assert server.differences([record for record in deleted if record.id not in apart], held["ledger"]) == []
    assert len({entry["id"] for entry in held["ledger"]}) == 100


def test_a_session_over_for_nine_days_keeps_everything_until_somebody_signs_in(
    server: Server, phone: QueuedPhone
) -> None:
    change(server, "DELETE FROM sign_ins")
    time.sleep(31)  # what a process remembers of a sign-in
    records = some(server, 10, 8, photo_bytes=20_000)
    phone.holds(records)
    phone.finds_signal()
    phone.page.wait_for_timeout(1500)
    held = phone.held()
    assert len(held["waiting"]) == 10
    assert {row["problem"]["code"] for row in held["waiting"] if row["problem"]} == {"signin"}
    phone.signs_in()
    held = phone.sends_all(within_s=60)
    assert held["waiting"] == []
    assert server.differences(records, held["ledger"]) == []


def test_a_server_that_asks_to_wait_is_not_asked_before(server: Server, phone: QueuedPhone, line: Proxy) -> None:
    asked: list[float] = []

    def busy(request: proxy.Request) -> proxy.Fate:
        if not request.path.startswith("/survey/api/records"):
            return proxy.PASS, 0
        asked.append(time.monotonic())
        return (proxy.ASK_TO_WAIT, 4) if len(asked) == 1 else (proxy.PASS, 0)

    line.fate = busy
    records = some(server, 2, 9)
    phone.holds(records)
    held = phone.sends_all(within_s=30)
    assert held["waiting"] == []
    assert len(asked) == 3
    assert asked[1] - asked[0] >= 4
    assert server.differences(records, held["ledger"]) == []
