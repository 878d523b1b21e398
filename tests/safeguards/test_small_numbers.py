"""Small numbers by every way out: of people, of resettlement, of small hamlets, of restricted reports (S5, S6, S7)."""

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pytest
from docx import Document

from surveys import figures
from surveys.layers import CATALOGUE
from tests.geodata import mvt
from tests.safeguards import numbers_told, small_world, ways_out
from tests.safeguards.small_world import (
    AREA_HOUSEHOLDS,
    CLOSED,
    HAMLET_HOUSEHOLDS,
    LAND,
    LIVE_SUMS,
    MONEY,
    PLACED,
    SECOND,
    Small,
)
from tests.safeguards.system import System
from tests.world import KNOWN

# Columns and questions that count households or people, by whatever name a page or file gives them.
PEOPLE = re.compile(
    r"\bhộ\b|household|nhân khẩu|dân số|population|\b(SO_)?HO_(AH|PD|CT|CD|HUONG)\b|\bSO_HO(_AH)?\b|\bDAN_SO\b"
    r"|nhận tiền|chuyển đến",
    re.IGNORECASE,
)
# Identifiers, hashes and parts of a second: any number may stand in them.
CHANCE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32,}|(?<=:\d\d)\.\d+")
SHARE = re.compile(r"tỷ lệ|%|share|rate", re.IGNORECASE)
IN_WORDS = re.compile(r"(?<![\d.,<–-])([1-4]) (?:hộ|nhân khẩu|người dân|households|people)\b")
HAMLET = re.compile(rf"\b({HAMLET_HOUSEHOLDS}|{AREA_HOUSEHOLDS}) (hộ|households)\b")
# What an account wrote itself and gets back, forms without answers, tiles without words, a figure by commune once more.
OTHER = re.compile(
    r"figure=(?!report_households|project_households)\w+&(unit=11|layers=\w)|^/tiles/[a-z_]+/|^/survey/api/(returned|mine)|/openrosa/forms/|/forms/|/api/openapi|/static/|/language/|/logout"
)
READERS = ("field", "answering", "leader", "gis", "admin")  # one of each role; the officer also reads restricted ones
SHARP = re.compile(
    r"figure=(restricted_dat_dai|project_households|households_paid|report_households|hamlet_households)"
)
BARE = (".mvt", ".png", ".woff2", ".js", ".css", ".jpg", ".xml")


@dataclass
class Told:
    """What somebody got at an address."""

    who: str
    path: str
    data: bytes

    @cached_property
    def read(self) -> tuple[list[numbers_told.Pair], str]:
        pairs, said = numbers_told.of(self.data, self.path)
        return [(label, CHANCE.sub("", value)) for label, value in pairs], CHANCE.sub("", said)

    @property
    def everything(self) -> str:
        """All that is read in it: figures of drawings, scripts and styles are none."""
        return "\n".join([self.said, *(f"{label}: {value}" for label, value in self.pairs)])

    @property
    def pairs(self) -> list[numbers_told.Pair]:
        return self.read[0]

    @property
    def said(self) -> str:
        return self.read[1]


def few(value: str) -> bool:
    """Whether it is a number below five, or several in one cell of which one is."""
    return any(re.fullmatch(r"[1-4]([.,]0+)?", one.strip()) for one in value.split("/"))


def written(n: int) -> str:
    """The number as pages, files and machines write it, and not as a part of another one."""
    grouped = f"{n:,}".replace(",", "[.,]?")
    return rf"(?<![\w.,]){grouped}(?!\w|[.,]\d)"


LIVE = re.compile("|".join(written(n) for n in sorted(LIVE_SUMS)))
HIDDEN = "ẩn"
HAMLET_OF_SMALL = "24701-1"
FAITH_OR_ETHNICITY = re.compile(f"{small_world.SITE}|{small_world.AREA}|{written(611)}|{written(2903)}")
MONEY_TOLD = re.compile("|".join(written(n) for n in MONEY))


@pytest.fixture(scope="module")
def small(system: System) -> Small:
    return small_world.fill(system)


@pytest.fixture(scope="module")
def told(system: System, small: Small) -> list[Told]:
    """What can be read at every address by every role that may, and the files made of it."""
    paths = [path for path in ways_out.addresses(system, 108.05, 11.95) if not OTHER.search(path)]
    assert len(paths) > 300
    found = []
    for name in READERS:
        # The leader asks for every figure; to the others the same code tells those that could tell too much.
        asked = [path for path in paths if "figure=" not in path or SHARP.search(path) or name == "leader"]
        found += [Told(name, answer.path, answer.data) for answer in _opened(system, name, asked)]
    for name, path in small_world.files(system, small):
        (answer,) = ways_out.answers(system.client(name), [path])
        assert answer.status == 200, path
        found.append(Told(name, path, answer.data))
    return found


def _opened(system: System, name: str, paths: list[str]) -> Iterator[ways_out.Answer]:
    for answer in ways_out.answers(system.client(name), paths):
        assert answer.status < 500, f"{name} {answer.path}"
        if answer.status == 200 and not answer.path.partition("?")[0].endswith(BARE):
            yield answer


def test_people_below_five_are_told_to_nobody(told: list[Told]) -> None:
    leaks = set()
    for one in told:
        leaks |= {
            f"{one.who} {one.path}: {label} = {value}"
            for label, value in one.pairs
            if PEOPLE.search(label) and not SHARE.search(label) and few(value)
        }
        leaks |= {f"{one.who} {one.path}: {found.group()}" for found in IN_WORDS.finditer(one.said)}
    assert sorted(leaks) == []


def test_a_share_and_its_whole_do_not_tell_so_few(told: list[Told]) -> None:
    """61 households affected, 3 paid, 2 moved, in one commune with no other project."""
    numbers = [f"{100 * part / 61:.1f}".replace(".", "[.,]") for part in (2, 3)]
    shares = re.compile(rf"(?<![\w.,])({'|'.join(numbers)})(?!\w)")
    leaks = {
        f"{one.who} {one.path}: {label} = {value[max(0, found.start() - 40) : found.end() + 40]}"
        for one in told
        for label, value in [*one.pairs, ("", one.said)]
        for found in shares.finditer(value)
    }
    assert sorted(leaks) == []


def test_they_are_told_as_fewer_than_five(told: list[Told]) -> None:
    """Where one record stands the number is "<5"; in a sum by unit, where others may hide beside it, "ẩn"."""
    said = {}
    for one in told:
        for label, value in one.pairs:
            if "<5" in value and PEOPLE.search(label):
                said.setdefault(re.sub("/[0-9a-f-]{36}|/[0-9]+", "", one.path.partition("?")[0]), label)
    assert {"/activities", "/models", "/resettlement", "/resettlement/", "/map/at", "/map/place/profile"} <= set(said)


def test_what_is_hidden_is_in_no_total(system: System, small: Small, told: list[Told]) -> None:
    """A total less all that is shown beside it leaves nothing: what is hidden stands in neither."""
    client, compared = system.client("leader"), 0
    for figure in figures.CATALOGUE:
        if figure.unit != "hộ":
            continue
        painted = client.get(f"/map/figure?figure={figure.key}&period={small.quarter.code}&layers=").json
        shown = [numeral(one["t"]) for one in painted["units"].values() if not one.get("m")]
        assert numeral(painted["total"]) == sum(shown) > 0, figure.key
        assert any(one.get("m") == "hidden" for one in painted["units"].values()), figure.key
        compared += 1
    for one in told:
        if one.path.startswith("/reports/files/"):
            for table in Document(io.BytesIO(one.data)).tables:
                rows = [[cell.text for cell in row.cells] for row in table.rows]
                for column, title in enumerate(rows[0]):
                    if title.endswith("(hộ)"):
                        parts = [row[column] for row in rows[1:] if row[0]]
                        if set(parts) == {"–"}:
                            continue  # nothing was observed in that quarter
                        assert numeral(rows[1][column]) == sum(map(numeral, parts)) > 0, title
                        assert HIDDEN in parts, title
                        compared += 1
    assert compared >= 8
    (page,) = [one for one in told if (one.who, one.path) == ("leader", "/resettlement/")]
    sums = dict(page.pairs)
    listed = [value.split(" / ") for label, value in page.pairs if label.count("/") == 3]
    for place, key in enumerate(("bị ảnh hưởng", "được phê duyệt", "đã nhận tiền", "đã chuyển đến")):
        assert numeral(sums[f"Số hộ {key}"]) == sum(numeral(row[place]) for row in listed), key


def test_tiles_count_no_people(system: System, told: list[Told]) -> None:
    client, seen = system.client("leader"), set()
    for layer, z in itertools.product((layer.key for layer in CATALOGUE), (9, 14, 17)):
        x, y = mvt.at(108.05, 11.95, z)
        for feature in mvt.features(client.get(f"/tiles/{layer}/{z}/{x}/{y}.mvt").data, layer):
            seen |= set(feature)
    assert "class" in seen or "n" in seen
    assert [name for name in seen if PEOPLE.search(name)] == []


def numeral(said: str) -> int:
    """The number said; 0 where a mark stands in its place."""
    return int(said.replace(".", "")) if re.fullmatch(r"[\d.]+", said) else 0


def test_a_small_hamlet_has_services_and_no_counts(told: list[Told]) -> None:
    numbers = {str(HAMLET_HOUSEHOLDS), str(AREA_HOUSEHOLDS), f"{HAMLET_HOUSEHOLDS}.0", f"{AREA_HOUSEHOLDS}.0"}
    leaks = {
        f"{one.who} {one.path}: {label} = {value}"
        for one in told
        for label, value in one.pairs
        if PEOPLE.search(label) and value in numbers
    }
    leaks |= {f"{one.who} {one.path}: {found.group()}" for one in told for found in HAMLET.finditer(one.said)}
    assert sorted(leaks) == []


def test_a_small_part_of_a_resettlement_has_a_commune_and_no_money(system: System, told: list[Told]) -> None:
    assert leaking(told, MONEY_TOLD) == []
    assert sum(PLACED in one.said for one in told) > 10  # it is told of
    # Nowhere beside the hamlet it lies in, and of that hamlet's page and list it is no part.
    rows = [line for one in told for line in one.said.split("\n") if PLACED in line]
    assert [line for line in rows if HAMLET_OF_SMALL in line] == []
    client, hamlet = system.client("leader"), KNOWN.hamlets[1]
    for path in (f"/map/place/{hamlet}/records?layer=resettlement_projects", f"/map/place/{hamlet}?part=1"):
        page = client.get(path).text
        assert PLACED not in page
        assert not re.search(r"Dự án tái định cư</[^>]*>\s*<[^>]*>1\b", page), page
    commune = client.get(f"/map/place/{SECOND}/records?layer=resettlement_projects").text
    assert PLACED in commune
    assert "Thôn 1" not in commune
    for feature in client.get("/ogc/collections/resettlement_projects/items").json["features"]:
        told_of = feature["properties"]
        assert (told_of["name"] != PLACED) or (told_of["hamlet_code"], told_of["hamlet_name"]) == (None, None)


def test_no_number_of_restricted_reports_of_a_running_quarter_is_told(told: list[Told]) -> None:
    assert leaking(told, LIVE) == []


def test_the_closed_quarter_is_told_from_five_on_and_never_beside_faith_or_ethnicity(told: list[Told]) -> None:
    number = re.compile(written(CLOSED[SECOND, LAND]))
    telling = [one for one in told if number.search(one.everything)]
    kinds = {re.sub(r"[0-9a-f-]{36}|\d+", "", one.path.partition("?")[0]) for one in telling}
    assert {"/map/figure", "/map/table", "/reports/", "/reports/files/", "/map/copies/files/"} <= kinds
    assert {one.who for one in telling} == {"leader", "answering"}
    assert [one.path for one in telling if FAITH_OR_ETHNICITY.search(one.everything)] == []
    for one in telling:
        assert HIDDEN in one.everything, one.path


def leaking(told: list[Told], number: re.Pattern[str]) -> list[str]:
    return sorted(f"{one.who} {one.path}: {found.group()}" for one in told for found in number.finditer(one.everything))
