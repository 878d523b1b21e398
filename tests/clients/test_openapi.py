"""What our OpenAPI documents promise, asked of the application by schemathesis: nothing else is ever answered.

In this process, without sockets: under load a socket's time limit says nothing about an answer.
"""

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
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


PLACE = '{"type": "Feature", "properties": {"TEN": "A"}, "geometry": {"type": "Point", "coordinates": [108, 11.9]}}'
EXPORT = {"layer": "religious_sites", "purpose": "Đối chiếu thực địa"}


@dataclass
class Served:
    """The application, the technician's token, and ids of things that are there."""

    web: Flask
    session: requests.Session  # its headers alone: nothing goes over a network
    known: dict[str, list[str]] = field(default_factory=dict)

    def document(self, path: str) -> Any:
        """The document as schemathesis reads it."""
        return schemathesis.openapi.from_wsgi(path, self.web, headers=dict(self.session.headers))

    def client(self) -> FlaskClient:
        client = self.web.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = str(self.session.headers["Authorization"])
        return client

    def brings(self) -> Any:
        """A file sent for a layer."""
        given = {
            "layer": "religious_sites",
            "file": (io.BytesIO(f'{{"type": "FeatureCollection", "features": [{PLACE}]}}'.encode()), "chua.geojson"),
        }
        return self.client().post("/api/imports", data=given, content_type="multipart/form-data")


@pytest.fixture(scope="module")
def served(cluster: Config, urls: Urls, worker: Engine, world: World) -> Iterator[Served]:
    with worker.begin() as connection:
        one_of_each(connection, world.communes)
        form_versions.publish(connection)
        token = personal_tokens.create(connection, world.gis, "schemathesis")
        features = connection.scalars(text("SELECT id::text FROM religious_sites")).all()
    web = create_app(cluster, urls)
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"})
    found = Served(web, session)
    export = found.client().post("/api/exports", json=EXPORT).json["id"]
    brought = found.brings().json
    for job in (export, brought["id"]):
        jobs.run(web.extensions["diaban_config"], urls, worker, uuid.UUID(job))
    found.known = {"featureId": list(features), "id": [export], "importId": [brought["parameters"]["import"]]}
    yield found
    for key in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[key].dispose()


# What is right beyond the document (a unit that is there, a filter that can be read) is drawn by chance only. So that
# chance decides nothing, what takes a body is also asked once as a program would that knows what it wants.
PLAIN: dict[str, Callable[[Served], Any]] = {
    "POST /api/exports": lambda served: served.client().post("/api/exports", json=EXPORT),
    "POST /api/imports": Served.brings,
    "POST /api/imports/{importId}": lambda served: served.client().post(
        f"/api/imports/{served.brings().json['parameters']['import']}", json={"decision": "withdraw"}
    ),
}


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
        for label in statuses.keys() & PLAIN.keys():
            statuses[label].add(PLAIN[label](served).status_code)
        # What is asked as the document says is also answered; else only refusals were looked at.
        assert [label for label, seen in statuses.items() if not seen & {200, 202, 206}] == []


@pytest.mark.parametrize(("document", "prefix"), [("/api/openapi.json", "/api/"), ("/ogc/api", "/ogc/")])
def test_every_address_stands_in_its_document(served: Served, document: str, prefix: str) -> None:
    described = served.client().get(document).json["paths"]
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
