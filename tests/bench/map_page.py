"""The leader's map: its HTML, and how soon it is drawn in Chromium, beside stock Folium."""

import tempfile
import time
from pathlib import Path

import folium
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from sqlalchemy import Engine, text

from app.config import Config
from app.roles import Urls
from tests.bench import tiles_http
from tests.bench.table import Row
from tests.chromium import BROWSER

# Every tile in view is asked for anew; half a second without any says that the one before was the last.
TOGGLE = """(layer) => new Promise((done) => {
  const begun = performance.now();
  let last = 0;
  const came = () => { last = performance.now() - begun; };
  vector_tiles_diaban_leader.on('diaban:tile', came);
  document.querySelector(`input[data-layer=${layer}]`).click();
  const watch = setInterval(() => {
    const now = performance.now() - begun;
    if (now - last < 500 || (!last && now < 5000)) return;
    clearInterval(watch);
    vector_tiles_diaban_leader.off('diaban:tile', came);
    done(last);
  }, 50);
})"""
PAINT = """(figure) => new Promise((done) => {
  const begun = performance.now();
  const root = document.querySelector('[data-map-page]');
  root.addEventListener('diaban:figure', () => done(performance.now() - begun), { once: true });
  root.querySelector('#figure').value = figure;
  root.querySelector('#figure').dispatchEvent(new Event('change', { bubbles: true }));
})"""


def measure(config: Config, urls: Urls, worker: Engine, layer: str, password: str, points: int) -> list[Row]:
    """Size of the map's HTML and seconds until it is drawn, beside stock Folium with `points`; what a switch takes."""
    with tempfile.TemporaryDirectory(prefix="diaban-bench-") as folder, sync_playwright() as playwright:
        stock = _stock(worker, layer, points, Path(folder))
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
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
            switched = _switched(page, layer)
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
        shown = Row(
            "map: HTML, ready in Chromium",
            f"{size / 1000:.1f} kB, {ready:.2f} s",
            f"stock Folium, {points:,} points: {stock.stat().st_size / 1e6:.1f} MB, {patience}{theirs:.1f} s",
            ready / theirs,
            "≤ 60 kB, ≤ 1.5 s",
            size <= 60_000 and ready <= 1.5,
        )
        return [shown, *switched]


def _switched(page: Page, layer: str) -> list[Row]:
    """From the click to the last tile, off and on; from choosing a figure to its table: medians."""
    toggles = [page.evaluate(TOGGLE, layer) for _ in range(10)]
    painted = [page.evaluate(PAINT, figure) for figure in ("no_nuoc", "reports", "share_nuoc", "models_kept", "sites")]
    toggle, paint = (sorted(times)[len(times) // 2] for times in (toggles, painted))
    return [
        Row("map: layer switched, last tile", f"{toggle:.0f} ms", budget="≤ 300 ms", met=toggle <= 300),
        Row("map: figure chosen, painted with its table", f"{paint:.0f} ms"),
    ]


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
