"""A cheap phone: four times slower than this machine, 400 kbit/s with 400 ms there and back, in a real Chromium."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, sync_playwright
from sqlalchemy import text

from app import passwords
from app.config import Config
from tests.bench import stage as stages
from tests.bench.stage import Stage
from tests.bench.table import Row, show
from tests.browser import outpost
from tests.browser.phone import PASSWORD, Phone

SLOWER = 4
BYTES_PER_S = 400_000 / 8
LATENCY_MS = 400
FORM = "joint_activities"


def measure(stage: Stage) -> list[Row]:
    """First load, warm start without a network, and a form whose list holds every hamlet of the province."""
    with (
        stage.serving() as site,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory(prefix="diaban-phone-") as folder,
    ):
        hamlets = _prepare(stage)
        profile = Path(folder)
        first = _first_load(playwright, profile / "first", site.config)
        _visit(playwright, profile / "warm", site.config)
        opening = _opening(playwright, profile / "warm", site.config, hamlets)
        return [first, *_warm(playwright, profile / "warm", site.config), *opening]


def _prepare(stage: Stage) -> int:
    """Everybody's password known; how many hamlets the province has."""
    with stages.one_engine(stage.urls.worker).begin() as connection:
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        asked = text("SELECT count(*) FROM units WHERE level = 4 AND province_id = :p AND valid_to IS NULL")
        return int(connection.scalar(asked, {"p": stage.province}) or 0)


@contextmanager
def _slow(context: BrowserContext, page: Page, *, network: bool = False) -> Iterator[CDPSession]:
    devtools = context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    devtools.send("Network.enable")
    if network:
        speed = {"latency": LATENCY_MS, "downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S}
        devtools.send("Network.emulateNetworkConditions", {"offline": False, **speed})
    yield devtools
    devtools.detach()


def _first_load(playwright: Playwright, profile: Path, site: Config) -> Row:
    """Everything the app itself brought until a form could be filled, by the bytes that came over the wire."""
    with outpost.browser(playwright, profile) as context:
        made = outpost.phone(context, site.url, site.secrets)
        _sign_in_by_hand(made, "canbo")
        with _slow(context, made.page, network=True) as devtools:
            devtools.send("Network.clearBrowserCache")
            wire = _Wire(devtools)
            begun = time.monotonic()
            made.page.goto(f"{site.url}/survey/")
            _gate(made)
            made.page.set_default_timeout(120_000)
            made.opens(FORM)
            took = time.monotonic() - begun
            own = wire.bytes(("/static/", "/survey/shell")) + wire.bytes_at("/survey/")
            return Row(
                "phone: first load, form open, 400 kbit/s and 400 ms",
                f"{own / 1000:.0f} kB of app, {wire.total() / 1000:.0f} kB in all, {took:.1f} s",
                budget="≤ 340 kB",
                met=own <= 340_000,
            )


class _Wire:
    """Bytes by path as they came over the wire, headers included."""

    def __init__(self, devtools: CDPSession) -> None:
        self._paths: dict[str, str] = {}
        self._sizes: dict[str, float] = {}
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.loadingFinished", self._came)

    def _asked(self, event: dict[str, Any]) -> None:
        self._paths[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def _came(self, event: dict[str, Any]) -> None:
        path = self._paths.get(event["requestId"], "?")
        self._sizes[path] = self._sizes.get(path, 0) + event["encodedDataLength"]

    def bytes(self, starts: tuple[str, ...]) -> float:
        return sum(size for path, size in self._sizes.items() if path.startswith(starts))

    def bytes_at(self, path: str) -> float:
        return self._sizes.get(path, 0)

    def total(self) -> float:
        return sum(self._sizes.values())


def _visit(playwright: Playwright, profile: Path, site: Config) -> None:
    """One visit with a network, of an officer who works in the whole province."""
    with outpost.browser(playwright, profile) as context:
        made = outpost.phone(context, site.url, site.secrets)
        _sign_in_by_hand(made, "chuyenvien")
        made.page.goto(f"{site.url}/survey/")
        _gate(made)
        outpost.packed(made)


def _warm(playwright: Playwright, profile: Path, site: Config) -> list[Row]:
    """From the tap on the icon, with no network, until the person can do something; then from the PIN to the list."""
    starts, unlocks = [], []
    for _ in range(3):
        with outpost.browser(playwright, profile, offline=True) as context:
            made = outpost.phone(context, site.url, site.secrets)
            made.page.goto("about:blank")
            with _slow(context, made.page):
                begun = time.monotonic()
                made.page.goto(f"{site.url}/survey/")
                made.page.locator("[data-form], [data-screen=locked]").first.wait_for()
                starts.append(time.monotonic() - begun)
                begun = time.monotonic()
                _gate(made)
                unlocks.append(time.monotonic() - begun)
    start = min(starts)
    return [
        Row(f"phone: warm start offline, CPU {SLOWER}×", f"{start:.2f} s", budget="≤ 2 s", met=start <= 2),
        Row(f"phone: from the PIN to the list, CPU {SLOWER}×", f"{min(unlocks):.2f} s"),
    ]


def _opening(playwright: Playwright, profile: Path, site: Config, hamlets: int) -> list[Row]:
    """The form, and its list of hamlets, opened with no network."""
    opened, searched = [], []
    with outpost.browser(playwright, profile, offline=True) as context:
        made = outpost.phone(context, site.url, site.secrets)
        for _ in range(3):
            made.page.goto("about:blank")
            made.page.goto(f"{site.url}/survey/")
            _gate(made)
            with _slow(context, made.page):
                begun = time.monotonic()
                made.opens(FORM)
                opened.append(time.monotonic() - begun)
                made.picks("commune", "xa di linh")
                begun = time.monotonic()
                made.picks("hamlet", "thon 1")
                searched.append(time.monotonic() - begun)
    name = f"phone: form with {hamlets:,} hamlets opened, CPU {SLOWER}×"
    return [
        Row(name, f"{min(opened):.2f} s", budget="≤ 1.5 s", met=min(opened) <= 1.5),
        Row(f"phone: hamlet found and chosen, CPU {SLOWER}×", f"{min(searched):.2f} s"),
    ]


def _sign_in_by_hand(made: Phone, name: str) -> None:
    """To the office's home page: the app isn't opened yet."""
    made.page.goto(f"{made.site}/login")
    made.page.locator("#username").fill(name)
    made.page.locator("#password").fill(PASSWORD)
    made.page.locator("form[action='/login'] button[type=submit]").click()
    made.page.wait_for_url(f"{made.site}/")


def _gate(made: Phone) -> None:
    """The PIN, chosen or typed, and the list of forms."""
    made.passes_the_gate()
    made.page.locator(f"[data-form={FORM}]").wait_for()


if __name__ == "__main__":
    with stages.made() as made_stage:
        print(show(measure(made_stage)), file=sys.stdout)
