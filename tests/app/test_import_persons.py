"""Persons' columns and parcel maps over HTTP: dropped and listed, refused and gone (S1, S6)."""

import io
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import jobs
from app.config import Config
from app.roles import Urls
from surveys import import_files
from tests.surveys.test_screening_columns import PERSONS, SHORT, spellings

LAYER = "community_models"
NAMES = ("Mô hình nước sạch thôn 3", "Mô hình đường hoa thôn 5")
TRACE = "vết riêng"  # in every cell about a person: a word that no list knows, so the column's name alone tells


@pytest.fixture
def send(
    machine: Callable[..., FlaskClient], cluster: Config, urls: Urls, worker: Engine
) -> Iterator[Callable[..., dict[str, Any]]]:
    """Sends a file as the technician, and the import once its job has run."""
    sent: list[str] = []

    def make(name: str, data: bytes, layer: str = LAYER, **more: str) -> dict[str, Any]:
        gis = machine("gis")
        given = {"layer": layer, "file": (io.BytesIO(data), name), **more}
        answer = gis.post("/api/imports", data=given, content_type="multipart/form-data")
        assert answer.status_code == 202, answer.text
        jobs.run(cluster, urls, worker, uuid.UUID(answer.json["id"]))
        sent.append(answer.json["parameters"]["import"])
        told: dict[str, Any] = gis.get(f"/api/imports/{sent[-1]}").json
        return told

    yield make
    with worker.begin() as connection:
        connection.execute(text(jobs.IN_QUEUE))
        for table in ("jobs", "procrastinate.procrastinate_jobs", "proposals", "imports", "import_mappings"):
            connection.execute(text(f"DELETE FROM {table}"))


def test_persons_columns_are_dropped_and_listed_under_every_name(
    send: Callable[..., dict[str, Any]],
    machine: Callable[..., FlaskClient],
    browser: Callable[..., FlaskClient],
    cluster: Config,
    urls: Urls,
    worker: Engine,
) -> None:
    personal = sorted({*SHORT, *(each for phrase in PERSONS for each in spellings(phrase) if each != "Địa chỉ")})
    personal = [name for name in personal if "\n" not in name][:480]
    assert len(personal) > 120
    lines = [";".join(["Tên", "lat", "lon", *personal])]
    lines += [";".join([name, "11.95", f"108.0{n + 1}", *[TRACE] * len(personal)]) for n, name in enumerate(NAMES)]
    told = send("danh sach.csv", "\n".join(lines).encode())
    assert told["state"] == "ready", told
    report = told["report"]
    dropped = {column for column, _ in report["dropped"]}
    compared = {report["address"]["column"]} if report["address"] else set()
    assert set(personal) - dropped - compared == set()
    assert all(why for _, why in report["dropped"])
    assert TRACE not in json.dumps(told, ensure_ascii=False)
    seen = browser("gis").get(f"/exchange/imports/{told['id']}").text
    assert TRACE not in seen
    for name in ("CCCD", "SĐT", "ho_ten"):
        assert f"<b>{name}</b>" in seen
    stored = _stored(worker, told["id"])
    assert TRACE not in stored


@pytest.mark.parametrize(
    ("layer", "columns", "size"),
    [
        ("resettlement_projects", {"SHTHUA": "12", "SHTO": "4"}, 0.01),
        ("resettlement_projects", {"Số thửa": "12", "Chủ sử dụng": "x"}, 0.01),
        ("resettlement_projects", {"ten": "Khu 1"}, 0.0002),  # a dozen areas of 20 m
        ("minority_areas", {"TOBANDO": "4", "THUADAT": "12"}, 0.01),
    ],
)
def test_a_parcel_map_is_refused_and_nothing_of_it_stays(
    send: Callable[..., dict[str, Any]], browser: Callable[..., FlaskClient], worker: Engine, cluster: Config,
    layer: str, columns: dict[str, str], size: float,
) -> None:  # fmt: skip
    told = send("ban do.geojson", _squares(12, size, {**columns, "ghi_chu": TRACE}), layer)
    assert (told["state"], told["error"]["code"]) == ("refused", "import_parcel_map")
    assert "thửa đất" in browser("gis").get(f"/exchange/imports/{told['id']}").text
    assert TRACE not in _stored(worker, told["id"])
    assert not import_files.folder(cluster.home, uuid.UUID(told["id"])).exists()


def test_a_classified_file_is_not_kept_either(send: Callable[..., dict[str, Any]], cluster: Config) -> None:
    told = send("bang.csv", "Tên,lat,lon\nMô hình (TUYỆT MẬT),11.95,108.05\n".encode())
    assert (told["state"], told["error"]["code"]) == ("refused", "submission_classified")
    assert not import_files.folder(cluster.home, uuid.UUID(told["id"])).exists()


def _stored(worker: Engine, id_: str) -> str:
    """All that the database holds of an import."""
    with worker.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT to_jsonb(i)::text FROM imports i WHERE id = :id"
                " UNION ALL SELECT to_jsonb(p)::text FROM proposals p WHERE import_id = :id"
                " UNION ALL SELECT to_jsonb(j)::text FROM jobs j WHERE parameters ->> 'import' = cast(:id AS text)"
            ),
            {"id": id_},
        )
        return "\n".join(row[0] for row in rows)


def _squares(count: int, size: float, properties: dict[str, str]) -> bytes:
    features = []
    for n in range(count):
        west, south = 108.02 + n % 4 * size, 11.92 + n // 4 * size
        ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": properties, "geometry": shape})
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
