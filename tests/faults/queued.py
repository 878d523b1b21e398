"""Finished records in a real phone's database, sealed as the app seals them; and what became of them on both sides."""

import base64
import hashlib
import io
import json
import random
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright
from sqlalchemy import Engine, NullPool, create_engine, text

from app import passwords
from surveys import form_versions
from surveys.form_definition import Definition
from tests.app import sealed
from tests.chromium import SHELL
from tests.faults import site as sites
from tests.faults.site import Site
from tests.surveys.filled import fill

PASSWORD = "mat-khau-thu-nghiem"
PUT = """async (rows) => {
  const open = indexedDB.open('diaban');
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const tx = db.transaction(['sealed', 'parts'], 'readwrite');
  for (const { row, parts } of rows) {
    tx.objectStore('sealed').put({ ...row, bytes: bytes(row.bytes) });
    for (const part of parts) tx.objectStore('parts').put({ ...part, bytes: bytes(part.bytes) });
  }
  await new Promise((done, failed) => ((tx.oncomplete = done), (tx.onerror = failed)));
  db.close();
}"""
HELD = """async () => {
  const open = indexedDB.open('diaban');
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const tx = db.transaction(['sealed', 'parts', 'ledger']);
  const all = (name) => new Promise((done) => (tx.objectStore(name).getAll().onsuccess = (e) => done(e.target.result)));
  const [waiting, parts, ledger] = [await all('sealed'), await all('parts'), await all('ledger')];
  db.close();
  const why = ({ id, state, tries, problem }) => ({ id, state, tries, problem });
  return { waiting: waiting.map(why), parts: parts.length, ledger };
}"""


@dataclass
class Record:
    """A record as it was finished: `sha256` of its XML, `files` name → SHA-256."""

    id: str
    sha256: str
    files: dict[str, str]
    row: dict[str, Any] = field(repr=False)
    parts: list[dict[str, Any]] = field(repr=False)


class Server:
    """The parts of a site that a record's maker needs, asked over HTTP as the account of its token."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.engine: Engine = create_engine(sites.urls(site).worker, poolclass=NullPool)
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE accounts SET password = :p"), {"p": passwords.hashed(PASSWORD)})
        got = self.asks("/survey/api/keys")
        self.key_id, self.public, self.author = got["key"]["id"], sealed.public(got["key"]["jwk"]), got["author"]

    def asks(self, path: str) -> Any:
        request = urllib.request.Request(  # noqa: S310  our own server
            self.site.config.url + path, headers={"Authorization": f"Bearer {self.site.token}"}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)

    def form(self, key: str) -> Definition:
        with self.engine.connect() as connection:
            version = connection.scalar(
                text("SELECT version FROM forms WHERE form_id = :f AND state = 'live'"), {"f": key}
            )
            return form_versions.definition(connection, key, version)

    def rows(self, sql: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(sql)))

    def record(self, chance: random.Random, photo_bytes: int = 0, form: str = "religious_sites") -> Record:
        """A finished record of the officer; with `photo_bytes` a photo of about that size."""
        instance = f"uuid:{uuid.UUID(int=chance.getrandbits(128), version=4)}"
        xml = fill(self.form(form), instance=instance)
        files = {"photo.jpg": photo(chance, photo_bytes)} if photo_bytes else {}
        inside, outside, parts = [], [], []
        for name, data in files.items():
            part = sealed.seal(self.public, data, f"part {instance}/{name}")
            told = {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "part": hashlib.sha256(part).hexdigest()}
            inside.append({**told, "bytes": len(data)})
            outside.append({**told, "bytes": len(part)})
            parts.append({"hash": told["part"], "record": instance, "bytes": base64.b64encode(part).decode()})
        definition = self.form(form)
        made = "2026-10-01T08:30:00.000+07:00"
        xml_sha = hashlib.sha256(xml).hexdigest()
        head = {"author": self.author, "instanceID": instance, "formId": form, "version": definition.version,
                "madeAt": made, "sha256": xml_sha, "files": inside}  # fmt: skip
        body = sealed.seal(self.public, json.dumps(head).encode() + b"\n" + xml, f"record {instance}")
        row = {"id": instance, "account": 2, "form": {"id": form, "title": form}, "madeAt": made, "keyId": self.key_id,
               "bytes": base64.b64encode(body).decode(), "sha256": xml_sha, "files": outside, "state": "waiting",
               "tries": 0, "nextTry": 0, "problem": None}  # fmt: skip
        return Record(instance, xml_sha, {one["name"]: one["sha256"] for one in inside}, row, parts)

    def differences(self, records: list[Record], ledger: list[dict[str, Any]]) -> list[str]:
        """Where client ledger, server and what was finished don't agree; empty when each is one whole row."""
        stored = {
            r.instance_id: r
            for r in self.rows("SELECT instance_id, encode(sha256_received, 'hex') AS sha, state FROM submissions")
        }
        files: dict[str, dict[str, str]] = {}
        for r in self.rows("SELECT instance_id, name, encode(sha256_received, 'hex') AS sha FROM attachments"):
            files.setdefault(r.instance_id, {})[r.name] = r.sha
        told = {entry["id"]: entry for entry in ledger}
        found = []
        for record in records:
            row, entry = stored.get(record.id), told.get(record.id)
            if row is None or row.sha != record.sha256:
                found.append(f"{record.id}: not on the server as it was finished")
            elif files.get(record.id, {}) != record.files:
                found.append(f"{record.id}: its files differ")
            if entry is None or entry["sha256"] != record.sha256 or entry["attachments"] != len(record.files):
                found.append(f"{record.id}: not in the phone's ledger as it was finished")
        return found


class QueuedPhone:
    """One signed-in page of the app, nobody's PIN given: locked."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def signs_in(self, name: str = "officer") -> None:
        self.page.goto(f"{self.address}/login?next=/survey/")
        self.page.locator("#username").fill(name)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("form[action='/login'] button[type=submit]").click()
        self.page.locator("[data-screen]").first.wait_for()

    def holds(self, records: list[Record]) -> None:
        """The records are put where finished ones wait, a few at a time."""
        for at in range(0, len(records), 20):
            self.page.evaluate(PUT, [{"row": r.row, "parts": r.parts} for r in records[at : at + 20]])

    def is_told(self) -> None:
        """As when a record has just been finished."""
        self.page.evaluate("new BroadcastChannel('diaban').postMessage({ kind: 'queued' })")

    def finds_signal(self) -> None:
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def held(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(HELD)
        return found

    def sends_all(self, within_s: float, *, again_ms: int = 250) -> dict[str, Any]:
        """Goes in and out of signal until nothing waits, or the time is over."""
        for _ in range(int(within_s * 1000 / again_ms)):
            self.finds_signal()
            self.page.wait_for_timeout(again_ms)
            held = self.held()
            if not held["waiting"]:
                return held
        return self.held()


def photo(chance: random.Random, size: int) -> bytes:
    """A JPEG of about that many bytes that nothing shrinks."""
    side = max(8, int((size * 2.4) ** 0.5))  # noise takes 0.42 bytes a pixel at this quality
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), chance.randbytes(side * side * 3)).save(out, "JPEG", quality=50)
    return out.getvalue()


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium."""
    browser = playwright.chromium.launch(executable_path=SHELL, args=["--no-sandbox", "--disable-gpu"])
    yield browser
    browser.close()


def folder() -> Path:
    """A new home, where PostgreSQL's own user can go."""
    return Path(f"/tmp/diaban-queued-{uuid.uuid4().hex[:8]}")
