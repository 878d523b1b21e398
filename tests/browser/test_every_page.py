"""Every page, as every role: nothing leaves this machine, no page complains, and none shuts anybody out (axe)."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Error, Page, Response, expect
from sqlalchemy import Engine, insert, text

from app import create_app
from app.config import Config
from app.database import acting
from app.roles import Urls
from geodata import tiles
from surveys import briefings, form_versions, periods, programmes, wall_clock
from surveys.layers import CATALOGUE
from surveys.map_pages.asked import Asked
from surveys.proposals import Proposal
from surveys.reports import writing
from surveys.reports.tables import MEASURED
from tests.browser import axe, office_work
from tests.browser.conftest import Desk
from tests.rows import DAY, VALUES, one_of_each, place
from tests.world import KNOWN

ROLES = ("field", "officer", "answering", "leader", "gis", "admin")
# What isn't a page: files, and what machines ask for. Any other address is visited.
FOR_MACHINES = (
    "api.", "assets.", "basemap.", "health.", "imports_api.", "media.", "ogc.", "openrosa.", "own_records.", "tiles.",
)  # fmt: skip
FILES = {
    "review.photo",
    "forms.template",
    "imports.template",
    "admin_bulk.template",
    "admin_audit.check",
    "forms.source",
    "forms.xform",
    "form_trials.form",
    "form_trials.file",
    "exchange.file",
    "imports.report",
    "imports.progress",
    "import_review.progress",
    "copies.file",
    "briefing_show.pages",
    "reports.progress",
    "reports.changes",
    "reports.file",
    "case_figures.file",
    "qgis.project",
    "survey.me",
    "survey.webmanifest",
    "survey.worker",
    "map.script",
    "map_spot.spot",
    "map_figures.figure",
    "map_figures.table",
    "map_figures.file",
    "map_business.first_page",
    "map_compare.script",
    "map_compare.figures",
    "map_compare.multiples_figures",
    "map_compare.outlines",
    "map_ask.painted",
    "map_ask.file",
    "account.picture",
    "activities.feed",
    "area_lists.document",
}
# What shows that a page has asked for all it needs.
READY = {"[data-map-page]": "[data-map-page][data-ready]", "[data-compare]": "[data-compare][data-ready]"}


@pytest.fixture(scope="module")
def pages(cluster: Config, urls: Urls, worker: Engine, address: str) -> list[str]:
    """The addresses of all pages, with one of everything to see on them."""
    with worker.begin() as connection:
        one_of_each(connection, (*KNOWN.communes, KNOWN.other_commune))
    tiles.refresh_all(worker)
    proposals = [_proposal(worker, key) for key in ("religious_sites", "minority_areas", "restricted_reports")]
    web = create_app(cluster, urls)
    with worker.begin() as connection:
        form_versions.publish(connection)
        form, version = connection.execute(text("SELECT form_id, version FROM forms WHERE state = 'live'")).first() or (
            "",
            "",
        )
    known = {"id_": proposals, "name": ["photo.jpg"] * len(proposals),
             "unit_id": [11, 111], "chosen": ["vi"], "form_id": [form], "version": [version],
             "briefing_id": [_briefing(worker)], "withdrawal_id": [1], "job_id": [uuid.uuid4()],
             "programme_id": [_programme(worker)],
             "report_id": [_report(worker)],
             **office_work.some(worker)}  # fmt: skip
    found = _walked(web, known)
    web.extensions["diaban_engine"].dispose()
    everything = ",".join(layer.key for layer in CATALOGUE)
    return [
        *found,
        f"/map/?layers={everything}",
        "/map/?layers=&figure=reports_overdue",
        "/map/table?layers=&figure=sites",
        "/khong-co",
    ]


def _proposal(engine: Engine, layer: str) -> uuid.UUID:
    """A waiting one, of any layer or of a restricted report."""
    shown = next((one for one in CATALOGUE if one.key == layer), CATALOGUE[0])
    values = {key: str(value) if hasattr(value, "isoformat") else value for key, value in VALUES[shown.key].items()}
    restricted = layer == "restricted_reports"
    row = {
        "id": uuid.uuid4(), "layer": layer, "feature_id": uuid.uuid4(), "province_id": 1, "commune_id": 11,
        "observed_on": DAY, "created_by": KNOWN.field, "restricted": restricted,
        "values": {**values, "category": "dat_dai_boi_thuong"} if restricted else values,
        "geom": None if restricted else place(shown, 108.0),
        "office_id": KNOWN.answering_office if restricted else None,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(Proposal), row)
    return row["id"]  # type: ignore[return-value]


def _briefing(engine: Engine) -> int:
    """One with a page."""
    with acting(engine, KNOWN.actor("leader")) as session:
        made = briefings.create(session, KNOWN.actor("leader"), "Giao ban", DAY)
        briefings.add_page(session, KNOWN.actor("leader"), made, Asked(1, "layers=hamlet_profiles"), DAY)
    return made


def _report(engine: Engine) -> int:
    """A draft with its figures."""
    officer, today = KNOWN.actor("officer"), wall_clock.today()
    with acting(engine, officer) as session:
        quarter = periods.holding(periods.QUARTER, today)
        made = writing.create(session, officer, "general", quarter, "party", MEASURED, today)
        writing.freeze(session, officer, made, today)
        return made.id


def _programme(engine: Engine) -> int:
    """One of the province."""
    values = {"kind": "ke_hoach", "number": "01-KH/TU", "title": "Kế hoạch", "starts_on": "2026-01-01", "office": "1"}
    with acting(engine, KNOWN.actor("officer")) as session:
        return programmes.write(session, KNOWN.actor("officer"), values, DAY)


def _walked(web: Flask, known: dict[str, list[object]]) -> list[str]:
    """The addresses of every page; one with a parameter nobody named here is an error."""
    found: list[str] = []
    for rule in web.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(FOR_MACHINES) or rule.endpoint in FILES:
            continue
        if rule.rule.startswith("/survey/api/"):  # what the phone asks
            continue
        assert rule.arguments <= known.keys(), f"no values for the page {rule}"
        names = sorted(rule.arguments)
        with web.test_request_context():
            for values in zip(*(known[name] for name in names), strict=True) if names else [()]:
                found.append(web.url_for(rule.endpoint, **dict(zip(names, values, strict=True))))  # noqa: PERF401
    return found


@pytest.fixture(scope="module")
def looked_at() -> set[str | None]:
    """What axe has looked at: two roles who are shown the same need it once. Menus are seen on each role's home."""
    return set()


@pytest.mark.parametrize("role", ROLES)
def test_no_page_asks_another_machine_complains_or_shuts_anybody_out(
    at_desk: Callable[..., Desk], address: str, pages: list[str], looked_at: set[str | None], role: str
) -> None:
    desk = at_desk(address, role)
    failed: list[str] = []
    desk.page.on("response", lambda answer: _is_fault(answer) and failed.append(f"{answer.status} {answer.url}"))
    wrong: dict[str, list[str]] = {}
    seen, refused = 0, False
    for path in pages:
        answer = desk.page.goto(address + path)
        assert answer is not None
        if answer.ok:
            seen += 1
            _wait(desk.page)
        else:
            # The browser itself says that a page was refused; to this role that is an answer like any other.
            desk.complaints = [said for said in desk.complaints if "Failed to load resource" not in said]
        # All refusals are one page. The phone's screens, loaded piece by piece, have a test of their own.
        if _is_page(answer) and not path.startswith("/survey/") and (answer.ok or not refused):
            refused = refused or not answer.ok
            if found := axe.wrong(desk.page, set() if path == "/" else looked_at):
                wrong[path] = found
    assert seen >= 8
    assert (failed, wrong) == ([], {})
    desk.asked_nobody_else()


def _is_page(answer: Response) -> bool:
    """Not a file, nor a part fetched into a page."""
    return "html" in answer.headers.get("content-type", "") and answer.text().lstrip().lower().startswith("<!doctype")


def test_a_restricted_one_opens_by_a_reason_that_no_address_keeps(
    at_desk: Callable[..., Desk], address: str, pages: list[str], worker: Engine
) -> None:
    id_ = _proposal(worker, "restricted_reports")
    desk = at_desk(address, "answering")
    desk.goes_to(f"/review/{id_}")
    desk.page.get_by_label("Lý do mở").fill("Trả lời đơn vị")
    desk.page.get_by_role("button", name="Mở phiếu").click()
    expect(desk.page.locator("table.answers")).to_be_visible()
    assert desk.page.url == f"{address}/review/{id_}"
    desk.goes_to("/review/")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        desk.page.go_back()  # no copy was kept, and a body isn't sent again unasked
    desk.page.wait_for_timeout(1000)  # the browser's own page about it is still on its way
    desk.goes_to(f"/review/{id_}")
    expect(desk.page.get_by_label("Lý do mở")).to_be_visible()
    desk.complaints = [said for said in desk.complaints if "ERR_CACHE_MISS" not in said]  # "back" found no copy
    desk.asked_nobody_else()


def _wait(page: Page) -> None:
    for here, ready in READY.items():
        if page.locator(here).count():
            page.locator(ready).first.wait_for()
    if page.url.partition("//")[2].partition("/")[2].startswith("survey/"):
        page.locator("[data-screen]").first.wait_for()
    page.wait_for_timeout(100)


def _is_fault(answer: Response) -> bool:
    """A page's own parts must be there; the page itself may be refused to this role."""
    return answer.status >= (500 if answer.request.is_navigation_request() else 400)


def test_the_map_under_use_asks_nobody_else(at_desk: Callable[..., Desk], address: str, pages: list[str]) -> None:
    desk = at_desk(address, "leader")
    desk.goes_to("/map/")
    desk.page.locator("[data-map-page][data-ready]").wait_for()
    for box in desk.page.locator("input[data-layer]").all():
        box.set_checked(not box.is_checked(), force=True)
    view = desk.page.locator(".leaflet-container")
    view.press("+")
    view.click(position={"x": 300, "y": 300})
    desk.page.locator("[data-meeting]").click()
    desk.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    desk.page.locator("a[data-unit='11']").first.click()
    desk.page.locator("[data-place='11']").wait_for()
    desk.page.wait_for_timeout(500)
    desk.asked_nobody_else()


def test_a_request_to_elsewhere_and_a_script_in_the_page_would_be_stopped_and_seen(
    at_desk: Callable[..., Desk], address: str
) -> None:
    desk = at_desk(address, "leader")
    desk.page.evaluate(
        "() => { const i = new Image(); i.src = 'http://tiles.example.invalid/1.png'; document.body.append(i);"
        " const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); }"
    )
    desk.page.wait_for_timeout(300)
    assert desk.page.evaluate("window.ran === undefined")
    said = " ".join(desk.complaints)
    assert "http://tiles.example.invalid/1.png" in said
    assert "inline script" in said
