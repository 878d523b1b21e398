"""Records sent by a real Chromium through a connection that cuts, loses acknowledgements and plays the server.

`python -m tests.faults.cuttingproxy --sends 500`: exit status 1 unless each record is one whole row, and the phone's
ledger and the server agree by hash.
"""

import argparse
import random
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from playwright.sync_api import Browser, sync_playwright

from tests.faults import proxy as proxies
from tests.faults import queued
from tests.faults import site as sites
from tests.faults.proxy import Proxy
from tests.faults.queued import QueuedPhone, Server
from tests.faults.site import Site


@dataclass
class Report:
    """What happened, and what was lost (nothing, it is hoped)."""

    sent: int
    seconds: float = 0
    happened: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def run(site: Site, browser: Browser, sends: int, *, photo_bytes: int = 60_000, seed: int = 1) -> Report:
    """Sends that many records, every third with a photo, through the bad connection; the site is up."""
    chance = random.Random(seed)
    server = Server(site)
    proxy = Proxy(site.config.port)
    report = Report(sends, happened=proxy.happened)
    context = browser.new_context(viewport={"width": 360, "height": 640}, locale="vi-VN")
    try:
        phone = QueuedPhone(context.new_page(), proxy.address)
        phone.signs_in()
        records = [server.record(chance, 0 if number % 3 else photo_bytes) for number in range(sends)]
        phone.holds(records)
        proxy.fate = proxies.bad(seed)
        begun = time.monotonic()
        held = phone.sends_all(within_s=60 + sends * 4)
        report.seconds = time.monotonic() - begun
        if held["waiting"] or held["parts"]:
            report.problems.append(f"still waiting: {held['waiting'][:3]}, {held['parts']} parts")
        report.problems += server.differences(records, held["ledger"])
        ours = {record.id for record in records}
        rows = [
            row.instance_id for row in server.rows("SELECT instance_id FROM submissions") if row.instance_id in ours
        ]
        if len(rows) != len(set(rows)) or len(held["ledger"]) < sends:
            report.problems.append(f"{len(rows)} rows and {len(held['ledger'])} entries for {sends} records")
        left = [str(file) for file in (site.config.home / "uploads").rglob("*") if file.is_file()]
        if left:
            report.problems.append(f"sealed files left on the server: {len(left)}")
        if server.rows("SELECT 1 FROM quarantined_records"):
            report.problems.append("some were kept in quarantine")
    finally:
        context.close()
        proxy.close()
    return report


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sends", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    home = queued.folder()
    try:
        site = sites.make(home)
        with sites.running(site), sync_playwright() as playwright, queued.chromium(playwright) as browser:
            report = run(site, browser, given.sends, seed=given.seed)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"{report.sent} records in {report.seconds:.0f} s: {dict(report.happened)}")
    for problem in report.problems:
        print(problem)
    print("each is one whole row" if not report.problems else f"{len(report.problems)} problems")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
