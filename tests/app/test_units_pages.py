"""The administrator's page of units: preview, confirm, report, undo; the officer's page of what couldn't be placed."""

import io
import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, text

from app import credentials, jobs
from app.config import Config
from app.database import acting
from app.roles import Urls
from surveys import reforms
from surveys.layers import named
from tests.app.conftest import csrf
from tests.rows import feature

RENAME = "ma_xa,loai\n24701,xã\n"
SPLIT = (
    "ma_xa_cu,ma_xa_moi,ten_moi,loai_moi,ma_tinh_moi,ghi_chu\n"
    "24701,24801,Xuân Hương Đông,phường,68,Nhập một phần\n24701,24802,Xuân Hương Tây,phường,68,Nhập một phần\n"
)
Browser = Callable[..., FlaskClient]


@pytest.fixture
def at_desk(browser: Browser) -> Browser:
    """`at_desk("admin")`: signed in, and the forms' token goes along."""

    def signed(name: str) -> FlaskClient:
        client = browser(name)
        client.environ_base["HTTP_X_CSRFTOKEN"] = csrf(client.get("/").text)
        return client

    return signed


@pytest.fixture
def model(worker: Engine) -> Iterator[uuid.UUID]:
    """A model that knows only its commune; whatever a test reformed is undone."""
    layer = named("community_models")
    row = feature(layer, 12, name="Đường hoa") | {"geom": None}
    with worker.begin() as connection:
        connection.execute(insert(layer.table), row)
    yield row["id"]
    with worker.begin() as connection:
        while (last := reforms.last(connection)) is not None:
            reforms.undo(connection, None, last)
        connection.execute(text("DELETE FROM reforms"))
        connection.execute(text("DELETE FROM community_models"))


@pytest.fixture
def work(cluster: Config, urls: Urls, worker: Engine) -> Callable[[str], str]:
    """Does the job of an address as the background process would, and gives its address back."""

    def done(location: str) -> str:
        jobs.run(cluster, urls, worker, uuid.UUID(location.rpartition("/")[2]))
        return location

    return done


def send(client: FlaskClient, content: str, on: str = "2026-09-20") -> str:
    data = {"file": (io.BytesIO(content.encode()), "doi_ten.csv"), "on": on, "act": "388/NQ-UBTVQH16"}
    answer = client.post("/admin/units/", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def codes(worker: Engine) -> list[str]:
    with worker.connect() as connection:
        query = (
            "SELECT code || ' ' || kind FROM units WHERE level = 3 AND province_id = 1 AND valid_to IS NULL ORDER BY 1"
        )
        return list(connection.scalars(text(query)))


def test_a_change_is_seen_before_it_is_made_and_taken_back_whole(
    at_desk: Browser, work: Callable[[str], str], worker: Engine, model: uuid.UUID
) -> None:
    client = at_desk("admin")
    before = codes(worker)
    preview = work(send(client, RENAME))
    page = client.get(preview).text
    assert "Chưa có gì thay đổi." in page
    assert "24701 xã Xuân Hương - Đà Lạt" in page
    assert codes(worker) == before
    applied = work(client.post(preview).headers["Location"])
    assert "Đã áp dụng." in client.get(applied).text
    assert "24701 xã" in codes(worker)
    listed = client.get("/admin/units/").text
    assert "doi_ten.csv" in listed
    with worker.connect() as connection:
        reform = reforms.last(connection)
    assert "Hoàn tác cả đợt này" in client.get(f"/admin/units/{reform}").text
    undone = work(client.post(f"/admin/units/{reform}/undo").headers["Location"])
    assert "Đã hoàn tác" in client.get(undone).text
    assert codes(worker) == before
    assert "đã hoàn tác" in client.get(f"/admin/units/{reform}").text


def test_a_bad_row_is_named_with_what_to_do(
    at_desk: Browser, work: Callable[[str], str], worker: Engine, model: uuid.UUID
) -> None:
    client = at_desk("admin")
    before = codes(worker)
    page = client.get(work(send(client, "ma_xa,loai\n99999,xã\n"))).text
    assert "99999" in page
    assert "không có đơn vị cũ mang mã này" in page
    assert "Xác nhận" not in page
    assert codes(worker) == before


def test_what_cant_be_placed_is_placed_by_an_officer_among_the_heirs(
    at_desk: Browser, work: Callable[[str], str], worker: Engine, model: uuid.UUID
) -> None:
    admin, officer = at_desk("admin"), at_desk("officer")
    work(admin.post(work(send(admin, SPLIT))).headers["Location"])
    page = officer.get("/review/places/").text
    assert "Đường hoa" in page
    assert "phường Xuân Hương Đông" in page
    with worker.connect() as connection:
        row, unit = connection.execute(
            text(
                "SELECT w.id, u.id FROM unplaced w, units u WHERE w.relation = 'community_models' AND u.code = '24802'"
            )
        ).one()
    assert officer.post("/review/places/", data={"row": str(row), "unit": 21}).status_code == 404  # another province's
    assert officer.post("/review/places/", data={"row": str(row), "unit": unit}).status_code == 303
    with worker.connect() as connection:
        home = connection.scalar(text("SELECT commune_id FROM community_models WHERE id = :i"), {"i": model})
        reform = reforms.last(connection)
    assert home == unit
    assert officer.post("/review/places/", data={"row": str(row), "unit": unit}).status_code == 409
    work(admin.post(f"/admin/units/{reform}/undo").headers["Location"])
    with worker.connect() as connection:
        home = connection.scalar(text("SELECT commune_id FROM community_models WHERE id = :i"), {"i": model})
    assert home == 12


def test_hamlets_of_a_split_commune_are_placed_too(
    at_desk: Browser, work: Callable[[str], str], worker: Engine, model: uuid.UUID
) -> None:
    admin, officer = at_desk("admin"), at_desk("officer")
    work(admin.post(work(send(admin, SPLIT))).headers["Location"])
    with worker.connect() as connection:
        row, unit = connection.execute(
            text("SELECT w.id, u.id FROM unplaced w, units u WHERE w.relation = 'hamlets' AND u.code = '24801'")
        ).one()
    assert officer.post("/review/places/", data={"row": str(row), "unit": unit}).status_code == 303
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT parent_id FROM units WHERE id = 121")) == unit


def test_an_officer_of_a_merged_commune_sees_the_new_one(
    at_desk: Browser, work: Callable[[str], str], worker: Engine, web: Engine, model: uuid.UUID
) -> None:
    """The scope follows at once: the policies let the field officer of the first commune see what the second had."""
    admin = at_desk("admin")
    head = "ma_xa_cu,ma_xa_moi,ten_moi,loai_moi,ma_tinh_moi,ghi_chu"
    rows = [f"{old},24800,Liên Xã,xã,68,Nhập toàn bộ" for old in ("24700", "24701")]
    work(admin.post(work(send(admin, "\n".join([head, *rows]) + "\n"))).headers["Location"])
    with worker.connect() as connection:
        actor = credentials.actor_of(connection, 1)
        new = connection.scalar(text("SELECT id FROM units WHERE code = '24800'"))
    assert actor is not None
    assert actor.commune_id == new
    with acting(web, actor) as session:
        assert session.scalars(text("SELECT commune_id FROM community_models")).all() == [new]


@pytest.mark.parametrize("role", ["field", "officer", "leader", "gis"])
def test_only_administrators_change_units(browser: Browser, site: Flask, role: str) -> None:
    assert browser(role).get("/admin/units/").status_code in (403, 404)
