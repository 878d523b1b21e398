"""People's grievances never stand beside faith or ethnicity (S7): every pair, every address that takes two."""

import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from geodata import tiles
from geodata.outgoing import formats
from surveys.layers import CATALOGUE, FAITH_AND_ETHNICITY, REPORT_COUNTS, RESTRICTED_FIGURES
from tests.geodata import mvt
from tests.rows import one_of_each
from tests.safeguards.system import System
from tests.world import KNOWN

KEYS = [layer.key for layer in CATALOGUE]
REPORTS = "situation_reports"
APART = [frozenset({REPORTS, other}) for other in sorted(FAITH_AND_ETHNICITY)]
TOGETHER = [pair for pair in itertools.combinations(KEYS, 2) if frozenset(pair) not in APART]
AT = "lon=108.05&lat=11.95&z=14"
X, Y = mvt.at(108.05, 11.95, 14)


@pytest.fixture(scope="module", autouse=True)
def rows(system: System) -> None:
    with system.worker.begin() as connection:
        one_of_each(connection, KNOWN.communes)
    tiles.refresh_all(system.worker)


def spellings(pair: frozenset[str]) -> Iterator[str]:
    """Both orders, one named twice, and with a third layer that would go with either."""
    for first, second in itertools.permutations(sorted(pair)):
        yield f"{first},{second}"
        yield f"{first},{second},{first}"
        yield f"{first},hamlet_profiles,units,{second}"
        yield f"{REPORT_COUNTS},{first},{second}"


@pytest.mark.parametrize("pair", APART, ids=sorted)
@pytest.mark.parametrize("name", ["field", "officer", "answering", "leader", "gis"])
def test_reports_beside_faith_or_ethnicity_are_refused_and_numbers_by_commune_offered(
    system: System, name: str, pair: frozenset[str]
) -> None:
    client = system.client(name)
    for keys in spellings(pair):
        for path in (f"/tiles/{keys}/14/{X}/{Y}.mvt", f"/tiles/{keys}.json", f"/map/at?layer={keys}&{AT}"):
            answer = client.get(path, headers={"Accept": "application/json"})
            assert answer.status_code == 403, path
            assert answer.json["code"] == "incompatible_layers"
            assert answer.json["facts"]["instead"] == REPORT_COUNTS


@pytest.mark.parametrize("pair", APART, ids=sorted)
def test_the_map_turns_reports_into_numbers_by_commune_and_says_so(system: System, pair: frozenset[str]) -> None:
    client = system.client("leader")
    for keys in spellings(pair):
        if REPORT_COUNTS in keys:
            continue
        for place in ("", "place/11", "place/111"):
            page = client.get(f"/map/{place}?layers={keys}")
            assert page.status_code == 200
            (address,) = re.findall(r'src="(/map/script\.js\?[^"]*)"', page.text)
            script = client.get(address.replace("&amp;", "&")).text
            on = json.loads(re.findall(r'"on": (\[[^\]]*\])', script)[0])
            assert REPORT_COUNTS in on
            assert REPORTS not in on
            assert "không đặt cạnh tôn giáo" in json.loads(re.findall(r'"why": ("(?:[^"\\]|\\.)*")', script)[0])


@pytest.mark.parametrize("other", sorted(FAITH_AND_ETHNICITY))
def test_beside_faith_a_number_is_the_communes_and_tells_no_place(system: System, other: str) -> None:
    def answers() -> list[bytes]:
        tiles.refresh_all(system.worker)
        client = system.web.test_client()
        client.environ_base = system.client("leader").environ_base
        system.web.extensions["tile_cache"].__init__()  # as another process would answer
        paths = [
            f"/tiles/{REPORT_COUNTS},{other}/{z}/{x}/{y}.mvt"
            for z in (9, 12, 14)
            for x, y in [mvt.at(108.05, 11.95, z)]
        ]
        given = [client.get(path) for path in [*paths, f"/map/at?layer={REPORT_COUNTS},{other}&{AT}"]]
        assert {one.status_code for one in given} == {200}
        return [one.data for one in given]

    before = answers()
    for row in mvt.features(before[0], REPORT_COUNTS):
        assert set(row) <= {"unit", "n", "geometry"}
    assert any(mvt.features(tile, REPORT_COUNTS) for tile in before[:3])
    assert json.loads(before[-1])["reports"] == 1
    move = "UPDATE situation_reports SET geom = ST_Translate(geom, :by, :by) WHERE commune_id = 11"
    with system.worker.begin() as connection:
        connection.execute(text(move), {"by": 0.03})
    after = answers()
    with system.worker.begin() as connection:
        connection.execute(text(move), {"by": -0.03})
    assert after == before


@pytest.mark.parametrize("shown", ["religious_sites", "minority_areas", "religious_sites,minority_areas"])
def test_a_hamlets_table_leaves_out_one_or_the_other(system: System, shown: str) -> None:
    client = system.client("leader")

    def left_out(layers: str) -> set[str]:
        page = client.get(f"/map/place/111?part=1&layers={layers}").text
        lines = re.findall(r'<th scope="row">([^<]*)</th>\s*<td class="n not-here"', page)
        return {layer.key for layer in CATALOGUE if layer.title in lines}

    assert left_out(shown) == left_out(f"{shown},{REPORTS}") == {REPORTS}
    assert left_out(REPORTS) == left_out("") == FAITH_AND_ETHNICITY


@pytest.mark.parametrize("other", sorted(FAITH_AND_ETHNICITY))
def test_restricted_figures_are_at_no_address_of_the_map(system: System, other: str) -> None:
    client = system.client("answering")
    for key in (RESTRICTED_FIGURES, "restricted_counts", "restricted_reports"):
        for keys in (key, f"{key},{other}", f"{other},{key}"):
            for path in (f"/tiles/{keys}/14/{X}/{Y}.mvt", f"/tiles/{keys}.json", f"/map/at?layer={keys}&{AT}"):
                assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("pair", APART, ids=sorted)
@pytest.mark.parametrize("name", ["officer", "answering", "gis"])
def test_no_qgis_project_holds_both(system: System, name: str, pair: frozenset[str]) -> None:
    client = system.client(name)
    for keys in spellings(pair):
        asked = ",".join(key for key in keys.split(",") if key in KEYS)
        answer = client.get(f"/exchange/qgis.qgz?layers={asked}", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["code"]) == (403, "incompatible_layers"), asked
    offered = re.findall(r'qgis\.qgz\?layers=([^"]+)"', client.get("/exchange/qgis").text)
    assert len(offered) == 2
    for asked in ("", *offered, *(key for key in pair)):
        with zipfile.ZipFile(io.BytesIO(client.get(f"/exchange/qgis.qgz?layers={asked}").data)) as archive:
            document = archive.read("diaban.qgs").decode()
        named = set(re.findall(r"typename='(\w+)'", document)) | {
            key for keys in re.findall(r"/tiles/([\w,]+)/", document) for key in keys.split(",")
        }
        assert named & set(KEYS)
        assert not pair <= named, asked
        assert "restricted" not in document


@pytest.mark.parametrize("form", [form.key for form in formats.FORMATS])
def test_no_file_holds_them_together(system: System, form: str) -> None:
    client = system.client("gis")
    for pair in APART:
        for keys in spellings(pair):
            asked = {"layers": [key for key in keys.split(",") if key in KEYS], "format": form, "purpose": "Đối chiếu"}
            answer = client.post("/api/exports", json=asked)
            assert (answer.status_code, answer.json["code"]) == (403, "incompatible_layers"), keys
            # Nor by a name that a list was squeezed into, nor as the counts.
            assert client.post("/api/exports", json={"layer": keys, "purpose": "Đối chiếu"}).status_code == 404
            with_counts = {**asked, "layers": [REPORT_COUNTS, *sorted(pair - {REPORTS})]}
            assert client.post("/api/exports", json=with_counts).status_code == 404


def test_all_other_pairs_may_be_seen_together(system: System) -> None:
    client = system.client("officer")
    assert len(TOGETHER) == 26
    for first, second in TOGETHER:
        for path in (f"/tiles/{first},{second}/14/{X}/{Y}.mvt", f"/map/at?layer={first},{second}&{AT}"):
            assert client.get(path).status_code == 200, path
