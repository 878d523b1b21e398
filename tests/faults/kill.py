"""kill -9 of the web workers, the database server and everything at once, while phones send.

`python -m tests.faults.kill [--submissions 500]`: exit status 1 when an acknowledged submission is missing, doubled or
changed. A killed database ends `diaban up`; it is started again, as a service manager would. The phones repeat what
wasn't acknowledged, with the same bytes: a submission committed just before its answer was lost comes a second time.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import losses
from tests.faults import site as sites
from tests.faults.phones import Phones
from tests.faults.site import Site

WHOLE = ("web", "cluster", "everything")


@dataclass
class Report:
    """What happened, and what was lost (nothing, it is hoped)."""

    acknowledged: int = 0
    failed_tries: int = 0
    kills: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def run(home: Path, submissions: int = 500, kills: int = 9, seed: int = 1) -> Report:
    """Sends while killing by turns, at moments drawn with `seed`; `home` must not exist."""
    chance = random.Random(seed)
    site = sites.make(home)
    report = Report()
    with sites.running(site):
        phones = Phones(site, submissions)
        phones.start()
        every = submissions / (kills + 1)
        for number in range(kills):
            while phones.busy and len(phones.sent.acknowledged) < every * (number + 1):
                time.sleep(0.002)
            if not phones.busy:
                break
            time.sleep(chance.random() * 0.05)
            what = WHOLE[number % len(WHOLE)]
            report.kills.append(what)
            _kill(site, what)
        phones.wait()
        report.acknowledged = len(phones.sent.acknowledged)
        report.failed_tries = phones.sent.failed_tries
        report.problems = phones.sent.wrong
        report.problems += losses.find(sites.urls(site).worker, home, phones.sent.acknowledged)
    return report


def _kill(site: Site, what: str) -> None:
    victims = {"web": sites.web_workers, "cluster": sites.server_processes, "everything": sites.processes}[what](site)
    assert victims, f"nothing to kill: {what}"
    for pid in victims:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if what != "web":
        assert site.program is not None
        site.program.wait(60)
        sites.start(site)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--kills", type=int, default=9)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing goes on running
    folder = Path(tempfile.mkdtemp(prefix="diaban-kill-"))
    folder.chmod(0o755)
    try:
        report = run(folder / "var", given.submissions, given.kills, given.seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{report.acknowledged} acknowledged, {report.failed_tries} tries failed, killed: {', '.join(report.kills)}")
    print("\n".join(losses.summary(report.problems)) or "each acknowledged submission is there once, whole")
    return 1 if report.problems or report.acknowledged != given.submissions else 0


if __name__ == "__main__":
    sys.exit(main())
