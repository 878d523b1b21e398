"""Coordinates written into a text are found; sums, dates and document numbers aren't taken for them."""

import pytest
from lxml import etree

from surveys import answers, safeguarding
from surveys.form_definition import Definition, Node, Question
from surveys.safeguarding import COORDINATES
from surveys.unit_lists import UnitLists


@pytest.mark.parametrize(
    "text",
    [
        "ở 11.94123, 108.44123 nhé",
        "11,94123; 108,44123",
        "tọa độ 108.4412345 11.9412345",
        "11.9412N 108.4412E",
        "lat=11.9412 lon=108.4412",
        "vĩ độ 11.94123 kinh độ 108.44123",
        "11°56'28\"N 108°26'28\"E",
        "11° 56.5' B",
        "Vĩ độ: 11.9412\nKinh độ: 108.4412",
        "https://maps.example/@x!3d11.94123!4d108.44123",
        "X = 1320804.12\nY = 534428.33",
        "1320804.12; 534428.33",
    ],
)
def test_a_place_told_in_words_is_found(text: str) -> None:
    assert COORDINATES.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Cần 11.500.000 đồng và 108.000 đồng",
        "từ 11/9/2026 đến 10/8/2026",
        "Quyết định 108/QĐ-UBND, 11,5 ha",
        "nhiệt độ 39°C",
        "dài 11.941 m, rộng 108.441 m",
        "Nghị quyết 18.2017",
        "đã nhận 1320804 đồng và 534428 đồng",
        "thửa 12, tờ 108, X: 12 hộ",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not COORDINATES.search(text)


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [("int", "0912345678", False), ("decimal", "068204000123", False), ("int", "12345", True)],
)
def test_a_phone_or_id_number_in_a_number_question_is_masked(kind: str, given: str, kept: bool) -> None:
    question = Question("so", kind)
    form = Definition("f", "1", None, "data", Node({"so": Node(question=question)}), {}, None, {"so": question})
    root = etree.fromstring(f"<data><so>{given}</so></data>")
    checked = answers.check(form, root, UnitLists.__new__(UnitLists))
    assert safeguarding.screen(checked, restricted=False) == ([] if kept else ["masked"])
    assert (given in etree.tostring(root, encoding="unicode")) is kept
