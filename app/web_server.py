"""How gunicorn serves the application: address, workers, TLS, and whose word about the caller's address counts."""

import contextlib
import http.client
import socket
import ssl
import sys
import time
from pathlib import Path

from app.config import Config
from app.startup_problems import WebPortTaken

WORKERS = 2
THREADS = 8


def command(config: Config) -> list[str]:
    """The whole command line, run by this very Python, that serves these settings."""
    return [sys.executable, "-m", "gunicorn", *arguments(config), "app.wsgi:app"]


def arguments(config: Config) -> list[str]:
    """gunicorn's options for these settings."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    chosen = [f"--bind={host}:{config.port}", f"--workers={WORKERS}", f"--threads={THREADS}"]
    # Loaded once and forked: half the start, shared memory, and a killed worker is replaced at once.
    chosen += ["--preload", "--worker-class=gthread", "--timeout=120", "--graceful-timeout=15", "--log-level=warning"]
    if Path("/dev/shm").is_dir():  # noqa: S108  the heartbeat file must not wait for a busy disk
        chosen.append("--worker-tmp-dir=/dev/shm")
    if config.tls_cert is not None and config.tls_key is not None:
        chosen += [f"--certfile={config.tls_cert}", f"--keyfile={config.tls_key}"]
    if config.trusted_proxy:
        chosen.append(f"--forwarded-allow-ips={','.join(config.trusted_proxy)}")
    return chosen


def require_free_port(config: Config) -> None:
    """Raises WebPortTaken, proposing a free one, where another program already listens."""
    if _can_bind(config.host, config.port):
        return
    other = next(port for port in range(config.port + 1, config.port + 1000) if _can_bind(config.host, port))
    raise WebPortTaken(host=config.host, port=config.port, other=other)


def _can_bind(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError):
            return False
    return True


def answers(config: Config, *, within_s: float) -> bool:
    """Whether the server says it lives, asked until it does or `within_s` seconds are over."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if _lives(config):
            return True
        time.sleep(0.1)
    return False


def _lives(config: Config) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)  # noqa: S104  compared, not bound
    if config.tls_cert is None:
        asked = http.client.HTTPConnection(host, config.port, timeout=5)
    else:
        # Our own server by its address: the certificate names the public host, so it can't match here.
        unverified = ssl._create_unverified_context()  # noqa: S323
        asked = http.client.HTTPSConnection(host, config.port, timeout=5, context=unverified)
    with contextlib.closing(asked):
        try:
            asked.request("GET", "/healthz")
            return asked.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
