"""A table of points: every row good or doubtful with the right reason; good ones wait for a second person."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, text

from app.database import acting
from geodata.problems import Forbidden
from geodata.units import COMMUNE, DISTRICT
from surveys import addresses, imports, review, site_names
from surveys.access import Actor, Role
from surveys.addresses import Gazetteer
from surveys.answer_problems import SubmissionClassified
from surveys.imports import Table
from surveys.layers import named
from tests.rows import feature
from tests.world import World

SITES = named("religious_sites")
GOOD = "Chùa Linh Quang,,11.95,108.05"


@pytest.fixture
def background(worker: Engine, world: World) -> Iterator[Connection]:
    """The background role, rolled back at the end; former units beside today's."""
    with worker.connect() as connection, connection.begin() as outer:
        connection.execute(text("DELETE FROM religious_sites"))
        connection.execute(text("DELETE FROM proposals"))
        for id_, level, name, kind, parent, province in (
            (801, 1, "Đắk Nông", "tỉnh", None, None),
            (802, DISTRICT, "Đắk Mil", "huyện", 801, 801),
            (803, COMMUNE, "Đức Mạnh", "xã", 802, 801),
            (804, COMMUNE, "Trần Phú", "phường", 802, 801),
            (811, 1, "Ninh Thuận", "tỉnh", None, None),
            (812, DISTRICT, "Ninh Phước", "huyện", 811, 811),
            (813, COMMUNE, "Phước Dân", "thị trấn", 812, 811),
        ):
            connection.execute(
                text(
                    "INSERT INTO units (id, level, code, name, kind, parent_id, province_id, valid_from, valid_to)"
                    " VALUES (:i, :l, :c, :n, :k, :p, :v, '2004-07-08', '2025-07-01')"
                ),
                {"i": id_, "l": level, "c": f"9{id_}", "n": name, "k": kind, "p": parent, "v": province},
            )
        for old, new in ((803, 11), (804, 13), (813, 21)):
            connection.execute(
                text("INSERT INTO succession (old_id, new_id, whole, \"on\") VALUES (:o, :n, true, '2025-07-01')"),
                {"o": old, "n": new},
            )
        yield connection
        outer.rollback()


@pytest.fixture
def read(background: Connection, world: World, tmp_path: Path) -> Callable[..., Table]:
    def make(
        *lines: str, header: str = "place_name,address_text,lat,lon", actor: Actor | None = None, **more: Any
    ) -> Table:
        file = tmp_path / "bang.csv"
        file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        layer = more.pop("layer", SITES)
        return imports.read(background, actor or world.actor("gis"), layer, file, **more)

    return make


def reasons(table: Table) -> list[list[str]]:
    return [[reason for reason, _ in row.doubts] for row in table.rows]


def test_good_rows_say_what_their_names_say(read: Callable[..., Table]) -> None:
    table = read(
        GOOD, "Giáo  Xứ Lộc Ðức,,11.95,108.15", "Nhà thờ An Bình,,11.96,108.06", "Nhà thờ Tin Lành X,,11.97,108.07"
    )
    assert [row.good for row in table.rows] == [True] * 4
    assert [(row.values["tradition"], row.values["facility_type"]) for row in table.rows] == [
        ("phat_giao", "chua"), ("cong_giao", "nha_tho"), ("cong_giao", "nha_tho"), ("tin_lanh", "nha_tho"),
    ]  # fmt: skip
    assert table.rows[1].name == "Giáo Xứ Lộc Đức"
    assert [row.flags for row in table.rows] == [[], [], ["tradition_assumed"], []]
    assert [row.commune_id for row in table.rows] == [11, 12, 11, 11]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Chùa A,,,", "no_place"),
        ("Chùa A,,mười một,108.05", "no_place"),
        ("Chùa A,,108.05,11.95", "swapped"),
        ("Chùa A,,0,0", "null_island"),
        ("Chùa A,,12.15,109.15", "outside"),  # the neighbour province
        ("Chùa A,,10.05,106.7", "outside"),
        ("Chùa ông Nguyễn Văn Bình 0912345678,,11.95,108.05", "person"),
        ("Điểm nhóm Tin Lành thôn 3,,11.95,108.05", "private"),
        ("Nhà thờ họ Trần,,11.95,108.05", "private"),
        ("Nhà thờ tộc Phạm,,11.95,108.05", "private"),
        (",,11.95,108.05", "value"),
        ("Cơ sở số 5,,11.95,108.05", "value"),  # nothing says what it is
    ],
)
def test_each_doubt_has_its_reason_and_keeps_others_out_of_it(
    read: Callable[..., Table], line: str, reason: str
) -> None:
    table = read(line, GOOD)
    assert reason in reasons(table)[0]
    assert reasons(table)[1] == []
    assert len(table.good) + len(table.doubtful) == len(table.rows) == 2


def test_a_parish_is_no_clan(read: Callable[..., Table]) -> None:
    assert reasons(read("Nhà thờ Giáo họ Kim Ngọc,,11.95,108.05", "Nhà thờ họ đạo Vinh Sơn,,11.98,108.08")) == [[], []]


@pytest.mark.parametrize(
    ("second", "doubled"),
    [
        ("CHÙA LINH-QUANG,,11.9502,108.0502", True),  # 30 m, the same name written otherwise
        ("Chùa Linh Quang,,11.957,108.05", True),  # 780 m
        ("Chùa Linh Quang,,11.965,108.05", False),  # 1.7 km
        ("Tịnh xá Ngọc Quang,,11.95003,108.05", True),  # 3 m, another name
        ("Tịnh xá Ngọc Quang,,11.9503,108.05", False),  # 33 m
    ],
)
def test_the_same_place_twice(read: Callable[..., Table], second: str, doubled: bool) -> None:
    assert reasons(read(GOOD, second)) == [[], ["duplicate"] if doubled else []]


def test_a_doubtful_row_does_not_push_out_a_good_one(read: Callable[..., Table]) -> None:
    assert reasons(read('Chùa Linh Quang,"Phước Dân, Ninh Phước",11.95,108.05', GOOD)) == [["far", "far"], []]


def test_what_the_layer_or_the_queue_holds_is_not_taken_again(
    read: Callable[..., Table], background: Connection, world: World
) -> None:
    row = feature(SITES, 11, name="Chùa Linh Quang") | {"geom": "SRID=4326;POINT(108.05 11.9505)"}
    background.execute(insert(SITES.table), row)
    assert reasons(read(GOOD)) == [["duplicate"]]
    background.execute(text("DELETE FROM religious_sites"))
    first = read(GOOD)
    imports.propose(background, world.actor("gis"), first, "thử")
    assert reasons(read(GOOD)) == [["duplicate"]]


@pytest.mark.parametrize(
    ("address", "far"),
    [
        ("Đức Mạnh, Đắk Mil", False),  # a former commune and district, where it went
        ("Đức Mạnh, Dak Mil, Đắk Nông, Việt Nam", False),
        ("xã Đắk Mil", False),
        ("Đắk Nông", False),
        ("17 Trần Phú, Đức Mạnh", False),  # a street with the name of a commune 20 km off
        ("Phường Trần Phú", True),
        ("Phước Dân, Ninh Phước", True),
        ("Phú Quý", True),
        ("đường không tên", False),
        ("", False),
    ],
)
def test_an_address_is_compared_through_the_succession(read: Callable[..., Table], address: str, far: bool) -> None:
    table = read(f'Chùa A,"{address}",11.95,108.05')
    assert ("far" in reasons(table)[0]) == far, table.rows[0].doubts
    assert table.address_unknown == (address == "đường không tên")


def test_columns_about_persons_are_dropped_and_unknown_ones_listed(read: Callable[..., Table]) -> None:
    table = read(
        "Chùa A,11.95,108.05,Thích Minh Tâm,0912345678,300,xyz",
        header="ten,vi do,kinh do,trụ trì,điện thoại,số tín đồ,ghi chú lạ",
    )
    assert {column for column, _ in table.columns.dropped} == {"trụ trì", "điện thoại", "số tín đồ"}
    assert table.columns.unused == ("ghi chú lạ",)
    assert set(table.rows[0].values) == {"name", "tradition", "facility_type"}


def test_other_columns_feed_their_fields_by_label_dbf_name_or_key(read: Callable[..., Table]) -> None:
    table = read(
        "Chùa A,11.95,108.05,Nhà nguyện,Tin lành,khong,05/10/2026,Ngập lụt; Cháy",
        "Chùa B,11.96,108.06,Lâu đài,,,hôm qua,",
        header="TEN,lat,lon,Loại cơ sở,TON_GIAO,heritage_rank,Ngày nhận đề nghị,Nguy cơ thiên tai, cháy"
        .replace("tai, cháy", "tai cháy"),
    )  # fmt: skip
    first, second = table.rows
    assert first.values["facility_type"] == "nha_nguyen"
    assert first.values["tradition"] == "tin_lanh"
    assert first.values["received_on"] == "2026-10-05"
    assert first.values["hazards"] == ["ngap", "chay"]
    assert [what.split(":")[0] for _, what in second.doubts] == ["Loại cơ sở", "Ngày nhận đề nghị"]


def test_a_commune_account_brings_in_its_own_commune_only(read: Callable[..., Table], world: World) -> None:
    own = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=12)
    assert reasons(read(GOOD, "Chùa B,,11.95,108.15", actor=own)) == [["outside_scope"], []]


def test_only_those_who_may_import_and_only_points(read: Callable[..., Table], world: World) -> None:
    for name in ("field", "officer", "leader", "admin"):
        with pytest.raises(Forbidden):
            read(GOOD, actor=world.actor(name))
    with pytest.raises(Forbidden):
        read(GOOD, layer=named("situation_reports"))
    with pytest.raises(imports.NotForAreas):
        read(GOOD, layer=named("minority_areas"))
    with pytest.raises(imports.NameMissing):
        read("x,11.95,108.05", header="cột lạ,lat,lon")
    with pytest.raises(SubmissionClassified):
        read("Chùa A (TUYỆT MẬT),,11.95,108.05")


def test_proposals_wait_for_a_second_person_and_hold_no_address(
    read: Callable[..., Table], background: Connection, worker: Engine, web: Engine, world: World
) -> None:
    table = read('Chùa Linh Quang,"12 Lê Lợi, Đắk Mil",11.95,108.05', "Chùa A,,0,0")
    (id_,) = imports.propose(background, world.actor("gis"), table, "thử")
    row = background.execute(text("SELECT * FROM proposals WHERE feature_id = :id"), {"id": id_}).one()
    assert (row.state, row.origin, row.created_by, row.commune_id) == ("waiting", "import", world.gis, 11)
    assert "Lê Lợi" not in str(row)
    assert background.scalar(text("SELECT count(*) FROM religious_sites")) == 0
    audited = background.execute(text("SELECT * FROM audit WHERE verb = 'import' ORDER BY id DESC LIMIT 1")).one()
    assert audited.detail == {"rows": 2, "proposed": 1, "doubtful": 1}


def test_an_approved_row_is_in_the_layer_and_not_by_the_importer(
    worker: Engine, web: Engine, world: World, tmp_path: Path
) -> None:
    file = tmp_path / "bang.csv"
    file.write_text(f"name,diachi,lat,lon\n{GOOD}\n", encoding="utf-8")
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM proposals"))
        connection.execute(text("DELETE FROM religious_sites"))
        table = imports.read(connection, world.actor("gis"), SITES, file)
        (feature_id,) = imports.propose(connection, world.actor("gis"), table, "thử")
        waiting = connection.scalar(text("SELECT id FROM proposals WHERE feature_id = :id"), {"id": feature_id})
    with pytest.raises(review.OwnProposal), acting(web, Actor(5, "gis", Role.OFFICER, 1)) as session:
        review.approve(session, Actor(5, "gis", Role.OFFICER, 1), waiting)
    with acting(web, world.actor("officer")) as session:
        review.approve(session, world.actor("officer"), waiting)
    with worker.begin() as connection:
        row = connection.execute(text("SELECT origin, entered_by, confirmed_by FROM religious_sites")).one()
        connection.execute(text("DELETE FROM religious_sites"))
    assert tuple(row) == ("import", world.gis, world.officer)


def test_addresses_name_what_lies_in_what_follows(background: Connection, world: World) -> None:
    gazetteer = Gazetteer(background, world.province)
    assert [unit.written for unit in gazetteer.read("12 Lê Lợi, Đức Mạnh, huyện Đắk Mil")] == [
        "huyện Đắk Mil",
        "Đức Mạnh",
    ]
    assert gazetteer.read("Phước Dân") == []  # a commune elsewhere, alone, may be any hamlet here
    assert gazetteer.read("thôn Đắk Mil") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("Đắk R'Lấp", "Dak R’lap"), ("TT. Chợ Lầu", "thị trấn Chợ Lầu"), ("P. 6", "Phường 6"), ("Tp Đà Lạt", "Ðà Lạt")],
)
def test_names_are_compared_bare(one: str, other: str) -> None:
    assert addresses.bare(one) == addresses.bare(other)


def test_a_name_says_its_own_place_only() -> None:
    assert site_names.read("Nhà thờ Chi Lăng").private == ""
    assert site_names.read("Thánh thất Đà Lạt").values == {"facility_type": "thanh_that", "tradition": "cao_dai"}
    assert site_names.read("Bờ hồ").values == {}


def test_the_real_list_adds_up(worker: Engine, world: World, shared: Path) -> None:
    """160 public places as found: in a world of three communes most lie outside, and each row is accounted for."""
    with worker.connect() as connection:
        table = imports.read(connection, world.actor("gis"), SITES, shared / "data/real_places_lamdong.csv")
    assert len(table.rows) == len(table.good) + len(table.doubtful) == 160
    assert sum(Counter(row.doubts[0][0] for row in table.doubtful).values()) == len(table.doubtful)
    assert "R&#39;" not in "".join(row.name for row in table.rows)
