"""The reform of July 2025 for the whole country."""

from pathlib import Path

from sqlalchemy import text

from surveys.layers import CATALOGUE
from tests.faults import reform as national
from tests.province import Province


def test_july_2025_for_the_whole_country_in_small(province: Province, shared: Path) -> None:
    """The run of `tests.faults.reform` with fewer features: the correctness, not the time."""
    with province.undone() as connection:
        for key in (*(layer.key for layer in CATALOGUE), "case_answers", "proposals", "restricted_reports"):
            connection.execute(text(f"DELETE FROM {key}"))
        outcome = national.run(connection, shared / "data" / "communes_2025_simplified.gpkg", 6_000)
    assert outcome.problems == []
    assert (outcome.placed_by_point, outcome.placed_by_succession + outcome.queued) == (5_400, 600)
