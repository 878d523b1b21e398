"""Classes of a map by unit: as the library for it makes them, whatever the values."""

import random
import warnings

import pytest

from surveys.figures import classing

RANDOM = random.Random(68)
SAMPLES = [
    [round(RANDOM.lognormvariate(2, 1), 1) for _ in range(124)],
    [float(RANDOM.randint(0, 12)) for _ in range(124)],
    [RANDOM.uniform(0, 100) for _ in range(40)],
]


@pytest.mark.parametrize("values", SAMPLES, ids=["skewed", "few different", "even"])
def test_natural_breaks_are_mapclassifys(values: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mapclassify

        theirs = [float(end) for end in mapclassify.FisherJenks(values, k=5).bins]
        assert classing.natural(values, 5) == theirs
        assert classing.bounds(values, classing.EQUAL) == pytest.approx(
            list(mapclassify.EqualInterval(values, k=5).bins)
        )
        quantiles = sorted({float(end) for end in mapclassify.Quantiles(values, k=5).bins})
        assert classing.bounds(values, classing.QUANTILES) == pytest.approx(quantiles)


@pytest.mark.parametrize("method", classing.METHODS)
def test_every_value_has_a_class_and_few_values_one_each(method: str) -> None:
    for values in (*SAMPLES, [0.0], [3.0, 3.0, 3.0], [1.0, 2.0]):
        ends = classing.bounds(values, method)
        assert ends == sorted(set(ends))
        classes = [classing.class_of(value, ends) for value in values]
        assert all(value <= ends[number] + 1e-9 for value, number in zip(values, classes, strict=True))
        assert max(classes) == len(ends) - 1
    assert classing.bounds([], method) == []
