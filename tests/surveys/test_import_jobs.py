"""A file into a layer: what is kept out and why, what is dropped, and that nothing is lost in silence."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from sqlalchemy import Engine, insert, text

from app.database import acting
from geodata.problems import Conflict, Forbidden, NotFound
from surveys import import_deciding, import_proposing, review
from surveys.access import Actor, Role
from surveys.answer_problems import SubmissionClassified
from surveys.import_checking import WrongShape
from surveys.import_proposing import NothingToPropose
from surveys.layers import named
from surveys.screening.parcels import ParcelMap
from tests.old_files import shapefile
from tests.rows import DAY, feature
from tests.surveys.import_acts import Acts, stored
from tests.world import KNOWN, World

SITES = "religious_sites"
HERE, AWAY = shapely.Point(108.05, 11.95), shapely.Point(108.15, 11.95)


@pytest.fixture
def acts(web: Engine, worker: Engine, tmp_path: Path) -> Callable[[], Acts]:
    with worker.begin() as connection:
        for table in (
            "proposals",
            "imports",
            "import_mappings",
            "religious_sites",
            "minority_areas",
            "joint_activities",
        ):
            connection.execute(text(f"DELETE FROM {table}"))
    return lambda: Acts(web, worker, tmp_path)


def sites(tmp_path: Path, names: list[str], places: list[Any] | None = None, **columns: list[Any]) -> Path:
    spots = places or [shapely.Point(108.05, 11.95 - 0.003 * n) for n in range(len(names))]
    frame = geopandas.GeoDataFrame({"TEN": names, **columns}, geometry=spots, crs=4326)
    path = tmp_path / f"{uuid.uuid4().hex[:6]}.geojson"
    frame.to_file(path, driver="GeoJSON")
    return path


def areas(tmp_path: Path, count: int, size: float, **columns: list[Any]) -> Path:
    squares = [shapely.box(108.02 + n * size, 11.92, 108.02 + (n + 1) * size, 11.92 + size) for n in range(count)]
    frame = geopandas.GeoDataFrame({"TEN": [f"Khu {n}" for n in range(count)], **columns}, geometry=squares, crs=4326)
    path = tmp_path / f"{uuid.uuid4().hex[:6]}.geojson"
    frame.to_file(path, driver="GeoJSON")
    return path


def why(report: dict[str, Any]) -> dict[int, str]:
    return {row["line"]: row["why"] for row in report["samples"]["doubtful"]}


def test_an_old_shapefile_is_read_mapped_and_proposed(acts: Callable[[], Acts], worker: Engine, tmp_path: Path) -> None:
    file = shapefile(
        tmp_path / "chua.zip",
        {
            "TEN": ["Chùa Linh Sơn", "Chùa Phước Huệ", "Nhà thờ Lộc Đức"],
            "TON_GIAO": ["Phật giáo", "phat giao", "Công giáo"],
            "LOAI": ["Chùa", "chua", "Nhà thờ"],
            "TEN_XA": ["Đắk Mil"] * 3,
        },
        [shapely.Point(108.05, 11.95), shapely.Point(108.06, 11.96), shapely.Point(108.15, 11.95)],
    )
    import_ = acts().uploads(SITES, file)
    report = import_.looks()
    found = import_.row().found
    assert import_.row().state == "ready", found["questions"]
    assert found["encoding"] == "tcvn3"
    assert any("Chùa" in after for _before, after in found["encodings"][0]["samples"])
    assert report["counts"]["create"] == 3, report["samples"]["doubtful"]
    import_.confirms()
    assert import_.approves() == {"removed": 0, "changed": 0, "created": 3, "left": 0}
    with worker.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT name, tradition, commune_id, origin, entered_by, confirmed_by FROM religious_sites"
                " ORDER BY name"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("Chùa Linh Sơn", "phat_giao", 11, "import", KNOWN.gis, KNOWN.officer),
        ("Chùa Phước Huệ", "phat_giao", 11, "import", KNOWN.gis, KNOWN.officer),
        ("Nhà thờ Lộc Đức", "cong_giao", 12, "import", KNOWN.gis, KNOWN.officer),
    ]
    assert import_.undoes() == {"removed": 3, "changed": 0, "restored": 0, "left": 0, "names": []}
    assert stored(worker, SITES) == {}


@pytest.mark.parametrize(
    ("name", "place", "reason"),
    [
        ("Chùa A", shapely.Point(109.15, 12.15), "nằm ngoài tỉnh"),
        ("Chùa A", None, "không có vị trí"),
        ("Chùa ông Nguyễn Văn Bình 0912345678", HERE, "thông tin về người"),
        ("Điểm nhóm Tin Lành thôn 3", HERE, "nhà riêng"),
        ("Nhà thờ họ Trần", HERE, "nhà riêng"),
        ("", HERE, "Tên cơ sở: thiếu"),
        ("Cơ sở số 5", HERE, "thiếu"),
    ],
)
def test_each_doubtful_row_stays_out_with_its_reason(
    acts: Callable[[], Acts], tmp_path: Path, name: str, place: Any, reason: str
) -> None:
    file = sites(tmp_path, ["Chùa Linh Quang", name], [shapely.Point(108.02, 11.92), place])
    report = acts().uploads(SITES, file).looks()
    assert reason in why(report)[2]
    assert report["counts"]["create"] == report["counts"]["doubtful"] == 1


def test_the_same_place_twice_is_kept_out(acts: Callable[[], Acts], worker: Engine, tmp_path: Path) -> None:
    with worker.begin() as connection:
        row = feature(named(SITES), 11, name="Chùa Linh Quang") | {"geom": "SRID=4326;POINT(108.05 11.9505)"}
        connection.execute(insert(named(SITES).table), row)
    file = sites(
        tmp_path,
        ["CHÙA LINH-QUANG", "Chùa Khác", "Chùa khac", "Chùa Hai"],
        [HERE, shapely.Point(108.02, 11.92), shapely.Point(108.02, 11.925), shapely.Point(108.02003, 11.92)],
    )
    said = why(acts().uploads(SITES, file).looks())
    assert set(said) == {1, 3, 4}
    assert "đã có" in said[1]
    assert "dòng 2" in said[3]


def test_two_visits_to_one_place_are_two_rows(acts: Callable[[], Acts], tmp_path: Path) -> None:
    file = sites(
        tmp_path,
        ["Ngày Chủ nhật xanh"] * 2,
        [HERE, HERE],
        LOAI=["tinh_nguyen"] * 2,
        NGAY_DK=["2026-10-01", "2026-11-01"],
    )
    report = acts().uploads("joint_activities", file).looks()
    assert (report["counts"]["create"], report["flags"]) == (2, {"duplicate": 1})


def test_words_of_no_list_are_asked_for_and_the_answer_is_remembered(acts: Callable[[], Acts], tmp_path: Path) -> None:
    file = sites(tmp_path, ["Chùa A", "Chùa B"], TON_GIAO=["Đạo Phật", "Phật giáo"], kieu=["Chùa", "Chùa"])
    import_ = acts().uploads(SITES, file)
    report = import_.looks()
    assert report["unmatched"] == {"TON_GIAO": [["Đạo Phật", 1]]}
    assert report["unused"] == ["kieu"]
    chosen = {"codes": {"TON_GIAO": {"Đạo Phật": "phat_giao"}}, "columns": {"kieu": "facility_type"}}
    report = import_.looks(**chosen)
    assert (report["counts"]["create"], report["unmatched"], report["unused"]) == (2, {}, [])
    import_.confirms(**chosen)
    again = acts().uploads(SITES, sites(tmp_path, ["Chùa C"], [AWAY], TON_GIAO=["Đạo Phật"], kieu=["chua"])).looks()
    assert again["remembered"]
    assert again["counts"]["create"] == 1


def test_columns_about_persons_are_dropped_even_when_somebody_maps_them(
    acts: Callable[[], Acts], tmp_path: Path
) -> None:
    file = sites(tmp_path, ["Chùa A"], tru_tri=["Thích Minh Tâm"], sdt=["0912345678"], so_tin_do=["300"], la=["xyz"])
    import_ = acts().uploads(SITES, file)
    import_.looks()
    report = import_.looks(columns={"tru_tri": "source", "la": ""})
    assert {column for column, _ in report["dropped"]} == {"tru_tri", "sdt", "so_tin_do"}
    told = str(import_.row().report) + str(import_.row().found)
    assert "Minh Tâm" not in told
    assert "0912345678" not in told
    import_.confirms(columns={"tru_tri": "source"})
    with import_.worker.connect() as connection:
        kept = connection.scalar(text("SELECT values::text FROM proposals WHERE import_id = :id"), {"id": import_.id})
    assert "Minh Tâm" not in kept


def test_a_parcel_map_is_refused_by_its_columns_or_by_its_areas(acts: Callable[[], Acts], tmp_path: Path) -> None:
    by_columns = areas(tmp_path, 2, 0.01, SHTHUA=[12, 45], SOTO=[4, 5])
    with pytest.raises(ParcelMap):
        acts().uploads("resettlement_projects", by_columns).looks()
    small = areas(tmp_path, 12, 0.0002, LOAI=["cao_toc"] * 12)
    with pytest.raises(ParcelMap):
        acts().uploads("resettlement_projects", small).looks()
    with pytest.raises(ParcelMap):
        acts().uploads(SITES, sites(tmp_path, ["Chùa A"], so_thua=["12"], chu_su_dung=["Nguyễn Văn An"])).looks()


def test_minority_areas_need_their_document_and_a_second_account(
    acts: Callable[[], Acts], worker: Engine, tmp_path: Path
) -> None:
    file = areas(tmp_path, 2, 0.02, KHU_VUC=["kv1", "kv3"], DAN_TOC=["Kinh", "41"])
    import_ = acts().uploads("minority_areas", file)
    assert "Tệp văn bản" in why(import_.looks())[1]
    document = {"sha256": "a" * 64, "number": "QĐ 861/QĐ-TTg", "date": "2021-06-04"}
    report = import_.looks(document=document)
    assert report["counts"]["create"] == 1
    assert "rất ít người" in why(report)[2]
    import_.confirms(document=document)
    with pytest.raises((review.OwnProposal, Forbidden)):
        import_.approves(Actor(KNOWN.gis, "gis", Role.OFFICER, KNOWN.province))
    import_.approves()
    with worker.connect() as connection:
        row = connection.execute(
            text("SELECT source_document, source_file, entered_by, confirmed_by FROM minority_areas")
        )
        assert tuple(row.one()) == ("QĐ 861/QĐ-TTg", "a" * 64, KNOWN.gis, KNOWN.officer)


def test_what_may_not_be_imported_is_refused(acts: Callable[[], Acts], tmp_path: Path) -> None:
    file = sites(tmp_path, ["Chùa A"])
    for key in ("situation_reports", "restricted_reports"):
        with pytest.raises((Forbidden, NotFound)):
            acts().uploads(key, file)
    with pytest.raises(SubmissionClassified):
        acts().uploads(SITES, sites(tmp_path, ["Chùa A (TUYỆT MẬT)"])).looks()
    with pytest.raises(WrongShape):
        acts().uploads("minority_areas", file).looks()
    with pytest.raises(WrongShape):
        acts().uploads(SITES, areas(tmp_path, 1, 0.02)).looks()
    nothing = acts().uploads(SITES, sites(tmp_path, ["Nhà thờ họ Trần"]))
    nothing.looks()
    with pytest.raises(NothingToPropose):
        nothing.confirms()


def test_a_small_project_keeps_neither_place_nor_money(
    acts: Callable[[], Acts], worker: Engine, tmp_path: Path
) -> None:
    file = areas(
        tmp_path, 2, 0.02, LOAI=["cao_toc"] * 2, CO_QUAN=["Ban QLDA"] * 2, GIAI_DOAN=["kiem_dem"] * 2, HO_AH=[9, 90],
        TIEN_PD=[10, 10], HO_PD=[3, 91],
    )  # fmt: skip
    import_ = acts().uploads("resettlement_projects", file)
    report = import_.looks()
    assert "lớn hơn số hộ ảnh hưởng" in why(report)[2]
    import_.confirms()
    import_.approves()
    with worker.begin() as connection:
        row = connection.execute(
            text("SELECT households_affected, geom IS NULL, money_approved FROM resettlement_projects")
        )
        assert tuple(row.one()) == (9, True, None)
        connection.execute(text("DELETE FROM resettlement_projects"))


def test_undoing_leaves_and_names_what_was_edited_since(
    acts: Callable[[], Acts], worker: Engine, tmp_path: Path
) -> None:
    import_ = acts().uploads(SITES, sites(tmp_path, ["Chùa A", "Chùa B"]))
    import_.looks()
    import_.confirms()
    import_.approves()
    with worker.begin() as connection:
        connection.execute(
            text("UPDATE religious_sites SET condition = NULL, name = 'Chùa B sửa' WHERE name = 'Chùa B'")
        )
    done = import_.undoes()
    assert (done["removed"], done["left"], done["names"]) == (1, 1, ["Chùa B sửa"])
    with pytest.raises(Conflict):
        import_.undoes()


def test_one_import_is_decided_whole_by_somebody_else_who_reviews(
    acts: Callable[[], Acts], web: Engine, worker: Engine, tmp_path: Path
) -> None:
    import_ = acts().uploads(SITES, sites(tmp_path, ["Chùa A", "Chùa B"]))
    officer = KNOWN.actor("officer")
    with acting(web, officer) as session, pytest.raises(NotFound):
        import_deciding.find(session, officer, import_.id)  # a preview is its owner's
    import_.looks()
    import_.confirms()
    with worker.connect() as connection:
        ids = connection.scalars(text("SELECT id FROM proposals WHERE import_id = :id"), {"id": import_.id}).all()
    assert len(ids) == 2
    with pytest.raises(Conflict), acting(web, officer) as session:
        review.approve(session, officer, ids[0])
    for name in ("field", "leader", "gis", "admin"):
        with pytest.raises((Forbidden, NotFound)):
            import_.approves(KNOWN.actor(name))
    elsewhere = Actor(99, "x", Role.OFFICER, KNOWN.other_province)
    with pytest.raises(NotFound):
        import_.approves(elsewhere)
    commune = Actor(98, "y", Role.OFFICER, KNOWN.province, commune_id=11)
    with pytest.raises(NotFound):
        import_.approves(commune)  # the file is the whole province's
    with acting(web, officer) as session:
        import_deciding.reject(session, officer, import_.id, "Trùng với tệp trước")
    assert stored(worker, SITES) == {}
    assert import_.row().state == "rejected"
    with pytest.raises(Conflict):
        import_.approves()


def test_a_commune_account_brings_in_its_own_commune_only(
    acts: Callable[[], Acts], world: World, tmp_path: Path
) -> None:
    import_ = acts()
    import_.gis = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=12)
    file = sites(tmp_path, ["Chùa A", "Chùa B"], [HERE, shapely.Point(108.15, 11.95)])
    report = import_.uploads(SITES, file).looks()
    assert "ngoài xã" in why(report)[1]
    assert report["counts"]["create"] == 1


def test_an_import_is_seen_by_its_owner_alone(acts: Callable[[], Acts], web: Engine, tmp_path: Path) -> None:
    import_ = acts().uploads(SITES, sites(tmp_path, ["Chùa A"]))
    other = Actor(KNOWN.admin, "admin", Role.GIS, KNOWN.province)
    with acting(web, other) as session, pytest.raises(NotFound):
        import_proposing.find(session, other, import_.id)


def test_what_is_withdrawn_waits_no_more(acts: Callable[[], Acts], web: Engine, worker: Engine, tmp_path: Path) -> None:
    import_ = acts().uploads(SITES, sites(tmp_path, ["Chùa A"]))
    import_.looks()
    import_.confirms()
    with acting(web, import_.gis) as session:
        import_proposing.withdraw(session, import_.gis, import_.id)
    with pytest.raises(NotFound):
        import_.approves()
    # The same place may come again: what was withdrawn is no twin.
    report = acts().uploads(SITES, sites(tmp_path, ["Chùa A"])).looks()
    assert report["counts"]["create"] == 1


def test_nothing_of_it_is_applied_when_one_row_cannot_be(
    acts: Callable[[], Acts], worker: Engine, tmp_path: Path
) -> None:
    import_ = acts().uploads(SITES, sites(tmp_path, ["Chùa A", "Chùa B"]))
    import_.looks()
    import_.confirms()
    with worker.begin() as connection:
        connection.execute(
            text(
                'UPDATE proposals SET values = values || \'{"facility_type": "nha_tho_dong_ho"}\''
                " WHERE import_id = :id AND values ->> 'name' = 'Chùa B'"
            ),
            {"id": import_.id},
        )
    with pytest.raises(Exception, match="clan_hall_ranked"):
        import_.approves()
    assert stored(worker, SITES) == {}
    assert import_.row().state == "proposed"


def test_days_and_origins(acts: Callable[[], Acts], worker: Engine, tmp_path: Path) -> None:
    import_ = acts().uploads(SITES, sites(tmp_path, ["Chùa A"], NGAY_GN=["01/10/2026"]))
    import_.looks()
    import_.confirms()
    import_.approves()
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT observed_on FROM religious_sites")) == DAY
