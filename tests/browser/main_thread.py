"""How long one task holds a page's main thread, in processor time: whatever else this machine is doing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

SLOWER, LONGEST_MS = 4, 200
_TRACED = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]


@dataclass
class Held:
    """The longest task while the page was watched, in milliseconds; Chromium counts its throttling into it."""

    longest_ms: float = 0.0


@contextmanager
def watched(page: Page, *, slower: float = SLOWER) -> Iterator[Held]:
    """Watches the page, its processor that many times slower meanwhile. Not of a browser that keeps a profile."""
    browser = page.context.browser
    assert browser is not None
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    held = Held()
    browser.start_tracing(page=page, categories=_TRACED)
    try:
        yield held
    finally:
        trace = browser.stop_tracing()
        tools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        tools.detach()
    held.longest_ms = _longest(json.loads(trace))


def _longest(trace: dict[str, Any]) -> float:
    events = trace["traceEvents"]
    mains = {
        (e["pid"], e["tid"])
        for e in events
        if e["name"] == "thread_name" and e.get("args", {}).get("name") == "CrRendererMain"
    }
    tasks = [e for e in events if e["name"] in ("RunTask", "ThreadControllerImpl::RunTask") and "tdur" in e]
    return max((e["tdur"] / 1000 for e in tasks if (e["pid"], e["tid"]) in mains), default=0.0)
