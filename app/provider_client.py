"""A province's sign-in service as a client of it sees it: where to send people, and who it says they are.

OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636); RFC 9207 where the service names itself.
"""

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

import urllib3
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from app.provider_fetching import Fetching, ProviderSilent
from app.provider_settings import Provider, is_safe
from geodata.problems import Problem

# Signed with a key only the service has. Never `none`, never HS…: whoever knows our secret could sign those.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
SCOPES = "openid profile email"
KEPT_S = 3600  # what the service publishes about itself
KEYS_AGAIN_S = 30  # a token with a key we don't know asks for the keys anew, no more often than this
CLOCKS_APART_S = 60
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderAnswerWrong(Problem):
    """What the service sent doesn't hold; facts: reason (signature, or the claim that is wrong)."""

    code: ClassVar[str] = "provider_answer_wrong"


class CodeRefused(Problem):
    """The service doesn't take the code: it was used before, is too old, or not for us."""

    code: ClassVar[str] = "provider_code_refused"


@dataclass(frozen=True)
class Begun:
    """What one sign-in must come back with; `verifier` is shown to the service only with the code."""

    state: str
    nonce: str
    verifier: str


class Client:
    """One service, for all threads of a process."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._fetching = Fetching()
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] = (0.0, {})
        self._keys: tuple[float, KeySet | None] = (0.0, None)

    def ask(self) -> None:
        """Reads what the service publishes about itself, and its keys. Raises ProviderSilent, ProviderAnswerWrong."""
        self._published()
        self._key_set()

    def address(self, begun: Begun, back: str) -> str:
        """Where the browser is sent; it comes back to `back`. Raises ProviderSilent, ProviderAnswerWrong."""
        made: str = prepare_grant_uri(
            self._published()["authorization_endpoint"],
            self._provider.client,
            "code",
            redirect_uri=back,
            scope=SCOPES,
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
        return made

    def told(self, code: str, begun: Begun, back: str) -> dict[str, Any]:
        """The claims about who signed in, `sub` among them, all checked.

        Raises CodeRefused, ProviderSilent, ProviderAnswerWrong.
        """
        answer = self._exchanged(code, begun, back)
        claims = self._checked(answer, begun)
        if self._provider.claim not in claims:
            # Some services tell the name only where they are asked about the person.
            claims = {**self._about(answer, claims["sub"]), **claims}
        return claims

    def _exchanged(self, code: str, begun: Begun, back: str) -> dict[str, Any]:
        published = self._published()
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": begun.verifier,
        }  # fmt: skip
        headers = {}
        methods = published.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in methods:
            pair = f"{quote(self._provider.client, safe='')}:{quote(self._provider.secret, safe='')}"
            headers = urllib3.make_headers(basic_auth=pair)
        else:
            fields |= {"client_id": self._provider.client, "client_secret": self._provider.secret}
        answer = self._fetching.posted(published["token_endpoint"], fields, headers)
        if answer is None:
            raise CodeRefused
        return answer

    def _checked(self, answer: dict[str, Any], begun: Begun) -> dict[str, Any]:
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderAnswerWrong(reason="id_token")
        try:
            opened = self._opened(token)
            claims = CodeIDToken(
                opened.claims,
                opened.header,
                options={
                    "iss": {"essential": True, "value": self._provider.issuer},
                    "sub": {"essential": True},
                    "aud": {"essential": True, "value": self._provider.client},
                },
                params={
                    "client_id": self._provider.client, "nonce": begun.nonce,
                    "access_token": answer.get("access_token"),
                },
            )  # fmt: skip
            claims.validate(leeway=CLOCKS_APART_S)
        except JoseError as error:
            # A claim is told by its name; a key or signature that doesn't fit by what is wrong with it.
            raise ProviderAnswerWrong(reason=getattr(error, "claim", None) or error.error) from error
        if len(claims["sub"]) > 255 or not claims["sub"].isprintable():
            raise ProviderAnswerWrong(reason="sub")
        return dict(claims)

    def _opened(self, token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(token, self._key_set(), registry=registry)
        except InvalidKeyIdError:
            # The service has changed its keys since we asked.
            return jwt.decode(token, self._key_set(older_than_s=KEYS_AGAIN_S), registry=registry)
        except ValueError as error:
            raise ProviderAnswerWrong(reason="signature") from error

    def _about(self, answer: dict[str, Any], subject: str) -> dict[str, Any]:
        address = self._published().get("userinfo_endpoint")
        token = answer.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or address is None:
            return {}
        about = self._fetching.got(address, {"Authorization": f"Bearer {token}"})
        if about.get("sub") != subject:
            raise ProviderAnswerWrong(reason="sub")
        return about

    def _published(self) -> dict[str, Any]:
        until, found = self._metadata
        if time.monotonic() < until:
            return found
        issuer = self._provider.issuer
        found = self._fetching.got(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ProviderAnswerWrong(reason="issuer")
        plain_here = issuer.startswith("http:")
        for name in (*ENDPOINTS, "userinfo_endpoint"):
            given = found.get(name)
            if given is None and name not in ENDPOINTS:
                continue
            if not isinstance(given, str) or not is_safe(given, plain_here=plain_here):
                raise ProviderAnswerWrong(reason=name)
        self._metadata = (time.monotonic() + KEPT_S, found)
        return found

    def _key_set(self, older_than_s: float = KEPT_S) -> KeySet:
        with self._lock:
            fetched, keys = self._keys
            if keys is None or time.monotonic() - fetched > older_than_s:
                keys = _public(self._fetching.got(self._published()["jwks_uri"]))
                self._keys = (time.monotonic(), keys)
            return keys


def _public(document: dict[str, Any]) -> KeySet:
    """The keys signatures are checked with; those of kinds we don't know are left out. Raises ProviderSilent."""
    given, keys = document.get("keys"), []
    for key in given if isinstance(given, list) else []:
        with contextlib.suppress(JoseError, ValueError, KeyError, TypeError):
            keys.append(JWKRegistry.import_key(key))
    if not keys:
        raise ProviderSilent(reason="keys")
    return KeySet(keys)
