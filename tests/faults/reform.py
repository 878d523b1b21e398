"""The reform of July 2025 for the whole country: every feature placed or queued, sums equal, within the time.

`python -m tests.faults.reform [--features 300000]`: exit status 1 when a feature is lost, misplaced or counted twice,
when the 34 communes of Hải Dương that were split aren't among them, or when it takes longer than two minutes. Points
are scattered in the new communes and know only an old code, as records of before the reform do; a tenth have none at
all. Needs the real boundaries of the trial inputs (DIABAN_SHARED).
"""

import argparse
import dataclasses
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from geodata import national_units
from surveys import reforms, seeds
from tests.app.homes import new_home
from tests.conftest import SHARED

MOST_SECONDS = 120.0
HAI_DUONG_SPLIT = 34
BOUNDARIES = SHARED / "data" / "communes_2025_simplified.gpkg"
# Layers that a row with these few columns is enough for, and how many of a hundred features each gets.
SCATTER = {"community_models": 60, "joint_activities": 25, "religious_sites": 15}
COLUMNS = {
    "community_models": (
        "name, field, kind, state, registered_on",
        "'x', 'kinh_te', 'mo_hinh', 'dang_ky', '2025-01-01'",
    ),
    "joint_activities": ("name, kind, planned_on", "'x', 'tinh_nguyen', '2025-01-01'"),
    "religious_sites": ("name, tradition, facility_type", "'x', 'phat_giao', 'chua'"),
}


@dataclass
class Outcome:
    """What came of it: features by how they were placed, and everything that is wrong (nothing, it is hoped)."""

    features: int
    seconds: float
    placed_by_point: int = 0
    placed_by_succession: int = 0
    queued: int = 0
    ties: int = 0
    hai_duong_split: int = 0
    hai_duong: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def scatter(connection: Connection, boundaries: Path, features: int, seed: int = 1) -> None:
    """Features of before the reform: each in a random new commune, named by one of the old ones that went into it.

    The truth of where each lies is kept in the temporary table `truth (id, commune_id, placed)`.
    """
    from geodata import unit_import

    rows, _ = unit_import.boundaries.read(boundaries)
    connection.execute(text("CREATE TEMP TABLE areas (code text, area geometry)"))
    unit_import.copying.copy(connection, "areas", ((row.code, unit_import._ewkb(row)) for row in rows))
    connection.execute(text(TRUTH), {"each": -(-features // len(rows)), "features": features, "seed": seed})
    connection.execute(text("ANALYZE truth"))
    low = 0
    for key, share in SCATTER.items():
        names, values = COLUMNS[key]
        connection.execute(
            text(
                f"INSERT INTO {key} (id, province_id, commune_id, observed_on, origin, geom, {names})"
                f" SELECT id, old_province, old_id, '2025-01-01', 'import', place, {values} FROM truth"
                " WHERE n % 100 >= :low AND n % 100 < :high"
            ),
            {"low": low, "high": low + share},
        )
        low += share


def run(connection: Connection, boundaries: Path, features: int) -> Outcome:
    """Scatters, applies the reform and looks at every feature; the caller ends the transaction."""
    scatter(connection, boundaries, features)
    begun = time.monotonic()
    report = reforms.apply(connection, None, [boundaries], None)
    outcome = Outcome(features, round(time.monotonic() - begun, 1), ties=report.ties)
    for one in report.rehomed:
        if one["layer"] not in SCATTER:
            continue
        outcome.placed_by_point += one["kept"] + one["moved"]
        outcome.placed_by_succession += one["succession"]
        outcome.queued += one["queued"]
        if one["outside"] or one["without_place"] or one["hamlet"]:
            outcome.problems.append(f"left where it was: {one}")
    if outcome.placed_by_point + outcome.placed_by_succession + outcome.queued != features:
        outcome.problems.append("the sums aren't equal")
    _check(connection, outcome)
    return outcome


def _check(connection: Connection, outcome: Outcome) -> None:
    """Each feature against the truth; a point on the edge of two communes may be in either, if it was logged."""
    union = " UNION ALL ".join(f"SELECT '{key}' AS layer, id, province_id, commune_id FROM {key}" for key in SCATTER)
    connection.execute(text(f"CREATE TEMP TABLE now_at AS {union}"))
    connection.execute(text("ANALYZE now_at"))
    for what, query in WRONG.items():
        n = connection.scalar(text(query))
        if n:
            outcome.problems.append(f"{what}: {n}")
    outcome.hai_duong_split = connection.scalar(text(SPLIT_OF_HAI_DUONG)) or 0
    outcome.hai_duong = dict(connection.execute(text(HAI_DUONG)).all())  # type: ignore[arg-type]
    if outcome.hai_duong_split != HAI_DUONG_SPLIT:
        outcome.problems.append(f"split communes of Hải Dương: {outcome.hai_duong_split}")
    for what in ("points", "queued"):
        if not outcome.hai_duong.get(what):
            outcome.problems.append(f"no {what} of Hải Dương's split communes among the features")


TRUTH = """
CREATE TEMP TABLE truth AS
WITH olds AS (
    SELECT s.new_id, array_agg(s.old_id ORDER BY s.old_id) AS ids FROM succession s
    JOIN units o ON o.id = s.old_id AND o.level = 3 GROUP BY 1
), points AS (
    SELECT u.id AS commune_id, o.ids, (ST_Dump(ST_GeneratePoints(a.area, :each, :seed + u.id))).geom AS at
    FROM areas a JOIN units u ON u.code = a.code AND u.level = 3 AND u.valid_to IS NULL
    LEFT JOIN olds o ON o.new_id = u.id
), numbered AS (
    SELECT row_number() OVER (ORDER BY md5(ST_AsText(at))) AS n, * FROM points WHERE ids IS NOT NULL
)
SELECT n, gen_random_uuid() AS id, p.commune_id, p.ids[1 + n % cardinality(p.ids)] AS old_id,
       o.province_id AS old_province, CASE WHEN n % 10 > 0 THEN at END AS place
FROM numbered p JOIN units o ON o.id = p.ids[1 + n % cardinality(p.ids)] WHERE n <= :features
"""
WRONG = {
    "features lost": "SELECT count(*) FROM truth t WHERE NOT EXISTS (SELECT FROM now_at n WHERE n.id = t.id)",
    "features doubled": "SELECT count(*) - count(DISTINCT id) FROM now_at",
    "points in another commune, not logged": """
        SELECT count(*) FROM truth t JOIN now_at n USING (id) WHERE t.place IS NOT NULL AND n.commune_id <> t.commune_id
        AND NOT EXISTS (SELECT FROM placement_ties p WHERE p.feature_id = t.id::text)""",
    "whole successions not followed": """
        SELECT count(*) FROM truth t JOIN now_at n USING (id) JOIN succession s ON s.old_id = t.old_id
        WHERE t.place IS NULL AND s.whole AND n.commune_id <> s.new_id""",
    "parts of a split commune that weren't queued": """
        SELECT count(*) FROM truth t WHERE t.place IS NULL
        AND NOT EXISTS (SELECT FROM succession s WHERE s.old_id = t.old_id AND s.whole)
        AND NOT EXISTS (SELECT FROM unplaced w WHERE w.key = t.id::text AND cardinality(w.candidates) > 1)""",
    "features of a former province": """
        SELECT count(*) FROM now_at n JOIN units p ON p.id = n.province_id WHERE p.valid_to IS NOT NULL""",
    "placed features in a former commune": """
        SELECT count(*) FROM now_at n JOIN units c ON c.id = n.commune_id WHERE c.valid_to IS NOT NULL
        AND NOT EXISTS (SELECT FROM unplaced w WHERE w.key = n.id::text)""",
}
SPLIT_OF_HAI_DUONG = """
SELECT count(DISTINCT s.old_id) FROM succession s JOIN units o ON o.id = s.old_id AND o.level = 3
JOIN units p ON p.id = o.province_id AND p.name = 'Hải Dương' WHERE NOT s.whole
"""
HAI_DUONG = """
SELECT CASE WHEN t.place IS NOT NULL THEN 'points' ELSE 'queued' END, count(*) FROM truth t JOIN now_at n USING (id)
JOIN units o ON o.id = t.old_id JOIN units p ON p.id = o.province_id AND p.name = 'Hải Dương'
WHERE EXISTS (SELECT FROM succession s WHERE s.old_id = o.id AND NOT s.whole)
  AND (t.place IS NOT NULL OR EXISTS (SELECT FROM unplaced w WHERE w.key = t.id::text)) GROUP BY 1
"""


def main() -> int:
    """The exit status."""
    given = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    given.add_argument("--features", type=int, default=300_000)
    wanted = given.parse_args()
    if not BOUNDARIES.exists():
        print(f"skipped: no boundaries at {BOUNDARIES} (set DIABAN_SHARED)")
        return 0
    from app import embedded
    from tests.conftest import migrate, new_database

    with new_home() as config:
        embedded.start(config)
        urls = new_database(config, "diaban_reform")
        migrate(urls.owner)
        engine = create_engine(urls.worker)
        with engine.begin() as connection:
            seeds.load(connection)
            national_units.load(connection)
        with engine.begin() as connection:
            outcome = run(connection, BOUNDARIES, wanted.features)
        engine.dispose()
    print(dataclasses.asdict(outcome))
    if outcome.seconds > MOST_SECONDS:
        outcome.problems.append(f"{outcome.seconds} s")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
