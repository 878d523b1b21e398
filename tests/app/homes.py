"""Throw-away homes for real clusters: in a folder PostgreSQL's own user can reach, unlike pytest's."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from app import embedded
from app.config import Config

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def new_home() -> Iterator[Config]:
    """Settings on an empty home; whatever still runs there at the end is stopped and removed."""
    folder = Path(tempfile.mkdtemp(prefix="diaban-test-"))
    folder.chmod(0o755)
    config = Config(home=folder / "var")
    try:
        yield config
    finally:
        embedded.stop(config)
        shutil.rmtree(folder)


def connect(admin: embedded.Admin, **other: str) -> psycopg.Connection:
    """As the superuser, or with some of the parameters changed."""
    given = {"host": admin.host, "port": admin.port, "user": admin.user, "password": admin.password}
    return psycopg.connect(**{**given, "dbname": admin.dbname, **other}, autocommit=True)  # type: ignore[arg-type]


def postmaster(config: Config) -> int:
    """The process id of the home's server."""
    return int((config.cluster / "data/postmaster.pid").read_text().split("\n", 1)[0])


def program(body: str, config: Config) -> "subprocess.Popen[str]":
    """Another Python running `body`, which finds `embedded` and the home's `config` at hand."""
    head = "from pathlib import Path\nfrom app import embedded\nfrom app.config import Config\n"
    head += f"config = Config(home=Path({str(config.home)!r}))\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + body],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
