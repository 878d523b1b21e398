"""The leader's map: its HTML, and how soon it is drawn in Chromium, beside stock Folium."""

import tempfile
import time
from pathlib import Path

import folium
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, text

from app.config import Config
from app.roles import Urls
from tests.bench import tiles_http
from tests.bench.table import Row


def measure(config: Config, urls: Urls, worker: Engine, layer: str, password: str, points: int) -> Row:
    """Size of the map's HTML and seconds until it is drawn in Chromium, beside stock Folium with `points`."""
    with tempfile.TemporaryDirectory(prefix="diaban-bench-") as folder, sync_playwright() as playwright:
        stock = _stock(worker, layer, points, Path(folder))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        with tiles_http.serving(config, urls) as port:
            site = f"http://127.0.0.1:{port}"
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(f"{site}/login")
            page.locator("#username").fill("lanhdao")
            page.locator("#password").fill(password)
            page.locator("form[action='/login'] button[type=submit]").click()
            took, size = [], 0
            for _ in range(4):  # the first fills the caches
                begun = time.monotonic()
                answer = page.goto(f"{site}/map/?layers={layer}")
                page.locator("[data-map-page][data-ready]").wait_for()
                took.append(time.monotonic() - begun)
                assert answer is not None
                size = len(answer.body())
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.set_default_timeout(180_000)
        begun = time.monotonic()
        patience = ""
        try:
            page.goto(stock.as_uri())
            page.locator(".leaflet-marker-icon").last.wait_for()
        except PlaywrightTimeout:
            patience = "not ready after "
        theirs = time.monotonic() - begun
        browser.close()
        ready = min(took[1:])
        return Row(
            "map: HTML, ready in Chromium",
            f"{size / 1000:.1f} kB, {ready:.2f} s",
            f"stock Folium, {points:,} points: {stock.stat().st_size / 1e6:.1f} MB, {patience}{theirs:.1f} s",
            ready / theirs,
            "≤ 60 kB, ≤ 1.5 s",
            size <= 60_000 and ready <= 1.5,
        )


def _stock(worker: Engine, layer: str, points: int, folder: Path) -> Path:
    with worker.connect() as connection:
        collection = connection.scalar(
            text(
                "SELECT json_build_object('type', 'FeatureCollection', 'features', json_agg(json_build_object("
                " 'type', 'Feature', 'properties', json_build_object('name', name, 'kind', kind),"
                f" 'geometry', ST_AsGeoJSON(geom)::json))) FROM (SELECT * FROM {layer} LIMIT {points}) AS f"
            )
        )
    shown = folium.Map(location=[11.9, 108.2], zoom_start=9, tiles=None)
    folium.GeoJson(collection).add_to(shown)
    vendor = (Path(__file__).parent.parent.parent / "app/static/vendor/leaflet").as_uri()
    page = shown.get_root().render()
    # Folium's addresses lie on CDNs that can't be reached here: Leaflet comes from our folder, the rest is left out.
    page = page.replace("https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist", vendor)
    page = "\n".join(line for line in page.split("\n") if "https://" not in line[:300])
    out = folder / "stock.html"
    out.write_text(page, encoding="utf-8")
    return out
