"""Every page of the office by WCAG 2.2 AA as axe sees it, on a projector and on a phone; new pages by themselves."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Desk
from tests.browser.test_accessible import AXE, RULES
from tests.browser.test_network import ROLES, pages

__all__ = ["pages"]  # the fixture: every address that is a page
PHONE = (360, 640)
WRONG = """async (values) => (await axe.run(document, {runOnly: {type: 'tag', values}, resultTypes: ['violations']}))
  .violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 140)}`))"""
# What a page shows, apart from what differs between two visits: tokens of forms, times, generated ids.
SHOWN = """() => document.querySelector('main')?.outerHTML
  .replace(/(value|id|for|aria-\\w+|href|action|datetime)="[^"]*"|\\d+/g, '')"""


@pytest.fixture(scope="module")
def known() -> set[str | None]:
    """What axe has looked at: two roles who are shown the same need it once. Menus are seen on each role's home."""
    return set()


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shuts_anybody_out(
    at_desk: Callable[..., Desk], address: str, pages: list[str], known: set[str | None], role: str
) -> None:
    desk = at_desk(address, role)
    wrong: dict[str, list[str]] = {}
    seen, refused = 0, False
    for path in pages:
        answer = desk.page.goto(address + path)
        # What is refused to this role says so on a page too; the phone's screens are looked at in test_accessible.
        if answer is None or path.startswith("/survey/") or "html" not in answer.headers.get("content-type", ""):
            continue
        if not answer.text().lstrip().lower().startswith("<!doctype"):
            continue  # a part of a page, fetched into it
        if not answer.ok and refused:
            continue  # all say it in the same words
        refused = refused or not answer.ok
        desk.page.wait_for_timeout(200)
        seen += 1
        shown = desk.page.evaluate(SHOWN)
        if path != "/" and shown in known:
            continue
        known.add(shown)
        desk.page.evaluate(AXE.read_text())
        found = desk.page.evaluate(WRONG, RULES)
        desk.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        found += [f"on a phone: {line}" for line in desk.page.evaluate(WRONG, RULES) if line not in found]
        desk.page.set_viewport_size({"width": 1920, "height": 1080})
        if found:
            wrong[path] = found
    assert seen >= 8
    assert wrong == {}
