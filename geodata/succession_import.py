"""Which old commune went into which new one, from a table (CSV), all or nothing."""

import csv
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, text

from geodata import columns, copying, encodings
from geodata.problems import Problem

COLUMNS = {
    "old": ("oldwardcode", "maxacu", "macu", "oldcode"),
    "old_province": ("oldprovincecode", "matinhcu"),
    "new": ("newwardcode", "maxamoi", "mamoi", "newcode"),
    "new_province": ("newprovincecode", "matinhmoi"),
    "note": ("note", "ghichu", "hinhthuc", "whole"),
}
# A unit that was kept or only renamed went into the new one whole, too.
WHOLE = {"nhaptoanbo": True, "giunguyen": True, "doiten": True, "whole": True, "true": True, "1": True,
         "nhapmotphan": False, "part": False, "false": False, "0": False}  # fmt: skip


class SuccessionRefused(Problem):
    """Rows that can't be used: nothing was changed. Facts: count, rows (list of (row, reason, text)), first."""

    code: ClassVar[str] = "succession_refused"

    def __init__(self, rows: list[tuple[int, str, str]]) -> None:
        number, reason, what = rows[0]
        super().__init__(count=len(rows), first=f"{number}: {what}: {reason}", rows=rows)


@dataclass(frozen=True)
class Report:
    """Rows of the file = added + changed + same; `not_in_file`: successions into these communes that only we have."""

    rows: int
    added: int
    changed: int
    same: int
    not_in_file: int


def load(connection: Connection, path: Path, reform: uuid.UUID | None = None) -> Report:
    """Adds or corrects the file's successions, as the worker role. Raises SuccessionRefused, ColumnMissing.

    How they stood before is written down under the `reform`, where there is one.
    """
    rows = list(_rows(path))
    connection.execute(text(STAGE))
    copying.copy(connection, "wanted", rows)
    connection.execute(text(RESOLVE))
    bad = connection.execute(text(BAD)).all()
    if bad or not rows:
        raise SuccessionRefused([(r.row, r.reason, r.what) for r in bad] or [(0, "no_rows", path.name)])
    counts: Any = connection.execute(text(COUNT)).one()
    if reform is not None:
        connection.execute(text(REMEMBER), {"reform": reform})
    connection.execute(text(STORE))
    connection.execute(text("DROP TABLE wanted, resolved"))
    return Report(*counts)


def _rows(path: Path) -> Iterator[tuple[int, str, str, str, str, bool | None]]:
    raw = path.read_bytes()
    reader = csv.DictReader(encodings.decode(raw, encodings.detect([raw]).encoding).removeprefix("\ufeff").splitlines())
    named = columns.find(reader.fieldnames or [], COLUMNS, needed=("old", "new", "note"))
    for number, row in enumerate(reader, start=2):
        value = {what: row[column] for what, column in named.items()}
        yield (
            number,
            columns.code(value.get("old_province"), 2),
            columns.code(value["old"], 5),
            columns.code(value.get("new_province"), 2),
            columns.code(value["new"], 5),
            WHOLE.get(columns.plain(value["note"] or "")),
        )


STAGE = """
CREATE TEMP TABLE wanted (row int, old_province text, old text, new_province text, new text, whole bool) ON COMMIT DROP
"""
# A code alone is no key: the old unit is one of the past, the new one of today, each within its own province.
RESOLVE = """
CREATE TEMP TABLE resolved ON COMMIT DROP AS
SELECT w.row, w.old || ' → ' || w.new AS what, w.whole, o.id AS old_id, n.id AS new_id, n.valid_from AS since,
       count(*) OVER (PARTITION BY w.row) AS matches, count(*) OVER (PARTITION BY o.id, n.id) AS times
FROM wanted w
LEFT JOIN (units o JOIN units op ON op.id = o.province_id) ON o.level = 3 AND o.valid_to IS NOT NULL AND o.code = w.old
    AND (w.old_province = '' OR op.code = w.old_province)
LEFT JOIN (units n JOIN units np ON np.id = n.province_id) ON n.level = 3 AND n.valid_to IS NULL AND n.code = w.new
    AND (w.new_province = '' OR np.code = w.new_province)
"""
BAD = """
SELECT row, what, CASE WHEN old_id IS NULL THEN 'unknown_old_unit' WHEN new_id IS NULL THEN 'unknown_new_unit'
       WHEN whole IS NULL THEN 'neither_whole_nor_part' WHEN matches > 1 THEN 'code_of_several_units'
       ELSE 'twice' END AS reason
FROM resolved WHERE old_id IS NULL OR new_id IS NULL OR whole IS NULL OR matches > 1 OR times > 1
ORDER BY row
"""
COUNT = """
SELECT count(*), count(*) FILTER (WHERE s.old_id IS NULL), count(*) FILTER (WHERE s.whole <> r.whole),
       count(*) FILTER (WHERE s.whole = r.whole),
       (SELECT count(*) FROM succession t WHERE t.new_id IN (SELECT new_id FROM resolved)
        AND NOT EXISTS (SELECT FROM resolved x WHERE (x.old_id, x.new_id) = (t.old_id, t.new_id)))
FROM resolved r LEFT JOIN succession s ON s.old_id = r.old_id AND s.new_id = r.new_id
"""
REMEMBER = """
INSERT INTO reform_pairs (reform_id, old_id, new_id, whole)
SELECT :reform, r.old_id, r.new_id, s.whole FROM resolved r
LEFT JOIN succession s ON s.old_id = r.old_id AND s.new_id = r.new_id WHERE s.whole IS DISTINCT FROM r.whole
"""
STORE = """
INSERT INTO succession (old_id, new_id, whole, "on") SELECT old_id, new_id, whole, since FROM resolved
ON CONFLICT (old_id, new_id) DO UPDATE SET whole = excluded.whole WHERE succession.whole <> excluded.whole
"""
