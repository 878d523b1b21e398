"""A form's answers as the fields of the layer they save to: which, their values, and what the table would refuse."""

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from geodata.fields import Field
from surveys import showing, wall_clock
from surveys.answer_problems import AnswerProblem, DayAhead, Missing, MoreThan, NoNumber, OutOfRange
from surveys.form_definition import Definition
from surveys.layer import Layer
from surveys.layers import named

_LARGEST = {"integer": 2**31 - 1, "money": 2**53}


def saved(definition: Definition, values: dict[str, str]) -> dict[str, str]:
    """Answers by the layer's field they save to; the entity's label stands for the field that names a feature."""
    found = {key: values[question.name] for key, question in definition.saved.items() if question.name in values}
    if definition.layer is not None and definition.label in values:
        found.setdefault(named(definition.layer).label, values[definition.label])
    return found


def read(field: Field, text: str) -> Any:
    """One checked answer as the column's value; a document stays the name of its file. ValueError if it is none."""
    text = text.strip()
    match field.kind:
        case "integer":
            return int(text)
        case "money":
            return round(float(text))
        case "decimal":
            return float(text)
        case "date":
            return dt.date.fromisoformat(text[:10])
        case "boolean":
            return text == "true"
        case "choices":
            return text.split()
        case _:
            return text


def faults(definition: Definition, values: dict[str, str]) -> Iterator[AnswerProblem]:
    """What the layer's table would refuse, a field at a time: missing, too low or high, ahead of its day, or a part
    larger than its whole. `values`: answers by question name, of a form that has a layer.
    """
    answers, layer = saved(definition, values), named(str(definition.layer))
    for wanted in ("commune", "observed_on"):
        if wanted not in answers:
            yield Missing(field=wanted)
    for field in _fields(layer.key):
        text = answers.get(field.key)
        if text is None:
            if field.required and field.asked and not field.relevant:
                yield Missing(field=field.key)
        elif field.minimum is not None or field.maximum is not None:
            yield from _out_of_range(field, text)
        elif field.kind == "date" and not field.future:
            yield from _ahead(field, text)
    for lacking in layer.lacking(answers):
        yield Missing(field=lacking.key)
    yield from _larger_parts(layer, answers)


@cache
def _fields(layer_key: str) -> tuple[Field, ...]:
    return named(layer_key).fields


def _out_of_range(field: Field, text: str) -> Iterator[AnswerProblem]:
    try:
        number = read(field, text)
    except (ValueError, OverflowError):
        yield NoNumber(field=field.key)
        return
    most = field.maximum if field.maximum is not None else _LARGEST.get(field.kind)
    if (field.minimum is not None and number < field.minimum) or (most is not None and number > most):
        yield OutOfRange(field=field.key, minimum=field.minimum, maximum=most)


def _ahead(field: Field, text: str) -> Iterator[AnswerProblem]:
    """A day that hasn't come can't have been seen; what is no day was found already."""
    try:
        day = read(field, text)
    except ValueError:
        return
    # A phone a few minutes fast at midnight is not a wrong clock, a day ahead is.
    if day > wall_clock.today() + dt.timedelta(days=1):
        yield DayAhead(field=field.key, label=field.label, value=showing.day(day))


def _larger_parts(layer: Layer, answers: Mapping[str, str]) -> Iterator[AnswerProblem]:
    """A part larger than its whole is named with both; what can't be read was found already."""
    for few, many in layer.never_more:
        first, second = layer.field(few), layer.field(many)
        if few not in answers or many not in answers:
            continue
        try:
            larger = read(first, answers[few]) > read(second, answers[many])
        except (ValueError, OverflowError):
            continue
        if larger:
            facts = {"value": answers[few][:20], "limit": answers[many][:20]}
            yield MoreThan(field=few, label=first.label, other=second.label, **facts)
