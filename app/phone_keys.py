"""The key that phones seal to, kept for good in the secrets folder, and the token that says whose phone it is."""

import base64
import datetime as dt
import hashlib
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from itsdangerous import BadSignature, URLSafeSerializer

from app import keys
from geodata.problems import Problem
from surveys import seals

CURRENT = "phone_key"
AUTHORS = "phone_authors"
_ID = re.compile(r"[0-9a-f]{16}\Z")


class AuthorUnknown(Problem):
    """The token within a seal wasn't made by this server."""

    code = "author_unknown"


class KeyUnknown(Problem):
    """No private key of that id is kept here; facts: id."""

    code = "seal_key_unknown"


def current(folder: Path) -> ec.EllipticCurvePrivateKey:
    """The key that phones seal to now; made on first use."""
    found = _read(keys.kept(folder, CURRENT, make=_new))
    _keep(folder, found)
    return found


def named(folder: Path, id_: str) -> ec.EllipticCurvePrivateKey:
    """The private key of that id, also one that was replaced since. Raises KeyUnknown."""
    text = keys.read(folder, f"{CURRENT}-{id_}") if _ID.match(id_) else None
    if text is not None:
        return _read(text)
    made = current(folder)
    if id_of(made) != id_:
        raise KeyUnknown(id=id_[:64])
    return made


def renew(folder: Path) -> str:
    """Replaces the current key; the id of the new one. The old ones go on opening what was sealed to them."""
    current(folder)
    made = _read(_new())
    _keep(folder, made)
    keys.replace(folder, CURRENT, _pem(made))
    return id_of(made)


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half, as WebCrypto reads it."""
    point = seals.raw(key.public_key())
    return {"kty": "EC", "crv": "P-256", "x": _url64(point[1:33]), "y": _url64(point[33:])}


def id_of(key: ec.EllipticCurvePrivateKey) -> str:
    """The first half of the SHA-256 of the public key, hex."""
    return hashlib.sha256(seals.raw(key.public_key())).hexdigest()[:16]


def author(folder: Path, account_id: int, on: dt.date) -> str:
    """What goes into every seal that this account's phone makes: whose it is, and since when."""
    return str(_signer(folder).dumps([account_id, on.isoformat()]))


def account_of(folder: Path, token: str) -> int:
    """The account an author token names; it never runs out, since a phone may be away for long. AuthorUnknown."""
    try:
        account_id, _ = _signer(folder).loads(token)
        return int(account_id)
    except (BadSignature, ValueError, TypeError):
        raise AuthorUnknown from None


def _signer(folder: Path) -> URLSafeSerializer:
    return URLSafeSerializer(
        keys.kept(folder, AUTHORS), salt="phone author", signer_kwargs={"digest_method": hashlib.sha256}
    )


def _keep(folder: Path, key: ec.EllipticCurvePrivateKey) -> None:
    keys.kept(folder, f"{CURRENT}-{id_of(key)}", make=lambda: _pem(key))


def _new() -> str:
    return _pem(ec.generate_private_key(seals.CURVE))


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _read(text: str) -> ec.EllipticCurvePrivateKey:
    found = load_pem_private_key(text.encode(), password=None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)  # noqa: S101  nothing else is ever written there
    return found


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
