"""One pass over a submission's XML: every node against the form, every answer against its type and choices."""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from geodata import geometry
from surveys import layer_answers
from surveys.answer_problems import (
    AnswerProblem,
    BadEntity,
    BadName,
    NoDate,
    NoNumber,
    NoPlace,
    OutsideScope,
    StrayText,
    UnknownChoice,
    UnknownQuestion,
)
from surveys.form_definition import COMMUNES, GEO_KINDS, Definition, Node, Question
from surveys.unit_lists import UnitLists

Element = etree._Element

_INT = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{0,18})?([eE][+-]?[0-9]{1,2})?")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_META = re.compile(r"[A-Za-z0-9:._+-]{1,120}")
_FILE_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PATTERNS = {"int": _INT, "decimal": _DECIMAL, "entity": _UUID, "meta": _META, "time": _TIME}
_MISFITS: dict[str, type[AnswerProblem]] = {"int": NoNumber, "decimal": NoNumber, "entity": BadEntity}
_VERSION = re.compile(r"[0-9]{1,9}")
_TOLD = re.compile(r"0|1|true|false")
_ENTITY_FITS = {
    "id": _UUID.fullmatch,
    "dataset": re.compile(r"\w{1,60}").fullmatch,
    "create": _TOLD.fullmatch,
    "update": _TOLD.fullmatch,
    "baseVersion": _VERSION.fullmatch,
    "trunkVersion": _VERSION.fullmatch,
    "branchId": _UUID.fullmatch,
}
LONG_NUMBER = 9  # digits
SHAPES = {"geopoint": "POINT", "geotrace": "LINESTRING", "geoshape": "MULTIPOLYGON"}


@dataclass
class Checked:
    """What the pass found: answers by question name, the nodes later steps work on, and the first thing wrong."""

    values: dict[str, str] = field(default_factory=dict)
    texts: list[Element] = field(default_factory=list)  # free text, to be screened
    places: list[tuple[Question, Element]] = field(default_factory=list)
    files: list[Element] = field(default_factory=list)  # hold the name of an attached file
    unknown: list[Element] = field(default_factory=list)  # not asked by the form: never stored
    changed: bool = False  # the tree is no longer what came
    trouble: AnswerProblem | None = None

    def blame(self, problem: AnswerProblem) -> None:
        """Remembers the first problem; the pass goes on, so that everything is seen before it is stored."""
        if self.trouble is None:
            self.trouble = problem


def check(definition: Definition, root: Element, units: UnitLists) -> Checked:
    """Everything but the places: those are read once it is known that they may be kept (see `check_places`)."""
    checked = Checked()
    _strip(root, ("id", "version"), checked)
    if _name(root) != definition.root_name:
        checked.blame(UnknownQuestion(field=_shown(_name(root))))
    if root.text and not root.text.isspace():
        _stray(root, checked)
    _walk(root, definition.root, definition, checked)
    _check_units(definition, checked, units)
    if definition.layer is not None and checked.trouble is None:
        checked.trouble = next(layer_answers.faults(definition, checked.values), None)
    return checked


def check_places(checked: Checked) -> None:
    """Reads each place; the first that can't be read is the problem."""
    for question, element in checked.places:
        try:
            geometry.check(element.text or "", SHAPES[question.kind])
        except geometry.GeometryProblem as problem:
            _blame_text(checked, element, NoPlace(field=question.name, reason=problem.code))


def _walk(element: Element, node: Node, definition: Definition, checked: Checked) -> None:
    seen: set[str] = set()
    children = node.children
    for child in element:
        name = _name(child)
        inner = children.get(name)
        if inner is None or (name in seen and not inner.repeat):
            checked.unknown.append(child)
            checked.blame(UnknownQuestion(field=_shown(name)))
            continue
        seen.add(name)
        tail = child.tail
        if tail and not tail.isspace():
            child.tail = None
            checked.changed = True
            checked.blame(StrayText(field=name))
        if child.keys():
            _strip(child, _ENTITY_FITS if name == "entity" else (), checked)
        question = inner.question
        if question is not None:
            if len(child):
                checked.unknown += list(child)
                checked.blame(UnknownQuestion(field=_shown(_name(child[0]))))
            text = child.text
            if text and not text.isspace():
                if question.kind == "select1" and question.choices is not None and text in question.choices:
                    checked.values[question.name] = text  # most answers by far
                else:
                    _answer(question, child, text, checked)
            continue
        if child.text and not child.text.isspace():
            _stray(child, checked)
        if name == "entity":
            _check_entity(child, definition, checked)
        _walk(child, inner, definition, checked)


def _answer(question: Question, element: Element, text: str, checked: Checked) -> None:
    kind = question.kind
    checked.values[question.name] = text
    if _may_name_a_person(question, text):
        checked.texts.append(element)
    if kind in ("select1", "select"):
        problem = _choice_problem(question, text)
        if problem is not None:
            _blame_text(checked, element, problem)
    elif kind in GEO_KINDS:
        checked.places.append((question, element))
    elif kind == "binary":
        checked.files.append(element)
        if not _FILE_NAME.fullmatch(text) or text in (".", ".."):
            checked.blame(BadName(field=question.name))
    elif kind != "text" and not _fits(kind, text.strip()):
        _blame_text(checked, element, _MISFITS.get(kind, NoDate)(field=question.name))


def _may_name_a_person(question: Question, text: str) -> bool:
    """Free text, and long numbers: a phone or ID number fits into a number question that has no layer's limits."""
    long_number = question.kind in ("int", "decimal") and question.save_to is None and len(text) >= LONG_NUMBER
    return question.kind == "text" or long_number


def _blame_text(checked: Checked, element: Element, problem: AnswerProblem) -> None:
    """What isn't of its type may be any text, so it is screened like text before it is kept for a reviewer."""
    checked.texts.append(element)
    checked.blame(problem)


def _choice_problem(question: Question, text: str) -> AnswerProblem | None:
    if question.units is not None:
        return None if text.isdecimal() else OutsideScope(field=question.name)
    chosen = (text,) if question.kind == "select1" else text.split()
    if question.choices is None or question.choices.issuperset(chosen):
        return None
    return UnknownChoice(field=question.name)


def _fits(kind: str, text: str) -> bool:
    """Numbers, ids, dates, times, and the client's own marks in the form's meta."""
    if kind in _PATTERNS:
        return bool(_PATTERNS[kind].fullmatch(text))
    day, _, hour = text.partition("T")
    return _is_day(day) and (not hour or bool(_TIME.fullmatch(hour)))


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _check_entity(element: Element, definition: Definition, checked: Checked) -> None:
    """Its attributes hold what they should; any other text there would be kept unscreened, so it isn't kept."""
    for name, fits in _ENTITY_FITS.items():
        value = element.get(name)
        if value and not fits(value):
            element.attrib[name] = ""
            checked.changed = True
            checked.blame(BadEntity(field=name))
    if not element.get("id"):
        checked.blame(BadEntity(field="entity"))
    if definition.layer is not None and element.get("dataset") != definition.layer:
        checked.blame(BadEntity(field="dataset"))


def _check_units(definition: Definition, checked: Checked, units: UnitLists) -> None:
    commune = None
    for question in definition.questions.values():
        value = checked.values.get(question.name) if question.units else None
        if value is None:
            continue
        if question.units == COMMUNES:
            commune = value
            inside = value in units.communes
        else:
            inside = value in units.parents and commune in (None, units.parents[value])
        if not inside:
            checked.blame(OutsideScope(field=question.name))


def _strip(element: Element, kept: Any, checked: Checked) -> None:
    """Attributes are no answers: whatever a client puts there beyond what the standards need isn't stored."""
    for name in element.keys():  # noqa: SIM118 - an lxml element isn't a dict
        if name not in kept:
            del element.attrib[name]
            checked.changed = True


def _stray(element: Element, checked: Checked) -> None:
    element.text = None
    checked.changed = True
    checked.blame(StrayText(field=_name(element)))


def _name(element: Element) -> str:
    tag = element.tag
    return tag[tag.index("}") + 1 :] if tag[0] == "{" else tag


def _shown(name: str) -> str:
    """The name of a node the form doesn't know, as it may be stored: even a tag can be made to carry a number."""
    return re.sub(r"[0-9]", "#", name[:80])
