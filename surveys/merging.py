"""Three-way merge by field: what a visit wants, against the feature as it was when the visit began and as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geodata.problems import Problem

SENT, KEPT = "sent", "kept"  # what a reviewer picks of a conflict: the visit's value, or the one that stands


class Undecided(Problem):
    """Somebody else changed the same field to another value: a reviewer picks one. Facts: fields."""

    code = "conflict_undecided"


@dataclass(frozen=True)
class Merged:
    """By field key: what only the visit changed, what only others changed, and what both changed differently."""

    taken: dict[str, Any]
    kept: tuple[str, ...]
    conflicts: tuple[str, ...]

    def decided(self, sent: Mapping[str, Any], picks: Mapping[str, str]) -> dict[str, Any]:
        """What to write: the visit's own changes and the conflicts picked for it. Raises Undecided unless all are."""
        open_ = [key for key in self.conflicts if picks.get(key) not in (SENT, KEPT)]
        if open_:
            raise Undecided(fields=", ".join(open_))
        return self.taken | {key: sent[key] for key in self.conflicts if picks[key] == SENT}


def merge(base: Mapping[str, Any] | None, current: Mapping[str, Any], sent: Mapping[str, Any]) -> Merged:
    """Compares field by field; a field that isn't in `sent` wasn't answered and stays.

    `base` None: nobody knows what the visit began from, so every difference is for a reviewer to decide.
    """
    taken, kept, conflicts = {}, [], []
    for key, value in sent.items():
        if value == current.get(key):
            continue
        if base is not None and value == base.get(key):
            kept.append(key)
        elif base is not None and current.get(key) == base.get(key):
            taken[key] = value
        else:
            conflicts.append(key)
    return Merged(taken, tuple(kept), tuple(conflicts))
