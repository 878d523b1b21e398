"""Rows of a table: each one good or doubtful with the right reason, its cells in the fields they are meant for."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, text

from geodata.problems import Forbidden
from surveys import demo, import_report
from surveys.access import Actor, Role
from surveys.answer_problems import SubmissionClassified
from surveys.import_checking import NameMissing
from surveys.layers import named
from tests.province import Province
from tests.rows import feature
from tests.surveys.import_acts import Judged
from tests.world import World

SITES = named("religious_sites")
Read = Callable[..., Judged]


@pytest.fixture
def background(worker: Engine, world: World) -> Iterator[Connection]:
    """The background role, rolled back at the end; nothing in the layer or waiting for it."""
    with worker.connect() as connection, connection.begin() as outer:
        connection.execute(text("DELETE FROM religious_sites"))
        connection.execute(text("DELETE FROM proposals"))
        yield connection
        outer.rollback()


@pytest.fixture
def read(background: Connection, world: World, tmp_path: Path) -> Read:
    def make(*lines: str, header: str = "place_name,lat,lon", actor: Actor | None = None, **choices: Any) -> Judged:
        file = tmp_path / "bang.csv"
        file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return Judged.of(background, actor or world.actor("gis"), SITES, file, **choices)

    return make


def test_good_rows_say_what_their_names_say(read: Read) -> None:
    table = read(
        "Chùa Linh Quang,11.95,108.05", "Giáo  Xứ Lộc Ðức,11.95,108.15", "Nhà thờ An Bình,11.96,108.06",
        "Nhà thờ Tin Lành X,11.97,108.07", "Nhà thờ Giáo họ Kim Ngọc,11.92,108.02",
        "Nhà thờ họ đạo Vinh Sơn,11.98,108.08", "Chùa Đảo,108.01,11.91",
    )  # fmt: skip
    assert table.reasons == [[]] * 7  # a parish is no clan
    assert [(row.values["tradition"], row.values["facility_type"]) for row in table.rows[:4]] == [
        ("phat_giao", "chua"), ("cong_giao", "nha_tho"), ("cong_giao", "nha_tho"), ("tin_lanh", "nha_tho"),
    ]  # fmt: skip
    assert table.rows[1].name == "Giáo Xứ Lộc Đức"
    assert [row.flags for row in table.rows] == [[], [], ["tradition_assumed"], [], [], [], ["swapped"]]
    assert [row.commune_id for row in table.rows] == [11, 12, 11, 11, 11, 11, 11]


DOUBTFUL = {
    "Chùa A,,": "no_place",
    "Chùa B,mười một,108.05": "no_place",
    "Chùa C,0,0": "null_island",
    "Chùa D,12.15,109.15": "outside",  # the neighbour province
    "Chùa E,10.05,106.7": "outside",
    "Chùa ông Nguyễn Văn Bình 0912345678,11.92,108.02": "person",
    "Điểm nhóm Tin Lành thôn 3,11.93,108.03": "private",
    "Nhà thờ họ Trần,11.94,108.04": "private",
    "Nhà thờ tộc Phạm,11.955,108.055": "private",
    ",11.96,108.06": "value",
    "Cơ sở số 5,11.97,108.07": "value",  # nothing says what it is
}


def test_each_doubt_has_its_reason_and_keeps_others_out_of_it(read: Read, background: Connection) -> None:
    table = read(*DOUBTFUL, "Chùa Linh Quang,11.95,108.05")
    *doubtful, good = table.reasons
    assert {line: reason in reasons for (line, reason), reasons in zip(DOUBTFUL.items(), doubtful, strict=True)} == (
        dict.fromkeys(DOUBTFUL, True)
    )
    assert good == []
    told = list(import_report.lines(background, every=True))
    assert [row[0] for row in told] == list(range(2, len(DOUBTFUL) + 3))  # the header is line 1
    assert Counter(row[1] for row in told) == {import_report.DOUBTFUL: len(DOUBTFUL), "mới": 1}
    assert "0912345678" not in str(told)


def test_the_same_place_twice(read: Read, background: Connection) -> None:
    row = feature(SITES, 11, name="Chùa Đã Có") | {"geom": "SRID=4326;POINT(108.01 11.91)"}
    background.execute(insert(SITES.table), row)
    table = read(
        "Chùa Linh Quang,11.95,108.05",
        "CHÙA LINH-QUANG,11.9502,108.0502",  # 30 m, the same name written otherwise
        "Chùa Linh Quang,11.957,108.05",  # 780 m
        "Chùa Linh Quang,11.975,108.05",  # 2.8 km
        "Tịnh xá Ngọc Quang,11.95003,108.05",  # 3 m, another name
        "Tịnh xá Ngọc Quang,11.9303,108.05",
        "CHÙA ĐÃ-CÓ,11.915,108.01",
    )
    twice = ["duplicate"]
    assert table.reasons == [[], twice, twice, [], twice, [], twice]
    assert "đã có" in table.doubts[-1][0][1]


def test_other_columns_feed_their_fields_by_label_dbf_name_or_key(read: Read) -> None:
    table = read(
        "Chùa A,11.95,108.05,Nhà nguyện,Tin lành,khong,05/10/2026,Ngập lụt; Cháy,xyz,Thích Minh Tâm,0912345678",
        "Chùa B,11.96,108.06,Lâu đài,,,hôm qua,,,,",
        header="TEN,vi do,kinh do,Loại cơ sở,TON_GIAO,heritage_rank,Ngày nhận đề nghị,Nguy cơ thiên tai cháy,"
        "ghi chú lạ,trụ trì,điện thoại",
    )
    first, second = table.rows
    assert first.values["facility_type"] == "nha_nguyen"
    assert first.values["tradition"] == "tin_lanh"
    assert first.values["received_on"] == "2026-10-05"
    assert first.values["hazards"] == ["ngap", "chay"]
    assert [what.split(":")[0] for _, what, _ in second.doubts] == ["Loại cơ sở", "Ngày nhận đề nghị"]
    assert {column for column, _ in table.checked.columns.dropped} == {"trụ trì", "điện thoại"}
    assert table.checked.columns.unused == ("ghi chú lạ",)
    assert "Minh Tâm" not in str(table.rows)


def test_only_those_who_may_import_and_only_what_has_names(read: Read, world: World) -> None:
    line = "Chùa A,11.95,108.05"
    for name in ("field", "officer", "leader", "admin"):
        with pytest.raises(Forbidden):
            read(line, actor=world.actor(name))
    with pytest.raises(NameMissing):
        read("x,11.95,108.05", header="cột lạ,lat,lon")
    with pytest.raises(SubmissionClassified):
        read("Chùa A (TUYỆT MẬT),11.95,108.05")


def test_a_commune_account_brings_in_its_own_commune_only(read: Read, world: World) -> None:
    own = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=12)
    assert read("Chùa A,11.95,108.05", "Chùa B,11.95,108.15", actor=own).reasons == [["outside_scope"], []]


@pytest.mark.parametrize(("commune", "found"), [(0, {11, 12}), (12, {12})])
def test_a_row_of_elsewhere_is_as_if_it_never_was(
    read: Read, background: Connection, world: World, commune: int, found: set[int]
) -> None:
    lines = []
    places = ((11, 108.05, 11.95), (12, 108.15, 11.95), (world.other_commune, 109.15, 12.15))
    for where, lon, lat in places:
        row = feature(SITES, where)
        background.execute(insert(SITES.table), row)
        lines.append(f"{row['id']},1,Chùa Đổi Tên,{lat},{lon}")
    actor = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=commune)
    table = read(*lines, header="ID,PHIEN_BAN,TEN,lat,lon", actor=actor)
    assert table.reasons == [[] if where in found else ["unknown_id"] for where, *_ in places]


def test_what_a_returned_file_lacks_is_looked_for_in_its_own_commune_alone(
    read: Read, background: Connection, world: World
) -> None:
    kept, gone, other = feature(SITES, 12), feature(SITES, 12), feature(SITES, 11)
    for row in (kept, gone, other):
        background.execute(insert(SITES.table), row)
    background.execute(
        text(
            "INSERT INTO exports (id, account_id, layer, province_id, commune_id, whole)"
            " VALUES ('ra12', :gis, 'religious_sites', 1, 12, true)"
        ),
        {"gis": world.gis},
    )
    own = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=12)
    read(f"{kept['id']},1,Chùa Linh Sơn,ra12,11.95,108.15", header="ID,PHIEN_BAN,TEN,DOT_XUAT,lat,lon", actor=own)
    assert import_report.removed(background, own, SITES) is not None
    assert background.scalars(text("SELECT id FROM removed")).all() == [gone["id"]]


def test_the_real_list_in_the_demo_province(province: Province, shared: Path, tmp_path: Path) -> None:
    """160 public places as found: those that stay out are named, each with what speaks against it."""
    file = tmp_path / "real.csv"
    file.write_bytes((shared / "data/real_places_lamdong.csv").read_bytes())
    with province.undone() as connection:
        account = connection.scalar(text("SELECT id FROM accounts WHERE username = 'gis'"))
        actor = Actor(account, "gis", Role.GIS, demo.province_id(connection))
        table = Judged.of(connection, actor, SITES, file)
        lines = list(import_report.lines(connection, every=True))
    assert table.checked.rows == len(lines) == 160
    assert [row[0] for row in lines if row[1] == import_report.DOUBTFUL] == [
        21, 25, 32, 37, 49, 57, 61, 64, 71, 100, 134, 139, 144, 146, 152,
    ]  # fmt: skip
    assert {reason for reasons in table.reasons for reason in reasons} == {"outside", "far", "duplicate"}
    assert table.checked.columns.unused == ()
    assert "R&#39;" not in "".join(row.name for row in table.rows)
