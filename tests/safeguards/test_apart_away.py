"""People's grievances beside faith or ethnicity leave by no briefing, paper, slide or file (S7)."""

import itertools
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app import jobs
from surveys import periods, wall_clock
from surveys.layers import FAITH_AND_ETHNICITY
from tests.safeguards.system import System

KINDS = ("map_pdf", "map_atlas", "map_slides", "map_file")
REPORTS = ("reports", "reports_overdue", "report_households")
RESTRICTED = ("restricted_dat_dai_boi_thuong", "restricted_mau_thuan_cong_dong")
FAITH = ("sites", "site_requests", "minority_areas")
REASON = "Họp giao ban"


def queries() -> Iterator[str]:
    """Every way a map's address can put the two together."""
    for other in sorted(FAITH_AND_ETHNICITY):
        for first, second in itertools.permutations(("situation_reports", other)):
            yield f"layers={first},{second}"
            yield f"layers={first},hamlet_profiles,{second}"
            yield f"layers=situation_report_counts,{first},{second}"
        for figure in (*REPORTS, *RESTRICTED):
            yield f"layers={other}&figure={figure}&period=2026-Q3"
    for figure in FAITH:
        yield f"layers=situation_reports&figure={figure}"
    for figure in (*REPORTS, *RESTRICTED):
        yield f"layers=&figure={figure}&area=kv1&period=2026-Q3"


def page(query: str) -> dict[str, object]:
    return {"unit": 1, "query": query, "title": "", "note": ""}


@pytest.fixture(scope="module")
def client(system: System) -> FlaskClient:
    return system.client("answering")


@pytest.mark.parametrize("query", list(queries()))
def test_no_copy_is_asked_for(client: FlaskClient, query: str) -> None:
    for kind in KINDS:
        given = {"kind": kind, "unit": "1", "query": query, "purpose": REASON}
        assert client.post("/map/copies/", data=given).status_code == 403, kind


@pytest.mark.parametrize("query", list(queries()))
def test_no_page_of_a_briefing_is_saved(client: FlaskClient, query: str) -> None:
    given = {"meeting": "Giao ban", "held_on": "2026-11-30", "unit": "1", "query": query}
    assert client.post("/briefings/save", data=given).status_code == 403


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_that_was_stored_all_the_same_makes_nothing(system: System, kind: str) -> None:
    for query in queries():
        with system.worker.begin() as connection:
            id_ = connection.scalar(
                text(
                    "INSERT INTO jobs (account_id, kind, parameters, purpose) VALUES (3, :kind,"
                    " jsonb_build_object('pages', jsonb_build_array(jsonb_build_object('unit', 1, 'query',"
                    " cast(:query AS text)))), :why) RETURNING id"
                ),
                {"kind": kind, "query": query, "why": REASON},
            )
        jobs.run(system.config, system.urls, system.worker, id_)
        (row,) = system.rows("SELECT state, error ->> 'code' AS code, result FROM jobs WHERE id = :id", id=id_)
        assert (row.state, row.code, row.result) == ("failed", "incompatible_layers", None), query
        assert not (system.config.exports / str(id_)).exists()


def test_a_file_doesnt_hold_on_two_pages_what_may_not_be_on_one(system: System) -> None:
    client = system.client("leader")
    made = client.post("/briefings/", data={"title": "Giao ban", "held_on": "2026-11-30"})
    assert made.status_code == 303
    briefing = made.headers["Location"].rsplit("/", 1)[1]
    for query in ("layers=situation_reports", "layers=religious_sites"):
        given = {"briefing": briefing, "unit": "1", "query": query}
        assert client.post("/briefings/save", data=given).status_code == 303
    given = {"briefing": briefing, "purpose": REASON}
    assert client.post("/map/copies/", data={**given, "kind": "map_file"}).status_code == 403
    assert client.post("/map/copies/", data={**given, "kind": "map_pdf"}).status_code == 303


def test_a_report_with_figures_that_may_not_be_seen_together_is_neither_shown_nor_made(system: System) -> None:
    before = periods.holding(periods.QUARTER, wall_clock.today()).before
    report, _ = system.reported("leader", "land", before.code)
    client = system.client("leader")
    assert client.get(f"/reports/{report}").status_code == 200
    with system.worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO report_figures (report_id, figure, position, frozen)"
                " SELECT report_id, 'sites', 99, frozen FROM report_figures WHERE report_id = :id LIMIT 1"
            ),
            {"id": report},
        )
    assert client.get(f"/reports/{report}").status_code == 403
    assert client.get(f"/reports/{report}/changes").status_code == 403
    assert client.post(f"/reports/{report}/file").status_code == 303
    (row,) = system.rows("SELECT id FROM jobs ORDER BY created_at DESC LIMIT 1")
    jobs.run(system.config, system.urls, system.worker, row.id)
    (row,) = system.rows("SELECT id, state, error ->> 'code' AS code FROM jobs WHERE id = :id", id=row.id)
    assert (row.state, row.code) == ("failed", "incompatible_layers")
    assert not (system.config.exports / str(row.id)).exists()
