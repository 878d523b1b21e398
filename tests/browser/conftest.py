"""Chromium, people at desks, and the system they use: the application alone, or all of it as in service."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from sqlalchemy import Engine, NullPool, create_engine, text
from werkzeug.serving import make_server

from app import create_app, passwords
from app.config import Config
from app.roles import Urls
from surveys import form_versions
from tests.browser.phone import PASSWORD
from tests.chromium import SHELL
from tests.faults import site as sites
from tests.faults.site import Site
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
# What `make` builds from npm packages; without them pages would fail in ways that say nothing.
BUILT = ("app/static/client/files.json", "app/static/vendor/leaflet/leaflet.js", "app/static/vendor/htmx/htmx.min.js")
PROJECTOR = (1920, 1080)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium as it is without a window; it asks nothing of the network itself."""
    missing = [path for path in BUILT if not (ROOT / path).is_file()]
    assert not missing, f"not built: {', '.join(missing)}; run `make test`, which builds them"
    assert Path(SHELL).exists(), f"no {SHELL}; run setup/system-packages test"
    browser = playwright.chromium.launch(
        executable_path=SHELL,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def address(cluster: Config, urls: Urls, worker: Engine, world: World) -> Iterator[str]:
    """The application alone on a port of its own, every form live, everybody's password known."""
    with worker.begin() as connection:
        form_versions.publish(connection)
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        connection.execute(text("DELETE FROM sign_in_failures"))
    web = create_app(cluster, urls)
    server = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    for pool in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[pool].dispose()


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    """All of it by `diaban up`, on a home of its own holding the small world; everybody's password known."""
    home = Path(f"/tmp/diaban-browser-{time.time_ns()}")
    try:
        made = sites.make(home)
        with sites.running(made):
            engine = create_engine(sites.urls(made).worker, poolclass=NullPool)
            with engine.begin() as connection:
                connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
            yield made
    finally:
        shutil.rmtree(home, ignore_errors=True)


class Desk:
    """One browser window, and everything it asked for or complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.hosts: set[str | None] = set()
        self.complaints: list[str] = []
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                self.complaints.append(f"{page.url}: {said.text}") if said.type in ("error", "warning") else None
            ),
        )
        page.on("dialog", self._dismiss)

    def _note(self, request: object) -> None:
        parts = urlsplit(request.url)  # type: ignore[attr-defined]
        if parts.scheme not in ("data", "blob"):  # made in the page itself
            self.hosts.add(parts.hostname)

    def _dismiss(self, dialog: object) -> None:
        self.complaints.append(f"{self.page.url}: dialog {dialog.message}")  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    def goes_to(self, path: str) -> None:
        self.page.goto(self.address + path)

    def signs_in(self, name: str) -> None:
        self.goes_to("/login")
        self.page.locator("#username").fill(name)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("form[action='/login'] button[type=submit]").click()
        self.page.wait_for_url(f"{self.address}/")

    def signs_in_by_keyboard(self, name: str) -> None:
        self.goes_to("/")
        expect(self.page.get_by_label("Tên đăng nhập")).to_be_focused()
        self.page.keyboard.type(name)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("button", name="Đăng xuất")).to_be_visible()
        self.page.wait_for_load_state()  # the page's script begins with the menu as it should be

    def sees_nothing_cut(self) -> None:
        self.page.wait_for_load_state("load")  # styles too
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), self.page.url
        line, size = self.page.evaluate(
            "(() => { const s = getComputedStyle(document.querySelector('main'));"
            " return [parseFloat(s.lineHeight), parseFloat(s.fontSize)] })()"
        )
        assert line / size >= 1.5
        assert "Be Vietnam Pro" in self.page.evaluate("getComputedStyle(document.body).fontFamily")

    def asked_nobody_else(self) -> None:
        """Every request went to this machine, and the page had nothing to complain of."""
        assert self.hosts <= {"127.0.0.1"}
        assert self.complaints == []


@pytest.fixture
def at_desk(chromium: Browser) -> Iterator[Callable[..., Desk]]:
    """`at_desk(address, "leader")`: that person signed in at a projector; `at_desk(address)`: nobody yet."""
    contexts = []

    def make(address: str, name: str | None = None, screen: tuple[int, int] = PROJECTOR) -> Desk:
        context = chromium.new_context(viewport={"width": screen[0], "height": screen[1]}, locale="vi-VN")
        contexts.append(context)
        made = Desk(context.new_page(), address)
        if name is not None:
            made.signs_in(name)
        return made

    yield make
    for context in contexts:
        context.close()
