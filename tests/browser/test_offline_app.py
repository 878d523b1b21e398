"""The installed app: it opens with no server and no network; what it shows is whole; a new version waits its turn."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import Engine, text

from app import client_files, create_app, passwords
from app.config import Config
from app.roles import Urls
from app.routes import assets
from surveys import form_versions, unit_lists
from tests.browser import outpost
from tests.browser.outpost import Outpost
from tests.browser.phone import PASSWORD, Phone
from tests.browser.waiting import until
from tests.faults.site import free_port
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "app/client"


@pytest.fixture
def post(cluster: Config, urls: Urls, worker: Engine, world: World) -> Iterator[Outpost]:
    with worker.begin() as connection:
        form_versions.publish(connection)
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
        connection.execute(text("DELETE FROM sign_in_failures"))
    unit_lists._KEPT.clear()
    web = create_app(cluster, urls)
    made = Outpost(web, free_port(), cluster.secrets)
    made.start()
    yield made
    made.stop()
    for pool in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[pool].dispose()


def installed(playwright: Playwright, profile: Path, post: Outpost, name: str = "field") -> None:
    """One visit with a network; then the browser is closed."""
    with outpost.browser(playwright, profile) as context:
        made = outpost.phone(context, post.site, post.secrets)
        made.sign_in(name)
        outpost.packed(made)


def opened(made: Phone) -> None:
    made.page.goto(f"{made.site}/survey/")
    made.passes_the_gate()
    made.page.locator("[data-form]").first.wait_for()


def test_with_the_server_gone_and_the_browser_restarted_a_form_with_hamlets_is_filled(
    playwright: Playwright, post: Outpost, tmp_path: Path
) -> None:
    with outpost.abroad() as (proxy, wanted):
        with outpost.browser(playwright, tmp_path, proxy=proxy) as context:
            made = outpost.phone(context, post.site, post.secrets)
            made.sign_in("field")
            done, of = re.search(r"(\d+)/(\d+)", outpost.packed(made)).groups()  # type: ignore[union-attr]
            assert done == of
        post.stop()
        with outpost.browser(playwright, tmp_path, proxy=proxy, offline=True) as context:
            made = outpost.phone(context, post.site, post.secrets)
            opened(made)
            made.fills_activity("Thăm thôn ngoài vùng phủ sóng")
            expect(made.question("commune").locator("[data-value]")).to_have_text("Xã Đắk Mil")
            expect(made.question("hamlet").locator("[data-value]")).to_have_text("Thôn 1")
            assert made.errors == []
    assert wanted == []


def test_what_it_keeps_is_its_own_files_and_only_get_is_ever_answered(
    playwright: Playwright, post: Outpost, tmp_path: Path
) -> None:
    with outpost.browser(playwright, tmp_path) as context:
        made = outpost.phone(context, post.site, post.secrets)
        made.sign_in("field")
        outpost.packed(made)
        kept = made.page.evaluate(
            "async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name))"
            ".keys()).map(({ url, method }) => [method, new URL(url).pathname])))).flat()"
        )
        assert {method for method, _ in kept} == {"GET"}
        assert {path for _, path in kept if not path.startswith("/static/")} == {"/survey/shell"}
        built = json.loads((client_files.FOLDER / "files.json").read_text())["files"]
        wanted = {f"/static/client/{name}" for name, file in built.items() if file["use"] != "office"}
        assert wanted <= {path for _, path in kept}
        # A method that changes something reaches the server, also under an address that is kept.
        script = client_files.address("survey.js")
        ways = ("POST", "PUT", "DELETE", "HEAD")
        for way in ways:
            for url in (script, "/survey/"):
                made.page.evaluate("([url, method]) => fetch(url, { method, cache: 'no-store' })", [url, way])
        for way in ways:
            assert {script, "/survey/"} <= post.paths(way)
        # What the server answers to the app itself is never taken from a cache.
        post.stop()
        for path in ("/survey/api/me", "/openrosa/formList", "/login"):
            assert made.page.evaluate("(url) => fetch(url).then(() => 'answered', () => 'nobody')", path) == "nobody"
        assert made.page.evaluate("(url) => fetch(url).then((r) => r.status)", script) == 200
        # Another query is another file.
        assert made.page.evaluate("(url) => fetch(url).then(() => 1, () => 'nobody')", f"{script}?x") == "nobody"


def test_a_portal_takes_the_place_of_nothing(playwright: Playwright, post: Outpost, tmp_path: Path) -> None:
    installed(playwright, tmp_path, post)
    post.lies = lambda _path: True
    with outpost.browser(playwright, tmp_path) as context:
        made = outpost.phone(context, post.site, post.secrets)
        opened(made)
        made.opens("joint_activities")
        assert made.picks("hamlet", "thon 1") == "Thôn 1"
        made.page.evaluate("navigator.serviceWorker.ready.then((r) => r.update().catch(() => 0))")
        post.lies = lambda _path: False
        opened(made)
        assert made.errors == []


def test_a_portal_during_the_first_visit_is_not_kept(playwright: Playwright, post: Outpost, tmp_path: Path) -> None:
    # Signed in and the page loaded, then the wifi's own page comes for whatever the service worker asks.
    post.lies = lambda path: path == "/survey/shell"
    with outpost.browser(playwright, tmp_path) as context:
        made = outpost.phone(context, post.site, post.secrets)
        made.sign_in("field")
        made.page.locator("[data-offline-state]", has_text="Đã lưu").wait_for(timeout=60_000)
        until(
            made.page,
            "() => navigator.serviceWorker.getRegistration()"
            ".then((r) => !r || !(r.installing || r.waiting || r.active))",
        )
        post.lies = lambda _path: False
        opened(made)
        outpost.packed(made)
        assert "Wifi" not in made.page.evaluate("caches.match('/survey/shell').then((r) => r.text())")


def hamlets_and_commune(made: Phone) -> tuple[str, list[str]]:
    """The commune's name and its hamlets as a newly opened form offers them."""
    opened(made)
    made.opens("joint_activities")
    commune = made.question("commune").locator("[data-value]").inner_text()
    made.question("hamlet").locator("[data-action=open-picker]").click()
    names = made.page.locator("dialog [data-choice]").all_inner_texts()
    made.page.locator("dialog [data-action=close]").click()
    return commune, names


def test_lists_are_the_servers_of_now_or_all_of_before_never_some_of_each(
    playwright: Playwright, post: Outpost, worker: Engine, tmp_path: Path
) -> None:
    installed(playwright, tmp_path, post)
    before, after = ("Xã Đắk Mil", ["Thôn 1"]), ("Xã Đắk Mil Mới", ["Thôn 1", "Thôn 2"])
    try:
        with worker.begin() as connection:
            connection.execute(text("UPDATE units SET name = 'Đắk Mil Mới' WHERE id = 11"))
            connection.execute(
                text(
                    "INSERT INTO units (id, level, code, name, kind, parent_id, province_id, valid_from)"
                    " VALUES (990, 4, '24700-990', 'Thôn 2', 'thôn', 11, 1, '2025-07-01')"
                )
            )
        unit_lists._KEPT.clear()
        with outpost.browser(playwright, tmp_path) as context:
            made = outpost.phone(context, post.site, post.secrets)
            # One of the two new lists can't be had: the other isn't used either.
            post.lies = lambda path: "/media/hamlets.csv" in path
            assert hamlets_and_commune(made) == before
            post.lies = lambda _path: False
            assert hamlets_and_commune(made) == after
            opened(made)
            outpost.packed(made)
        post.stop()
        with outpost.browser(playwright, tmp_path, offline=True) as context:
            assert hamlets_and_commune(outpost.phone(context, post.site, post.secrets)) == after
    finally:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM units WHERE id = 990"))
            connection.execute(text("UPDATE units SET name = 'Đắk Mil' WHERE id = 11"))
        unit_lists._KEPT.clear()


def test_two_accounts_on_one_phone_see_each_their_own(playwright: Playwright, post: Outpost, tmp_path: Path) -> None:
    def communes(made: Phone) -> list[str]:
        opened(made)
        made.opens("joint_activities")
        made.question("commune").locator("[data-action=open-picker]").click()
        return made.page.locator("dialog [data-choice]").all_inner_texts()

    installed(playwright, tmp_path, post, "field")
    with outpost.browser(playwright, tmp_path) as context:
        made = outpost.phone(context, post.site, post.secrets)
        made.page.goto(f"{post.site}/")
        made.page.get_by_role("button", name="Đăng xuất").click()
        made.sign_in("officer")
        outpost.packed(made)
        assert len(communes(made)) == 3
    post.stop()
    with outpost.browser(playwright, tmp_path, offline=True) as context:
        assert len(communes(outpost.phone(context, post.site, post.secrets))) == 3
    post.start()
    with outpost.browser(playwright, tmp_path) as context:
        made = outpost.phone(context, post.site, post.secrets)
        made.page.goto(f"{post.site}/")
        made.page.get_by_role("button", name="Đăng xuất").click()
        made.sign_in("field")
        assert communes(made) == ["Xã Đắk Mil"]
    post.stop()
    with outpost.browser(playwright, tmp_path, offline=True) as context:
        assert communes(outpost.phone(context, post.site, post.secrets)) == ["Xã Đắk Mil"]


@pytest.fixture(scope="module")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """app/static with the client of a later day: built from sources in which a heading has changed."""
    folder = tmp_path_factory.mktemp("next")
    source, static = folder / "app/client", folder / "app/static"
    shutil.copytree(CLIENT, source, ignore=shutil.ignore_patterns("node_modules"))
    (source / "node_modules").symlink_to(CLIENT / "node_modules")
    static.mkdir()
    for part in assets.FOLDER.iterdir():
        if part.name != "client":
            (static / part.name).symlink_to(part)
    (folder / "surveys").symlink_to(ROOT / "surveys")
    words = source / "src/words/filling.js"
    changed = words.read_text().replace("forms: 'Phiếu khảo sát'", "forms: 'Phiếu khảo sát (bản mới)'", 1)
    assert changed != words.read_text()
    words.write_text(changed)
    subprocess.run(["node", "build.mjs"], cwd=source, check=True, capture_output=True)
    return static


def test_a_new_version_waits_for_a_tap_and_an_old_page_keeps_its_own_parts(
    playwright: Playwright, post: Outpost, tmp_path: Path, next_version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heading = "[data-screen=forms] h1"

    def look(page: Page) -> None:
        page.evaluate("navigator.serviceWorker.ready.then((r) => r.update())")

    with outpost.browser(playwright, tmp_path) as context:
        made = outpost.phone(context, post.site, post.secrets)
        made.hears_ids()
        made.sign_in("field")
        outpost.packed(made)
        made.opens("joint_activities")
        made.page.get_by_label("Tên hoạt động").fill("Đang điền dở")
        made.has_saved()
        (instance,) = made.heard_ids()
        old = client_files.address("survey.js")
        other = outpost.phone(context, post.site, post.secrets)
        other.page = context.new_page()
        opened(other)

        monkeypatch.setattr(assets, "FOLDER", next_version)
        monkeypatch.setattr(client_files, "FOLDER", next_version / "client")
        assert client_files.address("survey.js") != old
        look(made.page)
        made.page.locator("[data-update]").wait_for(timeout=60_000)
        # It waits: the page goes on as it was, with parts that the server doesn't have any more.
        expect(made.page.get_by_label("Tên hoạt động")).to_have_value("Đang điền dở")
        later = next(name for name in made.page.evaluate(KEPT_PARTS) if name not in NEW_PARTS(next_version))
        assert made.page.evaluate("(url) => fetch(url).then((r) => r.status)", later) == 200
        assert ("GET", later) not in post.asked[-20:]

        # With a form open the tap asks first.
        made.page.locator("[data-action=update]").click()
        made.page.locator("[data-action=ask-no]").click()
        expect(made.page.get_by_label("Tên hoạt động")).to_have_value("Đang điền dở")

        # The other page has none open: it starts anew, this one stays.
        other.page.locator("[data-action=update]").click()
        other.page.locator("[data-screen=locked]").wait_for()
        other.passes_the_gate()
        expect(other.page.locator(heading)).to_have_text("Phiếu khảo sát (bản mới)")
        expect(made.page.get_by_label("Tên hoạt động")).to_have_value("Đang điền dở")
        assert made.page.evaluate("(url) => fetch(url).then((r) => r.status)", later) == 200
        assert len(other.page.evaluate("caches.keys()")) == 2

        # What was filled in when it does start anew is there again, as the very same record.
        made.has_saved()
        made.comes_back()
        expect(made.page.get_by_label("Tên hoạt động")).to_have_value("Đang điền dở")
        assert client_files.address("survey.js") in made.page.content()
        assert made.heard_ids() == set()
        made.page.get_by_label("Tên hoạt động").fill("Đã điền tiếp")
        made.has_saved()
        assert made.heard_ids() == {instance}

    with outpost.browser(playwright, tmp_path) as context:
        made = outpost.phone(context, post.site, post.secrets)
        opened(made)
        expect(made.page.locator(heading)).to_have_text("Phiếu khảo sát (bản mới)")
        until(made.page, "() => caches.keys().then((names) => names.length === 1)")
        assert made.errors == []


KEPT_PARTS = (
    "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
    " (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"
    ".filter((path) => path.startsWith('/static/client/') && path.endsWith('.js'))"
)


def NEW_PARTS(static: Path) -> set[str]:  # noqa: N802
    return {f"/static/client/{name}" for name in json.loads((static / "client/files.json").read_text())["files"]}
