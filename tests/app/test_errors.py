"""Every problem has a status and words, and reaches machines, phones and people with the same code."""

import importlib
import pkgutil
import re
import string
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from types import ModuleType

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

import app
import geodata
import surveys
from app import constraints, create_app, errors
from app.config import Config
from app.roles import Urls
from app.startup_problems import StartupProblem
from geodata.problems import Conflict, NotFound, Problem, every


def _import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name != "app.wsgi":  # it starts an application from the environment
            importlib.import_module(module.name)


def test_every_problem_has_a_status_and_both_sentences() -> None:
    for package in (geodata, surveys, app):
        _import_all(package)
    missing = []
    for kind in every():
        if issubclass(kind, StartupProblem):
            assert kind.vi
            assert kind.en
        elif kind.code not in errors.TABLE:
            missing.append(f"{kind.__module__}.{kind.__name__}: {kind.code}")
    assert not missing, "add to app/errors.py: " + ", ".join(missing)


def test_no_code_is_said_in_two_places() -> None:
    assert sum(map(len, errors.TABLES)) == len(errors.TABLE)


def test_every_row_of_the_table_can_be_said() -> None:
    for code, said in errors.TABLE.items():
        assert 400 <= said.status < 600, code
        facts = [{name for _, name, _, _ in string.Formatter().parse(words) if name} for words in said[1:]]
        assert facts[0] == facts[1], f"{code}: the two languages tell different facts"
        for words in said[1:]:
            assert words.endswith((".", "}")), code
            assert "…" in errors.filled(words, {}) or not facts[0]


def test_two_problems_never_share_a_code() -> None:
    codes = [kind.code for kind in every() if "code" in vars(kind)]
    assert sorted(codes) == sorted(set(codes))


def test_every_constraint_named_exists(owner: Engine) -> None:
    with owner.connect() as connection:
        found = set(connection.scalars(text("SELECT conname FROM pg_constraint")))
        # An index that holds for a part of the rows is a constraint of another name.
        found |= set(connection.scalars(text("SELECT relname FROM pg_class WHERE relkind = 'i'")))
    assert set(constraints.CONSTRAINTS) <= found


def test_a_refusal_by_the_database_becomes_its_problem(background: object, worker: Engine) -> None:
    with pytest.raises(IntegrityError) as refused, worker.begin() as connection:
        connection.execute(text("INSERT INTO accounts (username, role, unit_id) VALUES ('gis', 'gis', 1)"))
    assert isinstance(constraints.problem_of(refused.value), Conflict)
    with pytest.raises(IntegrityError) as refused, worker.begin() as connection:
        connection.execute(text("INSERT INTO accounts (username, role, unit_id) VALUES ('new', 'king', 1)"))
    problem = constraints.problem_of(refused.value)
    assert problem is not None
    assert problem.facts["field"] == "accounts_role_check"


@pytest.fixture
def broken(cluster: Config, urls: Urls) -> Iterator[Flask]:
    """The application with endpoints that fail in every way; open, so that only the failing is tested."""
    web = create_app(cluster, urls)

    def fail(how: str) -> str:
        raise {
            "missing": NotFound(what="layer", id="<b>x</b>"),
            "conflict": Conflict(what="phiếu", id="<script>"),
            "bug": ZeroDivisionError("secret detail"),
            "down": OperationalError("SELECT 1", {}, psycopg.OperationalError("server closed")),
            "unknown": type("Odd", (Problem,), {"code": "no_such_code_in_table"})(),
        }[how]

    for i, path in enumerate(("/fail/<how>", "/openrosa/fail/<how>", "/api/fail/<how>")):
        web.add_url_rule(path, f"fail{i}", fail, methods=["GET"])
        web.extensions["open_endpoints"].add(f"fail{i}")
    yield web
    web.extensions["diaban_engine"].dispose()


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("missing", 404, "not_found"), ("conflict", 409, "conflict"), ("bug", 500, "internal"),
        ("down", 503, "unavailable"), ("unknown", 400, "no_such_code_in_table"),
    ],
)  # fmt: skip
def test_one_code_in_three_forms(broken: Flask, how: str, status: int, code: str) -> None:
    client = broken.test_client()
    page = client.get(f"/fail/{how}", headers={"Accept": "text/html"})
    xml = client.get(f"/openrosa/fail/{how}")
    json = client.get(f"/api/fail/{how}")
    asked = client.get(f"/fail/{how}", headers={"Accept": "application/json"})
    assert {page.status_code, xml.status_code, json.status_code, asked.status_code} == {status}
    assert f'data-code="{code}"' in page.text
    assert "Đã giữ được gì" in page.text
    assert "Nên làm gì tiếp" in page.text
    root = ET.fromstring(xml.data)
    assert root.find("{urn:diaban:problem}problem").get("code") == code  # type: ignore[union-attr]
    said = root.find("{http://openrosa.org/http/response}message")
    assert said is not None
    assert said.get("nature") == "submit_error"
    assert said.text
    assert xml.headers["X-OpenRosa-Version"] == "1.0"
    assert json.mimetype == asked.mimetype == "application/problem+json"
    assert json.json["code"] == asked.json["code"] == code  # type: ignore[index]
    assert json.json["status"] == status  # type: ignore[index]
    for answer in (page, xml, json):
        assert "secret detail" not in answer.text
    for answer in (page, xml):
        assert "<script>" not in answer.text


def test_machines_read_english_when_they_ask_for_it(broken: Flask) -> None:
    client = broken.test_client()
    client.set_cookie("lang", "en")
    assert "outside the account's scope" in client.get("/api/fail/missing").json["detail"]  # type: ignore[index]


def test_a_foreign_row_is_refused_as_a_missing_one_and_audited(
    machine: Callable[..., FlaskClient], worker: Engine
) -> None:
    with worker.begin() as connection:
        foreign = connection.scalar(
            text(
                "INSERT INTO proposals (layer, feature_id, values, province_id, commune_id, observed_on)"
                " VALUES ('hamlet_profiles', gen_random_uuid(), '{}', 2, 21, current_date) RETURNING id"
            )
        )
        before = connection.scalar(text("SELECT count(*) FROM audit WHERE verb = 'refused'"))
    client = machine("officer")
    theirs = client.get(f"/review/{foreign}", headers={"Accept": "text/html"})
    nobodys = client.get(f"/review/{uuid.uuid4()}", headers={"Accept": "text/html"})
    assert theirs.status_code == nobodys.status_code == 404
    assert _without_secrets(theirs.text) == _without_secrets(nobodys.text)
    with worker.begin() as connection:
        rows = connection.execute(
            text("SELECT account_id, detail FROM audit WHERE verb = 'refused' ORDER BY id OFFSET :n"), {"n": before}
        ).all()
        connection.execute(text("DELETE FROM proposals WHERE id = :id"), {"id": foreign})
    assert [(row.account_id, row.detail["endpoint"]) for row in rows] == [(2, "review.one")] * 2


def _without_secrets(page: str) -> str:
    return re.sub(r'(content|value)="[^"]*"|next=[^"]*', "", page)


def test_an_address_nobody_has_is_the_same_for_everyone(machine: Callable[..., FlaskClient]) -> None:
    assert machine().get("/khong-co").status_code == machine("gis").get("/khong-co").status_code == 404
    assert machine("gis").delete("/healthz").status_code == 405
