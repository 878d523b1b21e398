"""Later reforms: renames, mergers, splits, a moved border of a province; every row placed or queued."""

import datetime as dt
import uuid
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from geodata import rehoming
from geodata.reform_input import ReformInFuture, ReformRefused
from surveys import reforms, rehomed_tables
from surveys.proposals import Proposal
from surveys.restricted import RestrictedReport
from tests.geodata.reforming import (
    ACT,
    AREAS,
    ON,
    SPLIT,
    Write,
    add,
    cleared,
    home,
    of,
    proposal,
    restricted,
    state,
    unit,
    writer,
)
from tests.world import World


@pytest.fixture
def connection(background: Session) -> Connection:
    return cleared(background.connection())


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def test_a_change_of_kind_begins_new_units_that_take_everything_along(
    connection: Connection, world: World, write: Write
) -> None:
    """As on 20/09/2026, when twelve communes became wards: the same codes, the same areas."""
    model = add(connection, 11, 108.05)
    placeless = add(connection, 11, None)
    report = reforms.apply(connection, None, write(("24700,phường",), head="ma_xa,loai"), ON, ACT)
    assert report.added == ["24700 phường Đắk Mil"]
    assert report.ended == ["24700 xã Đắk Mil"]
    new = unit(connection, "24700")
    assert new != 11
    row = connection.execute(
        text("SELECT *, (SELECT geom FROM units WHERE id = 11) = geom AS same FROM units WHERE id = :id"), {"id": new}
    ).one()
    assert (row.name, row.kind, row.valid_from, row.act, row.same) == ("Đắk Mil", "phường", ON, ACT, True)
    assert connection.scalar(text("SELECT valid_to FROM units WHERE id = 11")) == ON
    assert (home(connection, model), home(connection, placeless)) == (new, new)
    assert (of(report)["moved"], of(report)["succession"], of(report)["total"]) == (1, 1, 2)
    assert connection.scalar(text("SELECT parent_id FROM units WHERE id = 111")) == new
    assert connection.scalar(text("SELECT unit_id FROM accounts WHERE id = 1")) == new
    assert connection.scalar(text("SELECT heir_of(11)")) == new


def test_a_second_run_changes_nothing(connection: Connection, world: World, write: Write) -> None:
    add(connection, 11, 108.02)
    add(connection, 11, None)
    reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    before = state(connection) | {"ids": str(connection.scalar(text("SELECT count(*) FROM reforms")))}
    again = reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    assert (again.added, again.ended, again.successions, again.reform) == ([], [], 0, None)
    assert state(connection) | {"ids": str(connection.scalar(text("SELECT count(*) FROM reforms")))} == before
    assert (
        connection.scalar(
            text("SELECT count(*) FROM unplaced WHERE settled_at IS NULL AND relation = 'community_models'")
        )
        == 1
    )


def test_a_split_places_by_point_then_hamlet_then_succession_and_queues_the_rest(
    connection: Connection, world: World, write: Write
) -> None:
    east, west = add(connection, 11, 108.02), add(connection, 11, 108.08)
    merged, queued, outside = add(connection, 12, None), add(connection, 11, None), add(connection, 11, 107.0)
    by_hamlet = add(connection, 11, None, hamlet_id=111)
    connection.execute(text("UPDATE units SET point = ST_SetSRID(ST_MakePoint(108.07, 11.95), 4326) WHERE id = 111"))
    report = reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    new = {code: unit(connection, code) for code in ("24800", "24801")}
    assert [home(connection, one) for one in (east, west, merged, by_hamlet)] == [
        new["24800"], new["24801"], new["24801"], new["24801"],
    ]  # fmt: skip
    models = of(report)
    assert (models["total"], models["moved"], models["hamlet"], models["succession"], models["queued"]) == (
        6,
        2,
        1,
        1,
        2,
    )
    waiting = connection.execute(
        text("SELECT key, why, candidates FROM unplaced WHERE relation = 'community_models'")
    ).all()
    assert {(row.key, row.why) for row in waiting} == {(str(queued), "without_place"), (str(outside), "outside")}
    assert {tuple(row.candidates) for row in waiting} == {tuple(sorted(new.values()))}
    assert home(connection, queued) == 11


def test_units_merged_without_a_boundary_file_cover_what_the_old_ones_covered(
    connection: Connection, world: World, write: Write
) -> None:
    rows = ("24700,24700,Liên Xã,xã,68,Nhập toàn bộ", "24701,24700,Liên Xã,xã,68,Nhập toàn bộ")
    report = reforms.apply(connection, None, write(rows), ON, ACT)
    assert report.without_area == []
    new = unit(connection, "24700")
    area = connection.execute(
        text("SELECT ST_XMin(geom) AS w, ST_XMax(geom) AS e FROM units WHERE id = :id"), {"id": new}
    ).one()
    assert (area.w, round(area.e, 9)) == (108.0, 108.2)
    assert connection.scalar(text("SELECT unit_at(ST_SetSRID(ST_MakePoint(108.15, 11.95), 4326), 3)")) == new


def test_a_commune_that_moves_to_another_province_takes_its_rows_there(
    connection: Connection, world: World, write: Write
) -> None:
    model = add(connection, 13, 108.25)
    report = reforms.apply(
        connection,
        None,
        write(("24702,68,24702,56,Nhập toàn bộ",), head="ma_xa_cu,ma_tinh_cu,ma_xa_moi,ma_tinh_moi,ghi_chu"),
        ON,
    )  # fmt: skip
    new = unit(connection, "24702")
    row = connection.execute(
        text("SELECT province_id, commune_id FROM community_models WHERE id = :i"), {"i": model}
    ).one()
    assert tuple(row) == (2, new)
    assert of(report)["moved"] == 1
    east = connection.execute(
        text("SELECT id, ST_XMax(geom) AS e, ST_XMin(geom) AS w FROM units WHERE id IN (1, 2)")
    ).all()
    edges = {row.id: (round(row.w, 6), round(row.e, 6)) for row in east}
    assert edges == {1: (108.0, 108.2), 2: (108.2, 109.2)}


def test_a_province_of_another_kind_takes_communes_accounts_and_rows_along(
    connection: Connection, world: World, write: Write
) -> None:
    model = add(connection, 11, 108.05)
    before = state(connection)
    report = reforms.apply(connection, None, write(("68,thành phố,tỉnh",), head="ma,loai,cap"), ON, ACT)
    new = connection.scalar(text("SELECT id FROM units WHERE level = 1 AND code = '68' AND valid_to IS NULL"))
    assert new != 1
    assert report.ended == ["68 tỉnh Lâm Đồng"]
    communes = connection.scalars(text("SELECT DISTINCT province_id FROM units WHERE id IN (11, 12, 13, 111)")).all()
    assert communes == [new]
    assert connection.scalar(text("SELECT unit_id FROM accounts WHERE id = 2")) == new
    row = connection.execute(
        text("SELECT province_id, commune_id FROM community_models WHERE id = :i"), {"i": model}
    ).one()
    assert tuple(row) == (new, 11)
    reforms.undo(connection, None, uuid.UUID(report.reform))
    assert state(connection) == before


def test_everything_that_names_a_unit_follows(connection: Connection, world: World, write: Write) -> None:
    connection.execute(insert(RestrictedReport), restricted(11, None) | {"id": uuid.uuid4()})
    for lon, waits in ((108.02, "waiting"), (None, "waiting"), (None, "approved")):
        place = None if lon is None else f"SRID=4326;POINT({lon} 11.95)"
        connection.execute(insert(Proposal), proposal(11, place) | {"state": waits})
    report = reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    wanted = of(report, "proposals")
    assert (wanted["total"], wanted["moved"], wanted["queued"]) == (3, 1, 2)
    homes = connection.execute(
        text("SELECT state, commune_id FROM proposals ORDER BY commune_id NULLS LAST, state")
    ).all()
    assert [tuple(row) for row in homes] == [
        ("waiting", unit(connection, "24800")),
        ("approved", None),
        ("waiting", None),
    ]
    assert of(report, "restricted_reports")["queued"] == 1
    waiting = connection.scalars(text("SELECT relation FROM unplaced ORDER BY relation")).all()
    assert waiting == ["accounts", "proposals", "restricted_reports"]
    assert report.scopes == [
        {"relation": "accounts", "name": "field", "was": "Đắk Mil", "now": None,
         "candidates": ["Đắk Mil Đông", "Đắk Mil Tây"]}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (("99999,24800,A,xã,68,Nhập toàn bộ",), "unknown_old_unit"),
        (("24700,24800,A,xã,68,?",), "neither_whole_nor_part"),
        (("24700,24800,A,xã,68,Nhập toàn bộ", "24700,24801,B,xã,68,Nhập một phần"), "whole_and_elsewhere"),
        (("24700,24800,,xã,68,Nhập toàn bộ",), "no_name"),
        (("24700,24800,A,xã,99,Nhập toàn bộ",), "unknown_province"),
        (("24700,24701,A,xã,68,Nhập toàn bộ",), "code_still_held"),
        (("24700,24800,A,xã,68,Nhập toàn bộ", "24700,24800,A,xã,68,Nhập toàn bộ"), "twice"),
    ],
)
def test_one_bad_row_changes_nothing_and_is_named(
    connection: Connection, world: World, write: Write, rows: tuple[str, ...], reason: str
) -> None:
    add(connection, 11, 108.02)
    before = state(connection)
    with pytest.raises(ReformRefused) as refused, connection.begin_nested():
        reforms.apply(connection, None, write(rows), ON, ACT)
    assert reason in [row.reason for row in refused.value.facts["rows"]]
    assert state(connection) == before


def test_a_new_code_in_a_boundary_file_needs_to_have_come_from_somewhere(
    connection: Connection, world: World, write: Write
) -> None:
    with pytest.raises(ReformRefused) as refused, connection.begin_nested():
        reforms.apply(connection, None, write((), AREAS)[1:], ON, ACT)
    assert {row.reason for row in refused.value.facts["rows"]} == {"no_predecessor"}


def test_a_reform_is_loaded_on_its_day_or_later(connection: Connection, world: World, write: Write) -> None:
    with pytest.raises(ReformInFuture):
        reforms.apply(connection, None, write(SPLIT), dt.date(2099, 1, 1), ACT)


def test_points_are_placed_by_the_index_of_areas(connection: Connection, world: World) -> None:
    """What is asked for hundreds of thousands of rows: one look-up in the index for each, never all areas for each."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    rehoming.follow_successions(connection)
    names = rehoming._names(connection, rehoming.layer("community_models"))
    query = rehoming.HOMES.format(**names).replace("CREATE TEMP TABLE homes ON COMMIT DROP AS", "EXPLAIN")
    plan = "\n".join(connection.scalars(text(query), {"provinces": [1]}))
    assert "unit_parts_geom_ix" in plan


# Derived from the layers' rows by triggers, or frozen where they were published (S6), or names a unit for the record;
# which columns an office's files have is remembered anew.
STAYING = {
    "figure_sums", "figure_deltas",
    "tile_cells_commune", "tile_cells_province", "tile_deltas", "tile_shapes", "tile_labels", "tile_units",
    "tile_unit_changes", "restricted_counts", "versions", "geometry_findings", "reform_units", "unplaced", "units",
    "forms", "import_mappings", "case_sums", "case_open", "case_due", "case_changes",
    "special_requests",
}  # fmt: skip


def test_every_table_that_names_a_unit_follows_a_reform(connection: Connection) -> None:
    """A new table with a province or a commune needs a line in `surveys.reforms`."""
    naming = set(
        connection.scalars(
            text(
                "SELECT DISTINCT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped"
                " AND a.attname IN ('province_id', 'commune_id')"
            )
        )
    )
    assert naming - STAYING - {rows.table for rows in rehomed_tables.tables()} == set()
