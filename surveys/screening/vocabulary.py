"""The words of persons and places as sets and phrase tables, once with marks and once without."""

from dataclasses import dataclass

from surveys.screening.rules import RULES, plain, words

Phrases = dict[str, list[tuple[tuple[str, ...], str]]]
_P = RULES["names"]
_SETS = [
    "weak_kin",
    "middles",
    "given_names",
    "verbs",
    "caps_stop",
    "historic",
    "places",
    "not_name",
    "openers_not_followed_by",
    "run_stop",
    "named_by",
    "place_kin",
    "ambiguous_place",
    "strong_surnames",
    "caps_core",
    "lower_core",
    "lower_given_not",
    "weak_surnames",
]
# the first list that holds a phrase gives its class
_TITLES = (("unit", "unit_office"), ("clergy", "clergy"), ("office", "office"), ("kin", "kin"), ("context", "context"))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`sets` by list name; phrase tables by first word, longest phrase first."""

    plain: bool
    sets: dict[str, frozenset[str]]
    titles: Phrases
    places: Phrases
    fills: Phrases
    skip_names: Phrases
    skip_words: Phrases
    surnames: Phrases
    baptismal: Phrases


def _table(entries: list[tuple[str, str]]) -> Phrases:
    table: Phrases = {}
    seen = set()
    for phrase, kind in entries:
        parts = tuple(phrase.replace("/", " ").replace(".", "").split())
        if parts in seen:
            continue
        seen.add(parts)
        table.setdefault(parts[0], []).append((parts, kind))
    for listed in table.values():
        listed.sort(key=lambda entry: -len(entry[0]))
    return table


def _build(without_marks: bool) -> Vocabulary:
    def read(name: str) -> list[str]:
        return [plain(word) for word in words(_P[name])] if without_marks else words(_P[name])

    def table(name: str) -> Phrases:
        return _table([(phrase, name) for phrase in read(name)])

    sets = {name: frozenset(read(name)) for name in _SETS}
    sets["caps_strong"] = sets["caps_core"]
    if without_marks:
        sets["strong_surnames"] = frozenset(words(_P["plain_strong"]))
        sets["lower_core"] -= frozenset(words(_P["lower_core_plain_not"]))
        sets["caps_strong"] = sets["caps_core"] - frozenset(words(_P["caps_core_plain_not"]))
    titles = _table([(phrase, kind) for kind, name in _TITLES for phrase in read(name)])
    places, skip_names, skip_words = table("place"), table("skip_names"), table("skip_words")
    # Any other word in small letters begins nothing: most of a text is passed at one look.
    sets["begins"] = frozenset((*titles, *places, *skip_names, *skip_words, *sets["lower_core"]))
    return Vocabulary(
        plain=without_marks,
        sets=sets,
        titles=titles,
        places=places,
        fills=table("fill"),
        skip_names=skip_names,
        skip_words=skip_words,
        surnames=_table([(s, "surname") for name in ("strong_surnames", "weak_surnames") for s in read(name)]),
        baptismal=table("baptismal"),
    )


MARKED, PLAIN = _build(without_marks=False), _build(without_marks=True)
