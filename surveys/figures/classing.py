"""Classes of a map by unit: equal intervals, quantiles, or natural breaks."""

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
        ends = [float(end) for end in np.linspace(found[0], found[-1], most + 1)[1:]]
    elif method == NATURAL:
        ends = natural(values, most)
    else:
        ends = [float(end) for end in np.quantile(np.array(values, dtype=float), np.linspace(0, 1, most + 1)[1:])]
    distinct = sorted(set(ends))
    return [*distinct[:-1], max(distinct[-1], found[-1])]


def natural(values: Sequence[float], most: int) -> list[float]:
    """Fisher's and Jenks's optimal classes: the least squares within them. Equal to mapclassify's, as a test says.

    Not by mapclassify itself: it brings SciPy and scikit-learn, 150 MB in each web worker.
    """
    x = np.sort(np.array(values, dtype=float))
    n = len(x)
    sums, squares = (np.concatenate([[0.0], np.cumsum(x**power)]) for power in (1, 2))
    first, last = np.arange(n)[:, None], np.arange(n)[None, :]
    count = np.maximum(last - first + 1, 1)
    total = sums[last + 1] - sums[first]
    # within[i, j]: the squares around their mean of values i … j.
    within = np.where(last >= first, squares[last + 1] - squares[first] - total**2 / count, np.inf)
    best, starts = within[0], []
    for _ in range(1, most):
        # The last class begins at i, what is before it is divided as well as can be.
        joined = np.concatenate([[np.inf], best[:-1]])[:, None] + within
        starts.append(joined.argmin(axis=0))
        best = joined.min(axis=0)
    ends, at = [float(x[-1])], n - 1
    for start in reversed(starts):
        at = int(start[at]) - 1
        ends.insert(0, float(x[at]))
    return ends


def class_of(value: float, ends: Sequence[float]) -> int:
    """The class a value falls into, from 0."""
    return min(bisect_left(ends, value - 1e-9), len(ends) - 1)
