"""Views wider than a province: every unit loaded, Hoàng Sa and Trường Sa among them, whoever looks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from sqlalchemy import Connection, text

from geodata import tiles, unit_import
from tests.geodata import mvt
from tests.geodata.inputs import shared
from tests.province import Province

COUNTRY = (102.0, 7.0, 118.0, 23.5)
ISLANDS = {"Hoàng Sa": (112.135, 16.568), "Trường Sa": (114.45, 9.71)}
WIDE, NEAR = (5, 6, 7, 8), 9


@pytest.fixture
def units(province: Province) -> Iterator[Connection]:
    """The demo's units, drawn; nothing of it stays."""
    with province.undone() as connection:
        for id_ in connection.scalars(text("SELECT id FROM units WHERE level = 1 AND valid_to IS NULL")).all():
            tiles.draw_units(connection, id_)
        yield connection


def looked_at(connection: Connection, layer: str, z: int, commune: str = "0") -> list[dict[str, Any]]:
    """What somebody of Lâm Đồng is shown over the whole country."""
    scope = text(
        "SELECT set_config('app.province', (SELECT id::text FROM units WHERE code = '68' AND level = 1"
        " AND valid_to IS NULL), true), set_config('app.commune', :commune, true)"
    )
    connection.execute(scope, {"commune": commune})
    made = (tiles.made(connection, [tiles.UNITS], *address) for address in mvt.over(*COUNTRY, z))
    return [one for tile in made for one in mvt.features(tile, layer)]


@pytest.mark.parametrize("z", WIDE)
def test_every_province_and_special_zone_is_named_in_a_wide_view(units: Connection, z: int) -> None:
    named = looked_at(units, "unit_labels", z)
    assert len([one for one in named if one["level"] == 1]) == 34
    zones = {one["name"] for one in named if one.get("kind") == "đặc khu"}
    assert len(zones) == 13
    assert ISLANDS.keys() <= zones


def test_the_islands_names_stand_where_the_islands_are(units: Connection) -> None:
    for name, place in ISLANDS.items():
        for z in WIDE:
            tile = tiles.made(units, [tiles.UNITS], z, *mvt.at(*place, z)) if looked_at(units, "units", z) else b""
            assert name in {one["name"] for one in mvt.features(tile, "unit_labels")}


def test_an_account_of_one_commune_sees_the_whole_country_too(units: Connection) -> None:
    commune = units.scalar(text("SELECT min(id)::text FROM units WHERE level = 3 AND code = '24805'"))
    assert ISLANDS.keys() <= {one["name"] for one in looked_at(units, "unit_labels", 6, str(commune))}


def test_nearer_views_show_the_own_province_alone(units: Connection) -> None:
    home = units.scalar(text("SELECT id FROM units WHERE code = '68' AND level = 1 AND valid_to IS NULL"))
    own = set(units.scalars(text("SELECT id FROM units WHERE province_id = :p"), {"p": home}))
    for layer in ("units", "unit_labels"):
        assert {one["id"] for one in looked_at(units, layer, NEAR)} <= own


def test_real_boundaries_of_the_islands_are_drawn(units: Connection, tmp_path: Path) -> None:
    country = geopandas.read_file(shared("data", "communes_2025_simplified.gpkg"))
    file = tmp_path / "hai_tinh.gpkg"
    country[country.province_code.isin(["48", "56"])].rename(columns={"ward_code": "code", "ward_name": "name"}).drop(
        columns=["ward_type", "province_name", "area_km2"]
    ).to_file(file, driver="GPKG")
    report = unit_import.load(units, file, [])
    assert report.missing == []
    for code in ("48", "56"):
        province = units.scalar(
            text("SELECT id FROM units WHERE code = :c AND level = 1 AND valid_to IS NULL"), {"c": code}
        )
        tiles.draw_units(units, int(province or 0))
    for name, ward in (("Hoàng Sa", "20333"), ("Trường Sa", "22736")):
        id_ = units.scalar(text("SELECT id FROM units WHERE code = :c AND valid_to IS NULL AND level = 3"), {"c": ward})
        for z in WIDE:
            drawn = [one for one in looked_at(units, "units", z) if one["id"] == id_]
            assert drawn, (name, z)
            assert any(shapely.area(one["geometry"]) > 0 for one in drawn), (name, z)
            assert id_ in {one["id"] for one in looked_at(units, "unit_labels", z)}, (name, z)
