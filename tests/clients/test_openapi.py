"""What our OpenAPI documents promise, asked of the running server by schemathesis: nothing else is ever answered."""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine, text
from werkzeug.serving import make_server

from app import create_app, jobs, personal_tokens
from app.config import Config
from app.roles import Urls
from surveys import form_versions
from tests.rows import one_of_each
from tests.world import World

DOCUMENTS = ("/api/openapi.json", "/ogc/api")
KEPT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 40  # of each kind and operation
TRIED = settings(
    max_examples=EXAMPLES,
    derandomize=True,  # the same questions each time
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Served:
    """The address of a server, the technician's token, and ids of things that are there."""

    web: Flask
    url: str
    session: requests.Session
    known: dict[str, list[str]] = field(default_factory=dict)

    def document(self, path: str) -> Any:
        """The document as schemathesis reads it."""
        return schemathesis.openapi.from_url(self.url + path, headers=dict(self.session.headers))


@pytest.fixture(scope="module")
def served(cluster: Config, urls: Urls, worker: Engine, world: World) -> Iterator[Served]:
    with worker.begin() as connection:
        one_of_each(connection, world.communes)
        form_versions.publish(connection)
        token = personal_tokens.create(connection, world.gis, "schemathesis")
        features = connection.scalars(text("SELECT id::text FROM religious_sites")).all()
    web = create_app(cluster, urls)
    server = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    found = Served(web, f"http://127.0.0.1:{server.port}", session)
    job = session.post(found.url + "/api/exports", json={"layer": "religious_sites", "purpose": "Đối chiếu thực địa"})
    id_ = job.json()["id"]
    jobs.run(web.extensions["diaban_config"], urls, worker, uuid.UUID(id_))
    place = '{"type": "Feature", "properties": {"TEN": "A"}, "geometry": {"type": "Point", "coordinates": [108, 11.9]}}'
    sent = session.post(
        found.url + "/api/imports",
        data={"layer": "religious_sites"},
        files={"file": ("chua.geojson", f'{{"type": "FeatureCollection", "features": [{place}]}}')},
    )
    brought = str(sent.json()["parameters"]["import"])
    jobs.run(web.extensions["diaban_config"], urls, worker, uuid.UUID(sent.json()["id"]))
    found.known = {"featureId": list(features), "id": [id_], "importId": [brought]}
    yield found
    server.shutdown()
    session.close()
    for key in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[key].dispose()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_answer_is_one_the_document_names(served: Served, document: str, mode: GenerationMode) -> None:
    schema = served.document(document)
    statuses: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        operation = found.ok()

        @TRIED
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def ask(case: Case, data: st.DataObject) -> None:
            for name in set(case.path_parameters or {}) & served.known.keys():
                if mode is GenerationMode.POSITIVE and data.draw(st.booleans()):
                    case.path_parameters[name] = data.draw(st.sampled_from(served.known[name]))
            answer = case.call(session=served.session)
            statuses.setdefault(case.operation.label, set()).add(answer.status_code)
            case.validate_response(answer, checks=KEPT)

        ask()
    assert statuses
    if mode is GenerationMode.POSITIVE:
        # What is asked as the document says is also answered; else only refusals were looked at.
        assert [label for label, seen in statuses.items() if not seen & {200, 202, 206}] == []


@pytest.mark.parametrize(("document", "prefix"), [("/api/openapi.json", "/api/"), ("/ogc/api", "/ogc/")])
def test_every_address_stands_in_its_document(served: Served, document: str, prefix: str) -> None:
    described = served.session.get(served.url + document).json()["paths"]
    root = "/ogc" if prefix == "/ogc/" else ""
    listed = {(_plain(root + path), method.upper()) for path, methods in described.items() for method in methods}
    for rule in served.web.url_map.iter_rules():
        if rule.rule.startswith(prefix):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert (_plain(rule.rule), method) in listed, f"{method} {rule.rule}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_without_a_token_every_address_says_so(served: Served, document: str) -> None:
    schema = served.document(document)
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(TRIED, max_examples=3)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def ask(case: Case) -> None:
            answer = case.call(headers={"Authorization": "Bearer none"})
            assert answer.status_code == 401, case.operation.label
            case.validate_response(answer, checks=KEPT)

        ask()


def _plain(path: str) -> str:
    """An address with its parameters, whatever they are called there."""
    inside = False
    kept = ""
    for letter in path:
        inside = letter in "<{" or (inside and letter not in ">}")
        kept += "" if inside or letter in ">}" else letter
    return kept
