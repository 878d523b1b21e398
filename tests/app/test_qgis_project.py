"""The QGIS project as a file: what it names, for whom, and that it holds neither data nor a secret."""

import io
import zipfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import Connection, text

from geodata.qgisproject import AUTH
from surveys import layers
from surveys.layers import CATALOGUE, REPORT_COUNTS, clash, together

Machine = Callable[..., FlaskClient]


def document(client: FlaskClient, keys: str = "") -> etree._Element:
    """The project's document; `keys` as in the address."""
    answer = client.get("/exchange/qgis.qgz", query_string={"layers": keys} if keys else {})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == "attachment; filename=diaban.qgz"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return etree.fromstring(archive.read("diaban.qgs"))


def test_sets_seen_together_are_the_largest_and_hold_every_layer() -> None:
    every = {layer.key for layer in CATALOGUE}
    sets = together(every)
    assert frozenset().union(*sets) == every
    for one in sets:
        assert clash(one) is None
        assert all(clash(one | {other}) for other in every - one)
    assert together({"hamlet_profiles"}) == (frozenset({"hamlet_profiles"}),)


def test_more_layers_apart_make_more_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    apart = (*layers.INCOMPATIBLE, ("hamlet_profiles", frozenset({"community_models"})))
    monkeypatch.setattr(layers, "INCOMPATIBLE", apart)
    sets = together({layer.key for layer in CATALOGUE})
    assert len(sets) == 4
    assert all(clash(one) is None for one in sets)


def test_every_layer_is_in_its_group_by_its_title_with_its_colours(machine: Machine) -> None:
    for keys in together({layer.key for layer in CATALOGUE}):
        root = document(machine("gis"), ",".join(sorted(keys)))
        for layer in CATALOGUE:
            found = root.findall(f"layer-tree-group/layer-tree-group/layer-tree-layer[@id='{layer.key}']")
            assert bool(found) == (layer.key in keys)
            if found:
                assert found[0].get("name") == layer.title
                assert found[0].getparent().get("name") == layer.group
                (drawn,) = root.xpath(f"projectlayers/maplayer[id='{layer.key}']/renderer-v2")
                assert {one.get("value") for one in drawn.iter("category")} >= set(layer.style.classes)
        beside = REPORT_COUNTS in etree.tostring(root, encoding="unicode")
        assert beside == ("situation_reports" not in keys)


def test_it_names_an_authentication_and_holds_none(machine: Machine) -> None:
    root = document(machine("gis"))
    sources = [str(one.text) for one in root.iter("datasource")]
    assert sources
    assert all(f"authcfg={AUTH}" in source for source in sources)
    said = etree.tostring(root, encoding="unicode").lower()
    assert "password" not in said
    assert "username" not in said
    assert root.findtext("projectCrs/spatialrefsys/authid") == "EPSG:5899"


def test_a_commune_account_sees_its_name_and_who_may_not_is_refused(machine: Machine) -> None:
    assert machine("leader").get("/exchange/qgis.qgz").status_code == 403
    assert machine("field").get("/exchange/qgis").status_code == 403
    assert machine().get("/exchange/qgis.qgz", headers={"Accept": "application/json"}).status_code == 401
    for wrong in ("restricted_reports", "units", "x", ","):
        asked = machine("gis").get("/exchange/qgis.qgz", query_string={"layers": wrong})
        assert asked.status_code == 404, wrong


def test_each_project_is_an_audit_row(machine: Machine, table: Connection) -> None:
    asked = text("SELECT count(*) FROM audit WHERE verb = 'qgis_project' AND detail ->> 'layers' = 'hamlet_profiles'")
    before = table.scalar(asked)
    document(machine("gis"), "hamlet_profiles")
    table.rollback()
    assert table.scalar(asked) == before + 1
