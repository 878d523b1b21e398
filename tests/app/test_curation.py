"""The page of geometry checks: found, accepted, approved by a second person, taken back exactly; scope respected."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, text

from app import jobs
from app.config import Config
from app.roles import Urls
from surveys.layers import named
from tests.app.conftest import csrf
from tests.rows import feature

Browser = Callable[..., FlaskClient]
CROSSED = "SRID=4326;MULTIPOLYGON(((108.01 11.91,108.03 11.93,108.03 11.91,108.01 11.93,108.01 11.91)))"
MENDED = (
    "MULTIPOLYGON(((108.02 11.92,108.03 11.93,108.03 11.91,108.02 11.92)),"
    "((108.02 11.92,108.01 11.91,108.01 11.93,108.02 11.92)))"
)


@pytest.fixture
def at_desk(browser: Browser) -> Browser:
    """Signed in, and the forms' token goes along."""

    def signed(name: str) -> FlaskClient:
        client = browser(name)
        client.environ_base["HTTP_X_CSRFTOKEN"] = csrf(client.get("/").text)
        return client

    return signed


@pytest.fixture
def rows(worker: Engine) -> Iterator[dict[str, uuid.UUID]]:
    """A project that crosses itself, a model in the wrong commune, one told twice, and one of another province."""
    wanted = {
        "crossed": ("resettlement_projects", 11, {"name": "Khu tái định cư", "geom": CROSSED}),
        "lost": ("community_models", 11, {"name": "Lạc", "geom": "SRID=4326;POINT(108.15 11.95)"}),
        "first": ("community_models", 12, {"name": "Đường hoa", "geom": "SRID=4326;POINT(108.12 11.92)"}),
        "again": ("community_models", 12, {"name": "Đường hoa", "geom": "SRID=4326;POINT(108.12001 11.92)"}),
        "foreign": ("community_models", 21, {"name": "Khác", "geom": "SRID=4326;POINT(108.15 11.95)"}),
    }
    ids = {}
    with worker.begin() as connection:
        for name, (key, commune, values) in wanted.items():
            row = feature(named(key), commune, **values)
            connection.execute(insert(named(key).table), row)
            ids[name] = row["id"]
            connection.execute(text("UPDATE community_models SET created_at = created_at - interval '1 hour'"))
    yield ids
    with worker.begin() as connection:
        for table in ("geometry_findings", "proposals", "versions", "community_models", "resettlement_projects"):
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def check(cluster: Config, urls: Urls, worker: Engine) -> Callable[[FlaskClient], None]:
    """Begins a check of everything and does the job as the background process would."""

    def done(client: FlaskClient) -> None:
        assert client.post("/exchange/check/", data={"near": "30"}).status_code == 303
        with worker.connect() as connection:
            id_ = connection.scalar(
                text("SELECT id FROM jobs WHERE kind = 'geometry_check' ORDER BY created_at DESC LIMIT 1")
            )
        jobs.run(cluster, urls, worker, id_)

    return done


def one(worker: Engine, query: str, **given: Any) -> Any:
    with worker.connect() as connection:
        return connection.execute(text(query), given).one()


def finding(worker: Engine, feature_id: uuid.UUID) -> Any:
    return one(worker, "SELECT * FROM geometry_findings WHERE feature_id = :i", i=feature_id)


def whole(worker: Engine, key: str, id_: uuid.UUID) -> str:
    query = f"SELECT (to_jsonb(f) - 'version' - 'updated_at' - 'geom')::text || f.geom::text FROM {key} f WHERE id = :i"
    return str(one(worker, query, i=id_)[0])


def test_findings_are_shown_with_a_picture_and_a_repair(
    at_desk: Browser, check: Callable[[FlaskClient], None], rows: dict[str, uuid.UUID]
) -> None:
    client = at_desk("gis")
    assert "Chưa kiểm tra lần nào" in client.get("/exchange/check/").text
    check(client)
    page = client.get("/exchange/check/").text
    assert "Hình tự cắt" in page
    assert "Ngoài xã đã ghi" in page
    listed = client.get("/exchange/check/?layer=resettlement_projects&kind=self_crossing").text
    assert "Khu tái định cư" in listed
    assert "<path d=" in listed
    assert "Sửa hình tự cắt" in listed
    moved = client.get("/exchange/check/?layer=community_models&kind=outside_unit").text
    assert "Xuân Hương - Đà Lạt" in moved
    assert "Khác" not in moved


def test_a_repair_is_made_when_a_second_person_approves_it_and_undone_exactly(
    at_desk: Browser, check: Callable[[FlaskClient], None], worker: Engine, rows: dict[str, uuid.UUID]
) -> None:
    gis, officer = at_desk("gis"), at_desk("officer")
    check(gis)
    id_ = rows["crossed"]
    before = whole(worker, "resettlement_projects", id_)
    found = finding(worker, id_)
    gis.post("/exchange/check/resettlement_projects", data={"decision": "accept", "finding": found.id})
    assert whole(worker, "resettlement_projects", id_) == before
    proposal = finding(worker, id_).proposal_id
    assert "Sửa hình tự cắt" in officer.get(f"/review/{proposal}").text
    assert officer.post(f"/review/{proposal}", data={"decision": "approve"}).status_code == 302
    row = one(
        worker,
        "SELECT ST_IsValid(geom) AS valid, ST_Equals(geom, ST_GeomFromText(:m, 4326)) AS mended, origin"
        " FROM resettlement_projects WHERE id = :i",
        i=id_, m=MENDED,
    )  # fmt: skip
    assert tuple(row) == (True, True, "curation")
    assert (
        gis.post("/exchange/check/resettlement_projects", data={"decision": "undo", "finding": found.id}).status_code
        == 403
    )
    assert (
        officer.post(
            "/exchange/check/resettlement_projects", data={"decision": "undo", "finding": found.id}
        ).status_code
        == 303
    )
    assert whole(worker, "resettlement_projects", id_) == before


def test_nobody_approves_the_own_repair(
    at_desk: Browser, check: Callable[[FlaskClient], None], worker: Engine, rows: dict[str, uuid.UUID]
) -> None:
    officer = at_desk("officer")
    check(officer)
    found = finding(worker, rows["crossed"])
    officer.post("/exchange/check/resettlement_projects", data={"decision": "accept", "finding": found.id})
    proposal = finding(worker, rows["crossed"]).proposal_id
    assert officer.post(f"/review/{proposal}", data={"decision": "approve"}).status_code == 403
    officer.post("/exchange/check/resettlement_projects", data={"decision": "undo", "finding": found.id})
    assert one(worker, "SELECT state FROM proposals WHERE id = :i", i=proposal).state == "superseded"
    assert finding(worker, rows["crossed"]).state == "open"


def test_all_of_a_kind_at_once_the_later_of_two_is_archived_and_comes_back(
    at_desk: Browser, check: Callable[[FlaskClient], None], worker: Engine, rows: dict[str, uuid.UUID]
) -> None:
    gis, officer = at_desk("gis"), at_desk("officer")
    check(gis)
    found = one(worker, "SELECT * FROM geometry_findings WHERE kind = 'duplicate'")
    assert (found.feature_id, found.other_id) == (rows["again"], rows["first"])
    before = whole(worker, "community_models", rows["again"])
    gis.post("/exchange/check/community_models", data={"decision": "all", "kind": "duplicate"})
    proposal = one(worker, "SELECT proposal_id FROM geometry_findings WHERE id = :i", i=found.id).proposal_id
    page = officer.get(f"/review/{proposal}").text
    assert "đưa bản ghi vào lưu trữ" in page
    assert "Đường hoa" in page
    officer.post(f"/review/{proposal}", data={"decision": "approve"})
    assert one(worker, "SELECT count(*) FROM community_models WHERE id = :i", i=rows["again"])[0] == 0
    officer.post("/exchange/check/community_models", data={"decision": "undo", "finding": found.id})
    assert whole(worker, "community_models", rows["again"]) == before


def test_what_was_edited_since_isnt_taken_back(
    at_desk: Browser, check: Callable[[FlaskClient], None], worker: Engine, rows: dict[str, uuid.UUID]
) -> None:
    gis, officer = at_desk("gis"), at_desk("officer")
    check(gis)
    found = finding(worker, rows["lost"])
    gis.post("/exchange/check/community_models", data={"decision": "accept", "finding": found.id})
    proposal = finding(worker, rows["lost"]).proposal_id
    officer.post(f"/review/{proposal}", data={"decision": "approve"})
    assert one(worker, "SELECT commune_id FROM community_models WHERE id = :i", i=rows["lost"]).commune_id == 12
    with worker.begin() as connection:
        connection.execute(text("UPDATE community_models SET name = 'Mới' WHERE id = :i"), {"i": rows["lost"]})
    again = officer.post("/exchange/check/community_models", data={"decision": "undo", "finding": found.id})
    assert again.status_code == 409
    row = one(worker, "SELECT name, commune_id FROM community_models WHERE id = :i", i=rows["lost"])
    assert tuple(row) == ("Mới", 12)


def test_what_is_set_aside_stays_so_until_it_changes(
    at_desk: Browser, check: Callable[[FlaskClient], None], worker: Engine, rows: dict[str, uuid.UUID]
) -> None:
    officer = at_desk("officer")
    check(officer)
    found = finding(worker, rows["lost"])
    officer.post("/exchange/check/community_models", data={"decision": "leave", "finding": found.id})
    check(officer)
    assert finding(worker, rows["lost"]).state == "set_aside"
    with worker.begin() as connection:
        connection.execute(text("UPDATE community_models SET name = 'Mới' WHERE id = :i"), {"i": rows["lost"]})
    check(officer)
    assert finding(worker, rows["lost"]).state == "open"


def test_a_field_officer_or_leader_has_no_such_page(at_desk: Browser) -> None:
    for name in ("field", "leader", "admin"):
        assert at_desk(name).get("/exchange/check/").status_code in (403, 404)
