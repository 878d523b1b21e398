"""kill -9 of the phone's browser in the middle of an answer, with no network at all.

`python -m tests.faults.phonekill [--kills 100]`: exit status 1 when an answer older than a second, a photo or a
finished form is missing. Three forms of five photos each are finished offline; then a fourth is being written, a word
every tenth of a second and a photo now and then, when the browser is killed; it is opened again from its cold start,
still without a network, and what it shows is compared. At the end there is a network, and all must arrive once.
"""

import argparse
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, Playwright, expect, sync_playwright
from sqlalchemy import Engine, NullPool, create_engine, text

from app import passwords
from surveys import form_versions, xforms
from tests.browser.phone import PASSWORD, Phone
from tests.chromium import BROWSER
from tests.faults import site as sites
from tests.faults.site import Site

FORM = "five_photos"
PHOTOS = 5
FINISHED = 3
FRESH_S = 1.0
PATIENCE_MS = 120_000
_WORKER = "navigator.serviceWorker.getRegistration().then((found) => found?.active?.state ?? 'none')"
SHEETS = {
    "survey": [
        {"type": "text", "name": "what", "label": "Việc gì"},
        *({"type": "image", "name": f"p{n}", "label": f"Ảnh {n}"} for n in range(1, PHOTOS + 1)),
    ],
    "settings": [{"form_title": "Năm ảnh", "form_id": FORM, "version": "1"}],
}


@dataclass
class Report:
    """What happened, and what was lost (nothing, it is hoped)."""

    kills: int = 0
    oldest_s: float = 0.0  # how old the newest surviving answer was at worst
    photos: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Draft:
    """What is known to be on the screen of the form being written."""

    words: list[tuple[float, str]] = field(default_factory=list)  # when it stood there, the whole answer
    photos: dict[int, float] = field(default_factory=dict)  # number of the question: when its photo showed


def run(folder: Path, kills: int, seed: int = 1) -> Report:
    """Kills that many times, at moments drawn with `seed`; `folder` is empty."""
    chance = random.Random(seed)
    report = Report()
    site = sites.make(folder / "var")
    engine = create_engine(sites.urls(site).worker, poolclass=NullPool)
    profile = folder / "profile"
    with sync_playwright() as playwright:
        with sites.running(site):
            _prepare(engine)
            with _phone(playwright, site, profile) as phone:
                phone.sign_in("field")
                _is_ready(phone)
        with _phone(playwright, site, profile) as phone:
            _opens(phone)
            for number in range(FINISHED):
                _fills(phone, f"phiếu {number}")
            if _kept(phone) != (FINISHED, FINISHED * PHOTOS):
                report.problems.append(f"finished: {_kept(phone)}")
        draft = Draft()
        while report.kills < kills:
            _write_and_die(playwright, site, profile, draft, chance, report)
        with sites.running(site), _phone(playwright, site, profile) as phone:
            _looks(phone, draft, time.monotonic(), report)
            phone.page.set_default_timeout(PATIENCE_MS)
            try:
                phone.sends()
                phone.shows("receipt-code")
            except Error:
                report.problems.append(f"not sent: {phone.page.locator('body').inner_text()!r}")
                return report
            phone.page.locator("[data-all-sent]").wait_for(timeout=60_000)
            if _kept(phone) != (0, 0):
                report.problems.append(f"left on the phone: {_kept(phone)}")
            _compare(engine, len(draft.photos), report)
    return report


def _prepare(engine: Engine) -> None:
    """A form of five photos, and passwords."""
    with engine.begin() as connection:
        form_versions.store(
            connection, form_id=FORM, version="1", title="Năm ảnh", layer=None, xform=xforms.convert(SHEETS)
        )
        form_versions.make_live(connection, FORM, "1")
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})


@contextmanager
def _phone(playwright: Playwright, site: Site, profile: Path) -> Iterator[Phone]:
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=BROWSER,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
    )
    try:
        yield Phone(context, context.pages[0], site.config.url, site.config.secrets)
    finally:
        with suppress(Error):
            context.close()


def _is_ready(phone: Phone) -> None:
    """Waits until the app and its package are there to work without a network."""
    kept = phone.page.locator("[data-offline-state]", has_text="Đã lưu để dùng khi không có mạng")
    kept.wait_for(timeout=60_000)
    end = time.monotonic() + 60
    while phone.page.evaluate(_WORKER) != "activated":
        assert time.monotonic() < end, f"service worker: {phone.page.evaluate(_WORKER)}"
        phone.page.wait_for_timeout(200)


def _opens(phone: Phone) -> None:
    phone.page.goto(f"{phone.site}/survey/")
    phone.passes_the_gate()
    phone.page.locator("[data-screen=forms]").wait_for()


def _fills(phone: Phone, words: str) -> None:
    phone.page.locator(f"[data-form={FORM}]").click()
    phone.page.get_by_label("Việc gì").fill(words)
    for number in range(1, PHOTOS + 1):
        _takes(phone, number)
    phone.page.locator("[data-action=send]").click()
    phone.page.locator("[data-screen=finished]").wait_for()
    phone.goes_home()


def _takes(phone: Phone, number: int) -> None:
    out = io.BytesIO()
    Image.effect_noise((1200, 900), 40 + number).convert("RGB").save(out, "JPEG", quality=80)
    picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    phone.question(f"p{number}").locator("[data-photo=gallery]").set_input_files([picture])  # type: ignore[list-item]
    phone.question(f"p{number}").locator("[data-preview]").wait_for()


def _write_and_die(
    playwright: Playwright, site: Site, profile: Path, draft: Draft, chance: random.Random, report: Report
) -> None:
    with _phone(playwright, site, profile) as phone:
        _looks(phone, draft, time.monotonic(), report)
        box = phone.page.get_by_label("Việc gì")
        free = [n for n in range(1, PHOTOS + 1) if n not in draft.photos]
        end = time.monotonic() + 0.3 + 2.5 * chance.random()
        if free and chance.random() < 0.3:
            _takes(phone, free[0])
            draft.photos[free[0]] = time.monotonic()
        elif not free and chance.random() < 0.3:
            number = chance.randint(1, PHOTOS)
            del draft.photos[number]
            phone.question(f"p{number}").locator("[data-action=remove]").click()
            _takes(phone, number)
            draft.photos[number] = time.monotonic()
        count = len(draft.words)
        while time.monotonic() < end:
            count += 1
            draft.words.append((time.monotonic(), f"lần {report.kills} chữ {count}"))
            box.fill(draft.words[-1][1])
            time.sleep(0.1)
        killed = time.monotonic()
        _kill(profile)
        report.kills += 1
    # What was younger than a second may be there or not; the next look says which.
    draft.words = [(at - killed, words) for at, words in draft.words[-60:]]
    draft.photos = {number: at - killed if at > 0 else at for number, at in draft.photos.items()}


def _looks(phone: Phone, draft: Draft, now: float, report: Report) -> None:
    """Opens the draft (or a new form) and compares it with what stood there when the browser died."""
    _opens(phone)
    begun = phone.page.locator("[data-action=continue]")
    if draft.words:
        begun.first.wait_for()
        if begun.count() != 1:
            report.problems.append(f"{begun.count()} drafts after kill {report.kills}")
        begun.first.click()
    else:
        phone.page.locator(f"[data-form={FORM}]").click()
    box = phone.page.get_by_label("Việc gì")
    box.wait_for()
    if draft.words:
        shown = box.input_value()
        found = [at for at, words in draft.words if words == shown]
        if not found:
            report.problems.append(f"kill {report.kills}: {shown!r} is no answer given lately")
        else:
            newer = [at for at, _ in draft.words if at > found[0]]
            # How long before the kill the first lost answer was given.
            age = -newer[0] if newer else 0.0
            report.oldest_s = max(report.oldest_s, age)
            if age > FRESH_S:
                report.problems.append(f"kill {report.kills}: the answer was {age:.2f} s old")
    for number, at in list(draft.photos.items()):
        preview = phone.question(f"p{number}").locator("[data-preview]")
        with suppress(AssertionError):
            expect(preview).to_have_count(1, timeout=5000)
        if preview.count() == 0:
            if -at > FRESH_S:
                report.problems.append(f"kill {report.kills}: photo {number} is lost")
            del draft.photos[number]
        else:
            draft.photos[number] = -1e9
    report.photos = max(report.photos, len(draft.photos))
    if draft.words:
        draft.words = [(-1e9, shown)]


def _kill(profile: Path) -> None:
    """kill -9 of the browser of this profile and everything it started."""
    parents: dict[int, int] = {}
    roots = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, IndexError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if f"--user-data-dir={profile}".encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                roots.append(int(folder.name))
    assert roots, "no browser to kill"
    doomed = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in doomed} - doomed:
        doomed |= more
    for pid in doomed:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _kept(phone: Phone) -> tuple[int, int]:
    """Finished records on the phone, and their files."""
    found: list[int] = phone.page.evaluate(
        """() => new Promise((done) => {
          const asked = indexedDB.open('diaban');
          asked.onsuccess = () => {
            const tx = asked.result.transaction(['sealed', 'parts']);
            const counts = ['sealed', 'parts'].map((name) => tx.objectStore(name).count());
            tx.oncomplete = () => { asked.result.close(); done(counts.map(({result}) => result)); };
          };
        })"""
    )
    return found[0], found[1]


def _compare(engine: Engine, last: int, report: Report) -> None:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT s.instance_id, count(a.name) FROM submissions s LEFT JOIN attachments a USING (instance_id)"
                " WHERE s.form_id = :form GROUP BY s.instance_id"
            ),
            {"form": FORM},
        ).all()
    if sorted(row[1] for row in rows) != sorted([PHOTOS] * FINISHED + [last]):
        report.problems.append(f"at the server: {[row[1] for row in rows]} files")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing goes on running
    folder = Path(tempfile.mkdtemp(prefix="diaban-phonekill-"))
    folder.chmod(0o755)
    try:
        report = run(folder, given.kills, given.seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{report.kills} kills; the answers lost were at most {report.oldest_s:.2f} s old; {report.photos} photos kept"
    )
    print("\n".join(report.problems) or "no older answer, no photo and no finished form was lost")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
