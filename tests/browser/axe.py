"""A page by WCAG 2.2 AA as axe sees it, on a projector and on a phone."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import PROJECTOR

_AXE = Path(__file__).resolve().parents[2] / "app/client/node_modules/axe-core/axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = """async ([values, rules]) => (await axe.run(document,
    {runOnly: {type: 'tag', values}, rules, resultTypes: ['violations']}))
  .violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary}`))"""
# What a page shows, apart from what differs between two visits: tokens of forms, times, generated ids.
_SHOWN = """() => document.querySelector('main')?.outerHTML
  .replace(/(value|id|for|aria-\\w+|href|action|datetime)="[^"]*"|\\d+/g, '')"""
_PHONE = (360, 640)


def violations(page: Page, *more: str) -> list[str]:
    """What axe finds on the page that is open, by our rules and `more` of its own."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_RUN, [_TAGS, {rule: {"enabled": True} for rule in more}])
    return found


def wrong(page: Page, known: set[str | None]) -> list[str]:
    """What axe finds on a projector and a phone; nothing where the same was looked at before, for another role."""
    shown = page.evaluate(_SHOWN)
    if shown in known:
        return []
    known.add(shown)
    found = violations(page)
    _resize(page, _PHONE)
    found += [f"on a phone: {line}" for line in violations(page) if line not in found]
    _resize(page, PROJECTOR)
    return found


def _resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
