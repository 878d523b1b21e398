"""What phones seal with, and a draft key back for whoever sealed it."""

import base64
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text
from werkzeug.test import TestResponse

from app import phone_keys
from app.config import Config
from surveys import seals
from tests.app import sealed

Machine = Callable[..., FlaskClient]
VECTOR = Path(__file__).parents[2] / "app/client/test/seal_vector.json"


@pytest.fixture(autouse=True)
def _no_tries_yet(worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM sign_in_failures"))


def ask(client: FlaskClient, key_id: str, data: bytes) -> TestResponse:
    body = {"keyId": key_id, "sealed": base64.b64encode(data).decode()}
    return client.post("/survey/api/recover", json=body, headers=sealed.OURS)


def draft_key(client: FlaskClient, **within: object) -> tuple[str, bytes]:
    key_id, server, author = sealed.keys(client)
    plain = json.dumps({"author": author, "key": "khóa nháp", **within}).encode()
    return key_id, sealed.seal(server, plain, "draft key")


def test_what_the_phones_own_code_sealed_is_opened_here() -> None:
    vector = json.loads(VECTOR.read_text())
    secret = int.from_bytes(base64.urlsafe_b64decode(vector["private"]["d"] + "=="))
    key = ec.derive_private_key(secret, seals.CURVE)
    closed = base64.b64decode(vector["sealed"])
    assert seals.open_seal(key, closed, vector["aad"]).decode() == vector["plain"]
    for wrong in (closed[:-1], closed[1:], bytes([closed[0] ^ 1]) + closed[1:], b""):
        with pytest.raises(seals.SealBroken):
            seals.open_seal(key, wrong, vector["aad"])
    with pytest.raises(seals.SealBroken):
        seals.open_seal(key, closed, vector["aad"] + " ")
    with pytest.raises(seals.SealBroken):
        seals.open_seal(ec.generate_private_key(seals.CURVE), closed, vector["aad"])


def test_the_same_key_for_everybody_and_a_token_for_each(machine: Machine, cluster: Config) -> None:
    first, second = machine("field").get("/survey/api/keys").json, machine("officer").get("/survey/api/keys").json
    assert first["key"] == second["key"]
    assert first["key"]["jwk"].keys() == {"kty", "crv", "x", "y"}
    assert phone_keys.account_of(cluster.secrets, first["author"]) == 1
    assert phone_keys.account_of(cluster.secrets, second["author"]) == 2
    with pytest.raises(phone_keys.AuthorUnknown):
        phone_keys.account_of(cluster.secrets, second["author"].replace(second["author"][-4:], "AAAA"))


@pytest.mark.parametrize("token", ["", ".", "x.y", "WzEsIjIwMjYtMDEtMDEiXQ", "WzEsIjIwMjYtMDEtMDEiXQ." + "A" * 43])
def test_a_token_of_ones_own_making_names_nobody(cluster: Config, token: str) -> None:
    with pytest.raises(phone_keys.AuthorUnknown):
        phone_keys.account_of(cluster.secrets, token)


def test_two_processes_make_one_key_and_every_key_stays(tmp_path: Path) -> None:
    first = phone_keys.current(tmp_path)
    assert phone_keys.id_of(phone_keys.current(tmp_path)) == phone_keys.id_of(first)
    second = phone_keys.renew(tmp_path)
    assert phone_keys.id_of(phone_keys.current(tmp_path)) == second != phone_keys.id_of(first)
    for id_ in (phone_keys.id_of(first), second):
        assert phone_keys.id_of(phone_keys.named(tmp_path, id_)) == id_
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    for id_ in ("", "0" * 16, "../phone_key", "authors"):
        with pytest.raises(phone_keys.KeyUnknown):
            phone_keys.named(tmp_path, id_)


def test_a_draft_key_comes_back_to_whom_it_belongs_and_leaves_a_trace(machine: Machine, table: Connection) -> None:
    mine = draft_key(machine("field"))
    count = text("SELECT count(*) FROM audit WHERE verb = 'recover drafts' AND account_id = 1")
    before = table.scalar(count)
    answer = ask(machine("field"), *mine)
    assert (answer.status_code, answer.json) == (200, {"key": "khóa nháp"})
    table.rollback()
    assert table.scalar(count) == before + 1
    assert ask(machine("officer"), *mine).status_code == 403


def test_what_is_no_draft_key_is_not_opened(machine: Machine) -> None:
    client = machine("field")
    key_id, server, author = sealed.keys(client)
    plain = json.dumps({"author": author, "key": "x"}).encode()
    assert ask(client, key_id, sealed.seal(server, plain, "record uuid:1")).json["code"] == "seal_broken"
    assert ask(client, key_id, sealed.seal(server, b"[]", "draft key")).json["code"] == "seal_broken"
    assert ask(client, "0" * 16, sealed.seal(server, plain, "draft key")).json["code"] == "seal_key_unknown"
    assert client.post("/survey/api/recover", data=b"{", headers=sealed.OURS).status_code == 400


def test_guessing_is_slowed_down(machine: Machine) -> None:
    mine = draft_key(machine("field"))
    answers = [ask(machine("field"), *mine) for _ in range(7)]
    assert [a.status_code for a in answers] == [200] * 5 + [429] * 2
    assert "Retry-After" in answers[-1].headers


def test_a_phone_left_signed_in_shows_the_password_first(browser: Machine, owner: Engine) -> None:
    client = browser("field")
    mine = draft_key(client)
    assert ask(client, *mine).status_code == 200
    with owner.begin() as connection:
        connection.execute(text("UPDATE sign_ins SET created_at = now() - interval '16 minutes'"))
    answer = ask(client, *mine)
    assert (answer.status_code, answer.json["code"]) == (403, "sign_in_again")
    assert client.post("/survey/api/recover", json={}).json["code"] == "client_header_missing"


def test_the_token_says_since_when(cluster: Config) -> None:
    token = phone_keys.author(cluster.secrets, 7, dt.date(2026, 1, 2))
    assert phone_keys.account_of(cluster.secrets, token) == 7
