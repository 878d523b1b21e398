"""Figures on the leader's map in a real Chromium: painted, slid through time, compared, asked; by keyboard, by axe."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, insert, text

from geodata import tiles
from surveys import case_counting
from surveys.layers import named
from tests.browser import axe
from tests.browser.conftest import Desk
from tests.rows import feature, one_of_each
from tests.world import World

PHONE, TABLET = (360, 640), (820, 1180)
SCREENS = (
    "/map/?layers=hamlet_profiles&figure=no_nuoc&period=2026-Q4",
    "/map/place/11?layers=&figure=reports_overdue&period=2026-Q4",
    "/map/table?layers=&figure=reports&period=2026-Q4",
    "/map/place/1/profile?period=2026-Q4",
    "/map/place/11/profile?period=2026-Q4",
    "/map/compare?layers=&figure=no_nuoc&period=2026-Q4",
    "/map/multiples?layers=&figure=reports&period=2026-Q4&n=4",
    "/map/ask?figure=no_nuoc&period=2026-Q4&area=kv1",
    "/map/ask?figure=reports&period=2026-Q4&area=kv1",
    "/map/place/11/records?layer=joint_activities",
    "/map/business",
    "/map/business?of=religious_sites",
)
READY = "[data-map-page][data-ready], [data-compare][data-ready], [data-minis][data-ready]"
At = Callable[..., Desk]


@pytest.fixture(scope="module", autouse=True)
def rows(worker: Engine, world: World, address: str) -> None:
    with worker.begin() as connection:
        one_of_each(connection, world.communes)
    tiles.refresh_all(worker)


def opened(desk: Desk, path: str) -> Page:
    desk.goes_to(path)
    page = desk.page
    page.wait_for_load_state("load")
    if page.locator("[data-map-page], [data-compare], [data-minis]").count():
        page.locator(READY).first.wait_for()
    if page.locator("[data-figure-form]").count() and "figure=" in path:
        page.locator("[data-figure-card].on").wait_for()
    return page


# What a mouse could use and a keyboard must reach; and, of what the keyboard was led to, what doesn't show it.
WANTED = """() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0;
  const could = 'a[href], button, input, select, textarea, summary, [tabindex]';
  window.wanted = [...document.querySelectorAll(could)].filter(shown);
  window.reached = new Set();
  window.unmarked = [];
  document.addEventListener('focusin', ({ target }) => {
    window.reached.add(target);
    const { outlineStyle, boxShadow } = getComputedStyle(target);
    if (outlineStyle === 'none' && boxShadow === 'none') window.unmarked.push(target.outerHTML.slice(0, 120));
  });
  document.activeElement.blur();
  return window.wanted.length;
}"""
MISSED = """() => ({
  missed: window.wanted.filter((e) => e.isConnected && !window.reached.has(e)).map((e) => e.outerHTML.slice(0, 120)),
  unmarked: window.unmarked,
})"""


@pytest.fixture(scope="module")
def leaders(chromium: Browser, address: str) -> Iterator[Desk]:
    """One desk for all screens: signing in takes longer than looking at one."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, locale="vi-VN")
    desk = Desk(context.new_page(), address)
    desk.signs_in("leader")
    yield desk
    context.close()


@pytest.mark.parametrize("path", SCREENS)
def test_every_control_is_reached_by_tab_alone_and_shows_it(leaders: Desk, path: str) -> None:
    page = opened(leaders, path)
    for _ in range(page.evaluate(WANTED) + 3):
        page.keyboard.press("Tab")
    assert page.evaluate(MISSED) == {"missed": [], "unmarked": []}


@pytest.mark.parametrize("path", SCREENS)
def test_axe_finds_nothing_light_or_dark(leaders: Desk, path: str) -> None:
    desk = leaders
    desk.complaints.clear()
    page = opened(desk, path)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.wait_for_timeout(400)
        assert axe.violations(page) == [], (path, theme)
    refused = "figure=reports&period=2026-Q4&area" in path  # a page that says no says so with 403
    assert [line for line in desk.complaints if not (refused and "403" in line)] == []


@pytest.mark.parametrize("screen", [PHONE, TABLET], ids=["phone", "tablet"])
def test_nothing_is_cut_on_a_phone_or_tablet(at_desk: At, address: str, screen: tuple[int, int]) -> None:
    desk = at_desk(address, "leader", screen)
    for path in SCREENS:
        opened(desk, path)
        desk.sees_nothing_cut()


def test_a_figure_is_painted_and_its_table_beside_it(at_desk: At, address: str) -> None:
    desk = at_desk(address, "leader")
    page = opened(desk, "/map/?layers=&figure=no_nuoc&period=2026-Q4")
    rows = page.locator("#figure-rows tbody tr")
    expect(rows).to_have_count(3)
    expect(page.locator("[data-figure-legend] li")).to_have_count(1)
    expect(page.locator("[data-figure-table]")).to_contain_text("3 trên 3 đơn vị")
    page.locator("#figure-rows thead button").nth(1).click()
    expect(page.locator("#figure-rows thead th").nth(1)).to_have_attribute("aria-sort", "descending")
    with page.expect_download() as started:
        page.get_by_role("link", name="Tải bảng Excel").click()
    assert started.value.suggested_filename == "no_nuoc-2026-Q4.xlsx"
    desk.asked_nobody_else()


def test_the_slider_moves_through_the_periods_and_the_address_follows(at_desk: At, address: str) -> None:
    desk = at_desk(address, "leader")
    page = opened(desk, "/map/?layers=&figure=reports&period=2026-Q4")
    expect(page.locator("#figure-rows td").first).to_have_text("1")
    page.locator("[data-slider]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("period=2026-Q3"))
    expect(page.locator("#figure-rows td").first).to_have_text("chưa có số liệu")
    expect(page.locator("[data-figure-legend]")).to_contain_text("chưa có số liệu")
    page.locator("[data-play]").click()
    expect(page.locator("[data-play]")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("period=2026-Q4"), timeout=30_000)
    expect(page.locator("[data-play]")).to_have_attribute("aria-pressed", "false", timeout=30_000)


def test_faith_switched_on_takes_a_figure_of_reports_away_and_says_why(at_desk: At, address: str) -> None:
    desk = at_desk(address, "leader")
    page = opened(desk, "/map/?layers=&figure=reports&period=2026-Q4")
    page.locator("input[data-layer=religious_sites]").check()
    expect(page.locator("[data-said]")).to_contain_text("Số liệu về phản ánh không đặt cạnh tôn giáo")
    expect(page.locator("#figure")).to_have_value("")
    expect(page.locator("#figure-rows")).to_have_count(0)
    desk.asked_nobody_else()


def test_from_the_province_to_a_hamlet_by_keyboard_in_three(at_desk: At, address: str) -> None:
    desk = at_desk(address, "leader")
    page = opened(desk, "/map/?layers=&figure=no_nuoc&period=2026-Q4")
    page.get_by_role("link", name="Xã Đắk Mil").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-place-panel] h2")).to_have_text("Xã Đắk Mil")
    # The row's hamlet isn't known: it is in no hamlet's line, and counted all the same.
    expect(page.locator("[data-figure-table]")).to_contain_text("0 trên 1 đơn vị")
    expect(page.locator("[data-figure-table]")).to_contain_text("Chưa rõ đơn vị")
    page.locator("[data-place-panel] .units a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-place-panel] h2")).to_have_text("Thôn 1")
    expect(page.locator("nav.crumbs")).to_contain_text("Lâm Đồng")


def test_layers_are_found_faded_and_put_in_order(at_desk: At, address: str) -> None:
    desk = at_desk(address, "leader")
    page = opened(desk, "/map/?layers=hamlet_profiles,community_models,democracy_checks")
    page.locator("[data-find-layer]").fill("mo hinh")
    expect(page.locator("[data-layer-row]:visible")).to_have_count(1)
    page.locator("[data-find-layer]").fill("")
    page.locator("[data-fade=community_models]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("faded=community_models%3A90"))
    page.get_by_role("button", name="Đưa Kiểm tra dân chủ ở cơ sở lên trên").press("Enter")
    expect(page).to_have_url(re.compile("layers=hamlet_profiles%2Cdemocracy_checks%2Ccommunity_models"))
    page.reload()
    expect(page.locator("[data-fade=community_models]")).to_have_value("90")
    order = page.locator("[data-layer-row]").evaluate_all("rows => rows.map((row) => row.dataset.layerRow)")
    assert order.index("democracy_checks") < order.index("community_models")


def test_two_maps_move_as_one(at_desk: At, address: str) -> None:
    desk = at_desk(address, "leader")
    page = opened(desk, "/map/compare?layers=&figure=reports&period=2026-Q4")
    centre = "name => { const c = window[`map_${name}`].getCenter(); return [c.lat, c.lng] }"
    assert page.evaluate(centre, "left") == pytest.approx(page.evaluate(centre, "right"), abs=1e-6)
    page.evaluate("map_left.panBy([80, 40], {animate: false})")
    assert page.evaluate(centre, "left") == pytest.approx(page.evaluate(centre, "right"), abs=1e-6)
    page.evaluate("map_right.setZoom(map_right.getZoom() + 1, {animate: false})")
    assert page.evaluate("map_left.getZoom()") == page.evaluate("map_right.getZoom()")
    expect(page.locator("#compare-rows tbody tr")).to_have_count(3)
    desk.asked_nobody_else()


def test_the_sentence_cannot_be_put_together_against_the_safeguards(at_desk: At, address: str) -> None:
    desk = at_desk(address, "leader")
    page = opened(desk, "/map/ask?figure=no_nuoc&period=2026-Q4&area=kv1")
    expect(page.locator("#ask-rows tbody tr")).to_have_count(3)
    expect(page.locator("[data-why-not]")).to_be_hidden()
    page.locator("#figure").select_option("reports_overdue")
    expect(page.locator("#area")).to_have_value("")
    expect(page.locator("#area option:enabled")).to_have_count(1)
    expect(page.locator("[data-why-not]")).to_be_visible()


def test_the_first_page_says_what_is_overdue_and_who_must_answer(
    at_desk: At, address: str, worker: Engine, world: World
) -> None:
    with worker.begin() as connection:
        connection.execute(
            text("UPDATE situation_reports SET observed_on = '2026-01-05', due_on = '2026-01-20' WHERE commune_id = 11")
        )
    case_counting.refresh_all(worker)
    desk = at_desk(address, "leader")
    page = opened(desk, "/map/")
    expect(page.locator(".attention")).to_contain_text("Phòng Kinh tế")
    expect(page.locator(".attention")).to_contain_text("Nơi chưa báo cáo")
    page.get_by_role("link", name="Xem nơi quá hạn trên bản đồ").click()
    page.locator("[data-figure-card].on").wait_for()
    expect(page.locator("#figure-rows td").first).to_have_text("1")
    opened(desk, "/map/business")
    expect(page.locator("tbody tr").first).to_contain_text("Phòng Kinh tế")
    page.get_by_role("link", name="Xã Đắk Mil").click()
    expect(page.locator("[data-place-panel] h2")).to_have_text("Xã Đắk Mil")


def test_names_are_text_in_every_table(at_desk: At, address: str, worker: Engine) -> None:
    bad = "<img src=x onerror=alert(1)>"
    for key in ("resettlement_projects", "religious_sites"):
        layer = named(key)
        late = {"resettlement_projects": {"next_on": "2026-01-01", "next_milestone": "kiem_dem"}}.get(
            key, {"request": "sua_chua", "received_on": "2025-01-01"}
        )
        with worker.begin() as connection:
            connection.execute(insert(layer.table), feature(layer, 11, name=bad, **late))
    desk = at_desk(address, "leader")
    for path in ("/map/business?of=resettlement_projects", "/map/place/1/profile", "/map/place/11/profile"):
        page = opened(desk, path)
        expect(page.locator("img[src=x]")).to_have_count(0)
        expect(page.locator("main")).to_contain_text(bad)
    desk.asked_nobody_else()
