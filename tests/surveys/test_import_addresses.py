"""Names and addresses of a table: what a name says of its own place, and whether the place is where it says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from geodata.units import COMMUNE, DISTRICT
from surveys import addresses, import_report, site_names
from surveys.addresses import Gazetteer
from surveys.layers import named
from tests.surveys.import_acts import Judged
from tests.world import World

SITES = named("religious_sites")
FORMER = (
    (801, 1, "Đắk Nông", "tỉnh", None, None),
    (802, DISTRICT, "Đắk Mil", "huyện", 801, 801),
    (803, COMMUNE, "Đức Mạnh", "xã", 802, 801),
    (804, COMMUNE, "Trần Phú", "phường", 802, 801),
    (811, 1, "Ninh Thuận", "tỉnh", None, None),
    (812, DISTRICT, "Ninh Phước", "huyện", 811, 811),
    (813, COMMUNE, "Phước Dân", "thị trấn", 812, 811),
)
ADDRESSES = (
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
)


@pytest.fixture
def background(worker: Engine, world: World) -> Iterator[Connection]:
    """The background role, rolled back at the end; former units beside today's."""
    with worker.connect() as connection, connection.begin() as outer:
        for id_, level, name, kind, parent, province in FORMER:
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
def judged(background: Connection, world: World, tmp_path: Path) -> Callable[..., Judged]:
    def judge(*lines: str) -> Judged:
        file = tmp_path / "bang.csv"
        file.write_text("\n".join(["place_name,address_text,lat,lon", *lines]) + "\n", encoding="utf-8")
        return Judged.of(background, world.actor("gis"), SITES, file)

    return judge


def test_an_address_is_compared_through_the_succession(judged: Callable[..., Judged]) -> None:
    lines = [f'Chùa {n},"{address}",11.95,{108.01 + n * 0.005:.3f}' for n, (address, _) in enumerate(ADDRESSES)]
    table = judged(*lines)
    doubts = table.doubts
    assert [(address, "far" in reasons) for (address, _), reasons in zip(ADDRESSES, table.reasons, strict=True)] == [
        *ADDRESSES
    ]
    assert table.checked.address_unknown == 2
    assert doubts[6] == [["far", doubts[6][0][1], ""], ["far", doubts[6][1][1], ""]]
    assert doubts[6][0][1].startswith("cách Ninh Phước ")


def test_a_doubtful_row_pushes_out_no_good_one_and_its_address_is_kept_nowhere(
    judged: Callable[..., Judged], background: Connection
) -> None:
    table = judged('Chùa Linh Quang,"12 Lê Lợi, Phước Dân, Ninh Phước",11.95,108.05', "Chùa Linh Quang,,11.95,108.05")
    assert table.reasons == [["far", "far"], []]
    told = list(import_report.lines(background, every=True))
    assert [row[1] for row in told] == [import_report.DOUBTFUL, "mới"]
    assert "Lê Lợi" not in str(told) + str(background.execute(text("SELECT * FROM judged")).all())


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
