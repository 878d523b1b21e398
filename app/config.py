"""The settings of one running copy: a frozen object read once from the environment."""

import contextlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app import home_folder, provider_settings
from app.provider_settings import Provider
from app.startup_problems import ConfigProblem, DemoInPublic, HostNotSafe
from geodata import tileaddress


@dataclass(frozen=True)
class MailServer:
    """Where reminders are handed in: `security` is `tls`, `starttls` or `none` (on this machine only)."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Config:
    """`database_url` is an administrator's login, None for the private cluster; `trusted_proxy` holds IP addresses."""

    home: Path
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    url: str = "http://127.0.0.1:8000"
    demo: bool = False
    demo_password: str | None = None
    basemap: str | None = None
    point_accuracy_m: int = 15  # how exact a point phones wait for, where a form doesn't say otherwise
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxy: tuple[str, ...] = ()
    mail: MailServer | None = None  # without one reminders are in the pages alone
    provider: Provider | None = None  # without one people sign in with their password alone

    @property
    def secrets(self) -> Path:
        """Passwords and keys, 0600 in a folder of 0700."""
        return self.home / "secrets"

    @property
    def media(self) -> Path:
        """Photos, by hash."""
        return self.home / "media"

    @property
    def exports(self) -> Path:
        """Finished export files, until they are fetched or age out."""
        return self.home / "exports"

    @property
    def backups(self) -> Path:
        """Backups made without naming another folder."""
        return self.home / "backups"

    @property
    def cluster(self) -> Path:
        """The private PostgreSQL cluster."""
        return self.home / "cluster"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the web server."""
        return _is_loopback(self.host)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Config":
        """Reads and checks every setting; empty counts as unset. Raises a StartupProblem naming the variable."""
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        port = _port(given.get("DIABAN_PORT", "8000"))
        host = _host(given.get("DIABAN_HOST", "127.0.0.1"))
        cert, key = _tls(given)
        config = cls(
            home=home_folder.chosen(given.get("DIABAN_HOME"), own_cluster="DATABASE_URL" not in given),
            database_url=_database_url(given.get("DATABASE_URL")),
            host=host,
            port=port,
            url=_url(given.get("DIABAN_URL"), host, port, encrypted=cert is not None),
            demo=_switch("DIABAN_DEMO", given.get("DIABAN_DEMO", "0")),
            demo_password=_demo_password(given.get("DIABAN_DEMO_PASSWORD")),
            basemap=_basemap(given.get("DIABAN_BASEMAP")),
            point_accuracy_m=_metres(given.get("DIABAN_POINT_ACCURACY", "15")),
            tls_cert=cert,
            tls_key=key,
            trusted_proxy=_proxies(given.get("DIABAN_TRUSTED_PROXY")),
            mail=_mail(given.get("DIABAN_SMTP_URL")),
            provider=provider_settings.read(given),
        )
        _refuse_unsafe(config)
        _require_address(config, given)
        return config


def _refuse_unsafe(config: Config) -> None:
    if config.on_loopback:
        return
    if config.tls_cert is None and not config.trusted_proxy:
        raise HostNotSafe(host=config.host)
    if config.demo:
        raise DemoInPublic(host=config.host)


def _require_address(config: Config, given: Mapping[str, str]) -> None:
    """A sign-in service sends people back to one address, which it knows beforehand: ours can't be a guess."""
    seen_as_it_is = config.on_loopback and not config.trusted_proxy
    if config.provider is not None and "DIABAN_URL" not in given and not seen_as_it_is:
        raise _wrong(
            "DIABAN_URL",
            "",
            "đăng nhập một lần cần địa chỉ mà mọi người mở, dạng https://tên-máy",
            "single sign-on needs the address people open, in the form https://host",
        )


def _wrong(variable: str, value: str, vi: str, en: str) -> ConfigProblem:
    return ConfigProblem(variable=variable, value=value, expected_vi=vi, expected_en=en)


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 65535:
        raise _wrong("DIABAN_PORT", value, "hãy đặt một số từ 1 đến 65535", "set a number from 1 to 65535")
    return int(value)


def _host(value: str) -> str:
    if value == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise _wrong(
            "DIABAN_HOST", value, "hãy đặt một địa chỉ IP, ví dụ 127.0.0.1", "set an IP address such as 127.0.0.1"
        ) from None


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback


def _switch(variable: str, value: str) -> bool:
    if value not in {"0", "1"}:
        raise _wrong(variable, value, "hãy đặt 0 hoặc 1", "set 0 or 1")
    return value == "1"


def _demo_password(value: str | None) -> str | None:
    if value is not None and len(value) < 8:
        raise _wrong("DIABAN_DEMO_PASSWORD", "…", "cần ít nhất 8 ký tự", "at least 8 characters are needed")
    return value


def _database_url(value: str | None) -> str | None:
    if value is None:
        return None
    expected = (
        "hãy đặt dạng postgresql://tên:mật_khẩu@máy:cổng/cơ_sở_dữ_liệu",
        "use the form postgresql://user:password@host:port/database",
    )
    try:
        url = make_url(value)
        named = url.get_backend_name() in {"postgresql", "postgres"} and url.database
    except (ArgumentError, ValueError):
        named = None
    if not named:
        # The value itself may hold a password, so it isn't repeated.
        raise _wrong("DATABASE_URL", "…", *expected)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _basemap(value: str | None) -> str | None:
    if value is None:
        return None
    if value.startswith(("http://", "https://")):
        with contextlib.suppress(tileaddress.AddressNotSafe):
            tileaddress.check(value)
            return value
    elif value.endswith(".pmtiles") and Path(value).is_file():
        return str(Path(value).absolute())
    raise _wrong(
        "DIABAN_BASEMAP",
        value,
        "hãy đặt một tệp .pmtiles có thật hoặc địa chỉ XYZ, WMTS https có {z}, {x}, {y}",
        "set an existing .pmtiles file or an https XYZ or WMTS address with {z}, {x}, {y}",
    )


def _metres(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 100:
        raise _wrong(
            "DIABAN_POINT_ACCURACY", value, "hãy đặt số mét từ 1 đến 100", "set a number of metres from 1 to 100"
        )
    return int(value)


def _url(value: str | None, host: str, port: int, *, encrypted: bool) -> str:
    if value is None:
        name = f"[{host}]" if ":" in host else host
        return f"{'https' if encrypted else 'http'}://{name}:{port}"
    try:
        parts = urlsplit(value)
        name = parts.hostname or ""
        _ = parts.port
    except ValueError:
        name = ""
    local = name in {"localhost", "127.0.0.1", "::1"}
    plain = not name or parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if plain or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise _wrong(
            "DIABAN_URL",
            value,
            "hãy đặt dạng https://tên-máy (http chỉ dùng cho localhost)",
            "use the form https://host (http only for localhost)",
        )
    return value.rstrip("/")


def _tls(given: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    names = ("DIABAN_TLS_CERT", "DIABAN_TLS_KEY")
    files: list[Path] = []
    for name, other in zip(names, reversed(names), strict=True):
        value = given.get(name)
        if value is None:
            if other in given:
                raise _wrong(name, "", f"phải đặt cùng với {other}", f"it must be set together with {other}")
            continue
        path = Path(value).absolute()
        try:
            path.read_bytes()
        except OSError:
            raise _wrong(name, value, "hãy đặt một tệp PEM đọc được", "set a readable PEM file") from None
        files.append(path)
    return (files[0], files[1]) if files else (None, None)


def _proxies(value: str | None) -> tuple[str, ...]:
    if value is None:
        return ()
    try:
        return tuple(str(ipaddress.ip_address(part.strip())) for part in value.split(","))
    except ValueError:
        raise _wrong(
            "DIABAN_TRUSTED_PROXY",
            value,
            "hãy đặt địa chỉ IP của máy chủ trung gian, nhiều địa chỉ cách nhau bằng dấu phẩy",
            "set the proxy's IP address, several separated by commas",
        ) from None


def _mail(value: str | None) -> MailServer | None:
    """`smtps://user:password@host:465?from=dia-ban@…` speaks TLS at once, `smtp://` STARTTLS; plain on this machine."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 587)
        (sender,) = parse_qs(parts.query, strict_parsing=True).get("from", [""])
    except ValueError:
        host = sender = ""
        port = 0
    name, _, domain = sender.partition("@")
    if (
        not host
        or parts.scheme not in {"smtp", "smtps"}
        or not name
        or not domain
        or any(c in sender for c in "\r\n<>,")
    ):
        raise _wrong(
            "DIABAN_SMTP_URL",
            "…",  # it may hold a password
            "hãy đặt dạng smtps://tên:mật_khẩu@máy:465?from=dia-ban@co-quan.gov.vn",
            "use the form smtps://user:password@host:465?from=dia-ban@office.gov.vn",
        )
    here = host == "localhost" or host.startswith("127.") or host == "::1"
    security = "tls" if parts.scheme == "smtps" else "none" if here and not parts.username else "starttls"
    return MailServer(host, port, security, sender, unquote(parts.username or ""), unquote(parts.password or ""))
