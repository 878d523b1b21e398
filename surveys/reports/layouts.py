"""How an official document looks, Party or state: sizes and margins as data/doc_format_rules.json has them.

The rules are decree 30/2020/NĐ-CP for state bodies and guidance 05-HD/VPTW (2026) for Party bodies, the latter
"sourced, secondary – check against original before release". Where they give a range, one value is chosen here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from surveys.reports.letterheads import PARTY
from surveys.reports.outline import DATA

RULES = {PARTY: "hd05_vptw_2026", "state": "nd30_2020"}
FONT = "Times New Roman"


@dataclass(frozen=True)
class Size:
    """Letters in points, and how they stand."""

    pt: float
    bold: bool = False
    italic: bool = False
    underline: bool = False


@dataclass(frozen=True)
class Layout:
    """Everything a document's looks are made of; lengths in mm, letters and spaces in points.

    `rule` is how long the line under the emblem's words is: as long as those words, measured in that typeface.
    """

    key: str
    top: float
    bottom: float
    left: float
    right: float
    emblem: tuple[tuple[str, Size], ...]
    rule: float
    head_left: float  # width of the letterhead's left column
    superior: Size
    issuer: Size
    number: Size
    place: Size
    kind: Size
    about: Size
    body: Size
    indent: float
    space: float
    line_exact: float | None
    authority: Size
    post: Size
    label: Size
    receiver: Size
    page: Size
    page_from_edge: float
    archive: str  # the last receiver, whose words would be taken for a name in free text

    @property
    def width(self) -> float:
        """Of the text between the margins, on A4."""
        return 210 - self.left - self.right

    @property
    def party(self) -> bool:
        return self.key == PARTY

    def numbered(self, number: int | None, symbol: str) -> str:
        """The line of number and symbol; room for a hand where it has no number yet."""
        if self.party:
            return f"Số {number if number is not None else '      '}-BC/{symbol}"
        # A number below ten has a nought before it.
        return f"Số: {f'{number:02d}' if number is not None else '      '}/BC-{symbol}"

    def section(self, number: int, heading: str) -> str:
        """A section's heading with its number."""
        roman = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")[number - 1]
        return f"{roman}- {heading}" if self.party else f"{roman}. {heading}"


@cache
def of(key: str) -> Layout:
    """The Party's layout or the state's."""
    rules = json.loads((DATA / "doc_format_rules.json").read_text(encoding="utf-8"))[RULES[key]]
    return _party(rules) if key == PARTY else _state(rules)


def _party(rules: Mapping[str, Any]) -> Layout:
    margins, body, sign = rules["margins_mm"], rules["body"], rules["signature"]
    return Layout(
        key=PARTY, **{side: _low(margins[side]) for side in margins},
        emblem=((rules["dang_title"]["text"], _size(rules["dang_title"])),), rule=65.0, head_left=80.0,
        superior=_size(rules["superior"]), issuer=_size(rules["issuer"]), number=_size(rules["number"]),
        place=_size(rules["place_date"]), kind=_size(rules["type"]), about=_size(rules["trich_yeu"]),
        body=_size(body), indent=body["first_indent_mm"], space=body["para_space_pt_min"],
        line_exact=_low(body["line_exact_pt"]),
        authority=Size(sign["size"], bold=sign["prefix_bold"]), post=Size(sign["size"], bold=sign["title_bold"]),
        label=Size(rules["noi_nhan"]["label_size"], underline=True), receiver=Size(rules["noi_nhan"]["list_size"]),
        page=_size(rules["page_number"]), page_from_edge=10.0, archive="Lưu Văn phòng.",
    )  # fmt: skip


def _state(rules: Mapping[str, Any]) -> Layout:
    margins, body, sign = rules["margins_mm"], rules["body"], rules["signature"]
    return Layout(
        key="state", **{side: _low(margins[side]) for side in margins},
        # Small enough that the country's name has one line.
        emblem=((rules["quoc_hieu"]["text"], _size(rules["quoc_hieu"])),
                (rules["tieu_ngu"]["text"], _size(rules["tieu_ngu"]))),
        rule=53.0, head_left=75.0,
        superior=_size(rules["co_quan_chu_quan"]), issuer=_size(rules["co_quan_ban_hanh"]),
        number=_size(rules["so_ky_hieu"]), place=_size(rules["dia_danh_ngay"]),
        kind=_size(rules["ten_loai"], high=True),
        about=_size(rules["trich_yeu"], high=True), body=_size(body, high=True),
        indent=10 * _high(body["first_indent_cm"]), space=body["para_space_pt_min"], line_exact=None,
        authority=_size(sign), post=_size(sign),
        label=Size(rules["noi_nhan"]["label_size"], bold=True, italic=True),
        receiver=Size(rules["noi_nhan"]["list_size"]), page=_size(rules["page_number"]), page_from_edge=10.0,
        archive="Lưu: VT.",
    )  # fmt: skip


def _size(rule: Mapping[str, Any], *, high: bool = False) -> Size:
    pick = _high if high else _low
    return Size(pick(rule["size"]), bool(rule.get("bold")), bool(rule.get("italic")))


def _low(value: Any) -> float:
    return float(value[0] if isinstance(value, list) else value)


def _high(value: Any) -> float:
    return float(value[-1] if isinstance(value, list) else value)
