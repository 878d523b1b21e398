"""Later reforms: renames, mergers, splits, a moved border of a province; every row placed or queued; all undone."""

import datetime as dt
import uuid
from collections.abc import Callable
from pathlib import Path

import geopandas
import pytest
import shapely
from shapely.geometry import box
from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from geodata import placing, rehoming
from geodata.reform_input import ReformInFuture, ReformRefused
from geodata.reform_undo import ReformNotLast
from surveys import proposing, reforms, restricted_cube, unit_lists
from surveys.layers import CATALOGUE, named
from surveys.proposals import Proposal
from surveys.proposing import Wanted
from surveys.reforms import FiguresPublished, Report
from surveys.restricted import RestrictedReport
from tests.faults import reform as national
from tests.province import Province
from tests.rows import DAY, feature
from tests.world import World

ON = dt.date(2026, 9, 20)
ACT = "388/NQ-UBTVQH16"
HEAD = "ma_xa_cu,ma_xa_moi,ten_moi,loai_moi,ma_tinh_moi,ghi_chu"
# The first commune goes half into each of two new ones; the second goes whole into the second of them.
SPLIT = (
    "24700,24800,Đắk Mil Đông,xã,68,Nhập một phần",
    "24700,24801,Đắk Mil Tây,xã,68,Nhập một phần",
    "24701,24801,Đắk Mil Tây,xã,68,Nhập toàn bộ",
)
AREAS = [
    ("24800", "Đắk Mil Đông", box(108.0, 11.9, 108.05, 12.0)),
    ("24801", "Đắk Mil Tây", box(108.05, 11.9, 108.2, 12.0)),
]
Write = Callable[..., list[Path]]


@pytest.fixture
def connection(background: Session) -> Connection:
    connection = background.connection()
    for key in ("proposals", *(layer.key for layer in CATALOGUE)):
        connection.execute(text(f"DELETE FROM {key}"))
    placing.refresh_parts(connection, list(connection.scalars(text("SELECT id FROM units"))))
    return connection


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a table of successions and, where given, the areas of the new units."""

    def written(rows: tuple[str, ...], areas: list | None = None, head: str = HEAD) -> list[Path]:
        table = tmp_path / "cai_cach.csv"
        table.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8-sig")
        if not areas:
            return [table]
        frame = geopandas.GeoDataFrame(
            {"ma_xa": [a[0] for a in areas], "ten_xa": [a[1] for a in areas]}, geometry=[a[2] for a in areas], crs=4326
        )
        frame.to_file(tmp_path / "ranh_gioi.gpkg")
        return [table, tmp_path / "ranh_gioi.gpkg"]

    return written


def add(
    connection: Connection, commune: int, lon: float | None, key: str = "community_models", **more: object
) -> uuid.UUID:
    layer = named(key)
    row = feature(layer, commune, **more) | {"id": uuid.uuid4()}
    row["geom"] = None if lon is None else f"SRID=4326;POINT({lon} 11.95)"
    connection.execute(insert(layer.table), row)
    return row["id"]


def unit(connection: Connection, code: str) -> int:
    found = connection.scalar(
        text("SELECT id FROM units WHERE code = :c AND level = 3 AND valid_to IS NULL"), {"c": code}
    )
    assert isinstance(found, int)
    return found


def home(connection: Connection, id_: uuid.UUID, key: str = "community_models") -> int:
    found = connection.scalar(text(f"SELECT commune_id FROM {key} WHERE id = :id"), {"id": id_})
    assert isinstance(found, int)
    return found


def state(connection: Connection) -> dict[str, str]:
    """Units, successions and what every row says of its units, byte for byte."""
    wanted = {
        "units": "SELECT u::text AS t FROM units u",
        "succession": "SELECT s::text AS t FROM succession s",
        "unit_parts": "SELECT unit_id || ' ' || level || ' ' || geom::text AS t FROM unit_parts",
        "accounts": "SELECT a::text AS t FROM accounts a",
        "offices": "SELECT a::text AS t FROM offices a",
        "form_units": "SELECT a::text AS t FROM form_units a",
        "proposals": "SELECT a::text AS t FROM proposals a",
        "restricted_reports": "SELECT a::text AS t FROM restricted_reports a",
    }
    for layer in CATALOGUE:
        wanted[layer.key] = f"SELECT (to_jsonb(f) - 'version' - 'updated_at')::text AS t FROM {layer.key} f"
    return {
        name: connection.scalar(text(f"SELECT md5(coalesce(string_agg(t, '|' ORDER BY t), '')) FROM ({query}) q"))
        for name, query in wanted.items()
    }


def of(report: Report, relation: str = "community_models") -> dict[str, int]:
    return next(one for one in report.rehomed if one["layer"] == relation)


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


def test_undo_puts_units_and_every_row_back_as_they_were(connection: Connection, world: World, write: Write) -> None:
    for lon in (108.01, 108.06, 107.0, None):
        add(connection, 11, lon)
        add(connection, 12, lon)
    connection.execute(insert(Proposal), proposal(11, "SRID=4326;POINT(108.02 11.95)"))
    connection.execute(insert(RestrictedReport), restricted(12, 121))
    connection.execute(text("UPDATE accounts SET unit_id = 12 WHERE id = 4"))
    before = state(connection)
    report = reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    assert state(connection) != before
    done = reforms.undo(connection, None, uuid.UUID(report.reform))
    assert state(connection) == before
    assert (done.edited, done.others) == ([], [])
    assert connection.scalar(text("SELECT count(*) FROM unplaced")) == 0


def test_what_was_edited_or_added_since_is_named_and_keeps_its_edit(
    connection: Connection, world: World, write: Write
) -> None:
    renamed, moved, gone = (add(connection, 11, 108.02) for _ in range(3))
    untouched = add(connection, 11, 108.02)
    report = reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    new = unit(connection, "24800")
    connection.execute(text("UPDATE community_models SET name = 'Tên mới' WHERE id = :i"), {"i": renamed})
    connection.execute(text("UPDATE community_models SET commune_id = 13 WHERE id = :i"), {"i": moved})
    connection.execute(text("DELETE FROM community_models WHERE id = :i"), {"i": gone})
    later = add(connection, new, 108.03)
    nowhere = add(connection, new, None)
    done = reforms.undo(connection, None, uuid.UUID(report.reform))
    assert {(key, what) for relation, key, what in done.edited if relation == "community_models"} == {
        (str(renamed), "kept"), (str(moved), "unit"), (str(gone), "gone"),
    }  # fmt: skip
    assert [home(connection, one) for one in (renamed, moved, untouched, later, nowhere)] == [11, 13, 11, 11, 11]
    assert connection.scalar(text("SELECT name FROM community_models WHERE id = :i"), {"i": renamed}) == "Tên mới"
    models = next(one for one in done.others if one.layer == "community_models")
    assert (models.moved, models.succession) == (1, 1)


def test_only_the_last_reform_is_undone(connection: Connection, world: World, write: Write) -> None:
    first = reforms.apply(connection, None, write(("24700,phường",), head="ma_xa,loai"), ON, ACT)
    second = reforms.apply(connection, None, write(("24701,xã",), head="ma_xa,loai"), ON + dt.timedelta(days=1), ACT)
    with pytest.raises(ReformNotLast):
        reforms.undo(connection, None, uuid.UUID(first.reform))
    reforms.undo(connection, None, uuid.UUID(second.reform))
    reforms.undo(connection, None, uuid.UUID(first.reform))
    assert connection.scalar(text("SELECT count(*) FROM units WHERE valid_to IS NOT NULL")) == 0


def test_published_restricted_figures_are_neither_moved_nor_taken_back(
    connection: Connection, world: World, write: Write
) -> None:
    """Figures stand in the units in which they were published (S6)."""
    connection.execute(text("INSERT INTO restricted_counts VALUES (11, '2026-04-01', 'dat_dai_boi_thuong', 7, false)"))
    report = reforms.apply(connection, None, write(("24700,phường",), head="ma_xa,loai"), ON, ACT)
    assert connection.execute(text("SELECT commune_id, n FROM restricted_counts")).all() == [(11, 7)]
    new = unit(connection, "24700")
    connection.execute(
        text("INSERT INTO restricted_counts VALUES (:u, '2026-07-01', 'dat_dai_boi_thuong', 7, false)"), {"u": new}
    )
    with pytest.raises(FiguresPublished):
        reforms.undo(connection, None, uuid.UUID(report.reform))


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


def restricted(commune: int, hamlet: int | None) -> dict[str, object]:
    return {
        "province_id": 1, "commune_id": commune, "hamlet_id": hamlet, "office_id": 2, "observed_on": DAY,
        "category": "dat_dai_boi_thuong", "what_happened": "x", "urgency": "gap", "happened_on": DAY, "state": "mo",
        "due_on": DAY + dt.timedelta(days=30),
    }  # fmt: skip


def proposal(commune: int, place: str | None) -> dict[str, object]:
    return {
        "layer": "community_models", "feature_id": uuid.uuid4(), "values": {}, "commune_id": commune, "province_id": 1,
        "observed_on": DAY, "geom": place,
    }  # fmt: skip


def test_points_are_placed_by_the_index_of_areas(connection: Connection, world: World) -> None:
    """What is asked for hundreds of thousands of rows: one look-up in the index for each, never all areas for each."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    rehoming.follow_successions(connection)
    names = rehoming._names(connection, rehoming.layer("community_models"))
    query = rehoming.HOMES.format(**names).replace("CREATE TEMP TABLE homes ON COMMIT DROP AS", "EXPLAIN")
    plan = "\n".join(connection.scalars(text(query), {"provinces": [1]}))
    assert "unit_parts_geom_ix" in plan


def test_july_2025_for_the_whole_country_in_small(province: Province, shared: Path) -> None:
    """The run of `tests.faults.reform` with fewer features: the correctness, not the time."""
    with province.undone() as connection:
        for key in (*(layer.key for layer in CATALOGUE), "case_answers", "proposals", "restricted_reports"):
            connection.execute(text(f"DELETE FROM {key}"))
        outcome = national.run(connection, shared / "data" / "communes_2025_simplified.gpkg", 6_000)
    assert outcome.problems == []
    assert outcome.hai_duong_split == 34
    assert outcome.hai_duong["points"] > 0
    assert outcome.hai_duong["queued"] > 0
    assert (outcome.placed_by_point, outcome.placed_by_succession + outcome.queued) == (5_400, 600)


def test_a_commune_that_moved_takes_no_published_quarter_to_its_new_province(
    connection: Connection, world: World, write: Write
) -> None:
    """The other communes of that province publish theirs; this one has published its own (S6)."""
    quarter = dt.date(2026, 4, 1)
    may = {"created_at": dt.datetime(2026, 5, 1, tzinfo=dt.UTC)}
    for _ in range(6):
        connection.execute(insert(RestrictedReport), restricted(13, None) | may)
    assert restricted_cube.freeze(connection, 1, quarter) > 0
    head = "ma_xa_cu,ma_tinh_cu,ma_xa_moi,ma_tinh_moi,ghi_chu"
    reforms.apply(connection, None, write(("24702,68,24702,56,Nhập toàn bộ",), head=head), ON)
    restricted_cube.freeze(connection, 2, quarter)
    told = connection.scalars(text("SELECT DISTINCT commune_id FROM restricted_counts ORDER BY 1")).all()
    assert told == [11, 12, 13, 21]


def test_what_a_phone_out_of_reach_says_of_a_former_commune_goes_to_its_heir(
    connection: Connection, world: World, write: Write
) -> None:
    reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    wanted = [
        Wanted("community_models", uuid.uuid4(), {}, 1, DAY, commune_id=commune, place=place)
        for commune, place in ((12, None), (11, None), (11, shapely.to_wkb(
            shapely.set_srid(shapely.Point(108.02, 11.95), 4326), include_srid=True)))
    ]  # fmt: skip
    proposing.propose(connection, wanted)
    assert [one.commune_id for one in wanted] == [unit(connection, "24801"), None, unit(connection, "24800")]
    assert [one.flags for one in wanted] == [[], ["unit_split"], ["unit_split"]]


def test_a_new_province_publishes_no_quarter_that_its_former_one_published(
    connection: Connection, world: World, write: Write
) -> None:
    """Restricted figures are never published again in other units (S6)."""
    quarter = dt.date(2026, 4, 1)
    for _ in range(6):
        connection.execute(
            insert(RestrictedReport), restricted(11, None) | {"created_at": dt.datetime(2026, 5, 1, tzinfo=dt.UTC)}
        )
    assert restricted_cube.freeze(connection, 1, quarter) > 0
    communes = ("24700,phường", "24701,xã", "24702,xã")
    reforms.apply(connection, None, write(communes, head="ma_xa,loai"), ON - dt.timedelta(days=1), ACT)
    reforms.apply(connection, None, write(("68,thành phố,tỉnh",), head="ma,loai,cap"), ON, ACT)
    new = connection.scalar(text("SELECT id FROM units WHERE level = 1 AND code = '68' AND valid_to IS NULL"))
    assert connection.scalar(text("SELECT DISTINCT province_id FROM restricted_reports")) == new
    assert restricted_cube.freeze(connection, new, quarter) == 0
    frozen = connection.execute(text(restricted_cube.UNFROZEN)).one()
    assert (frozen.province_id, frozen.frozen) == (new, [quarter])


# Derived from the layers' rows by triggers, or frozen where they were published (S6), or names a unit for the record;
# which columns an office's files have is remembered anew.
STAYING = {
    "tile_cells_commune", "tile_cells_province", "tile_deltas", "tile_shapes", "tile_labels", "tile_units",
    "tile_unit_changes", "restricted_counts", "versions", "geometry_findings", "reform_units", "unplaced", "units",
    "forms", "import_mappings", "case_sums", "case_open", "case_days_commune", "case_days_office", "case_changes",
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
    assert naming - STAYING - {rows.table for rows in reforms.tables()} == set()


def test_the_lists_of_phones_renew_and_what_they_still_say_is_understood(
    connection: Connection, world: World, write: Write
) -> None:
    actor = world.actor("officer")
    before = unit_lists.of(connection, actor, most_s=0)
    reforms.apply(connection, None, write(("24700,phường",), head="ma_xa,loai"), ON, ACT)
    reforms.apply(connection, None, write(SPLIT[2:]), ON + dt.timedelta(days=1), ACT)
    after = unit_lists.of(connection, actor, most_s=0)
    new = unit(connection, "24700")
    assert all(after.md5[name] != md5 for name, md5 in before.md5.items())
    listed = after.files["communes.csv"].decode()
    assert f"{new},Phường Đắk Mil" in listed
    assert "\n11," not in listed
    assert {"11", "12", str(new)} <= after.communes
    assert after.parents["111"] == str(new)
