"""The demo province served as in service, and a technician with QGIS."""

import json
import os
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from geodata.qgisproject import AUTH
from surveys.layers import CATALOGUE
from tests.bench import stage as stages

SCRIPT = Path(__file__).with_name("technician.py")
PYTHON = "/usr/bin/python3"  # Debian's: QGIS's modules are built for it


@dataclass(frozen=True)
class Served:
    """The server's address, the technician's token, how many rows each layer has, how many of them with a place."""

    url: str
    token: str
    rows: dict[str, tuple[int, int]]

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, auth=("gis", self.token), timeout=120)


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """`diaban up` with the demo province."""
    with stages.made() as stage, stage.serving() as site:
        with stages.one_engine(stage.urls.worker).connect() as connection:
            rows = {
                layer.key: tuple(connection.execute(text(f"SELECT count(*), count(geom) FROM {layer.key}")).one())
                for layer in CATALOGUE
            }
        yield Served(site.config.url, stage.token("gis"), rows)  # type: ignore[arg-type]


@pytest.fixture
def qgis(served: Served, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """`qgis(files=[…])`: what QGIS says of these, with a profile of its own where the technician has signed in."""

    def asked(signed_in: bool = True, **more: Any) -> dict[str, Any]:
        profile = tempfile.mkdtemp(dir=tmp_path)
        given = {"auth": AUTH, "api": f"{served.url}/ogc/", "pictures": profile, **more}
        if signed_in:
            given |= {"name": "gis", "token": served.token}
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": profile, "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen",
            "QGIS_AUTH_DB_DIR_PATH": profile, "XDG_RUNTIME_DIR": profile, "QGIS_PREFIX_PATH": "/usr",
        }  # fmt: skip
        done = subprocess.run(
            [PYTHON, str(SCRIPT)], input=json.dumps(given), env=environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    missing = subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False, env=dict(os.environ))
    assert missing.returncode == 0, "no QGIS; run setup/system-packages qgis"
    return asked


@pytest.fixture
def exported(served: Served, tmp_path: Path) -> Callable[[str, str], Path]:
    """`exported("religious_sites", "shapefile")`: the unpacked folder of an export made by the server."""

    def get(layer: str, format_: str) -> Path:
        with served.http as client:
            wanted = {"layer": layer, "format": format_, "purpose": "Mở thử trong QGIS"}
            answer = client.post("/api/exports", json=wanted)
            assert answer.status_code == 202, answer.text
            for _ in range(600):
                job = client.get(answer.headers["Location"]).json()
                if job["state"] not in ("queued", "running"):
                    break
                time.sleep(0.5)
            assert job["state"] == "done", job
            file = tmp_path / f"{layer}-{format_}"
            file.write_bytes(client.get(job["result"]["download"]).content)
        folder = tmp_path / f"{layer}-{format_}-tep"
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
        return folder

    return get
