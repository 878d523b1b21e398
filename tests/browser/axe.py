"""A page by WCAG 2.2 AA as axe sees it, on a projector and on a phone."""

from playwright.sync_api import Page

from tests.browser.test_accessible import AXE, RULES

PROJECTOR = {"width": 1920, "height": 1080}
PHONE = {"width": 360, "height": 640}
WRONG = """async (values) => (await axe.run(document, {runOnly: {type: 'tag', values}, resultTypes: ['violations']}))
  .violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 140)}`))"""
# What a page shows, apart from what differs between two visits: tokens of forms, times, generated ids.
SHOWN = """() => document.querySelector('main')?.outerHTML
  .replace(/(value|id|for|aria-\\w+|href|action|datetime)="[^"]*"|\\d+/g, '')"""


def wrong(page: Page, known: set[str | None]) -> list[str]:
    """What axe finds on the page that is open; nothing where the same was looked at before, for another role."""
    shown = page.evaluate(SHOWN)
    if shown in known:
        return []
    known.add(shown)
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(WRONG, RULES)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    found += [f"on a phone: {line}" for line in page.evaluate(WRONG, RULES) if line not in found]
    page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]
    return found
