"""The list of features on a cheap phone: twelve thousand of them, found without marks, without a pause."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, insert

from app.config import Config
from surveys.layers import named
from tests.browser import axe
from tests.browser.main_thread import LONGEST_MS, watched
from tests.browser.phone import Phone
from tests.rows import feature

ROOT = Path(__file__).resolve().parents[2]
MANY, TRIES = 12_000, 3
NAMES = ("Chùa Linh Sơn", "Đình làng Đắk Mil", "Nhà thờ Vinh Sơn", "Thánh thất Từ Vân", "Miếu Ông")


@pytest.fixture(scope="module")
def crowd(worker: Engine, address: str) -> None:
    """Twelve thousand sites in commune 11."""
    layer = named("religious_sites")
    rows = [feature(layer, 11, hamlet=111, name=f"{NAMES[n % len(NAMES)]} {n}", condition="tot") for n in range(MANY)]
    with worker.begin() as connection:
        connection.execute(insert(layer.table), rows)


@pytest.fixture
def phone(chromium: Browser, address: str, cluster: Config, crowd: None) -> Iterator[Phone]:
    context = chromium.new_context(viewport={"width": 360, "height": 640}, locale="vi-VN")
    made = Phone(context, context.new_page(), address, cluster.secrets)
    made.watch()
    made.sign_in("field")
    made.page.evaluate("location.hash = '#/tham/religious_sites'")
    made.page.locator("[data-feature]").first.wait_for(timeout=60_000)
    yield made
    context.close()
    assert made.errors == []


def worst(phone: Phone) -> float:
    """The longest task while the list is opened, searched, scrolled, and one feature looked at, in milliseconds."""
    page = phone.page
    phone.goes_home()
    page.wait_for_timeout(500)
    with watched(page) as held:
        page.evaluate("location.hash = '#/tham/religious_sites'")
        page.locator("[data-feature]").first.wait_for(timeout=60_000)
        page.locator("[data-search]").press_sequentially("dinh lang", delay=120)
        expect(page.locator("[data-found]")).to_have_text(f"{MANY // len(NAMES)} kết quả")
        page.locator("[data-search]").fill("")
        expect(page.locator("[data-found]")).to_have_text(f"{MANY} kết quả")
        for step in range(1, 9):
            page.evaluate("at => scrollTo(0, document.body.scrollHeight * at)", step / 8)
            page.wait_for_timeout(150)
        page.locator("[data-feature]").last.click()
        page.locator("[data-screen=feature][data-ready]").wait_for(timeout=60_000)
        page.wait_for_timeout(300)
    return held.longest_ms


def test_twelve_thousand_features_never_block_a_slow_phone(phone: Phone) -> None:
    # Other work on this machine lengthens a task at times, so the best of a few rounds tells.
    seen = []
    for _ in range(TRIES):
        seen.append(worst(phone))
        if seen[-1] <= LONGEST_MS:
            return
    pytest.fail(f"longest tasks of each round, ms: {seen}")


def test_only_what_is_in_sight_is_in_the_page_and_its_place_is_told(phone: Phone) -> None:
    page = phone.page
    assert page.locator("[data-feature]").count() < 40
    page.locator("[data-search]").fill("tu van 7")
    first = page.locator("[data-features] li[aria-posinset]").first
    expect(first).to_contain_text("Thánh thất Từ Vân 7")
    assert first.get_attribute("aria-posinset") == "1"
    page.locator("[data-search]").fill("khong co gi")
    expect(page.locator("[data-found]")).to_have_text("Không có kết quả. Hãy thử từ khác.")


@pytest.mark.parametrize("where", ["#/tham", "#/tham/religious_sites", "one"])
def test_the_screens_are_for_everyone(phone: Phone, where: str) -> None:
    page = phone.page
    if where == "one":
        page.locator("[data-feature]").first.click()
        page.locator("[data-screen=feature][data-ready]").wait_for()
    else:
        page.evaluate("at => { location.hash = at }", where)
        page.locator("[data-layer], [data-feature]").first.wait_for()
    assert axe.violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
