"""What the phone keeps of its surroundings: own scope only, no word anybody wrote, the base map cut to the commune."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import Compression, TileType, tileid_to_zxy, zxy_to_tileid
from pmtiles.writer import write
from sqlalchemy import Connection, Engine, text

from app.config import Config
from geodata import basemap
from surveys.proposing import Wanted, propose
from tests.world import World

DAY = dt.date(2026, 11, 1)


@pytest.fixture
def reports(worker: Engine, world: World) -> Iterator[None]:
    """An approved and a waiting report in commune 11, an approved one in commune 12, a restricted one waiting in 11."""
    ids = [uuid.uuid4() for _ in range(2)]
    with worker.begin() as connection:
        for id_, commune, lon in zip(ids, (11, 12), (108.05, 108.15), strict=True):
            connection.execute(
                text(
                    "INSERT INTO situation_reports (id, province_id, commune_id, observed_on, origin, geom, category,"
                    " what_happened, urgency, happened_on, state, due_on, office_id) VALUES (:id, 1, :commune, :day,"
                    " 'survey', ST_SetSRID(ST_Point(:lon, 11.95), 4326), 'dien', 'Trạm biến áp hỏng', 'thuong', :day,"
                    " 'mo', :day, 2)"
                ),
                {"id": id_, "commune": commune, "day": DAY, "lon": lon},
            )
        propose(connection, [wanted("nuoc", "Giếng cạn"), wanted("dat_dai_boi_thuong", "Chậm chi trả")])
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM situation_reports WHERE id = ANY(:ids)"), {"ids": ids})
        connection.execute(text("DELETE FROM proposals WHERE observed_on = :day"), {"day": DAY})


def wanted(category: str, what: str) -> Wanted:
    return Wanted(
        layer="situation_reports",
        feature_id=uuid.uuid4(),
        values={"category": category, "what_happened": what, "urgency": "thuong", "happened_on": DAY.isoformat()},
        province_id=1,
        commune_id=11,
        observed_on=DAY,
        created_by=World().officer,
        place=shapely.to_wkb(shapely.set_srid(shapely.Point(108.06, 11.96), 4326), include_srid=True),
    )


def test_hamlets_of_the_own_commune_come_as_points_and_are_asked_for_once(machine: Callable[..., FlaskClient]) -> None:
    answer = machine("field").get("/survey/api/hamlets")
    assert answer.json == {"far_m": 5000.0, "gate_m": 15, "hamlets": [[111, 108.05, 11.95, "Thôn 1", 11]]}
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = machine("field").get("/survey/api/hamlets", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert len(machine("officer").get("/survey/api/hamlets").json["hamlets"]) == 3


def test_boundaries_of_the_own_commune_come_with_its_neighbours(machine: Callable[..., FlaskClient]) -> None:
    answer = machine("field").get("/survey/api/boundaries")
    told = {one["id"]: (one["properties"]["name"], one["properties"]["own"]) for one in answer.json["features"]}
    assert told == {11: ("Xã Đắk Mil", True), 12: ("Phường Xuân Hương - Đà Lạt", False)}
    outline = answer.json["features"][0]
    assert outline["properties"]["approximate"] is False
    assert outline["geometry"]["type"] == "MultiPolygon"
    assert [108.0, 11.9] in outline["geometry"]["coordinates"][0][0]
    assert {one["id"] for one in machine("officer").get("/survey/api/boundaries").json["features"]} == {11, 12, 13}


def test_nearby_reports_are_category_state_and_day_of_the_own_scope(
    machine: Callable[..., FlaskClient], reports: None, published: None
) -> None:
    answer = machine("field").get("/survey/api/nearby/situation_reports")
    assert answer.json["metres"] == 300.0
    told = [place[1:] for place in answer.json["places"] if place[5] == DAY.isoformat()]
    assert [108.05, 11.95, "Điện", "Mới nhận", DAY.isoformat(), 0] in told
    assert [108.06, 11.96, "Nước sinh hoạt", "đang chờ duyệt", DAY.isoformat(), 1] in told
    assert len(told) == 2, "neither another commune's nor a restricted one"
    for word in ("Trạm", "Giếng", "Chậm", "dat_dai", "Đất đai"):
        assert word not in answer.text


def test_nearby_is_closed_where_the_layer_is_and_unknown_for_other_forms(machine: Callable[..., FlaskClient]) -> None:
    assert machine("field").get("/survey/api/nearby/khong_co").status_code == 404
    assert machine().get("/survey/api/nearby/situation_reports").status_code == 401
    assert machine("admin").get("/survey/api/nearby/religious_sites").status_code in (200, 403)


def test_reading_what_is_nearby_is_audited_once(
    machine: Callable[..., FlaskClient], table: Connection, reports: None
) -> None:
    asked = text("SELECT count(*) FROM audit WHERE verb = 'read' AND layer = 'joint_activities' AND area = 11")
    before = table.scalar(asked)
    for _ in range(3):
        assert machine("field").get("/survey/api/nearby/joint_activities").status_code == 200
    table.rollback()
    assert table.scalar(asked) in (before, before + 1)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A base map of zooms 0 to 12 around the small world; a tile's content is its address."""
    path = tmp_path / "nen.pmtiles"
    ids = [
        zxy_to_tileid(z, x, y)
        for z in range(13)
        for x in range(max(0, int(284.9 / 360 * (1 << z))), int(289.2 / 360 * (1 << z)) + 1)
        for y in range(int(0.45 * (1 << z)), int(0.48 * (1 << z)) + 1)
    ]
    with write(str(path)) as writer:
        for tile_id in sorted(ids):
            writer.write_tile(tile_id, repr(tileid_to_zxy(tile_id)).encode())
        box = {"min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 0, "max_lat_e7": 0}
        centre = {"center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0}
        writer.finalize({"tile_type": TileType.MVT, "tile_compression": Compression.NONE, **box, **centre}, {"a": 1})
    return path


def test_the_extract_holds_the_tiles_of_the_box_unchanged_and_no_others(archive: Path, tmp_path: Path) -> None:
    box = (108.0, 11.9, 108.1, 12.0)
    cut = basemap.extract(archive, box, tmp_path / "xa.pmtiles")
    assert (cut.kind, cut.min_zoom, cut.max_zoom) == ("vector", 0, 12)
    source = MemorySource(cut.path.read_bytes())
    found = dict(all_tiles(source))
    assert found
    assert all(data == repr(at).encode() for at, data in found.items())
    assert cut.bytes < archive.stat().st_size / 2
    header = Reader(source).header()
    assert (header["min_lon_e7"], header["max_lat_e7"]) == (1_080_000_000, 120_000_000)
    assert Reader(source).metadata() == {"a": 1}
    # Zoom 12 is 0.088° wide here: the box touches two columns and three rows at most.
    assert 2 <= sum(1 for z, _, _ in found if z == 12) <= 9


def test_a_file_that_is_no_archive_is_a_problem_with_words(tmp_path: Path) -> None:
    wrong = tmp_path / "x.pmtiles"
    wrong.write_bytes(b"not a map" * 100)
    with pytest.raises(basemap.BasemapUnreadable):
        basemap.extract(wrong, (108.0, 11.9, 108.1, 12.0), tmp_path / "out.pmtiles")
    assert list(tmp_path.glob("*.part")) == []


def test_the_base_map_of_the_commune_tells_its_size_and_comes_in_ranges(
    machine: Callable[..., FlaskClient], site: Flask, archive: Path
) -> None:
    phone = machine("field")
    assert phone.get("/survey/api/basemap").json == {"bytes": 0}
    assert phone.get("/survey/api/basemap.pmtiles").status_code == 404
    kept: Config = site.extensions["diaban_config"]
    site.extensions["diaban_config"] = Config(home=archive.parent, basemap=str(archive))
    try:
        told = phone.get("/survey/api/basemap").json
        whole = phone.get("/survey/api/basemap.pmtiles")
        part = phone.get("/survey/api/basemap.pmtiles", headers={"Range": "bytes=0-6"})
        assert machine().get("/survey/api/basemap.pmtiles").status_code == 401
    finally:
        site.extensions["diaban_config"] = kept
    assert told["bytes"] == len(whole.data) > 400
    assert told["kind"] == "vector"
    assert (part.status_code, part.data) == (206, b"PMTiles")
    assert whole.headers["Cache-Control"] == "private, no-cache"
