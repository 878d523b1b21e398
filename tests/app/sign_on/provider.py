"""A real OpenID provider on this machine, for tests; PKCE enforced, and able to lie in one point at a time."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import httpx
import oidc_provider_mock
from flask import Flask, Response, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

from app.provider_settings import Provider

SECRET = "mot bi mat: 100% + &"
CLIENT = "dia-ban"
Claims = dict[str, Any]


@dataclass
class Service:
    """`claims` changes what an ID token says, `signed` its signature; `published` and `keys` what the service shows."""

    issuer: str = ""
    claims: Callable[[Claims], Claims] = lambda told: told
    signed: Callable[[Claims, RSAKey], str | None] | None = None
    published: dict[str, Any] = field(default_factory=dict)
    keys: Callable[[list[Any]], Any] | None = None  # what it publishes instead of its own
    about: dict[str, Any] = field(default_factory=dict)  # what it says otherwise when asked about a person
    keys_asked: int = 0
    challenges: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)  # how clients said who they are
    asking: httpx.Client = field(default_factory=lambda: httpx.Client(verify=False))  # noqa: S501  http on this machine

    def honest(self) -> None:
        """Nothing is changed any more."""
        self.claims, self.signed, self.published = (lambda told: told), None, {}
        self.keys, self.about = None, {}
        self.seen.clear()

    def settings(self, **other: Any) -> Provider:
        """The block of settings of a client of it."""
        given = {"issuer": self.issuer, "client": CLIENT, "name": "Cổng Lâm Đồng", "secret": SECRET, **other}
        return Provider(**given)

    def knows(self, subject: str, **claims: Any) -> None:
        """Somebody who can sign in there."""
        self.asking.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()

    def signs_in(self, address: str, subject: str, **form: str) -> str:
        """What somebody does at the page a client sent them to; the address they are sent back to."""
        return self.asking.post(address, data={"sub": subject, **form}).headers["Location"]


@contextmanager
def running() -> Iterator[Service]:
    """The service on a port of its own, by the name localhost: another site than 127.0.0.1."""
    service, web = Service(), oidc_provider_mock.app(require_nonce=True)
    _watch(web, service)
    server = make_server("127.0.0.1", 0, web, threaded=True)
    service.issuer = f"http://localhost:{server.port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield service
    service.asking.close()
    server.shutdown()
    thread.join()
    server.server_close()


def _watch(web: Flask, service: Service) -> None:
    @web.before_request
    def holds_the_verifier() -> Response | None:
        if request.path != "/oauth2/token":
            return None
        service.seen.append(request.authorization.type if request.authorization else "post")
        hashed = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        if service.challenges.get(request.form.get("code", "")) == challenge:
            return None
        return flask.make_response({"error": "invalid_grant"}, 400)

    @web.after_request
    def watched(response: Response) -> Response:
        if request.path == "/oauth2/authorize" and "Location" in response.headers:
            code = parse_qs(urlsplit(response.headers["Location"]).query).get("code", [""])[0]
            assert request.args["code_challenge_method"] == "S256"
            service.challenges[code] = request.args["code_challenge"]
        elif request.path == "/jwks":
            service.keys_asked += 1
            own = (response.get_json() or {})["keys"]
            response.set_data(json.dumps({"keys": own if service.keys is None else service.keys(own)}))
        elif request.path == "/.well-known/openid-configuration":
            response.set_data(json.dumps({**(response.get_json() or {}), **service.published}))
        elif request.path == "/userinfo":
            response.set_data(json.dumps({**(response.get_json() or {}), **service.about}))
        elif request.path == "/oauth2/token" and response.status_code == 200:
            response.set_data(json.dumps(_changed(response.get_json() or {}, service)))
        return response


def _changed(answer: dict[str, Any], service: Service) -> dict[str, Any]:
    kept = flask.g.oidc_provider_mock_storage.jwk
    key = RSAKey.import_key({**kept.as_dict(is_private=True), "kid": kept.thumbprint()})
    claims = service.claims(told(answer["id_token"]))
    token = honestly(claims, key) if service.signed is None else service.signed(claims, key)
    return {**answer, "id_token": token}


def told(token: str) -> Claims:
    """What an ID token says."""
    middle = token.split(".")[1]
    claims: Claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return claims


def honestly(claims: Claims, key: RSAKey) -> str:
    """Signed as the service does."""
    return jwt.encode({"alg": "RS256", "kid": key.thumbprint()}, claims, key)


def by_another_key(claims: Claims, key: RSAKey) -> str:
    """Signed by a stranger under the service's key id."""
    return jwt.encode({"alg": "RS256", "kid": key.thumbprint()}, claims, RSAKey.generate_key(2048))


def by_nobody(claims: Claims, _: RSAKey) -> str:
    """Not signed at all."""
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in
             ({"alg": "none", "typ": "JWT"}, claims))  # fmt: skip
    return ".".join(parts) + "."


def by_the_shared_secret(claims: Claims, key: RSAKey) -> str:
    """Signed with what the client holds too."""
    return jwt.encode({"alg": "HS256", "kid": key.thumbprint()}, claims, OctKey.import_key(SECRET))


def by_the_public_key(claims: Claims, key: RSAKey) -> str:
    """The classic: the public key taken for a shared secret."""
    secret = OctKey.import_key(base64.b64encode(key.as_bytes(private=False)))
    return jwt.encode({"alg": "HS256", "kid": key.thumbprint()}, claims, secret)


def changed(text: str) -> Callable[[Claims, RSAKey], str]:
    """Signed honestly, then changed: the claim `preferred_username`."""

    def forge(claims: Claims, key: RSAKey) -> str:
        head, _, signature = honestly(claims, key).split(".")
        other = {**claims, "preferred_username": text, "exp": int(time.time()) + 600}
        return ".".join((head, base64.urlsafe_b64encode(json.dumps(other).encode()).rstrip(b"=").decode(), signature))

    return forge
