"""The office's base map: our server alone asks for it, of the one host that was named, and takes only tiles."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app import tile_fetching
from app.config import Config
from app.database import acting
from app.tile_fetching import GroundTiles, TileNotFetched
from geodata import tileaddress
from geodata.tileaddress import AddressNotSafe, Ground
from surveys import basemaps
from tests.app.conftest import csrf
from tests.browser import basemap as small
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture" * 50
Machine = Callable[..., FlaskClient]


@dataclass
class Host:
    """A tile host of the test's own; what it answers by the first part of the path, and what it was asked."""

    url: str
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    down: bool = False


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    found = Host("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, dict(self.headers)))
            kind = "down" if found.down else self.path.split("/")[1]
            status, type_, body = {
                "good": (200, "image/png", PNG),
                "html": (200, "text/html", b"<html>sign in first</html>"),
                "liar": (200, "image/png", b"<svg onload=alert(1)>"),
                "svg": (200, "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
                "large": (200, "image/png", PNG + bytes(2_000_000)),
                "away": (302, "text/plain", b""),
                "none": (404, "text/plain", b"no"),
                "wrong": (500, "text/plain", b"no"),
            }.get(kind, (503, "text/plain", b""))
            if kind == "drip":
                self.drips()
                return
            self.send_response(status)
            self.send_header("Content-Type", type_)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", f"{found.url}/good/0/0/0.png")
            self.end_headers()
            self.wfile.write(body)

        def drips(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            try:
                for byte in PNG:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.2)
            except OSError:
                pass  # hung up on, as it should be

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def tiles(host: Host, tmp_path: Path) -> GroundTiles:
    host.asked.clear()
    host.down = False
    return GroundTiles(tmp_path / "tiles")


@pytest.fixture
def set_to(web: Engine, owner: Engine, world: World) -> Iterator[Callable[[str], None]]:
    """`set_to(address)`: as if an administrator had."""
    admin = world.actor("admin")

    def put(address: str) -> None:
        with acting(web, admin) as session:
            basemaps.choose(session, admin, Ground(address, 0, 12, "Nguồn: Tỉnh"))

    yield put
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE basemaps"))


@pytest.mark.parametrize(
    "address",
    [
        "https://ban-do.tinh.gov.vn/nen/{z}/{x}/{y}.png",
        "https://ban-do.tinh.gov.vn:8443/wmts/nen/{TileMatrix}/{TileRow}/{TileCol}.png?key=1",
        "https://a.vn/wmts?SERVICE=WMTS&REQUEST=GetTile&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}",
        "http://127.0.0.1:8080/{z}/{x}/{y}.pbf", "http://localhost/{z}/{x}/{y}", "http://[::1]:9/{z}/{x}/{y}",
    ],
)  # fmt: skip
def test_an_address_of_tiles_is_taken(address: str) -> None:
    tileaddress.check(address)
    made = Ground(address).tile(7, 101, 58)
    assert "{" not in made
    assert all(number in made for number in ("7", "101", "58"))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://ban-do.tinh.gov.vn/{z}/{x}/{y}.png", "https"), ("http://169.254.169.254/{z}/{x}/{y}", "https"),
        ("file:///etc/{z}/{x}/{y}", "host"), ("ftp://a.vn/{z}/{x}/{y}", "https"), ("https://{z}.a.vn/{x}/{y}", "host"),
        ("https://a.vn@b.vn/{z}/{x}/{y}", "host"), ("https://u:p@a.vn/{z}/{x}/{y}", "host"),
        ("https://a.vn/{z}/{x}", "xyz"), ("https://a.vn/{z}/{x}/{y}/{s}", "unknown_part"),
        ("https://a.vn/{z}/{x}/{y} x", "letters"), ("https://a.vn\\@b.vn/{z}/{x}/{y}", "letters"),
        ("https://[::1/{z}/{x}/{y}", "letters"), ("https://a.vn:99999/{z}/{x}/{y}", "letters"),
        ("https://a.vn/{z}/{x}/{y}#f", "host"), ("", "host"),
        ("https://a.vn/{z}/{x}/{y}" + "x" * 500, "letters"), ("http://127.0.0.1.a.vn/{z}/{x}/{y}", "https"),
        ("javascript:{z}{x}{y}", "host"),
    ],
)  # fmt: skip
def test_an_address_that_could_lead_elsewhere_is_refused(address: str, reason: str) -> None:
    with pytest.raises(AddressNotSafe) as found:
        tileaddress.check(address)
    assert found.value.facts["reason"] == reason


def test_a_tile_is_asked_once_and_kept(host: Host, tiles: GroundTiles) -> None:
    ground = Ground(f"{host.url}/good/{{z}}/{{x}}/{{y}}.png")
    for _ in range(3):
        found = tiles.tile(ground, 7, 101, 58)
        assert (found.data, found.type) == (PNG, "image/png")
    assert [path for path, _ in host.asked] == ["/good/7/101/58.png"]
    ((_, sent),) = host.asked
    assert not {"cookie", "authorization", "referer"} & {name.lower() for name in sent}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("html", "type"), ("liar", "type"), ("svg", "type"), ("large", "size"), ("away", "status 302"),
     ("wrong", "status 500")],
)  # fmt: skip
def test_what_is_no_tile_is_neither_shown_nor_kept(host: Host, tiles: GroundTiles, kind: str, reason: str) -> None:
    with pytest.raises(TileNotFetched) as found:
        tiles.tile(Ground(f"{host.url}/{kind}/{{z}}/{{x}}/{{y}}.png"), 3, 1, 1)
    assert found.value.facts["reason"].startswith(reason)
    assert len(host.asked) == 1  # a redirect isn't followed
    assert [path for path in tiles._folder.rglob("*") if path.is_file()] == []


def test_a_host_that_drips_or_is_not_there_is_left(
    host: Host, tiles: GroundTiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tile_fetching, "WITHIN_S", 1.0)
    begun = time.monotonic()
    with pytest.raises(TileNotFetched) as found:
        tiles.tile(Ground(f"{host.url}/drip/{{z}}/{{x}}/{{y}}.png"), 3, 1, 1)
    assert found.value.facts["reason"] in ("time", "network")
    assert time.monotonic() - begun < 4
    with pytest.raises(TileNotFetched):
        tiles.tile(Ground("http://127.0.0.1:9/{z}/{x}/{y}.png"), 3, 1, 1)


def test_an_old_tile_is_asked_anew_and_shown_while_the_host_is_down(host: Host, tiles: GroundTiles) -> None:
    ground = Ground(f"{host.url}/good/{{z}}/{{x}}/{{y}}.png")
    tiles.tile(ground, 4, 1, 1)
    (file,) = [path for path in tiles._folder.rglob("*") if path.is_file()]
    os.utime(file, (1, 1))
    host.down = True
    assert tiles.tile(ground, 4, 1, 1).data == PNG
    host.down = False
    assert tiles.tile(ground, 4, 1, 1).data == PNG
    assert len(host.asked) == 3
    assert file.stat().st_mtime > 1_000


def test_the_disk_holds_no_more_than_was_said(tmp_path: Path) -> None:
    for n in range(10):
        (tmp_path / f"{n}").write_bytes(bytes(1000))
        os.utime(tmp_path / f"{n}", (n, n))
    assert tile_fetching.sweep(tmp_path, 4_500) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["6", "7", "8", "9"]


def test_people_and_phones_ask_only_us(host: Host, machine: Machine, set_to: Callable[[str], None]) -> None:
    set_to(f"{host.url}/good/{{z}}/{{x}}/{{y}}.png")
    leader, phone = machine("leader"), machine("field")
    told = leader.get("/basemap/settings.json").json
    assert told == phone.get("/survey/api/basemap").json["live"]
    assert host.url not in str(told)
    assert (told["kind"], told["maxzoom"], told["attribution"]) == ("raster", 12, "Nguồn: Tỉnh")
    address = told["url"].format(z=7, x=101, y=58)
    answer = leader.get(address)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PNG, "image/png")
    assert answer.headers["Cache-Control"].startswith("private")
    assert leader.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert '"ground": {' in leader.get("/map/script.js").text
    assert host.url not in leader.get("/map/script.js").text
    for wrong in (told["url"].format(z=13, x=0, y=0), told["url"].format(z=3, x=8, y=0), "/basemap/other/7/101/58"):
        assert leader.get(wrong).status_code == 404, wrong
    assert machine().get(address, headers={"Accept": "image/png"}).status_code == 401
    set_to(f"{host.url}/none/{{z}}/{{x}}/{{y}}.png")
    address = leader.get("/basemap/settings.json").json["url"].format(z=7, x=101, y=58)
    empty = leader.get(address)
    assert (empty.status_code, empty.data[:4]) == (200, b"\x89PNG")
    set_to(f"{host.url}/html/{{z}}/{{x}}/{{y}}.png")
    address = leader.get("/basemap/settings.json").json["url"].format(z=7, x=101, y=58)
    refused = leader.get(address)
    assert (refused.status_code, refused.json["code"]) == (503, "basemap_unreachable")


def test_an_archive_of_the_office_is_served_tile_by_tile(machine: Machine, site: Flask, tmp_path: Path) -> None:
    archive = small.make(tmp_path / "nen.pmtiles")
    kept: Config = site.extensions["diaban_config"]
    site.extensions["diaban_config"] = Config(home=tmp_path, basemap=str(archive))
    try:
        client = machine("leader")
        told = client.get("/basemap/settings.json").json
        assert (told["kind"], told["minzoom"], told["maxzoom"]) == ("vector", *small.ZOOMS)
        x, y = tileaddress.at(108.05, 11.95, 10)
        answer = client.get(told["url"].format(z=10, x=x, y=y))
        assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
        assert answer.mimetype == "application/vnd.mapbox-vector-tile"
        assert answer.data[:2] == b"\x1f\x8b"
        assert client.get(told["url"].format(z=10, x=0, y=0)).data == b""
    finally:
        site.extensions["diaban_config"] = kept


def test_an_administrator_sets_it_after_it_was_tried(
    host: Host, browser: Callable[..., FlaskClient], table: Connection, set_to: Callable[[str], None]
) -> None:
    admin = browser("admin")
    token = csrf(admin.get("/admin/basemap").text)

    def ask(address: str, **more: str) -> Any:
        given = {"address": address, "min_zoom": "0", "max_zoom": "15", "attribution": "", "csrf_token": token, **more}
        return admin.post("/admin/basemap", data=given)

    for wrong, said in (
        ("http://ban-do.tinh.gov.vn/{z}/{x}/{y}.png", "https://máy-chủ"),
        (f"{host.url}/html/{{z}}/{{x}}/{{y}}.png", "không trả ô bản đồ hợp lệ"),
        (f"{host.url}/none/{{z}}/{{x}}/{{y}}.png", "không trả ô bản đồ hợp lệ"),
    ):
        answer = ask(wrong)
        assert answer.status_code == 422, wrong
        assert said in answer.text
        assert wrong in answer.text  # what was typed is still there
    assert ask(f"{host.url}/good/{{z}}/{{x}}/{{y}}.png", max_zoom="99").status_code == 422
    assert browser("leader").get("/basemap/settings.json").json == {}
    assert ask(f"{host.url}/good/{{z}}/{{x}}/{{y}}.png").status_code == 303
    assert "Đã đặt nền bản đồ" in admin.get("/admin/basemap").text
    assert browser("leader").get("/basemap/settings.json").json["maxzoom"] == 15
    newest = "SELECT account_id, detail FROM audit WHERE verb = 'set_basemap' ORDER BY id DESC LIMIT 1"
    assert tuple(table.execute(text(newest)).one()) == (6, {"host": "127.0.0.1"})
    table.rollback()
    admin.post("/admin/basemap", data={"clear": "1", "csrf_token": token})
    assert browser("leader").get("/basemap/settings.json").json == {}
    assert table.execute(text(newest)).one().detail == {"host": ""}


def test_nobody_else_sets_it(machine: Machine, web: Engine, world: World) -> None:
    for name in ("field", "officer", "leader", "gis"):
        assert machine(name).get("/admin/basemap").status_code == 403
        assert machine(name).post("/admin/basemap", data={"clear": "1"}).status_code == 403
        with acting(web, world.actor(name)) as session:
            with pytest.raises(DBAPIError):
                basemaps.choose(session, world.actor(name), Ground("https://a.vn/{z}/{x}/{y}"))
            session.rollback()
