"""Phones that send: each submission again and again until it is acknowledged, and a record of what was."""

import hashlib
import http.client
import itertools
import threading
import time
import uuid
from dataclasses import dataclass, field
from xml.etree import ElementTree

from sqlalchemy import NullPool, create_engine

from surveys import form_versions
from surveys.form_definition import Definition
from tests.faults.site import Site, urls
from tests.surveys import photos
from tests.surveys.filled import files_of, fill

RECEIPT = "{urn:diaban:receipt}receipt"
PATIENCE_S = 180  # for one submission: some restarts
LAYERS = ("hamlet_profiles", "hamlet_profiles", "religious_sites")  # every third one carries a photo
BOUNDARY = "diaban-fault-test"


@dataclass(frozen=True)
class Letter:
    """One submission as sent."""

    instance_id: str
    sha256: str
    files: dict[str, str]
    body: bytes = field(repr=False)


@dataclass
class Sent:
    """What the phones know: acknowledged submissions in order, tries that failed, and answers that must not be."""

    acknowledged: list[Letter] = field(default_factory=list)
    failed_tries: int = 0
    wrong: list[str] = field(default_factory=list)


class Phones:
    """`count` submissions in all (None: until stopped) over `at_once` connections; `pause_s` between two of a phone."""

    def __init__(self, site: Site, count: int | None, at_once: int = 8, pause_s: float = 0.0) -> None:
        self.site, self.count, self.pause_s = site, count, pause_s
        self.sent = Sent()
        self._stop = threading.Event()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        with create_engine(urls(site).worker, poolclass=NullPool).connect() as connection:
            self._definitions = [form_versions.definition(connection, *_live(connection, key)) for key in LAYERS]
        self._threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(at_once)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No new submissions; waits for those under way."""
        self._stop.set()
        self.wait()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()

    @property
    def busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _send_all(self) -> None:
        while not self._stop.is_set():
            number = next(self._numbers)
            if self.count is not None and number >= self.count:
                return
            self._send(letter(self._definitions[number % len(self._definitions)], number))
            time.sleep(self.pause_s)

    def _send(self, one: Letter) -> None:
        end = time.monotonic() + PATIENCE_S
        while not self._stop.is_set() or self.count is not None:
            try:
                status, body = _post(self.site, one)
            except (OSError, http.client.HTTPException):
                status, body = 0, b""
            if status in (201, 202):
                said = ElementTree.fromstring(body).find(RECEIPT)
                with self._lock:
                    if said is None or said.attrib["sha256"] != one.sha256:
                        self.sent.wrong.append(f"{one.instance_id}: receipt {body!r}")
                    self.sent.acknowledged.append(one)
                return
            with self._lock:
                self.sent.failed_tries += 1
                if 400 <= status < 500 or time.monotonic() > end:
                    self.sent.wrong.append(f"{one.instance_id}: {status} {body[:300]!r}")
                    return
            time.sleep(0.2)


def letter(definition: Definition, number: int) -> Letter:
    """A filled form; each photo differs, or all would share one file."""
    instance = f"uuid:{uuid.uuid4()}"
    xml = fill(definition, {"name": f"Thôn {number}"}, instance=instance)
    files = {name: photos.jpeg(size=(60 + number % 500, 40 + number // 500)) for name in files_of(definition)}
    parts = [("xml_submission_file", "text/xml", xml), *((name, "image/jpeg", data) for name, data in files.items())]
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, kind, data in parts
    )
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return Letter(instance, hashlib.sha256(xml).hexdigest(), hashes, body + f"--{BOUNDARY}--\r\n".encode())


def _live(connection, key: str) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    found = connection.exec_driver_sql("SELECT version FROM forms WHERE form_id = %s AND state = 'live'", (key,))
    return key, found.scalar_one()


def _post(site: Site, one: Letter) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", site.config.port, timeout=30)
    try:
        headers = {
            "Authorization": f"Bearer {site.token}",
            "X-OpenRosa-Version": "1.0",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }
        connection.request("POST", "/openrosa/submission", one.body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
