"""What holds a cheap phone: the longest task of each action on 250 questions, a list of 12,000 rows, the map."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright
from sqlalchemy import text

from app import passwords
from app.config import Config
from surveys import uploaded_forms, xlsforms
from surveys.xlsforms import Sheets
from tests.bench import stage as stages
from tests.bench.stage import Stage
from tests.bench.table import Row, show
from tests.browser import main_thread, outpost
from tests.browser.main_thread import LONGEST_MS, SLOWER
from tests.browser.phone import PASSWORD, Phone
from tests.chromium import BROWSER

LONG, LISTED, ROWS = "khao_sat_dai", "danh_sach_dai", 12_000
KINDS = ("Trạm bơm", "Cầu treo", "Cống hộp", "Nhà văn hoá", "Điểm trường")
ROUNDS = 3  # other work on this machine lengthens a task at times: the best of a few tells


def measure(stage: Stage) -> list[Row]:
    """One row an action, in processor time at four times slower: what else the machine does doesn't count."""
    with stage.serving() as site, sync_playwright() as playwright:
        _prepare(stage)
        with _phone(playwright, site.config) as made:
            rounds = [_round(made) for _ in range(ROUNDS)]
    best = {name: min(one[name] for one in rounds) for name in rounds[0]}
    budget = f"≤ {LONGEST_MS} ms"
    return [
        Row(f"phone: {name}, longest task at {SLOWER}×", f"{took:.0f} ms CPU", budget=budget, met=took <= LONGEST_MS)
        for name, took in best.items()
    ]


def _prepare(stage: Stage) -> None:
    """Everybody's password known, and the form with the long list live."""
    with stages.one_engine(stage.urls.worker).begin() as connection:
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        book = xlsforms.workbook(_listed_form())
        made = uploaded_forms.add(connection, stage.actor("chuyenvien"), book, files={"diem.csv": _list()})
        uploaded_forms.approve(connection, stage.actor("lanhdao"), *made)


def _listed_form() -> Sheets:
    return {
        "survey": [
            {"type": "select_one_from_file diem.csv", "name": "diem", "label": "Điểm nào"},
            {"type": "select_one tinh_trang", "name": "tinh_trang", "label": "Tình trạng"},
        ],
        "choices": [{"list_name": "tinh_trang", "name": name, "label": name} for name in ("tot", "hong")],
        "settings": [{"form_title": "Danh sách dài", "form_id": LISTED, "version": "1"}],
    }


def _list() -> bytes:
    lines = (f"m{n},{KINDS[n % len(KINDS)]} số {n}" for n in range(ROWS))
    return "\n".join(["name,label", *lines, ""]).encode()


@contextmanager
def _phone(playwright: Playwright, site: Config) -> Iterator[Phone]:
    """An officer of the whole province, everything packed to work with no network."""
    browser = playwright.chromium.launch(
        executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    )
    context: BrowserContext = browser.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={"latitude": 11.58, "longitude": 108.08, "accuracy": 7},
        permissions=["geolocation"],
    )
    made = Phone(context, context.new_page(), site.url, site.secrets)
    made.page.set_default_timeout(120_000)
    made.sign_in("chuyenvien")
    outpost.packed(made)
    # The first of everything also fetches and compiles its code, once on each phone.
    _round(made)
    yield made
    browser.close()


def _round(made: Phone) -> dict[str, float]:
    """Name of the action → its longest task in ms, from the list of forms and back to it."""
    page = made.page
    took: dict[str, float] = {}

    def act(name: str, does: Callable[[], object]) -> None:
        page.wait_for_timeout(800)  # what went before comes to rest
        with main_thread.watched(page) as held:
            does()
            page.wait_for_timeout(600)
        took[name] = held.longest_ms
        print(f"{name}: {held.longest_ms:.0f} ms", file=sys.stderr, flush=True)

    act("250 questions opened", lambda: _opens_long(made))
    act("an answer given and saved", lambda: _answers(page))
    act("250 questions scrolled through", lambda: _scrolls(page))
    act("250 questions checked for sending", lambda: _sends(page))
    act("250 questions left", made.goes_home)
    act("draft of 250 questions taken up", lambda: _takes_up(page))
    made.goes_home()
    _throws_away(page)
    act(f"form with {ROWS:,} choices opened", lambda: _opens(page, LISTED, "diem"))
    act(f"list of {ROWS:,} opened", lambda: _opens_list(page))
    act(f"list of {ROWS:,} searched", lambda: _searches(page))
    act("a choice made", lambda: _chooses(page))
    made.goes_home()
    _throws_away(page)
    made.opens("joint_activities")
    page.wait_for_timeout(1500)
    act("map of the province opened", lambda: _opens_map(made))
    act("map zoomed in and out", lambda: _zooms(page))
    act("map dragged", lambda: _drags(page))
    page.locator("[data-action=map-cancel]").click()
    made.goes_home()
    _throws_away(page)
    return took


def _opens(page: Page, form: str, question: str) -> None:
    page.locator(f"[data-form={form}]").click()
    page.locator(f"[data-question={question}]").wait_for()


def _opens_long(made: Phone) -> None:
    _opens(made.page, LONG, "commune")
    _whole(made.page)


def _whole(page: Page) -> None:
    page.locator("[data-question=q249]").wait_for(state="attached")


def _answers(page: Page) -> None:
    page.locator("[data-question=households_affected] input").press_sequentially("25", delay=80)
    page.locator("[data-question=q16] input").first.check()
    page.locator("[data-question=what_happened]").locator("input, textarea").fill("Cầu hỏng một nhịp.")
    page.wait_for_timeout(1200)


def _scrolls(page: Page) -> None:
    for step in range(1, 13):
        page.evaluate("at => scrollTo(0, document.body.scrollHeight * at)", step / 12)
        page.wait_for_timeout(120)


def _sends(page: Page) -> None:
    page.locator("[data-action=send]").click()
    page.locator("[data-summary]").wait_for()


def _takes_up(page: Page) -> None:
    page.locator("[data-action=continue]").first.click()
    _whole(page)


def _throws_away(page: Page) -> None:
    while page.locator("[data-action=discard]").count():
        count = page.locator("[data-action=discard]").count()
        page.locator("[data-action=discard]").first.click()
        page.locator("[data-action=ask-yes]").click()
        expect(page.locator("[data-action=discard]")).to_have_count(count - 1)


def _opens_list(page: Page) -> None:
    page.locator("[data-question=diem] [data-action=open-picker]").click()
    page.locator("dialog [data-choice]").first.wait_for()


def _searches(page: Page) -> None:
    page.locator("dialog [data-search]").press_sequentially("cau treo 11", delay=120)
    expect(page.locator("dialog [data-choice]").first).to_contain_text("Cầu treo")


def _chooses(page: Page) -> None:
    page.locator("dialog [data-choice]").first.click()
    page.wait_for_timeout(1000)


def _opens_map(made: Phone) -> None:
    made.question("geometry").locator("[data-action=open-map]").click()
    made.page.locator("[data-map-canvas].leaflet-container").wait_for()
    made.page.locator("canvas.leaflet-tile-loaded").first.wait_for(state="attached")
    made.page.wait_for_timeout(1500)


def _zooms(page: Page) -> None:
    for way in ("out", "out", "in", "in", "in", "in", "out", "out"):
        page.locator(f".leaflet-control-zoom-{way}").click()
        page.wait_for_timeout(700)


def _drags(page: Page) -> None:
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        page.locator("[data-map-canvas]").press(key)
        page.wait_for_timeout(500)


if __name__ == "__main__":
    with stages.made() as made_stage:
        print(show(measure(made_stage)), file=sys.stdout)
