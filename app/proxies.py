"""Whose word about the caller's address and scheme counts: only that of the proxies named in the settings."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def trust(web: Flask, addresses: tuple[str, ...]) -> None:
    """X-Forwarded-For and -Proto are read when the request comes from one of `addresses`, else ignored."""
    if not addresses:
        return
    direct: Any = web.wsgi_app
    behind = ProxyFix(direct, x_for=1, x_proto=1)

    def choose(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        chosen = behind if environ.get("REMOTE_ADDR") in addresses else direct
        return chosen(environ, start_response)

    web.wsgi_app = choose  # type: ignore[method-assign]
