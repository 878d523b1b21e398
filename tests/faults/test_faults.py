"""Short runs of the fault tests; the long ones: `python -m tests.faults.kill`, `….phonekill`, `….powercut`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import disk, kill, powercut
from tests.faults.site import ROOT


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder PostgreSQL's own user can reach."""
    made = Path(tempfile.mkdtemp(prefix="diaban-faults-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def disk_folder(folder: Path) -> Path:
    """The same, where disk images can be mounted."""
    reason = "only root mounts disk images" if os.geteuid() else disk.usable()
    if reason:
        pytest.skip(f"no power to cut here: {reason}")
    return folder


def test_acknowledged_submissions_survive_kill_9(folder):
    report = kill.run(folder / "var", submissions=60, kills=3)
    assert report.problems == []
    assert report.acknowledged == 60
    assert report.kills == ["web", "cluster", "everything"]


def test_answers_and_photos_survive_kill_9_of_the_phones_browser():
    # A process of its own: Playwright runs once in each, and other tests have it open here.
    run = [sys.executable, "-m", "tests.faults.phonekill", "--kills", "3"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kills" in done.stdout


def test_acknowledged_submissions_survive_a_power_cut(disk_folder):
    report = powercut.run(disk_folder, cuts=3)
    assert report.problems == []
    assert report.acknowledged[-1] > 0


def test_a_database_that_does_not_wait_for_the_disk_is_found_out(disk_folder):
    report = powercut.run(disk_folder, cuts=5, fsync=False, stop_at_first=True)
    assert report.problems
