"""A field officer's phone: the app at /survey/ in a real Chromium of 360×640, with GPS, in sentences."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from app import phone_keys
from surveys import seals

PASSWORD = "mat-khau-thu-nghiem"
PIN = "258036"
# What the vault encrypts says which record is being filled: once it is on the disk nobody can read it.
_HEAR_IDS = """() => {
  const seal = crypto.subtle.encrypt.bind(crypto.subtle);
  globalThis.heardIds = [];
  crypto.subtle.encrypt = (how, key, bytes) => {
    const text = new TextDecoder().decode(bytes);
    for (const [, id] of text.matchAll(/<(?:\\w+:)?instanceID>([^<]+)</g)) globalThis.heardIds.push(id);
    return seal(how, key, bytes);
  };
}"""
ENDS = "[data-screen=receipt], [data-refused], [data-kept], [data-summary], dialog.ask"


def photo(color: str = "#3a7") -> bytes:
    """A JPEG larger than the phone keeps, with a camera's name in its EXIF."""
    picture = Image.new("RGB", (2000, 1000), color)
    exif = picture.getexif()
    exif[271] = "SecretCam"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


@dataclass
class Phone:
    """One page of the app, and what it asked and sent."""

    context: BrowserContext
    page: Page
    site: str
    secrets: Path  # of the server, to read what only it can open
    asked: list[str] = field(default_factory=list)
    brought: dict[str, bytes] = field(default_factory=dict)  # address of an upload: the sealed bytes brought there
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)  # key id, instance id, sealed record
    errors: list[str] = field(default_factory=list)
    network: Callable[[Route], None] = Route.continue_  # what becomes of a submission on its way

    def watch(self) -> None:
        """Notes every request, every record sent to the server and every error of the page."""
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.context.route("**/survey/api/records", self._carry)
        self.context.route("**/survey/api/uploads**", self._bring)

    def _carry(self, route: Route) -> None:
        headers = route.request.headers
        body = route.request.post_data_buffer or b""
        self.sent.append((headers["x-diaban-key"], headers["x-diaban-record"], body))
        self.network(route)

    def _bring(self, route: Route) -> None:
        """A part comes in pieces: the first with the POST that opens its place, the others by PATCH."""
        body = route.request.post_data_buffer or b""
        if route.request.method == "POST":
            answer = route.fetch()
            self.brought[urljoin(route.request.url, answer.headers.get("location", ""))] = body
            route.fulfill(response=answer)
            return
        if route.request.method == "PATCH":
            self.brought[route.request.url] += body
        route.continue_()

    def sign_in(self, name: str, page: Page | None = None) -> None:
        page = page or self.page
        page.goto(f"{self.site}/login?next=/survey/")
        page.locator("#username").fill(name)
        page.locator("#password").fill(PASSWORD)
        page.locator("form[action='/login'] button[type=submit]").click()
        self.passes_the_gate(page)

    def passes_the_gate(self, page: Page | None = None) -> None:
        """Chooses the PIN the first time, and types it after that."""
        page = page or self.page
        gate = page.locator("[data-screen=set-pin], [data-screen=locked]")
        gate.wait_for()
        if gate.get_attribute("data-screen") == "set-pin":
            page.locator("[data-pin=new]").fill(PIN)
            page.locator("[data-pin=again]").fill(PIN)
            page.locator("[data-action=set-pin]").click()
        else:
            page.locator("[data-pin=pin]").fill(PIN)
            page.locator("[data-action=unlock]").click()
        gate.wait_for(state="detached")

    def goes_home(self) -> None:
        """The list of forms, without loading the app anew."""
        self.page.evaluate("location.hash = '#/'")
        self.page.locator("[data-screen=forms]").wait_for()

    def comes_back(self) -> None:
        """Loads the app anew, at the same place."""
        self.page.reload()
        self.passes_the_gate()

    def has_saved(self) -> None:
        """Waits until everything on the screen is on the disk."""
        self.page.wait_for_timeout(400)
        expect(self.page.locator("[data-saved]")).not_to_be_empty()

    def hears_ids(self) -> None:
        """From the next page on, `heard_ids` knows the instanceIDs of what is saved."""
        self.page.add_init_script(f"({_HEAR_IDS})()")

    def heard_ids(self) -> set[str]:
        return set(self.page.evaluate("globalThis.heardIds"))

    def opens(self, form: str) -> None:
        self.page.locator(f"[data-form={form}]").click()
        self.question("commune").wait_for()

    def question(self, name: str) -> Locator:
        return self.page.locator(f"[data-question={name}]")

    def picks(self, name: str, typed: str) -> str:
        """Types into the searching list, takes its first answer, and says which it was."""
        question = self.question(name)
        question.locator("[data-action=open-picker]").click()
        self.page.locator("dialog [data-search]").fill(typed)
        self.page.locator("dialog [data-choice]").first.click()
        return question.locator("[data-value]").inner_text()

    def takes_point(self) -> None:
        self.question("geometry").locator("[data-action=take-point]").click()
        self.question("geometry").locator("[data-point]").wait_for()

    def takes_photo(self, color: str = "#3a7") -> None:
        picture = {"name": "IMG_2026.jpg", "mimeType": "image/jpeg", "buffer": photo(color)}
        self.question("photo").locator("[data-photo=gallery]").set_input_files([picture])  # type: ignore[list-item]
        self.question("photo").locator("[data-preview]").wait_for()

    def fills_activity(self, name: str) -> None:
        """Every required answer of a joint activity."""
        self.opens("joint_activities")
        self.picks("hamlet", "thon 1")
        self.page.get_by_label("Tên hoạt động").fill(name)
        self.question("kind").locator("input").first.check()
        self.question("agencies").locator("input").first.check()
        self.page.get_by_label("Ngày dự kiến").fill("2026-11-20")
        self.takes_point()

    def fills_activity_from_home(self, name: str) -> None:
        self.goes_home()
        self.fills_activity(name)

    def sends(self) -> None:
        """Taps "Hoàn thành" or "Gửi lại", and waits for what comes of it."""
        sending = self.page.locator("[data-action=send], [data-action=send-again]")
        sending.click()
        expect(self.page.locator("[data-sending]")).to_have_count(0)
        self.page.locator(ENDS).first.wait_for()

    def shows(self, hook: str) -> str:
        """The text under a hook; fails when it isn't on the screen."""
        found = self.page.locator(f"[data-{hook}]")
        found.wait_for()
        return found.inner_text()

    def ledger(self) -> dict[str, str]:
        """What the phone holds acknowledged: instanceID → SHA-256 of the XML."""
        return dict(
            self.page.evaluate(
                """() => new Promise((done) => {
                  const asked = indexedDB.open('diaban');
                  asked.onsuccess = () => {
                    const rows = asked.result.transaction('ledger').objectStore('ledger').getAll();
                    rows.onsuccess = () => {
                      asked.result.close();
                      done(rows.result.map(({ id, sha256 }) => [id, sha256]));
                    };
                  };
                })"""
            )
        )

    def opened(self, at: int = -1) -> tuple[dict[str, Any], bytes]:
        """Header and XML of a record that was sent, opened with the server's private key."""
        key, instance, sealed = self.sent[at]
        plain = seals.open_seal(phone_keys.named(self.secrets, key), sealed, f"record {instance}")
        line, _, xml = plain.partition(b"\n")
        return json.loads(line), xml

    def files(self, at: int = -1) -> dict[str, bytes]:
        """The files of a record that was sent, by name, opened with the server's private key."""
        key, instance, _ = self.sent[at]
        sealed = {hashlib.sha256(data).hexdigest(): data for data in self.brought.values()}
        private = phone_keys.named(self.secrets, key)
        return {
            file["name"]: seals.open_seal(private, sealed[file["part"]], f"part {instance}/{file['name']}")
            for file in self.opened(at)[0]["files"]
        }

    def xml(self, at: int = -1) -> str:
        """The XML of a submission, as it was sent."""
        return self.opened(at)[1].decode()

    def instance(self, at: int = -1) -> str:
        """The instanceID in what was sent."""
        return self.xml(at).split("<instanceID>", 1)[1].split("<", 1)[0]
