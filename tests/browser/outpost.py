"""A server that can be gone, behind a network that can lie; and phones whose browser is closed and opened again."""

import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import BrowserContext, Playwright
from werkzeug.serving import BaseWSGIServer, make_server

from tests.browser.phone import Phone
from tests.browser.waiting import until
from tests.chromium import BROWSER

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# Chromium asks these of its own accord; a page of ours can't, its security policy names nobody else.
BROWSERS_OWN = {
    "accounts.google.com",
    "content-autofill.googleapis.com",
    "passwordsleakcheck-pa.googleapis.com",
    "update.googleapis.com",
}
LOGIN_PAGE = "<!doctype html><html><body><h1>Wifi miễn phí</h1></body></html>".encode()


@dataclass
class Outpost:
    """The application on one port: started, stopped, and seen from its own side."""

    web: Flask
    port: int
    secrets: Path
    asked: list[tuple[str, str]] = field(default_factory=list)  # (method, path with query) as they arrived
    lies: Callable[[str], bool] = lambda _path: False  # where a captive portal answers instead
    server: BaseWSGIServer | None = None

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.server = make_server("127.0.0.1", self.port, self._answer, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Gone: nobody listens on the port any more."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else "")
        self.asked.append((environ["REQUEST_METHOD"], path))
        if self.lies(path):
            start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            return [LOGIN_PAGE]
        answer: Iterable[bytes] = self.web(environ, start_response)
        return answer

    def paths(self, method: str = "GET") -> set[str]:
        return {path.partition("?")[0] for how, path in self.asked if how == method}


@contextmanager
def abroad() -> Iterator[tuple[str, list[str]]]:
    """A proxy for whatever isn't on this machine: it answers nothing and notes what was wanted."""
    wanted: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link:
                link.settimeout(5)
                line = link.recv(4096).split(b"\r\n", 1)[0].decode(errors="replace")
                host = [*re.split(r"[ /:]+", line.replace("http://", "")), "", ""][1]
                if line and host not in BROWSERS_OWN:  # a connection opened ahead may ask for nothing
                    wanted.append(line)

    threading.Thread(target=take, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", wanted
    listener.close()


@contextmanager
def browser(
    playwright: Playwright, profile: Path, *, proxy: str | None = None, offline: bool = False, **options: Any
) -> Iterator[BrowserContext]:
    """The phone's browser with what it kept in `profile`, from a cold start to its end."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=BROWSER,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        proxy={"server": proxy, "bypass": "127.0.0.1"} if proxy else None,
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
        permissions=["geolocation"],
        **options,
    )
    context.set_offline(offline)
    try:
        yield context
    finally:
        context.close()


def phone(context: BrowserContext, site: str, secrets: Path) -> Phone:
    """The page a phone shows; its errors are kept."""
    page = context.pages[0] if context.pages else context.new_page()
    made = Phone(context, page, site, secrets)
    page.on("pageerror", lambda error: made.errors.append(str(error)))
    return made


def packed(made: Phone) -> str:
    """Waits until the phone says that everything is kept and its service worker has taken over; what it says."""
    made.page.locator("[data-offline-state]", has_text="Đã lưu để dùng khi không có mạng").wait_for(timeout=60_000)
    until(made.page, "() => navigator.serviceWorker.controller !== null")
    return made.page.locator("[data-offline-state]").inner_text()
