"""Waiting for what a page can only tell by a script."""

import time

from playwright.sync_api import Page


def until(page: Page, condition: str, within_s: float = 60) -> None:
    """Returns when the JavaScript function `condition` gives (or promises) something true; AssertionError otherwise.

    Asked anew from outside each time: Playwright's `wait_for_function` asks from within the page, by `eval`, which our
    pages forbid; it only works where the first answer is true already.
    """
    end = time.monotonic() + within_s
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never came true within {within_s:.0f} s: {condition}"
        page.wait_for_timeout(100)
