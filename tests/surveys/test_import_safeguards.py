"""What may not come in by a file: persons, parcels, areas without their document, small groups (S1, S4, S5, S6)."""

from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from sqlalchemy import Engine, text

from geodata.problems import Forbidden, NotFound
from surveys import review
from surveys.access import Actor, Role
from surveys.answer_problems import SubmissionClassified
from surveys.import_checking import WrongShape
from surveys.import_proposing import NothingToPropose
from surveys.map_pages.asked import NamesPersons
from surveys.screening.parcels import ParcelMap
from tests.surveys import import_acts
from tests.surveys.import_acts import Acts, areas, sites, why
from tests.world import KNOWN

SITES = "religious_sites"
HERE, AWAY = shapely.Point(108.05, 11.95), shapely.Point(108.15, 11.95)


@pytest.fixture
def acts(web: Engine, worker: Engine, tmp_path: Path) -> Callable[[], Acts]:
    import_acts.cleared(worker)
    return lambda: Acts(web, worker, tmp_path)


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


def test_free_text_is_masked_before_anything_is_stored_and_a_name_with_a_person_stays_out(
    acts: Callable[[], Acts], tmp_path: Path
) -> None:
    written = "Giữ sạch đường, gọi anh Ngô Thanh Tùng 0912 345 678, CCCD 068214006631"
    file = sites(
        tmp_path,
        ["Tuyến đường hoa", "Mô hình ông Nguyễn Văn Bình 0912345678"],
        LINH_VUC=["kinh_te"] * 2, LOAI=["mo_hinh"] * 2, TRANG_THAI=["dang_ky"] * 2, NGAY_DK=["2026-10-01"] * 2,
        MUC_TIEU=[written, ""],
    )  # fmt: skip
    import_ = acts().uploads("community_models", file)
    report = import_.looks()
    assert (report["counts"]["create"], report["flags"]) == (1, {"masked": 1})
    assert "thông tin về người" in why(report)[2]
    import_.confirms()
    with import_.worker.connect() as connection:
        kept = connection.scalar(text("SELECT values::text FROM proposals WHERE import_id = :id"), {"id": import_.id})
    assert "Giữ sạch đường" in kept
    for trace in ("Thanh Tùng", "0912", "0682140", "Văn Bình"):
        assert trace not in kept + str(import_.row())


def test_the_name_of_a_file_and_words_of_no_list_show_no_person_either(
    acts: Callable[[], Acts], tmp_path: Path
) -> None:
    file = sites(tmp_path, ["Chùa A"], TON_GIAO=["hỏi ông Nguyễn Văn Bình 0912345678"])
    import_ = acts().uploads(SITES, file.rename(tmp_path / "danh sách của ông Nguyễn Văn Bình 0912345678.geojson"))
    report = import_.looks()
    assert report["unmatched"]["TON_GIAO"]
    assert import_.row().file_name.startswith("danh sách của")
    for trace in ("Văn Bình", "0912345678"):
        assert trace not in str(import_.row())
    with pytest.raises(SubmissionClassified):
        acts().uploads(SITES, sites(tmp_path, ["Chùa A"]).rename(tmp_path / "Chùa (TUYỆT MẬT).geojson"))


def test_what_somebody_types_for_rows_without_a_value_is_screened_like_the_rows(
    acts: Callable[[], Acts], worker: Engine, tmp_path: Path
) -> None:
    file = sites(
        tmp_path, ["Tuyến đường hoa"], LINH_VUC=["kinh_te"], LOAI=["lạ"], TRANG_THAI=["dang_ky"],
        NGAY_DK=["2026-10-01"],
    )  # fmt: skip
    import_ = acts().uploads("community_models", file)
    import_.looks()
    with pytest.raises(NamesPersons):
        import_.looks(defaults={"goals": "Gọi anh Ngô Thanh Tùng 0912 345 678"})
    with pytest.raises(SubmissionClassified):
        import_.looks(defaults={"goals": "TUYỆT MẬT"})
    with pytest.raises(NamesPersons):
        acts().uploads("community_models", file, defaults={"goals": "CCCD 068214006631"})
    assert import_.row().choices == {}
    import_.looks(codes={"LOAI": {"hỏi ông Nguyễn Văn Bình 0912345678": "mo_hinh", "lạ": "mo_hinh"}})
    kept = import_.row().choices
    assert "0912345678" not in str(kept)
    assert import_.confirms(**kept)["proposed"] == 1
    with worker.connect() as connection:
        assert "0912" not in str(connection.execute(text("SELECT choices FROM import_mappings")).all())


def test_no_document_is_made_up_by_a_value_for_all_rows(acts: Callable[[], Acts], tmp_path: Path) -> None:
    made_up = {"source_file": "a" * 64, "source_document": "QĐ 861/QĐ-TTg", "source_date": "2021-06-04"}
    file = areas(tmp_path, 1, 0.02, KHU_VUC=["kv1"])
    report = acts().uploads("minority_areas", file, defaults=made_up).looks()
    assert report["counts"]["create"] == 0
    assert "Tệp văn bản" in str(why(report))


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
