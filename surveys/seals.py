"""Opens what a phone sealed to the server's public key: ECDH on P-256, HKDF-SHA-256, AES-256-GCM."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from geodata.problems import Problem

VERSION = 1
INFO = b"diaban seal 1"
CURVE = ec.SECP256R1()
_POINT = 65  # bytes of an uncompressed public key
_IV = 12
_TAG = 16
OVERHEAD = 1 + _POINT + _IV + _TAG  # what sealing adds to the bytes within


class SealBroken(Problem):
    """Not a seal, made for another key or another purpose, or changed on the way; facts: what."""

    code = "seal_broken"


def open_seal(private_key: ec.EllipticCurvePrivateKey, sealed: bytes, aad: str) -> bytes:
    """The bytes within. `sealed` is version ‖ ephemeral public key ‖ IV ‖ ciphertext and tag. Raises SealBroken."""
    what = aad.split(" ", 1)[0]
    if len(sealed) < OVERHEAD or sealed[0] != VERSION:
        raise SealBroken(what=what)
    ephemeral = sealed[1 : 1 + _POINT]
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, ephemeral)
    except ValueError:
        raise SealBroken(what=what) from None
    key = derived(private_key.exchange(ec.ECDH(), public), ephemeral, raw(private_key.public_key()))
    iv, closed = sealed[1 + _POINT : 1 + _POINT + _IV], memoryview(sealed)[1 + _POINT + _IV :]
    try:
        return AESGCM(key).decrypt(iv, closed, aad.encode())
    except InvalidTag:
        raise SealBroken(what=what) from None


def derived(secret: bytes, ephemeral: bytes, server: bytes) -> bytes:
    """The AES key of a shared secret; both public keys (raw) are the salt, so no seal is one of another key."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=ephemeral + server, info=INFO).derive(secret)


def raw(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """The 65 bytes of an uncompressed public key."""
    return public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
