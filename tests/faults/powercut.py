"""Power cuts while phones send: the disk is copied at a moment, and what was acknowledged before must be on the copy.

`python -m tests.faults.powercut [--cuts 30] [--fsync off]` (Linux, root). Exit status 1 when anything acknowledged is
missing, doubled or torn on any copy. With `--fsync off` the database doesn't wait for the disk, and this must fail: a
test that can't see a lost write proves nothing. How a copy is one moment: tests/faults/disk.py.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from app import embedded, roles
from app.startup_problems import StartupProblem
from tests.faults import disk, losses
from tests.faults import site as sites
from tests.faults.phones import Letter, Phones
from tests.faults.site import Site

AT_ONCE = 4


@dataclass
class Report:
    """What was acknowledged before each cut, and the problems found on its copy."""

    acknowledged: list[int] = field(default_factory=list)
    copies: int = 0
    problems: list[str] = field(default_factory=list)


def run(folder: Path, cuts: int = 30, *, fsync: bool = True, seed: int = 1, stop_at_first: bool = False) -> Report:
    """Cuts `cuts` times at moments drawn with `seed`; `folder` is an empty one PostgreSQL's user can reach."""
    chance = random.Random(seed)
    report = Report()
    image = folder / "disk.img"
    disk.make(image)
    with disk.mounted(image, folder / "disk") as device:
        site = sites.make(folder / "disk" / "var")
        with sites.running(site):
            if not fsync:
                _no_fsync(site)
            os.sync()  # what was there before the phones began counts as long written
            phones = Phones(site, None, AT_ONCE, pause_s=0.02)
            phones.start()
            try:
                for number in range(cuts):
                    time.sleep(0.3 + chance.random())
                    acknowledged = _cut(site, phones, image, device, folder / "cut.img", report)
                    problems = check(site, folder / "cut.img", folder / "after", acknowledged)
                    report.acknowledged.append(len(acknowledged))
                    print(f"cut {number + 1}: {len(acknowledged)} acknowledged, {len(problems)} problems", flush=True)
                    report.problems += [f"cut {number + 1}: {line}" for line in problems]
                    if problems and stop_at_first:
                        break
            finally:
                phones.stop()
        report.problems += phones.sent.wrong
    return report


def _cut(site: Site, phones: Phones, image: Path, device: str, to: Path, report: Report) -> list[Letter]:
    """Copies the disk; what had been acknowledged before it was stopped."""
    acknowledged = list(phones.sent.acknowledged)
    with _stopped(site):
        report.copies += disk.copy(image, device, to)
    return acknowledged


@contextmanager
def _stopped(site: Site) -> Iterator[None]:
    """Every process that can write to the home stands still; some may start others while they are being stopped."""
    stopped: set[int] = set()
    try:
        while new := sites.processes(site) - stopped:
            for pid in new:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            stopped |= new
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def check(site: Site, image: Path, where: Path, acknowledged: list[Letter]) -> list[str]:
    """Starts the database on the copy, as after the power came back, and lists what is lost."""
    with disk.mounted(image, where):
        config = replace(site.config, home=where / site.config.home.name)
        try:
            embedded.start(config)
            try:
                return losses.find(roles.urls(config).worker, config.home, acknowledged)
            finally:
                embedded.stop(config)
        except (StartupProblem, psycopg.Error) as problem:
            return [f"the database doesn't start again: {type(problem).__name__} {problem}"]


def _no_fsync(site: Site) -> None:
    admin = embedded.address(site.config)
    assert admin is not None
    with psycopg.connect(admin.url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cuts", type=int, default=30)
    parser.add_argument("--fsync", choices=("on", "off"), default="on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where images are put (some 2 GB)")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing stays mounted
    folder = Path(tempfile.mkdtemp(prefix="diaban-powercut-", dir=given.folder))
    folder.chmod(0o755)
    try:
        report = run(folder, given.cuts, fsync=given.fsync == "on", seed=given.seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(report.acknowledged)} cuts ({report.copies} copies), acknowledged before each: {report.acknowledged}")
    print("\n".join(losses.summary(report.problems)) or "on each copy everything acknowledged is there once, whole")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
