"""On an office's own network: over https with its own authority the app installs; over http it says why it can't."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.browser import lan
from tests.faults.site import ROOT

# A network of its own needs root, or a user namespace in which this user is it.
AS_ROOT = ("unshare", "--net")
AS_USER = ("unshare", "--user", "--map-current-user", "--keep-caps", "--net")


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    alone = AS_ROOT if os.geteuid() == 0 else AS_USER
    allowed = subprocess.run([*alone, "ip", "link", "set", "lo", "up"], capture_output=True, text=True, check=False)
    assert allowed.returncode == 0, f"no network namespace can be made here, so nothing was shown: {allowed.stderr}"
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.browser.lan"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_over_https_the_app_installs_and_place_and_crypto_work(seen: dict[str, Any]) -> None:
    found = seen["https"]
    assert found["secure"] is True
    assert found["worker"] == f"https://{lan.ADDRESS}:{lan.PORT}/survey/sw.js"
    assert found["controlled"] is True
    assert found["problems"] == []
    assert found["manifest"] == {"url": f"https://{lan.ADDRESS}:{lan.PORT}/survey/manifest.webmanifest", "errors": []}
    assert found["place"] == 11.95
    assert found["bytes"] == 32
    assert found["notices"] == []


def test_over_http_one_sentence_says_why_not(seen: dict[str, Any]) -> None:
    found = seen["http"]
    assert (found["secure"], found["worker"], found["bytes"]) == (False, None, None)
    assert len(found["notices"]) == 1
    assert "http" in found["notices"][0]
    assert "https" in found["notices"][0]
    assert found["errors"] == []


def test_the_server_itself_refuses_to_be_reached_without_https(seen: dict[str, Any]) -> None:
    found = seen["refused"]
    assert found["exit"] != 0
    assert len(found["said"]) == 1
    assert "DIABAN_TLS_CERT" in found["said"][0]
