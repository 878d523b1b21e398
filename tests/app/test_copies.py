"""Copies of maps: asked, made by the real job, fetched by their owner alone; they hold what the server tells."""

import io
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from flask.testing import FlaskClient
from pptx import Presentation
from sqlalchemy import Engine, create_engine, text

from app import jobs
from app.config import Config
from app.roles import Urls
from geodata import tiles
from tests.app.conftest import csrf
from tests.rows import one_of_each
from tests.world import World

Browser = Callable[..., FlaskClient]
PURPOSE = "Họp giao ban quý IV"
QUERY = "layers=hamlet_profiles&figure=no_nuoc&period=2026-Q4"


@pytest.fixture(scope="module", autouse=True)
def rows(worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        one_of_each(connection, (*world.communes, world.other_commune))
    tiles.refresh_all(worker)


@pytest.fixture
def copied(cluster: Config, urls: Urls, worker: Engine) -> Callable[..., uuid.UUID]:
    """`copied(client, kind, …)`: asks for a copy and makes it; its job's id."""

    def make(client: FlaskClient, kind: str, query: str = QUERY, unit: int = 1, **more: str) -> uuid.UUID:
        given = {"kind": kind, "unit": str(unit), "query": query, "purpose": PURPOSE, **more}
        answer = client.post("/map/copies/", data={**given, "csrf_token": csrf(client.get("/map/copies/").text)})
        assert answer.status_code == 303, answer.text
        with worker.begin() as connection:
            id_ = connection.scalar(text("SELECT id FROM jobs ORDER BY created_at DESC LIMIT 1"))
        engine = create_engine(urls.worker)
        jobs.run(cluster, urls, engine, id_)
        engine.dispose()
        return id_

    return make


def of(worker: Engine, id_: uuid.UUID) -> Any:
    with worker.connect() as connection:
        return connection.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": id_}).one()


def fetched(client: FlaskClient, id_: uuid.UUID) -> bytes:
    answer = client.get(f"/map/copies/files/{id_}", buffered=True)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return bytes(answer.data)


def test_a_map_is_made_as_pdf_recorded_and_fetched_by_its_owner_alone(
    browser: Browser, copied: Callable[..., uuid.UUID], worker: Engine
) -> None:
    client = browser("leader")
    id_ = copied(client, "map_pdf", title="Nước sạch", sheet="A3-portrait")
    job = of(worker, id_)
    assert (job.state, job.done, job.total) == ("done", 1, 1), job.error
    document = pdfium.PdfDocument(io.BytesIO(fetched(client, id_)))
    said = document[0].get_textpage().get_text_range()
    for words in ("Nước sạch", "Quý IV/2026", "Tỉnh Lâm Đồng", "Hồ sơ thôn", "EPSG:5899", "Trang 1/1"):
        assert words in said, words
    assert browser("officer").get(f"/map/copies/files/{id_}").status_code == 404
    with worker.connect() as connection:
        query = text("SELECT verb, purpose, detail FROM audit WHERE detail ->> 'job' = :id ORDER BY id")
        written = connection.execute(query, {"id": str(id_)}).all()
    assert [row.verb for row in written] == ["ask_map_pdf", "export", "download"]
    assert {row.purpose for row in written} == {PURPOSE}
    assert written[1].detail["layers"] == ["hamlet_profiles"]


def test_an_atlas_has_a_page_for_each_commune(
    browser: Browser, copied: Callable[..., uuid.UUID], worker: Engine
) -> None:
    client = browser("officer")
    id_ = copied(client, "map_atlas", query="layers=joint_activities")
    assert (of(worker, id_).done, of(worker, id_).total) == (3, 3)
    document = pdfium.PdfDocument(io.BytesIO(fetched(client, id_)))
    said = [page.get_textpage().get_text_range() for page in document]
    for text_, name in zip(said, ("Đắk Mil", "Phú Quý", "Xuân Hương - Đà Lạt"), strict=True):
        assert name in text_


def test_slides_hold_text_and_a_table_of_their_own(browser: Browser, copied: Callable[..., uuid.UUID]) -> None:
    client = browser("leader")
    file = Presentation(io.BytesIO(fetched(client, copied(client, "map_slides"))))
    (slide,) = file.slides
    assert slide.shapes.title.text == "Thôn chưa có nước sạch"
    (table,) = [shape.table for shape in slide.shapes if shape.has_table]
    assert [cell.text for cell in table.rows[0].cells] == ["Đơn vị", "thôn"]
    assert len(list(table.rows)) == 4
    assert any(shape.shape_type is not None and hasattr(shape, "image") for shape in slide.shapes)


def test_one_file_holds_the_numbers_of_the_server_and_asks_for_nothing(
    browser: Browser, copied: Callable[..., uuid.UUID]
) -> None:
    client = browser("leader")
    page = fetched(client, copied(client, "map_file")).decode()
    held = json.loads(re.findall(r'<script type="application/json" id="held">(.*?)</script>', page, re.DOTALL)[0])
    figure = client.get(f"/map/figure?unit=1&{QUERY}", headers={"Accept": "application/json"}).json
    told = {str(unit["id"]): unit["fill"]["t"] for unit in held["plain"]["pages"][0]["units"] if "fill" in unit}
    assert told == {id_: cell["t"] for id_, cell in figure["units"].items()}
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page.split("<script")[0])
    assert not re.findall(r"url\((?!data:)", page.split("<script")[0])


def test_a_passphrase_is_kept_nowhere_and_without_it_the_file_tells_nothing(
    browser: Browser, copied: Callable[..., uuid.UUID], worker: Engine, cluster: Config
) -> None:
    client = browser("leader")
    passphrase = "mưa nguồn chớp bể"
    id_ = copied(client, "map_file", title="Nước sạch quý IV", passphrase=passphrase)
    page = fetched(client, id_).decode()
    for words in ("Nước sạch", "Đắk Mil", "Hồ sơ thôn", "hamlet_profiles", passphrase):
        assert words not in page, words
    assert passphrase not in str(of(worker, id_))
    answer = client.get(f"/api/jobs/{id_}").text
    assert "lock" not in answer
    given = {"kind": "map_file", "unit": "1", "query": QUERY, "purpose": PURPOSE, "passphrase": "ngắn"}
    short = client.post("/map/copies/", data={**given, "csrf_token": csrf(client.get("/map/copies/").text)})
    assert short.status_code == 422


def test_rights_are_read_again_when_the_copy_is_made_and_when_it_is_fetched(
    browser: Browser, copied: Callable[..., uuid.UUID], worker: Engine
) -> None:
    client = browser("officer")
    id_ = copied(client, "map_pdf", unit=12)
    fetched(client, id_)
    try:
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET unit_id = 11 WHERE id = 2"))
        client = browser("officer")
        assert client.get(f"/map/copies/files/{id_}").status_code == 404
        lost = copied(client, "map_pdf", unit=12)
        assert (of(worker, lost).state, of(worker, lost).error["code"]) == ("failed", "not_found")
    finally:
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET unit_id = 1 WHERE id = 2"))


def test_a_cancelled_copy_leaves_no_file(
    browser: Browser, copied: Callable[..., uuid.UUID], worker: Engine, cluster: Config
) -> None:
    client = browser("leader")
    id_ = copied(client, "map_pdf")
    with worker.begin() as connection:
        connection.execute(text("UPDATE jobs SET state = 'queued', result = NULL WHERE id = :id"), {"id": id_})
    answer = client.post(f"/map/copies/jobs/{id_}/cancel", data={"csrf_token": csrf(client.get("/map/copies/").text)})
    assert answer.status_code == 303
    assert client.get(f"/map/copies/files/{id_}").status_code == 404
    assert isinstance(cluster.exports, Path)
