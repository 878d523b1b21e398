"""A link in a mail: whoever is signed in stays so, and the page opens when its reader says so."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.conftest import Desk


def test_whoever_follows_a_link_from_a_mail_is_still_signed_in(at_desk: Callable[..., Desk], address: str) -> None:
    desk = at_desk(address, "answering")
    page = desk.page
    before = page.context.cookies()
    page.goto("about:blank")
    page.set_content(f'<a href="{address}/cases/?list=closed">Mở danh sách</a>')
    page.get_by_text("Mở danh sách").click()
    expect(page.get_by_role("heading", name="Mở trang")).to_be_visible()
    assert axe.violations(page) == []
    page.get_by_role("button", name="Mở trang").click()
    expect(page.get_by_role("heading", name="Vụ việc", exact=True)).to_be_visible()
    assert page.url == f"{address}/cases/?list=closed"
    assert [(one["name"], one["value"]) for one in page.context.cookies()] == [
        (one["name"], one["value"]) for one in before
    ]
