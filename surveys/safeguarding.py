"""What the safeguards remove from a submission before its first write: places and photos (S5), persons in text (S2)."""

import re

from surveys import screening
from surveys.answer_problems import SubmissionClassified
from surveys.answers import Checked
from surveys.form_definition import Definition
from surveys.layer_answers import saved
from surveys.layers.situation_reports import RESTRICTED
from surveys.layers.situation_reports import layer as situation_reports

# Decimal degrees within Vietnam, alone (a pair may stand on two lines, or in the address of a web map), degrees and
# minutes, or metres of VN-2000 as land papers give them. Four decimals and more: three would be a number with
# Vietnamese thousands.
_LAT, _LON = r"(?:[89]|1\d|2[0-4])[.,]\d{4,}", r"1(?:0[2-9]|1[0-8])[.,]\d{4,}"
_LONE_LAT, _LONE_LON = _LAT.replace("4,", "5,"), _LON.replace("4,", "5,")  # "Nghị quyết 18.2017" is none
_BETWEEN = r"\D{1,24}"
_NORTH, _EAST = r"\d{7}[.,]\d+", r"\d{6}[.,]\d+"
COORDINATES = re.compile(
    rf"(?<![\d.,])(?:{_LAT}{_BETWEEN}{_LON}|{_LON}{_BETWEEN}{_LAT}|{_LONE_LAT}|{_LONE_LON})"
    rf"|(?<![\d.,])(?:{_NORTH}{_BETWEEN}{_EAST}|{_EAST}{_BETWEEN}{_NORTH})"
    r"|\b[XYENxyen]\s*[=:]\s*\d{6,7}(?:[.,]\d+)?(?!\d)"
    r"|\d{1,3}\s*°\s*\d{1,2}(?:[.,]\d+)?\s*['’′]?(?:\s*\d{1,2}(?:[.,]\d+)?\s*[\"”″]?)?"
)

# Short answers that come again and again ("Bình thường", "Cần sửa"), found to hold nothing: never any that did.
_SHORT, _MOST = 80, 20_000
_HARMLESS: set[str] = set()


def is_restricted(definition: Definition, values: dict[str, str]) -> bool:
    """Whether this must be handled as a restricted report: the category is one, or isn't known to be a service's."""
    if definition.layer != situation_reports.key:
        return False
    question = definition.saved.get("category")
    known = frozenset() if question is None or question.choices is None else question.choices
    return saved(definition, values).get("category") not in known - frozenset(RESTRICTED)


def cut(checked: Checked) -> tuple[list[str], frozenset[str]]:
    """Empties every place and every file's name; (flags, names of the files that must not be stored)."""
    flags = []
    if checked.places:
        flags.append("point_cut")
    names = frozenset(element.text or "" for element in checked.files)
    if names:
        flags.append("photo_cut")
    for element in [*(element for _, element in checked.places), *checked.files]:
        element.text = None
        checked.changed = True
    checked.places, checked.files = [], []
    return flags, names


def screen(checked: Checked, *, restricted: bool) -> list[str]:
    """Masks what screening finds in free text, and coordinates where no place may be told; flags.

    Raises SubmissionClassified where a text carries a classified marking.
    """
    flags = set()
    for element in checked.texts:
        text = element.text or ""
        if text in _HARMLESS and not restricted:
            continue
        if screening.classified(text):
            raise SubmissionClassified(field=str(element.tag).rpartition("}")[2])
        masked, found = screening.mask(text)
        if found:
            flags.add("masked")
        if restricted:
            masked, places = COORDINATES.subn("[đã che: tọa độ]", masked)
            if places:
                flags.add("coordinates_masked")
        if masked != text:
            element.text = masked
            checked.changed = True
        elif not found and len(text) <= _SHORT:
            _remember(text)
    return sorted(flags)


def _remember(text: str) -> None:
    if len(_HARMLESS) >= _MOST:
        _HARMLESS.clear()
    _HARMLESS.add(text)
