"""S7 on the map: every incompatible pair × figure, table, file, comparison, small maps, sentence: none succeeds."""

import datetime as dt
import itertools
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from geodata import tiles
from surveys import figures, map_state
from surveys.access import Role
from surveys.figures.declared import Figure
from surveys.layers import CATALOGUE, FAITH_AND_ETHNICITY, INCOMPATIBLE, clash
from tests.rows import one_of_each
from tests.safeguards.system import System
from tests.world import KNOWN

KEYS = [layer.key for layer in CATALOGUE]
Pair = tuple[str, str]
APART: list[Pair] = [(first, second) for first, others in INCOMPATIBLE for second in sorted(others)]
PERIOD = "2026-Q3"
TODAY = dt.date(2026, 11, 21)


@pytest.fixture(scope="module", autouse=True)
def rows(system: System) -> None:
    with system.worker.begin() as connection:
        one_of_each(connection, KNOWN.communes)
    tiles.refresh_all(system.worker)


def of_layer(key: str) -> list[Figure]:
    return [figure for figure in figures.CATALOGUE if figure.layer == key]


def queries(pair: Pair) -> Iterator[str]:
    """Every way a map's address can hold both: figure and layer, layer and figure, figure and filter."""
    for one, other in (pair, pair[::-1]):
        for figure in of_layer(one):
            if other in KEYS:
                for layers in (other, f"hamlet_profiles,{other}", f"{other},community_models"):
                    yield f"figure={figure.key}&period={PERIOD}&layers={layers}"
            if other == map_state.AREA_LAYER:
                for area in ("kv1", "kv2", "kv3", "thon_dbkk"):
                    yield f"figure={figure.key}&period={PERIOD}&layers=&area={area}"


def side_by_side(pair: Pair) -> Iterator[str]:
    """Both on one page, one at each side."""
    for one, other in (pair, pair[::-1]):
        for figure, beside in itertools.product(of_layer(one), of_layer(other)):
            yield f"figure={figure.key}&period={PERIOD}&layers=&r.figure={beside.key}&r.layers="
        for figure in of_layer(one):
            if other in KEYS:
                yield f"figure={figure.key}&period={PERIOD}&layers=&r.figure=no_nuoc&r.layers={other}"
                yield f"figure=no_nuoc&period={PERIOD}&layers={other}&r.figure={figure.key}&r.layers="
        if one in KEYS and other in KEYS:
            yield f"figure=no_nuoc&period={PERIOD}&layers={one}&r.figure=no_nuoc&r.layers={other}"


def refused(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code in (403, 422), path
    if answer.mimetype == "application/problem+json":
        assert answer.json["code"] in ("incompatible_layers", "figure_too_fine"), path


@pytest.mark.parametrize("pair", APART, ids="-".join)
def test_no_figure_table_or_file_holds_both(system: System, pair: Pair) -> None:
    client = system.client("leader")
    ways = (
        "/map/figure",
        "/map/table",
        "/map/table.csv",
        "/map/table.xlsx",
        "/map/multiples",
        "/map/multiples/figures",
    )
    for query in queries(pair):
        for way in ways:
            refused(client, f"{way}?{query}")


@pytest.mark.parametrize("pair", APART, ids="-".join)
def test_no_sentence_asks_for_both_and_it_says_why(system: System, pair: Pair) -> None:
    client = system.client("leader")
    for query in queries(pair):
        for way in ("/map/ask/figures", "/map/ask.csv", "/map/ask.xlsx"):
            refused(client, f"{way}?{query}")
        answer = client.get(f"/map/ask?{query}")
        assert answer.status_code in (403, 422), query
        assert 'id="ask-rows"' not in answer.text
        assert 'role="alert"' in answer.text


@pytest.mark.parametrize("pair", APART, ids="-".join)
def test_no_comparison_puts_them_side_by_side(system: System, pair: Pair) -> None:
    client = system.client("leader")
    for query in (*queries(pair), *side_by_side(pair)):
        for way in ("/map/compare", "/map/compare.js", "/map/compare/figures"):
            refused(client, f"{way}?{query}")


@pytest.mark.parametrize("pair", APART, ids="-".join)
def test_an_address_of_the_map_drops_the_figure(system: System, pair: Pair) -> None:
    client = system.client("leader")
    for query in queries(pair):
        page = client.get(f"/map/?{query}")
        assert page.status_code == 200
        (address,) = re.findall(r'src="(/map/script\.js\?[^"]*)"', page.text)
        assert '"figure": ""' in client.get(address.replace("&amp;", "&")).text, query


@pytest.mark.parametrize("pair", APART, ids="-".join)
def test_no_state_that_is_allowed_clashes(system: System, pair: Pair) -> None:
    actor = KNOWN.actor("leader")
    for query in (*queries(pair), f"layers={','.join(KEYS)}", f"layers={','.join(KEYS)}&figure=reports"):
        given = dict(part.split("=", 1) for part in query.split("&"))
        state, _found = map_state.read(given, actor, KNOWN.province, TODAY).allowed()
        assert clash(state.keys) is None, query
        state.check()


def test_lists_of_open_business_hold_one_subject_each(system: System) -> None:
    client = system.client("leader")
    for of in ("situation_reports", "resettlement_projects", "religious_sites"):
        page = client.get(f"/map/business?of={of}").text
        assert ("Chùa Linh Sơn" in page) <= (of == "religious_sites")
    assert client.get("/map/business?of=situation_reports,religious_sites").status_code == 422


def test_a_hamlets_profile_says_nothing_of_faith_or_ethnicity(system: System) -> None:
    page = system.client("leader").get(f"/map/place/{KNOWN.hamlets[0]}/profile").text
    assert "Phản ánh nhận trong kỳ" in page
    for layer in CATALOGUE:
        if layer.key in FAITH_AND_ETHNICITY:
            assert layer.title not in page


def test_restricted_figures_are_for_those_who_lead_and_answer(system: System) -> None:
    key = "restricted_dat_dai_boi_thuong"
    for name in ("field", "gis", "admin"):
        assert KNOWN.actor(name).role not in (Role.LEADER, Role.OFFICER)
        answer = system.client(name).get(f"/map/figure?figure={key}&period={PERIOD}&layers=")
        assert answer.status_code == 404, name


def test_every_other_pair_may_be_measured_beside_its_layer(system: System) -> None:
    client = system.client("leader")
    for figure in figures.CATALOGUE:
        for key in KEYS:
            if clash({figure.layer, key}) is None:
                path = f"/map/figure?figure={figure.key}&period={PERIOD}&layers={key}"
                assert client.get(path).status_code == 200, path
