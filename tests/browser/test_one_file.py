"""The copy on a stick, opened from a folder with no network: nothing is asked, the numbers are the server's."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from app import one_file
from app.config import Config
from app.database import acting
from geodata import tiles
from surveys import map_state
from surveys.map_pages import content, screen, telling
from tests.rows import DAY, one_of_each
from tests.world import KNOWN

PASSPHRASE = "mưa nguồn chớp bể"
QUERIES = ("layers=hamlet_profiles&figure=no_nuoc&period=2026-Q4", "layers=religious_sites,minority_areas")


@pytest.fixture(scope="module")
def data(worker: Engine) -> tuple[dict[str, Any], dict[str, str]]:
    """Two pages, and the rows of the first one's table."""
    with worker.begin() as connection:
        one_of_each(connection, KNOWN.communes)
    tiles.refresh_all(worker)
    pages, leader = screen.Pages(), KNOWN.actor("leader")
    rows: dict[str, str] = {}
    with acting(worker, leader) as session:
        for query in QUERIES:
            given = dict(pair.split("=") for pair in query.split("&"))
            read = content.read(session, leader, map_state.read(given, leader, 1, DAY), DAY, screen.plane)
            pages.add(read, name="", note="Ghi chú </script><b>đậm</b>")
            rows = rows or dict(telling.table(read).rows)  # type: ignore[arg-type]
    return pages.data(), rows


@pytest.fixture
def stick(tmp_path: Path, chromium: Browser) -> Any:
    """`stick(data, …)`: the file opened offline from a folder, and what it asked for."""
    contexts = []

    def make(data: dict[str, Any], config: Config, **more: Any) -> tuple[Page, list[str], Path]:
        out = tmp_path / "ban_mang_theo.html"
        one_file.write(data, more, config, "Giao ban", dt.date(2026, 11, 21), out)
        context = chromium.new_context(viewport={"width": 1920, "height": 1080}, offline=True)
        contexts.append(context)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(f"error {error}"))
        page.on("console", lambda said: asked.append(said.text) if said.type == "error" else None)
        page.goto(out.as_uri())
        return page, asked, out

    yield make
    for context in contexts:
        context.close()


def outside(asked: list[str], out: Path) -> list[str]:
    return [url for url in asked if url != out.as_uri() and not url.startswith(("data:", "blob:"))]


def test_it_asks_nobody_and_shows_the_servers_numbers(stick: Any, data: Any, cluster: Config) -> None:
    page, asked, out = stick(data[0], cluster, expires="2099-01-01")
    page.locator("[data-viewer][data-ready]").wait_for()
    rows = page.locator(".told tbody tr").evaluate_all(
        "(all) => all.map((r) => [...r.cells].map((c) => c.textContent))"
    )
    assert dict(rows) == data[1]
    assert page.locator(".note").inner_text() == "Ghi chú </script><b>đậm</b>"
    expect(page.locator(".expiry")).to_contain_text("01/01/2099")
    page.keyboard.press("PageDown")
    expect(page.locator("[data-page='2'] h1")).to_contain_text("Cơ sở tôn giáo")
    page.wait_for_timeout(300)
    assert outside(asked, out) == []
    assert out.stat().st_size < 25_000_000


def test_an_old_copy_says_so(stick: Any, data: Any, cluster: Config) -> None:
    page, _, _ = stick(data[0], cluster, expires="2026-01-01")
    expect(page.get_by_role("alert")).to_contain_text("hết hạn ngày 01/01/2026")


def test_a_wrong_passphrase_shows_nothing_and_the_right_one_opens(stick: Any, data: Any, cluster: Config) -> None:
    page, asked, out = stick(data[0], cluster, lock=one_file.lock(cluster, PASSPHRASE))
    assert page.evaluate("window.isSecureContext && !!crypto.subtle")
    raw = out.read_text()
    for words in ("Giao ban", "Đắk Mil", "Thôn chưa", "hamlet_profiles", PASSPHRASE):
        assert words not in raw, words
    page.get_by_label("Mật khẩu").fill("mưa nguồn chớp bề")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("không đúng")
    assert page.locator("[data-ready], table, .leaflet-container").count() == 0
    assert "Giao ban" not in page.content()
    page.get_by_label("Mật khẩu").fill(PASSPHRASE)
    page.get_by_role("button").click()
    page.locator("[data-viewer][data-ready]").wait_for()
    assert dict(data[1]).keys() <= set(page.locator(".told tbody th").all_inner_texts())
    assert outside(asked, out) == []
