"""A briefing of twelve pages on a projector: by the clicker's keys, legible, without a network once loaded."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from app.database import acting
from geodata import tiles
from surveys import briefings, decisions
from surveys.map_pages.asked import Asked
from tests.browser.conftest import Desk
from tests.rows import DAY, one_of_each
from tests.world import KNOWN

QUERIES = (
    "layers=hamlet_profiles", "layers=&figure=no_nuoc&period=2026-Q4", "layers=situation_reports",
    "layers=religious_sites,minority_areas", "layers=religious_sites,situation_report_counts",
    "layers=community_models&figure=models_kept", "layers=&figure=restricted_dat_dai_boi_thuong&period=2026-Q3",
    "layers=joint_activities,democracy_checks", "layers=resettlement_projects", "layers=&figure=reports_overdue",
    "layers=hamlet_profiles&figure=share_dien", "layers=",
)  # fmt: skip
MEETING, LABELS, LEGEND = 24, 18, 20  # pixels at 1920 × 1080
SIZES = """() => [...document.querySelectorAll('.viewer *')]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) && !e.closest('.unseen'))
  .map((e) => ({ size: parseFloat(getComputedStyle(e).fontSize), text: e.textContent.trim().slice(0, 40),
    part: e.closest('.legend') ? 'legend' : e.closest('.leaflet-container') ? 'map' : 'text' }))"""


@pytest.fixture(scope="module")
def briefing(worker: Engine) -> Iterator[int]:
    leader = KNOWN.actor("leader")
    with worker.begin() as connection:
        one_of_each(connection, KNOWN.communes)
    tiles.refresh_all(worker)
    with acting(worker, leader) as session:
        made = briefings.create(session, leader, "Giao ban", DAY)
        for number, query in enumerate(QUERIES, start=1):
            unit = 11 if number % 3 == 0 else 1
            page = briefings.add_page(session, leader, made, Asked(unit, query, f"Trang số {number}", "Ghi chú"), DAY)
        given = {"said": "Trả lời bà con", "office": "2", "due_on": "2026-10-15"}
        decisions.write(session, leader, made, page, given, DAY)
    yield made
    with worker.begin() as connection:
        for table in ("decisions", "briefing_pages", "briefings"):
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def shown(at_desk: Callable[..., Desk], address: str, briefing: int) -> Page:
    """The loaded briefing, with the network cut."""
    desk = at_desk(address, "leader")
    desk.page.goto(f"{address}/briefings/{briefing}/show")
    desk.page.locator("[data-viewer][data-ready]").wait_for()
    desk.asked_nobody_else()
    desk.page.context.set_offline(True)
    return desk.page


def number(page: Page) -> int:
    return int(page.locator("[data-viewer]").get_attribute("data-page") or 0)


def test_every_page_comes_by_the_clicker_within_a_second_without_a_network(shown: Page) -> None:
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    for expected in range(2, len(QUERIES) + 1):
        began = time.monotonic()
        shown.keyboard.press("PageDown")
        shown.locator(f"[data-page='{expected}'] h1").wait_for()
        assert time.monotonic() - began < 1
        assert f"Trang số {expected}" in shown.locator("h1").inner_text()
    shown.keyboard.press("PageDown")  # the last stays the last
    assert number(shown) == len(QUERIES)
    for key, expected in (("PageUp", 11), ("ArrowLeft", 10), ("ArrowRight", 11), ("Home", 1), ("End", 12), ("3", 3)):
        shown.keyboard.press(key)
        assert number(shown) == expected, key
    shown.wait_for_timeout(900)
    shown.keyboard.type("12")
    assert number(shown) == 12
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == []


def test_escape_leaves_the_show_but_not_for_a_page_that_cannot_be_had(shown: Page) -> None:
    shown.keyboard.press("3")
    shown.keyboard.press("Escape")
    expect(shown.locator(".counter")).to_have_text("Không hỏi được máy chủ: bản trình chiếu vẫn mở.")
    assert shown.url.endswith("/show")
    shown.keyboard.press("PageDown")
    assert number(shown) == 4
    shown.context.set_offline(False)
    shown.keyboard.press("Escape")
    shown.wait_for_url(re.compile(r"/briefings/\d+$"))


def test_text_is_legible_from_the_back_of_the_room(shown: Page) -> None:
    least = {"text": MEETING, "map": LABELS, "legend": LEGEND}
    small = []
    for _ in QUERIES:
        small += [one for one in shown.evaluate(SIZES) if one["size"] < least[one["part"]]]
        assert not shown.evaluate("document.documentElement.scrollWidth > 1920 || document.body.scrollHeight > 1080")
        shown.keyboard.press("ArrowRight")
    assert small == []


def test_the_map_is_drawn_and_the_decision_stands_on_its_page(shown: Page) -> None:
    shown.keyboard.press("2")
    painted = """() => { const c = document.querySelector('.leaflet-overlay-pane canvas');
      const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) n += 1; return n; }"""
    assert shown.evaluate(painted) > 5000
    shown.keyboard.press("End")
    assert "Trả lời bà con" in shown.locator(".decided").inner_text()
    assert "Phòng Kinh tế" in shown.locator(".decided .late").inner_text()
