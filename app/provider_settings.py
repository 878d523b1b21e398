"""The one block of settings for signing in at a province's own sign-in service (OpenID Connect)."""

import ipaddress
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from app.startup_problems import ConfigProblem

NEEDED = ("DIABAN_OIDC_ISSUER", "DIABAN_OIDC_CLIENT", "DIABAN_OIDC_SECRET_FILE", "DIABAN_OIDC_NAME")
CLAIM = "DIABAN_OIDC_CLAIM"
MOST_SECRET = 1000  # characters


@dataclass(frozen=True)
class Provider:
    """`name` stands on the button; `claim` of what the provider tells is compared with our user names."""

    issuer: str
    client: str
    name: str
    claim: str = "preferred_username"
    secret: str = field(default="", repr=False)


def read(given: Mapping[str, str]) -> Provider | None:
    """The block, or None where nothing of it is set. Raises ConfigProblem naming what is missing or wrong."""
    if not any(name in given for name in (*NEEDED, CLAIM)):
        return None
    for name in NEEDED:
        if name not in given:
            raise _wrong(
                name,
                "",
                "phải đặt cùng với các biến DIABAN_OIDC_ khác",
                "it must be set with the other DIABAN_OIDC_ ones",
            )
    issuer, client, file, label = (given[name] for name in NEEDED)
    claim = given.get(CLAIM, "preferred_username")
    if not re.fullmatch(r"[A-Za-z0-9_.:/-]{1,100}", claim):
        raise _wrong(CLAIM, claim, "hãy đặt tên một mục, ví dụ preferred_username", "set a claim's name, e.g. email")
    if len(label) > 60:
        raise _wrong("DIABAN_OIDC_NAME", label, "hãy đặt tối đa 60 ký tự", "set at most 60 characters")
    return Provider(_issuer(issuer), client, label, claim, _secret(file))


def is_safe(address: str, *, plain_here: bool) -> bool:
    """Whether an address may be asked: https; with `plain_here` http too, but on this machine only."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and plain_here and _is_here(host))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _issuer(value: str) -> str:
    if not is_safe(value, plain_here=True) or urlsplit(value).query:
        raise _wrong(
            "DIABAN_OIDC_ISSUER",
            value,
            "hãy đặt địa chỉ https của máy chủ đăng nhập (http chỉ dùng cho localhost)",
            "set the provider's https address (http only for localhost)",
        )
    return value


def _secret(value: str) -> str:
    file, expected = Path(value).absolute(), None
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            expected = (f"tệp đang mở cho người khác: chmod 600 {file}", f"others can open the file: chmod 600 {file}")
        secret = file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        expected, secret = ("hãy đặt một tệp đọc được", "set a readable file"), ""
    if expected is None and not (secret.isprintable() and 1 <= len(secret) <= MOST_SECRET):
        expected = ("tệp phải có đúng một dòng là khoá bí mật", "the file must hold the secret in one line")
    if expected is not None:
        raise _wrong("DIABAN_OIDC_SECRET_FILE", value, *expected)
    return secret


def _wrong(variable: str, value: str, vi: str, en: str) -> ConfigProblem:
    return ConfigProblem(variable=variable, value=value, expected_vi=vi, expected_en=en)
