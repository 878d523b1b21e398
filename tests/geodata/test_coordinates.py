"""Coordinates as people write them."""

import pytest

from geodata import coordinates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11.613689", 11.613689),
        ("11,613689", 11.613689),
        ("1180992,826", 1180992.826),
        ("1.180.992,826", 1180992.826),
        ("1,180,992.826", 1180992.826),
        ("1 180 992,826", 1180992.826),
        ("1.180.992", 1180992),
        ("403869.388", 403869.388),
        (" -0.5 ", -0.5),
        ("4.03869388E+05", 403869.388),
    ],
)
def test_numbers(text, expected):
    assert coordinates.number(text) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "expected", "axis"),
    [
        ("11°36'49.3\"N", 11.613694, "lat"),
        ("107°54′37,1″Đ", 107.910306, "lon"),
        ("11 36 49,3", 11.613694, None),
        ("N11 36 49.3", 11.613694, "lat"),
        ("11°36.8217' B", 11.613695, "lat"),
        ("11° 36' 49\"", 11.613611, None),
        ("107.910308 E", 107.910308, "lon"),
        ("B11,613689", 11.613689, "lat"),
        ("11.5°", 11.5, None),
        ("11 độ 36 phút 49,3 giây", 11.613694, None),
        ("11°36'49.3\"S", -11.613694, "lat"),
        ("107.910308", 107.910308, None),
        ("11°36’49.3’’N", 11.613694, "lat"),
    ],
)
def test_angles(text, expected, axis):
    assert coordinates.angle(text) == (pytest.approx(expected, abs=1e-6), axis)


@pytest.mark.parametrize("text", ["", "không có", "11°72'00\"", "1.2.3,4.5", "=1+1", "nan", "inf", "11°36'49\"X"])
def test_what_is_no_coordinate(text):
    with pytest.raises(coordinates.UnreadableCoordinate):
        coordinates.angle(text)


def test_northing_is_told_from_easting_by_size():
    assert coordinates.northing_first([(1180992.8, 403869.4), (1242004.6, 472011.8)]) is True
    assert coordinates.northing_first([(403869.4, 1180992.8)]) is False
    assert coordinates.northing_first([(500000, 500000)]) is None
    assert coordinates.northing_first([]) is None
