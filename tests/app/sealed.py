"""Seals records as the phone app does, and brings them to the server."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys import seals

OURS = {"X-Diaban-Client": "1"}
TUS = {**OURS, "Tus-Resumable": "1.0.0"}
BYTES = "application/offset+octet-stream"
MADE_AT = "2026-10-01T08:30:00.000+07:00"


def public(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "==")) for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, seals.CURVE).public_key()


def seal(server: ec.EllipticCurvePublicKey, data: bytes, aad: str) -> bytes:
    own = ec.generate_private_key(seals.CURVE)
    ephemeral = seals.raw(own.public_key())
    key = seals.derived(own.exchange(ec.ECDH(), server), ephemeral, seals.raw(server))
    iv = os.urandom(12)
    return bytes([seals.VERSION]) + ephemeral + iv + AESGCM(key).encrypt(iv, data, aad.encode())


@dataclass
class Sealed:
    """A record under its seal; `parts` by hash, `names` the files' own hashes."""

    instance: str
    key_id: str
    xml_sha256: str
    body: bytes
    parts: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def keys(client: FlaskClient) -> tuple[str, ec.EllipticCurvePublicKey, str]:
    """(key id, public key, author token) as the server gives them to the account of `client`."""
    got = client.get("/survey/api/keys").json
    return got["key"]["id"], public(got["key"]["jwk"]), got["author"]


def record(
    client: FlaskClient,
    instance: str,
    xml: bytes,
    files: dict[str, bytes] | None = None,
    *,
    header: dict[str, object] | None = None,
) -> Sealed:
    """A record of the account of `client`; `header` overrides what stands beside the XML within the seal."""
    key_id, server, author = keys(client)
    made = Sealed(instance, key_id, hashlib.sha256(xml).hexdigest(), b"")
    listed = []
    for name, data in (files or {}).items():
        part = seal(server, data, f"part {instance}/{name}")
        digest = hashlib.sha256(part).hexdigest()
        made.parts[digest] = part
        made.names[name] = hashlib.sha256(data).hexdigest()
        listed.append({"name": name, "sha256": made.names[name], "bytes": len(data), "part": digest})
    root = xml.decode()
    head = {
        "author": author,
        "instanceID": instance,
        "formId": root.partition(' id="')[2].partition('"')[0],
        "version": root.partition('version="')[2].partition('version="')[2].partition('"')[0],
        "madeAt": MADE_AT,
        "sha256": made.xml_sha256,
        "files": listed,
        **(header or {}),
    }
    made.body = seal(server, json.dumps(head).encode() + b"\n" + xml, f"record {instance}")
    return made


def upload(client: FlaskClient, part: bytes) -> TestResponse:
    """One sealed file, whole, in one request."""
    digest = hashlib.sha256(part).hexdigest()
    metadata = base64.b64encode(digest.encode()).decode()
    headers = {**TUS, "Upload-Length": str(len(part)), "Upload-Metadata": f"part {metadata}"}
    return client.post("/survey/api/uploads", data=part, content_type=BYTES, headers=headers)


def send(client: FlaskClient, sealed: Sealed, *, parts: bool = True, **headers: str) -> TestResponse:
    """The record after its files."""
    if parts:
        for part in sealed.parts.values():
            answer = upload(client, part)
            assert answer.status_code == 201, answer.text
    given = {
        "X-Diaban-Key": sealed.key_id,
        "X-Diaban-Record": sealed.instance,
        "X-Diaban-Parts": ",".join(sealed.parts),
        **OURS,
        **headers,
    }
    return client.post("/survey/api/records", data=sealed.body, content_type="application/octet-stream", headers=given)
