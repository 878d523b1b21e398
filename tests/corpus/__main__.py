"""Runs the corpus: every public form through plain pyxform + ODK Validate, our upload page, and the client."""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import pyxform
from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, NullPool, create_engine, text

from app import passwords
from surveys.form_faults import CONVERSION
from tests.chromium import SHELL
from tests.corpus import client, plain, public_forms
from tests.corpus.verdicts import Line, written
from tests.faults import site as sites

PASSWORD = "mat-khau-thu-nghiem"
OUT = Path(__file__).resolve().parents[2] / "docs" / "xlsform-verdicts.md"
CHECKED_WITHIN_S = 120
FIRST = b"| survey |\n| | type | name | label |\n| | text | cau | T\xc3\xaan c\xe1\xba\xa7u |\n"


class Uploader:
    """An officer at the upload page."""

    def __init__(self, site: sites.Site, worker: Engine) -> None:
        self.worker = worker
        self.http = httpx.Client(base_url=site.config.url, timeout=60)
        token = self._token("/login")
        self.http.post("/login", data={"username": "officer", "password": PASSWORD, "csrf_token": token})

    def uploads(self, name: str, data: bytes) -> dict[str, Any]:
        """The result of the job that checked it."""
        token = self._token("/forms/")
        answer = self.http.post("/forms/", data={"csrf_token": token}, files={"form": (name, data)})
        assert answer.status_code == 303, answer.text
        until = time.monotonic() + CHECKED_WITHIN_S
        while time.monotonic() < until:
            with self.worker.begin() as connection:
                job = connection.execute(
                    text("SELECT state, result, error FROM jobs WHERE kind = 'form' ORDER BY created_at DESC LIMIT 1")
                ).one()
                if job.state == "done":
                    # Examples share ids and versions: each is looked at alone.
                    if job.result.get("form_id") != "truoc":
                        connection.execute(text("DELETE FROM forms WHERE origin = 'upload' AND form_id <> 'truoc'"))
                    found: dict[str, Any] = job.result
                    return found
                assert job.state in ("queued", "running"), job
            time.sleep(0.2)
        raise AssertionError(f"{name} wasn't checked within {CHECKED_WITHIN_S} s")

    def _token(self, path: str) -> str:
        return self.http.get(path).text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


def main() -> int:
    """Writes the table; 1 where a verdict differs or a form neither opens nor is named as unsupported."""
    home = Path(f"/tmp/diaban-corpus-{time.time_ns()}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _run(home, Path(folder))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(home: Path, folder: Path) -> int:
    forms = public_forms.fetched(folder)
    made = sites.make(home)
    lines: list[Line] = []
    with sites.running(made), sync_playwright() as playwright:
        worker = create_engine(sites.urls(made).worker, poolclass=NullPool)
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        uploader = Uploader(made, worker)
        first = uploader.uploads("truoc.md", FIRST)
        browser = playwright.chromium.launch(executable_path=SHELL, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 360, "height": 640}, locale="vi-VN")
        page.goto(f"{made.config.url}/login")
        page.locator("#username").fill("officer")
        page.locator("#password").fill(PASSWORD)
        page.locator("form[action='/login'] button[type=submit]").click()
        page.wait_for_url(f"{made.config.url}/")
        trial = f"{made.config.url}/forms/try/{first['form_id']}/{first['version']}/"
        for form in forms:
            line = _line(form, folder, uploader, page, trial)
            print(line.told(), flush=True)
            lines.append(line)
        browser.close()
    OUT.write_text(written(lines, pyxform.__version__), encoding="utf-8")
    return 1 if any(line.wrong for line in lines) else 0


def _line(form: public_forms.PublicForm, folder: Path, uploader: Uploader, page: Any, trial: str) -> Line:
    file = folder / form.name
    file.write_bytes(form.data)
    theirs = plain.verdict(file)
    ours = uploader.uploads(form.name, form.data)
    faults = ours.get("faults", [])
    return Line(
        package=form.package,
        name=form.path.split("/", 1)[-1],
        plain=theirs,
        taken="form_id" in ours,
        conversion=[fault["words"] for fault in faults if fault["kind"] == CONVERSION],
        safeguard=[fault["words"] for fault in faults if fault["kind"] != CONVERSION],
        opening=client.opening(page, trial, theirs.xform) if theirs.taken else None,
    )


if __name__ == "__main__":
    sys.exit(main())
