"""Requests a second of tiles: ours cached and uncached, tipg's, on the same light tiles of the same table.

tipg is looked for with the Python that TIPG_PYTHON names, else installed into a venv of its own; without a package
index that comparison is left out and said so.
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from app import create_app, web_server
from app.config import Config
from app.roles import Urls
from tests.bench.table import Row

LOCKED = Path(__file__).resolve().parents[2] / "requirements/bench.txt"
Address = tuple[int, int, int]


def measure(config: Config, urls: Urls, token: str, layer: str, light: list[Address]) -> list[Row]:
    """Two rows; `light` are addresses of tiles with few features of the layer."""
    light = random.Random(5).sample(light, min(len(light), 2500))
    headers = f"Authorization: Bearer {token}\r\n"
    with serving(config, urls) as port:
        paths = [f"/tiles/{layer}/{z}/{x}/{y}.mvt" for z, x, y in light]
        _rate(port, paths[:200], headers, once=True)  # connections open, plans made
        cold = _rate(port, paths[200:], headers, once=True)
        _rate(port, paths[:50], headers, seconds=2)
        warm = _rate(port, paths[:50], headers, seconds=6)
    theirs = _tipg(urls, layer, light)
    if theirs is None:
        missing = "tipg can't be installed here"
        return [
            Row("tiles over HTTP: cached", f"{warm:,.0f}/s", missing, budget="≥ 5×"),
            Row("tiles over HTTP: uncached light", f"{cold:,.0f}/s", missing, budget="≥ 1.5×"),
        ]
    beside = f"tipg {theirs:,.0f}/s"
    return [
        Row("tiles over HTTP: cached", f"{warm:,.0f}/s", beside, warm / theirs, "≥ 5×", warm >= 5 * theirs),
        Row("tiles over HTTP: uncached light", f"{cold:,.0f}/s", beside, cold / theirs, "≥ 1.5×", cold >= 1.5 * theirs),
    ]


def serve():  # type: ignore[no-untyped-def]
    """What gunicorn loads: the application on the database the bench made."""
    home, web = os.environ["BENCH_HOME"], os.environ["BENCH_WEB"]
    return create_app(Config(home=Path(home)), Urls(owner="", web=web, worker=""))


@contextmanager
def serving(config: Config, urls: Urls) -> Iterator[int]:
    """The application under gunicorn, as `diaban up` runs it; its port."""
    ours = Config(home=config.home, port=_free_port())
    command = [sys.executable, "-m", "gunicorn", *web_server.arguments(ours), "tests.bench.tiles_http:serve()"]
    with _running(command, ours.port, {"BENCH_HOME": str(config.home), "BENCH_WEB": urls.web}) as port:
        yield port


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        time.sleep(2)  # all workers, not only the first
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tipg(urls: Urls, layer: str, light: list[Address]) -> float | None:
    with tempfile.TemporaryDirectory(prefix="diaban-tipg-") as folder:
        python = os.environ.get("TIPG_PYTHON") or _install(Path(folder))
        if python is None:
            return None
        port = _free_port()
        address = make_url(urls.worker).set(drivername="postgresql").render_as_string(hide_password=False)
        environment = {"DATABASE_URL": address, "TIPG_DB_SCHEMAS": '["public"]'}
        command = [python, "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--workers", "2", "--no-access-log"]
        with _running(command, port, environment):
            time.sleep(3)
            paths = [f"/collections/public.{layer}/tiles/WebMercatorQuad/{z}/{x}/{y}" for z, x, y in light]
            return _rate(port, paths, "", once=True)


def _install(folder: Path) -> str | None:
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv/bin/python")
    wanted = ["--require-hashes", "-r", str(LOCKED)]
    done = subprocess.run([python, "-m", "pip", "install", "-qqq", *wanted], check=False)
    return python if done.returncode == 0 else None


def _rate(port: int, paths: list[str], headers: str, *, once: bool = False, seconds: float = 1e9) -> float:
    """Requests a second over 8 connections: each path once, or again and again for some seconds."""
    left = iter(paths)
    lock = threading.Lock()
    end = time.monotonic() + seconds
    done = [0] * 8

    def ask(me: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as link:
            stream = link.makefile("rb")
            turn = me
            while time.monotonic() < end:
                if once:
                    with lock:
                        path = next(left, None)
                    if path is None:
                        return
                else:
                    path = paths[turn % len(paths)]
                    turn += 1
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode())
                _read(stream)
                done[me] += 1

    begun = time.monotonic()
    threads = [threading.Thread(target=ask, args=(me,)) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - begun)


def _read(stream) -> None:  # type: ignore[no-untyped-def]
    status = stream.readline()
    assert status.split()[1] in (b"200", b"204"), status
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    stream.read(length)
