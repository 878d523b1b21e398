"""Places on the phone: measuring, the pin, the offline map, boundaries and lines, what is odd, what is there already."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.phone import Phone

AXE = Path(__file__).resolve().parents[2] / "app/client/node_modules/axe-core/axe.min.js"
HERE = {"latitude": 11.95, "longitude": 108.05}
SHOTS = Path("/tmp/team/shots-dia")


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Phone]:
    """The field officer of commune 11, signed in, standing in the commune with good GPS."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={**HERE, "accuracy": 7},
        permissions=["geolocation"],
        has_touch=True,
    )
    made = Phone(context, context.new_page(), address)
    made.watch()
    made.sign_in("field")
    yield made
    context.close()
    assert made.errors == []


def stands(phone: Phone, accuracy: float, latitude: float = 11.95, longitude: float = 108.05) -> None:
    """The phone's GPS says so now."""
    phone.context.set_geolocation({"latitude": latitude, "longitude": longitude, "accuracy": accuracy})


def shot(page: Page, name: str) -> None:
    if SHOTS.exists():
        page.screenshot(path=SHOTS / f"{name}.png")


def opens_map(phone: Phone) -> None:
    phone.question("geometry").locator("[data-action=open-map]").click()
    phone.page.locator("[data-map-canvas].leaflet-container").wait_for()


def test_map_pin(phone: Phone) -> None:
    phone.opens("joint_activities")
    phone.picks("hamlet", "thon 1")
    opens_map(phone)
    phone.page.wait_for_timeout(1500)
    shot(phone.page, "pin-map")
    phone.page.locator("[data-action=at-cross]").click()
    shot(phone.page, "pin-map-set")
    phone.page.locator("[data-action=map-done]").click()
    phone.page.wait_for_timeout(500)
    phone.question("geometry").scroll_into_view_if_needed()
    shot(phone.page, "pin-taken")
    print(phone.question("geometry").inner_text())


def test_shape(phone: Phone) -> None:
    stands(phone, 43)
    phone.opens("joint_activities")
    phone.question("geometry").locator("[data-action=take-point]").click()
    phone.page.wait_for_timeout(500)
    phone.question("geometry").scroll_into_view_if_needed()
    shot(phone.page, "live")
    phone.question("geometry").locator("[data-action=average]").click()
    phone.page.wait_for_timeout(500)
    shot(phone.page, "average")
