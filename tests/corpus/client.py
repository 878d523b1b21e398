"""Whether a form opens in the phone's own screens, in a real Chromium: the page that tries drafts, given any XForm."""

import json
import re
from dataclasses import dataclass

from playwright.sync_api import Page, Route
from playwright.sync_api import TimeoutError as TooLong

OPENS_WITHIN_MS = 60_000
FILE = re.compile(r"jr://[a-z-]+/([^\"'<>]+)")
# Lists and pictures that forms name and packages don't ship.
STAND_IN = "name,label,name_key\n1,Một,1\n2,Hai,2\n"


@dataclass(frozen=True)
class Opening:
    """What the page showed: "opens", "unsupported" (with the questions named), "broken" (with the engine's reason)."""

    verdict: str
    what: str = ""


def opening(page: Page, address: str, xform: str) -> Opening:
    """`address` is the page of any draft; what it would ask of the server is answered with `xform`."""
    answer = {
        "form": {"id": "x", "version": "1", "title": "x"},
        "account": {"id": 2, "username": "officer", "role": "officer"},
        "xform": xform,
        "files": {name: f"/forms/try/stand-in/{name}" for name in set(FILE.findall(xform))},
        "missing": [],
    }

    def answered(route: Route) -> None:
        route.fulfill(status=200, content_type="application/json", body=json.dumps(answer))

    page.route("**/form.json", answered)
    page.route("**/stand-in/*", lambda route: route.fulfill(status=200, content_type="text/csv", body=STAND_IN))
    try:
        page.goto(address)
        page.locator("[data-screen=trial]:not([data-state=loading])").wait_for(timeout=OPENS_WITHIN_MS)
        broken = page.locator("[data-broken]")
        if broken.count():
            return Opening("broken", " ".join(broken.inner_text().split(":", 1)[-1].split())[:200])
        unable = page.locator("[data-unsupported]")
        if unable.count():
            return Opening("unsupported", unable.inner_text().split(":", 1)[-1].strip()[:200])
        shown = page.locator("[data-question] .notice.warn")
        if shown.count():
            return Opening("unsupported", shown.first.inner_text()[:200])
    except TooLong:
        return Opening("broken", "the page wasn't ready within a minute")
    finally:
        page.unroute("**/form.json")
        page.unroute("**/stand-in/*")
    return Opening("opens")
