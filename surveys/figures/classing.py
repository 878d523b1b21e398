"""Classes of a map by unit: equal intervals, quantiles, or natural breaks."""

import warnings
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

EQUAL, QUANTILES, NATURAL = "equal", "quantiles", "natural"
METHODS = (QUANTILES, EQUAL, NATURAL)
MOST = 5


def bounds(values: Sequence[float], method: str, most: int = MOST) -> list[float]:
    """Upper bounds of at most `most` classes, ascending, the last one the largest value; none without values."""
    found = sorted(set(values))
    if len(found) <= most:
        return found
    if method == EQUAL:
        ends = np.linspace(found[0], found[-1], most + 1)[1:]
    elif method == NATURAL:
        # Here and not above: it brings scikit-learn with it, which a worker that is never asked for it needn't hold.
        import mapclassify

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it would rather have Numba; a few hundred values don't need it
            ends = mapclassify.FisherJenks(np.array(values, dtype=float), k=most).bins
    else:
        ends = np.quantile(np.array(values, dtype=float), np.linspace(0, 1, most + 1)[1:])
    distinct = sorted({float(end) for end in ends})
    return [*distinct[:-1], max(distinct[-1], found[-1])]


def class_of(value: float, ends: Sequence[float]) -> int:
    """The class a value falls into, from 0."""
    return min(bisect_left(ends, value - 1e-9), len(ends) - 1)
