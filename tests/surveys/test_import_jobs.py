"""A file into a layer: proposed as one, decided whole by another person, undone; nothing is lost in silence."""

from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from sqlalchemy import Engine, text

from app.database import acting
from geodata.problems import Conflict, Forbidden, NotFound
from surveys import import_deciding, import_proposing, review
from surveys.access import Actor, Role
from tests.old_files import shapefile
from tests.rows import DAY
from tests.surveys import import_acts
from tests.surveys.import_acts import Acts, sites, stored
from tests.world import KNOWN

SITES = "religious_sites"
HERE, AWAY = shapely.Point(108.05, 11.95), shapely.Point(108.15, 11.95)


@pytest.fixture
def acts(web: Engine, worker: Engine, tmp_path: Path) -> Callable[[], Acts]:
    import_acts.cleared(worker)
    return lambda: Acts(web, worker, tmp_path)


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
