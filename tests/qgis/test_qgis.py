"""What we hand out, in QGIS itself: files, live layers, tiles and the project; every one whole, styled, in VN-2000."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely

from geodata import crs
from geodata.qgisproject import AUTH
from surveys.layers import CATALOGUE, REPORT_COUNTS, clash, named
from tests.qgis.conftest import Served

ZONE = crs.zone_for_province("68")
POINT = (108.44, 11.94)
BOX = [107.2, 10.6, 108.9, 12.8]  # the province
Ask = Callable[..., dict[str, Any]]
EVERY = [layer.key for layer in CATALOGUE]


@pytest.fixture
def project(served: Served, tmp_path: Path) -> Callable[[str], Path]:
    """`project("religious_sites,…")`: the file as downloaded; "" for the one given unasked."""

    def get(layers: str) -> Path:
        with served.http as client:
            answer = client.get("/exchange/qgis.qgz", params={"layers": layers} if layers else {})
        assert answer.status_code == 200, answer.text
        file = tmp_path / "du_an.qgz"
        file.write_bytes(answer.content)
        return file

    return get


def offers(served: Served) -> list[str]:
    """The layers of each project offered to the technician."""
    with served.http as client:
        page = client.get("/exchange/qgis").text
    return [part.replace("%2C", ",") for part in re.findall(r'/exchange/qgis\.qgz\?layers=([^"]+)"', page)]


def test_every_layer_live_is_there_whole(served: Served, qgis: Ask) -> None:
    told = qgis(collections=EVERY)
    assert told["signed_in"]
    for key, layer in told["by_hand"].items():
        n, placed = served.rows[key]
        assert layer["valid"], (key, layer)
        assert (layer["read"], layer["ids"], layer["placed"]) == (n, n, placed), key
        assert n > 0


def test_without_the_technicians_account_nothing_comes(qgis: Ask) -> None:
    told = qgis(signed_in=False, collections=["religious_sites"])
    assert not told["by_hand"]["religious_sites"]["valid"]


def test_a_project_opens_styled_and_grouped_with_every_feature(
    served: Served, qgis: Ask, project: Callable[[str], Path]
) -> None:
    seen: set[str] = set()
    for layers in offers(served):
        told = qgis(project=str(project(layers)), box=BOX, point=POINT)["project"]
        assert told["opened"], told["error"]
        assert told["crs"] == f"EPSG:{ZONE.epsg}"
        there = crs.to_vn2000(shapely.Point(*POINT), ZONE)
        assert told["there"] == pytest.approx([there.x, there.y], abs=0.001)  # PROJ's own choice is 0.80 m off
        for key in layers.split(","):
            layer = named(key)
            live, tiles = told["layers"][key], told["layers"][f"tiles_{key}"]
            n, placed = served.rows[key]
            assert live["valid"], live
            assert (live["read"], live["placed"]) == (n, placed), key
            assert live["name"] == layer.title
            assert key in told["groups"][layer.group]
            assert set(live["aliases"]) >= {"commune_name", "observed_on"}
            if layer.style.by:
                assert live["by"] == layer.style.by
                shown = {code: color for code, _, color in live["categories"]}
                assert {code: color for code, (color, _) in layer.style.classes.items()}.items() <= shown.items()
                assert all(label != code for code, label, _ in live["categories"] if code)
            else:
                assert live["color"] == layer.style.color
            assert tiles["valid"], tiles
            assert tiles["drawn"]["ink"] > 100, (key, tiles)
            assert live["drawn"]["ink"] > 100, (key, live)
        borders = told["layers"]["don_vi_hanh_chinh"]
        assert borders["valid"]
        assert borders["drawn"]["ink"] > 2000
        assert told["picture"]["ink"] > 2000
        # What is live and what is in tiles is one set: neither shows beside the other what may not stand there (S7).
        keys = {key.removeprefix("tiles_") for key in told["layers"]}
        assert clash(keys) is None
        assert "restricted_reports" not in keys
        assert ("situation_reports" in keys) != (REPORT_COUNTS in keys)
        seen |= keys
    assert set(EVERY) <= seen


def test_the_project_holds_no_secret_and_no_data(served: Served, project: Callable[[str], Path]) -> None:
    with zipfile.ZipFile(project("")) as archive:
        (name,) = archive.namelist()
        document = archive.read(name).decode()
    assert name.endswith(".qgs")
    assert served.token not in document
    assert "password" not in document.lower()
    assert document.count(f"authcfg={AUTH}") >= len(EVERY)
    assert f"{served.url}/ogc/" in document


def test_what_may_not_stand_together_is_in_no_project(served: Served) -> None:
    with served.http as client:
        for other in ("religious_sites", "minority_areas"):
            answer = client.get(
                "/exchange/qgis.qgz",
                params={"layers": f"hamlet_profiles,situation_reports,{other}"},
                headers={"Accept": "application/json"},
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "incompatible_layers")
    assert httpx.get(f"{served.url}/exchange/qgis.qgz", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("layer", ["religious_sites", "minority_areas", "hamlet_profiles"])
def test_a_shapefile_is_whole_in_vn2000_and_styled(
    served: Served, qgis: Ask, exported: Callable[[str, str], Path], layer: str
) -> None:
    files = sorted(exported(layer, "shapefile").rglob("*.shp"))
    told = qgis(files=[str(file) for file in files])["files"]
    assert sum(each["read"] for each in told.values()) == served.rows[layer][0]
    for path, each in told.items():
        assert each["valid"]
        assert each["crs"] == f"EPSG:{ZONE.epsg}", path
        _styled_like(layer, each)


@pytest.mark.parametrize("layer", ["religious_sites", "hamlet_profiles"])
def test_a_geopackage_is_whole_in_vn2000_and_brings_its_style(
    served: Served, qgis: Ask, exported: Callable[[str, str], Path], layer: str
) -> None:
    (file,) = exported(layer, "gpkg").rglob("*.gpkg")
    (told,) = qgis(files=[str(file)])["files"].values()
    assert told["valid"]
    assert told["read"] == served.rows[layer][0]
    assert told["crs"] == f"EPSG:{ZONE.epsg}"
    _styled_like(layer, told)


def _styled_like(key: str, told: dict[str, Any]) -> None:
    """Colours of the layer, and a category for every value that is there."""
    style = named(key).style
    if not style.by:
        assert told["color"] == style.color
        return
    assert {color for color, _ in style.classes.values()} <= {color for _, _, color in told["categories"]}
    assert set(told["values"]) - {"NULL"} <= {value for value, _, _ in told["categories"]}
