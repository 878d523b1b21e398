"""Markup in every text field, unit name, form title and purpose is shown as text on every screen."""

import datetime as dt
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from werkzeug.serving import make_server

from app import passwords
from app.config import Config
from surveys import form_versions, xforms
from surveys.layer import Layer
from surveys.layers import CATALOGUE
from tests.app.phone import new_id, send
from tests.browser.conftest import Desk
from tests.browser.phone import PASSWORD, Phone
from tests.safeguards import system as systems
from tests.safeguards.system import System
from tests.surveys import photos
from tests.surveys.filled import files_of, fill
from tests.world import KNOWN

PAYLOAD = "<img src=x onerror=alert(1)>"
TEXTS = ("text", "longtext")


@dataclass(frozen=True)
class Poisoned:
    """The system with the markup everywhere, its address, and a proposal of each layer: decided, and still waiting."""

    system: System
    address: str
    approved: dict[str, str]
    waiting: dict[str, str]


@pytest.fixture(scope="module")
def poisoned(cluster: Config) -> Iterator[Poisoned]:
    with systems.new(cluster, "text") as system:
        _names(system)
        approved, waiting = {}, {}
        for layer in CATALOGUE:
            first, second = _sends(system, layer), _sends(system, layer)
            system.settle()
            approved[layer.key] = system.approve("answering", first)
            (row,) = system.rows("SELECT id FROM proposals WHERE submission_id = :i", i=second)
            waiting[layer.key] = str(row.id)
        for layer_key in ("religious_sites", "hamlet_profiles"):
            _exports(system, layer_key)
        server = make_server("127.0.0.1", 0, system.web, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Poisoned(system, f"http://127.0.0.1:{server.port}", approved, waiting)
        server.shutdown()


def _names(system: System) -> None:
    """Units, offices and a form made by staff carry the markup in every name of theirs."""
    sheets = {
        "survey": [
            {"type": "text", "name": "said", "label": f"Câu hỏi {PAYLOAD}", "hint": PAYLOAD},
            {"type": "select_one kinds", "name": "kind", "label": PAYLOAD},
        ],
        "choices": [{"list_name": "kinds", "name": "a", "label": PAYLOAD}],
        "settings": [{"form_title": f"Phiếu {PAYLOAD}", "form_id": "markup", "version": "1"}],
    }
    with system.worker.begin() as connection:
        for table in ("units", "offices"):
            connection.execute(text(f"UPDATE {table} SET name = name || :p"), {"p": f" {PAYLOAD}"})
        form_versions.store(
            connection, form_id="markup", version="1", title=f"Phiếu {PAYLOAD}", layer=None,
            xform=xforms.convert(sheets), uploaded_by=KNOWN.officer,
        )  # fmt: skip
        form_versions.make_live(connection, "markup", "1", KNOWN.admin, until=dt.date(2099, 1, 1))
        connection.execute(text("INSERT INTO form_units (form_id, unit_id, published_by) VALUES ('markup', 1, 6)"))
        hashed = passwords.hashed(PASSWORD)
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": hashed})


def _sends(system: System, layer: Layer) -> str:
    """The instance of a submission with the markup in every question that takes text."""
    definition, instance = system.form(layer.key), new_id()
    answers: dict[str, str | None] = {q.name: PAYLOAD for q in definition.questions.values() if q.kind == "text"}
    answers |= {"instanceID": None} | ({"category": "dien"} if layer.key == "situation_reports" else {})
    xml = fill(definition, answers, instance=instance)
    xml = re.sub(rb"<label>.*?</label>", b"<label>&lt;img src=x onerror=alert(1)&gt;</label>", xml)
    files = {name: photos.jpeg() for name in files_of(definition)}
    answer = send(system.client("officer"), xml, files)
    assert answer.status_code == 201, answer.text
    return instance


def _exports(system: System, layer: str) -> None:
    answer = system.client("gis").post("/api/exports", json={"layer": layer, "purpose": f"Đối chiếu {PAYLOAD}"})
    assert answer.status_code == 202, answer.text


def shows_text(desk: Desk, least: int = 1) -> None:
    """The markup is there to read, and nothing was made of it."""
    assert desk.page.locator("img[src=x]").count() == 0, desk.page.url
    assert desk.page.locator("[onerror]").count() == 0, desk.page.url
    shown = desk.page.locator("body").inner_text() + desk.page.title()
    assert shown.count(PAYLOAD) >= least, f"{desk.page.url}: {shown[:300]}"
    assert desk.complaints == []


def test_every_text_field_of_every_layer_reached_its_table(poisoned: Poisoned) -> None:
    for layer in CATALOGUE:
        (row,) = poisoned.system.rows(f"SELECT * FROM {layer.key}")
        for field in layer.fields:
            if field.kind in TEXTS and field.asked and not field.relevant:
                assert PAYLOAD in (row._mapping[field.key] or ""), f"{layer.key}.{field.key}"


def test_review_shows_it_as_text(at_desk: Callable[..., Desk], poisoned: Poisoned) -> None:
    desk = at_desk(poisoned.address, "answering")
    desk.goes_to("/review/")
    shows_text(desk, len(CATALOGUE))
    for id_ in (*poisoned.waiting.values(), *poisoned.approved.values()):
        desk.goes_to(f"/review/{id_}")
        shows_text(desk)
    desk.goes_to(f"/review/{poisoned.waiting['hamlet_profiles']}")
    desk.page.locator("#comment").fill(PAYLOAD)
    desk.page.get_by_role("button", name="Trả lại").click()
    desk.goes_to(f"/review/{poisoned.waiting['hamlet_profiles']}")
    shows_text(desk, 2)


def test_the_map_its_pop_ups_and_places_show_it_as_text(at_desk: Callable[..., Desk], poisoned: Poisoned) -> None:
    desk = at_desk(poisoned.address, "leader")
    named = [layer.key for layer in CATALOGUE if any(f.kind in TEXTS for f in layer.leaving)]
    assert len(named) >= 5
    for key in named:
        desk.goes_to(f"/map/place/11?layers={key}")
        desk.page.locator("[data-map-page][data-ready]").wait_for()
        shows_text(desk)
        shape = poisoned.system.rows(
            f"SELECT ST_X(p) AS lon, ST_Y(p) AS lat FROM (SELECT ST_PointOnSurface(geom) AS p FROM {key}) q"
        )[0]
        _clicks(desk.page, shape.lon, shape.lat)
        popup = desk.page.locator(".leaflet-popup-content")
        popup.wait_for()
        for closed in popup.locator("details:not([open]) > summary").all():
            closed.click()
        expect(popup).to_contain_text(PAYLOAD)
        shows_text(desk, 2)
    desk.page.locator("a[data-unit='111']").first.click()
    desk.page.locator("[data-place='111']").wait_for()
    shows_text(desk)


def _clicks(page: Page, lon: float, lat: float) -> None:
    """On the map, where the place is: the map is asked for the spot, as a hand would look for it."""
    page.evaluate(
        "([lat, lon]) => { const name = Object.keys(window).find((k) => k.startsWith('map_'));"
        " const map = window[name]; map.setView([lat, lon], 16, { animate: false });"
        " map.fire('click', { latlng: L.latLng(lat, lon) }); }",
        [lat, lon],
    )


@pytest.mark.parametrize(
    ("name", "path"), [("gis", "/exchange/"), ("officer", "/"), ("field", "/"), ("admin", "/admin/")]
)
def test_office_pages_show_it_as_text(at_desk: Callable[..., Desk], poisoned: Poisoned, name: str, path: str) -> None:
    desk = at_desk(poisoned.address, name)
    desk.goes_to(path)
    shows_text(desk)


def test_the_phone_shows_it_as_text(chromium: Browser, poisoned: Poisoned) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 640}, locale="vi-VN")
    desk = Desk(context.new_page(), poisoned.address)
    desk.signs_in("field")
    desk.goes_to("/survey/")
    phone = Phone(context, desk.page, poisoned.address, poisoned.system.cluster.secrets)
    phone.passes_the_gate()
    desk.page.locator("[data-form=markup]").wait_for()
    shows_text(desk)
    desk.page.locator("[data-form=markup]").click()
    desk.page.locator("[data-question=said]").wait_for()
    shows_text(desk, 3)
    phone.goes_home()
    desk.page.locator("[data-form=joint_activities]").click()
    desk.page.locator("[data-question=commune]").wait_for()
    desk.page.locator("[data-question=hamlet] [data-action=open-picker]").click()
    desk.page.locator("dialog [data-choice]").filter(has_text=PAYLOAD).first.wait_for()
    shows_text(desk, 2)
    context.close()


def test_lists_and_forms_for_machines_carry_it_escaped(poisoned: Poisoned) -> None:
    client = poisoned.system.client("officer")
    for path in ("/openrosa/formList", "/openrosa/forms/markup/1.xml"):
        said = client.get(path).text
        assert "<img" not in said
        assert "&lt;img src=x" in said
    assert client.get("/map/script.js").text.count("<img") == 0


def test_an_error_page_shows_what_was_asked_for_as_text(at_desk: Callable[..., Desk], poisoned: Poisoned) -> None:
    desk = at_desk(poisoned.address, "leader")
    for path in ("/map/at?layer=hamlet_profiles&lat=1&lon=", "/map/?layers=", "/map/script.js?place=", "/login?next="):
        desk.goes_to(f"{path}{PAYLOAD}")
        assert desk.page.locator("img[src=x]").count() == 0
    assert not [said for said in desk.complaints if "dialog" in said]
