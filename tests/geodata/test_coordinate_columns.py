"""Which columns are coordinates, as offices call them."""

import pytest

from geodata import coordinate_columns


@pytest.mark.parametrize(
    ("header", "north", "east"),
    [
        (("lat", "lon"), "lat", "lon"),
        (("Latitude", "Longitude"), "Latitude", "Longitude"),
        (("Kinh độ (°)", "Vĩ độ (°)"), "Vĩ độ (°)", "Kinh độ (°)"),
        (("vi_do", "kinh_do"), "vi_do", "kinh_do"),
        (("LAT", "LNG"), "LAT", "LNG"),
        (("Northing", "Easting"), "Northing", "Easting"),
    ],
)
def test_usual_headers(header: tuple[str, str], north: str, east: str) -> None:
    sample = [{header[0]: "11.94", header[1]: "108.45"}]
    assert coordinate_columns.axes(("tên", *header), sample) == (north, east, False)


@pytest.mark.parametrize("header", [("x", "y"), ("Tọa độ X", "Tọa độ Y")])
@pytest.mark.parametrize(("first", "second", "grid"), [("11,94", "108,45", False), ("1180992,8", "403869,4", True)])
def test_of_x_and_y_the_values_say_which_is_which(header: tuple[str, str], first: str, second: str, grid: bool) -> None:
    for given in ((first, second), (second, first)):
        sample = [dict(zip(header, given, strict=True))] * 3
        north = header[given.index(first)]
        east = header[given.index(second)]
        assert coordinate_columns.axes(header, sample) == (north, east, grid)


def test_a_table_without_them() -> None:
    assert coordinate_columns.axes(("tên", "địa chỉ"), [{"tên": "A", "địa chỉ": "B"}]) is None


def test_doubled_and_nameless_columns_keep_their_values() -> None:
    assert coordinate_columns.unique(["lat", "a", "a", ""]) == ("lat", "a", "a_2", "cot_4")
