"""Real boundaries in: all rows or none, repaired areas listed, hamlets and features re-homed, sums that add up."""

from collections.abc import Callable
from pathlib import Path

import geopandas
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, box
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geodata import tiles, unit_import
from geodata.boundaries import BoundariesRefused
from geodata.columns import ColumnMissing
from surveys.layers import CATALOGUE
from tests.province import Province
from tests.world import World

LAYERS = [layer.key for layer in CATALOGUE]
# The world's three communes, side by side; the edge between the first two is moved from 108.10 to 108.12.
ROWS = [
    ("24700", "Xã Đắk Mil", box(108.0, 11.9, 108.12, 12.0)),
    ("24701", "Phường Xuân Hương - Đà Lạt", box(108.12, 11.9, 108.2, 12.0)),
    ("24702", "Đặc khu Phú Quý", box(108.2, 11.9, 108.3, 12.0)),
]
BOW_TIE = Polygon([(108.2, 11.9), (108.3, 12.0), (108.3, 11.9), (108.2, 12.0)])
Write = Callable[..., Path]


@pytest.fixture
def connection(background: Session) -> Connection:
    return background.connection()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows (code, name, area) as a boundary file, other names and values of columns as given."""

    def written(rows, name: str = "ranh_gioi.gpkg", crs: int | str = 4326, **columns) -> Path:
        names = {"code": "ward_code", "name": "ward_name", **columns.pop("names", {})}
        frame = geopandas.GeoDataFrame(
            {names["code"]: [r[0] for r in rows], names["name"]: [r[1] for r in rows], **columns},
            geometry=[r[2] for r in rows],
            crs=4326,
        )
        path = tmp_path / name
        frame.to_crs(crs).to_file(path)
        return path

    return written


def model(connection: Connection, world: World, lon: float | None, commune: int) -> str:
    """A community model at that longitude, counted for that commune; its id."""
    return connection.scalar(
        text(
            "INSERT INTO community_models (province_id, commune_id, observed_on, name, field, kind, state,"
            " registered_on, origin, geom) VALUES (:province, :commune, '2026-01-01', 'x', 'kinh_te', 'mo_hinh',"
            " 'dang_ky', '2026-01-01', 'test', ST_SetSRID(ST_MakePoint(:lon, 11.95), 4326)) RETURNING id"
        ),
        {"province": world.province, "commune": commune, "lon": lon},
    )


def state(connection: Connection) -> tuple:
    return tuple(
        connection.scalar(text(f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {table} t"))
        for table in ("units", "unit_parts", "community_models", "versions", "placement_ties")
    )


def commune_of(connection: Connection, id_: str) -> int:
    return connection.scalar(text("SELECT commune_id FROM community_models WHERE id = :id"), {"id": id_})


def test_boundaries_replace_what_was_there(connection: Connection, world: World, write: Write) -> None:
    connection.execute(text("UPDATE units SET approximate = true WHERE id IN (1, 11, 12)"))
    report = unit_import.load(connection, write(ROWS), LAYERS)
    assert (report.communes, report.provinces, report.were_approximate) == (3, ["Lâm Đồng"], 2)
    assert (report.repaired, report.missing) == ([], [])
    rows = connection.execute(
        text("SELECT id, approximate, ST_XMax(geom) AS east FROM units WHERE id <= 13 ORDER BY id")
    )
    assert [(r.id, r.approximate, r.east) for r in rows] == [
        (1, False, 108.3),  # the province is what its communes cover
        (2, False, 109.5),
        (11, False, 108.12),
        (12, False, 108.2),
        (13, False, 108.3),
    ]


def test_features_and_hamlets_go_to_the_commune_that_holds_them(
    connection: Connection, world: World, write: Write
) -> None:
    first, second, _ = world.communes
    connection.execute(text("DELETE FROM community_models"))  # what other tests left, until this transaction ends
    ids = {
        "kept": model(connection, world, 108.05, first),
        "moved": model(connection, world, 108.11, second),
        "outside": model(connection, world, 107.0, first),
        "nowhere": model(connection, world, None, first),
    }
    connection.execute(text("UPDATE units SET point = ST_SetSRID(ST_MakePoint(108.11, 11.95), 4326) WHERE id = 121"))
    report = unit_import.load(connection, write(ROWS), LAYERS)
    homes = {name: commune_of(connection, id_) for name, id_ in ids.items()}
    assert homes == {"kept": first, "moved": first, "outside": first, "nowhere": first}
    of = {one.layer: one for one in report.rehomed}
    models = of["community_models"]
    assert (models.total, models.kept, models.moved, models.outside, models.without_place) == (4, 1, 1, 1, 1)
    assert (of["hamlets"].total, of["hamlets"].kept, of["hamlets"].moved) == (3, 2, 1)
    assert connection.scalar(text("SELECT parent_id FROM units WHERE id = 121")) == first
    kept = text("SELECT commune_id, version FROM versions WHERE layer = 'community_models' AND id = :id")
    assert [tuple(row) for row in connection.execute(kept, {"id": ids["moved"]})] == [(second, 1)]
    assert connection.execute(kept, {"id": ids["kept"]}).all() == []


def test_points_are_looked_up_in_the_new_areas(connection: Connection, world: World, write: Write) -> None:
    place = text("SELECT unit_at(ST_SetSRID(ST_MakePoint(108.11, 11.95), 4326), 3)")
    assert connection.scalar(place) == world.communes[1]
    unit_import.load(connection, write(ROWS), LAYERS)
    assert connection.scalar(place) == world.communes[0]


def test_a_point_on_the_new_edge_is_a_logged_tie(connection: Connection, world: World, write: Write) -> None:
    id_ = model(connection, world, 108.12, world.communes[1])
    report = unit_import.load(connection, write(ROWS), LAYERS)
    assert report.ties == 1
    assert commune_of(connection, id_) == world.communes[0]
    assert connection.scalar(text("SELECT feature_id FROM placement_ties")) == str(id_)


@pytest.mark.parametrize(
    ("name", "crs", "names"),
    [
        ("a.geojson", 4326, {"code": "MA_XA", "name": "TEN_XA"}),
        ("a.shp", 4326, {"code": "Mã xã", "name": "Tên xã"}),
        ("a.gpkg", 5899, {"code": "maXa", "name": "tenXa"}),
    ],
)
def test_other_formats_and_column_names(
    connection: Connection, world: World, write: Write, name: str, crs: int, names: dict
) -> None:
    report = unit_import.load(connection, write(ROWS, name, crs, names=names), LAYERS)
    assert report.communes == 3


def test_numbers_for_codes_are_read_as_codes(connection: Connection, world: World, write: Write) -> None:
    connection.execute(text("UPDATE units SET code = '00700' WHERE id = 11"))
    rows = [(700.0, "Đắk Mil", ROWS[0][2])]
    report = unit_import.load(connection, write(rows), LAYERS)
    assert report.communes == 1
    assert report.missing == ["24701 Xuân Hương - Đà Lạt", "24702 Phú Quý"]


def test_an_area_that_crosses_itself_is_repaired_and_listed(connection: Connection, world: World, write: Write) -> None:
    report = unit_import.load(connection, write([*ROWS[:2], (*ROWS[2][:2], BOW_TIE)]), LAYERS)
    assert [(row.row, row.code) for row in report.repaired] == [(3, "24702")]
    assert "Self-intersection" in (report.repaired[0].repaired or "")
    assert connection.scalar(text("SELECT ST_IsValid(geom) FROM units WHERE id = 13"))


LINE = Polygon([(108.2, 11.9), (108.3, 12.0), (108.2, 11.9)])
BROKEN = {
    "null_geometry": ("24702", "Phú Quý", None),
    "empty_geometry": ("24702", "Phú Quý", MultiPolygon()),
    "not_an_area": ("24702", "Phú Quý", Point(108.25, 11.95)),
    "unrepairable": ("24702", "Phú Quý", LINE),
    "swapped": ("24702", "Phú Quý", shapely.transform(ROWS[2][2], lambda xy: xy[:, ::-1])),
    "outside_country": ("24702", "Phú Quý", box(2.0, 48.0, 2.1, 48.1)),
    "unknown_code": ("99999", "Phú Quý", ROWS[2][2]),
    "no_code": (None, "Phú Quý", ROWS[2][2]),
    "other_name": ("24702", "Côn Đảo", ROWS[2][2]),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_one_broken_row_changes_nothing_and_is_named(
    connection: Connection, world: World, write: Write, reason: str
) -> None:
    model(connection, world, 108.11, world.communes[1])
    before = state(connection)
    with pytest.raises(BoundariesRefused) as refused:
        unit_import.load(connection, write([*ROWS[:2], BROKEN[reason]]), LAYERS)
    assert [(row.row, row.reason) for row in refused.value.facts["rows"]] == [(3, reason)]
    assert state(connection) == before


def test_a_row_of_another_province_changes_nothing_and_is_named(
    connection: Connection, world: World, write: Write
) -> None:
    before = state(connection)
    with pytest.raises(BoundariesRefused) as refused:
        unit_import.load(connection, write(ROWS, province_code=["68", "56", "68"]), LAYERS)
    assert [(row.row, row.reason) for row in refused.value.facts["rows"]] == [(2, "wrong_province")]
    assert state(connection) == before


def test_a_code_given_twice_names_both_rows(connection: Connection, world: World, write: Write) -> None:
    with pytest.raises(BoundariesRefused) as refused:
        unit_import.load(connection, write([*ROWS, ROWS[0]]), LAYERS)
    assert [(row.row, row.reason) for row in refused.value.facts["rows"]] == [
        (1, "same_code_twice"),
        (4, "same_code_twice"),
    ]


def test_a_file_without_codes_says_what_it_has(connection: Connection, world: World, write: Write) -> None:
    with pytest.raises(ColumnMissing) as missing:
        unit_import.load(connection, write(ROWS, names={"code": "stt"}), LAYERS)
    assert missing.value.facts["needed"] == "code"
    assert "stt" in missing.value.facts["found"]


def test_the_real_124_communes_of_the_demo_province(province: Province, shared: Path) -> None:
    with province.undone() as connection:
        before = _rows(connection)
        report = unit_import.load(connection, shared / "data" / "communes_2025_lamdong.gpkg", LAYERS)
        assert (report.communes, report.were_approximate, report.missing) == (124, 124, [])
        assert {one.layer: one.total for one in report.rehomed if one.layer != "hamlets"} == before
        for one in report.rehomed:
            assert one.kept + one.moved + one.outside + one.without_place == one.total
        assert connection.scalar(text("SELECT bool_or(approximate) FROM units")) is False
        misplaced = text(
            "SELECT count(*) FROM hamlet_profiles f JOIN units c ON c.id = f.commune_id"
            " WHERE NOT ST_Intersects(c.geom, f.geom)"
        )
        outside = next(one.outside for one in report.rehomed if one.layer == "hamlet_profiles")
        assert connection.scalar(misplaced) == outside
        versions = text("SELECT layer, count(*) FROM versions GROUP BY 1")
        moved = {one.layer: one.moved for one in report.rehomed if one.moved and one.layer != "hamlets"}
        assert {layer: n for layer, n in connection.execute(versions)} == moved  # noqa: C416  a result is no mapping
        # One sliver of this province's outline collapses in metres; the outline must be drawn all the same.
        tiles.draw_units(connection, _province(connection))
        drawn = text("SELECT count(DISTINCT unit_id) FROM tile_units WHERE province_id = :p AND ST_IsValid(geom)")
        assert connection.scalar(drawn, {"p": _province(connection)}) == 125


def test_a_copy_of_them_with_one_broken_row_changes_nothing(province: Province, shared: Path, tmp_path: Path) -> None:
    frame = geopandas.read_file(shared / "data" / "communes_2025_lamdong.gpkg")
    frame.loc[57, "geometry"] = None
    frame.to_file(tmp_path / "broken.gpkg")
    with province.undone() as connection:
        before = state(connection)
        with pytest.raises(BoundariesRefused) as refused:
            unit_import.load(connection, tmp_path / "broken.gpkg", LAYERS)
        assert [(r.row, r.code, r.reason) for r in refused.value.facts["rows"]] == [
            (58, frame.loc[57, "ward_code"], "null_geometry")
        ]
        assert state(connection) == before


def _province(connection: Connection) -> int:
    found = connection.scalar(text("SELECT id FROM units WHERE level = 1 AND code = '68' AND valid_to IS NULL"))
    assert isinstance(found, int)
    return found


def _rows(connection: Connection) -> dict[str, int]:
    return {key: connection.scalar(text(f"SELECT count(*) FROM {key}")) for key in LAYERS}
