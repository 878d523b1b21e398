"""Three-way merge by field: whatever three states of a feature meet, nothing is overwritten that nobody decided."""

import itertools
import random
from typing import Any

import pytest

from surveys import merging

KEYS = ("name", "condition", "hazards", "received_on", "unit", "geometry")
# Every way three states of one field can differ, None (empty) among them.
STATES = list(itertools.product((None, "a", "b", "c"), repeat=3))


def random_states(seed: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(base, current, sent) of a feature; some fields weren't asked."""
    of = random.Random(seed)
    drawn = {key: of.choice(STATES) for key in KEYS}
    asked = [key for key in KEYS if of.random() < 0.8]
    base, current, sent = ({key: drawn[key][i] for key in KEYS} for i in range(3))
    return base, current, {key: sent[key] for key in asked}


def written(current: dict[str, Any], merged: merging.Merged, sent: dict[str, Any], pick: str) -> dict[str, Any]:
    """The feature after the merge, every conflict decided the same way."""
    return current | merged.decided(sent, dict.fromkeys(merged.conflicts, pick))


@pytest.mark.parametrize("seed", range(0, 3000, 500))
def test_what_somebody_else_changed_stays_unless_a_person_decides(seed: int) -> None:
    for one in range(seed, seed + 500):
        base, current, sent = random_states(one)
        merged = merging.merge(base, current, sent)
        after = written(current, merged, sent, merging.KEPT)
        for key in KEYS:
            if current[key] != base[key]:
                assert after[key] == current[key], (one, key)
            elif key in sent:
                assert after[key] == sent[key], (one, key)
            else:
                assert after[key] == current[key], (one, key)


@pytest.mark.parametrize("seed", range(0, 3000, 500))
def test_each_field_is_taken_kept_in_conflict_or_the_same(seed: int) -> None:
    for one in range(seed, seed + 500):
        base, current, sent = random_states(one)
        merged = merging.merge(base, current, sent)
        same = {key for key in sent if sent[key] == current[key]}
        parts = [set(merged.taken), set(merged.kept), set(merged.conflicts), same]
        assert sum(map(len, parts)) == len(sent)
        assert set().union(*parts) == set(sent)
        assert all(sent[key] != current[key] and current[key] != base[key] for key in merged.conflicts)
        # Who comes first makes no difference to what is in conflict.
        asked = {key: current[key] for key in sent}
        assert set(merging.merge(base, sent, asked).conflicts) == set(merged.conflicts)
        # Merging again what was merged changes nothing more.
        after = written(current, merged, sent, merging.SENT)
        assert merging.merge(after, after, {key: after[key] for key in sent}).taken == {}


def test_an_untouched_feature_takes_everything_and_an_idle_visit_changes_nothing() -> None:
    for one in range(500):
        base, current, sent = random_states(one)
        alone = merging.merge(base, base, sent)
        assert (alone.conflicts, alone.kept) == ((), ())
        assert base | alone.taken == base | sent
        idle = merging.merge(base, current, {key: base[key] for key in sent})
        assert (idle.taken, idle.conflicts) == ({}, ())


def test_from_an_unknown_beginning_every_difference_is_a_conflict() -> None:
    for one in range(500):
        _, current, sent = random_states(one)
        merged = merging.merge(None, current, sent)
        assert merged.taken == {}
        assert set(merged.conflicts) == {key for key in sent if sent[key] != current[key]}


def test_an_undecided_conflict_writes_nothing() -> None:
    merged = merging.merge({"name": "a"}, {"name": "b"}, {"name": "c"})
    for picks in ({}, {"name": ""}, {"name": "theirs"}, {"condition": "sent"}):
        with pytest.raises(merging.Undecided) as raised:
            merged.decided({"name": "c"}, picks)
        assert raised.value.facts == {"fields": "name"}
