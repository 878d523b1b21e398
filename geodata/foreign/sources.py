"""What a file from outside holds, and what is proposed about it: plain facts that travel as JSON."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Remark:
    """Something to say about a file or a row: `code` and facts; the sentences belong to the application."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Field:
    """A column. `kind`: text, integer, decimal, boolean, date, datetime. `samples`: some of its values, as text in the
    encoding that is proposed first, or else as found."""

    name: str
    kind: str
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class EncodingProposal:
    """`encoding` as `rows` takes it; `confidence` 0–1; `why`: declared, detected, only_ascii, standard, possible.
    `samples`: (as the file would read without it, as it reads with it)."""

    encoding: str
    confidence: float
    why: str
    samples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SystemProposal:
    """A coordinate system that the file may be in, and what proves it.

    `system` is the key that `rows` takes, `name` what people call it. `why`: declared, standard, province_now,
    province_before (facts: provinces), utm, degrees, relabelled, as_declared. Of `named` rows that name a unit which
    is known, `inside` land in it; `in_province` of `placed` sampled rows land in the province. `metres`: how far the
    outlines lie from those stored for the same units (median), None where that can't be told.
    """

    system: str
    name: str
    why: str
    facts: dict[str, Any] = field(default_factory=dict)
    named: int = 0
    inside: int = 0
    placed: int = 0
    in_province: int = 0
    metres: float | None = None


@dataclass(frozen=True)
class Source:
    """One layer or table of what came in.

    `file`: the name in the job's folder (ours); `title`: as its owner knows it; `layer`: GDAL's layer; `kind`: one of
    `kinds.KINDS`; `geometry`: POINT, LINESTRING, POLYGON, MIXED, "" for none. `encodings` and `systems`: the likeliest
    first; one of each is to be chosen. `questions`: codes of Remarks that a person has to answer before the rows may
    be used (about text: "encoding_…", about place: "system_…"); without any, the first proposals are sure.
    """

    file: str
    title: str
    layer: str
    kind: str
    geometry: str
    rows: int
    fields: tuple[Field, ...]
    encodings: tuple[EncodingProposal, ...] = ()
    systems: tuple[SystemProposal, ...] = ()
    questions: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


class Row(NamedTuple):
    """`number` counts from 1 in the file's order (a table's: its line). `values` by column: str (NFC), int, float, bool
    or None, days and times as ISO text. `wkb`: WGS 84, longitude first, flat, valid; None where there is no usable
    place. `problems`: what was mended ("repaired", "swapped") or is missing ("no_geometry", "not_finite", …)."""

    number: int
    values: dict[str, Any]
    wkb: bytes | None
    problems: tuple[Remark, ...]


def to_json(source: Source) -> dict[str, Any]:
    """To be kept with a job; `from_json` gives it back."""
    return asdict(source)


def from_json(told: dict[str, Any]) -> Source:
    """A Source as `to_json` made it."""

    def remarks(key: str) -> tuple[Remark, ...]:
        return tuple(Remark(**each) for each in told.get(key, ()))

    return Source(
        **{key: told[key] for key in ("file", "title", "layer", "kind", "geometry", "rows")},
        fields=tuple(Field(each["name"], each["kind"], tuple(each["samples"])) for each in told["fields"]),
        encodings=tuple(
            EncodingProposal(
                each["encoding"], each["confidence"], each["why"], tuple((a, b) for a, b in each["samples"])
            )
            for each in told["encodings"]
        ),
        systems=tuple(SystemProposal(**each) for each in told["systems"]),
        questions=remarks("questions"),
        warnings=remarks("warnings"),
        options=dict(told.get("options", {})),
    )
