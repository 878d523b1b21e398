"""The catalogue: every layer, in the order the map and the forms show them."""

from dataclasses import dataclass

from geodata.problems import NotFound, Problem
from surveys.layer import Layer
from surveys.layers import (
    community_models,
    democracy_checks,
    hamlet_profiles,
    joint_activities,
    minority_areas,
    religious_sites,
    resettlement_projects,
    situation_reports,
)

CATALOGUE: tuple[Layer, ...] = (
    situation_reports.layer,
    religious_sites.layer,
    minority_areas.layer,
    hamlet_profiles.layer,
    resettlement_projects.layer,
    community_models.layer,
    democracy_checks.layer,
    joint_activities.layer,
)
KEYS = frozenset(layer.key for layer in CATALOGUE)

RESTRICTED_FIGURES = "restricted_figures"
REPORT_COUNTS = "situation_report_counts"  # the report layer as counts per commune
FAITH_AND_ETHNICITY = frozenset({"religious_sites", "minority_areas"})
# Grievances are never put beside faith or ethnicity (S7): reports as points not at all, as commune counts only.
INCOMPATIBLE: tuple[tuple[str, frozenset[str]], ...] = (
    (RESTRICTED_FIGURES, FAITH_AND_ETHNICITY),
    ("situation_reports", FAITH_AND_ETHNICITY),
)


@dataclass(frozen=True)
class Clash:
    """Why two layers may not be seen together; `instead` is what may take the first one's place, if anything."""

    first: str
    second: str
    instead: str | None


def named(key: str) -> Layer:
    """The layer of that key; raises NotFound."""
    for layer in CATALOGUE:
        if layer.key == key:
            return layer
    raise NotFound(what="layer", id=key)


def clash(keys: frozenset[str] | set[str]) -> Clash | None:
    """The one question every output asks before it shows layers together (S7); None when they may be."""
    for first, others in INCOMPATIBLE:
        for second in sorted(others & set(keys)):
            if first in keys:
                return Clash(first, second, REPORT_COUNTS if first == "situation_reports" else None)
    return None


class IncompatibleLayers(Problem):
    """Layers that may not be seen together (S7); facts: first, second (titles), instead (a key or None)."""

    code = "incompatible_layers"


def refuse_clash(keys: frozenset[str] | set[str]) -> None:
    """Raises IncompatibleLayers where `clash` finds one."""
    found = clash(keys)
    if found is not None:
        titles = {layer.key: layer.title for layer in CATALOGUE}
        raise IncompatibleLayers(
            first=titles.get(found.first, found.first), second=titles[found.second], instead=found.instead
        )


def together(keys: frozenset[str] | set[str]) -> tuple[frozenset[str], ...]:
    """The largest sets of these layers that may be seen together (S7), by `clash`; each layer is in one at least."""
    found = clash(keys)
    if found is None:
        return (frozenset(keys),)
    parts = {part for left in (found.first, found.second) for part in together(keys - {left})}
    largest = [part for part in parts if not any(part < other for other in parts)]
    return tuple(sorted(largest, key=lambda part: (-len(part), sorted(part))))
