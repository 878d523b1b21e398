"""The frozen cube of restricted figures: made once for each closed quarter, small counts under one common mark (S6)."""

import datetime as dt

from sqlalchemy import Connection, Engine, text

# Below this a count could point at persons, unless it is nought.
SMALLEST_SHOWN = 5


def freeze(connection: Connection, province_id: int, quarter: dt.date) -> int:
    """Adds the cells of the quarter that begins on that day, as the worker role; returns how many were added.

    A report counts in the quarter in which it was entered, so that a late one never changes a frozen cell. A quarter is
    frozen once: repeating adds nothing, and a cell that stands is never rewritten.
    """
    if quarter != first_day(quarter):
        raise ValueError(f"no quarter begins on {quarter}")
    parameters = {
        "province": province_id,
        "quarter": quarter,
        "next": following(quarter),
        "smallest": SMALLEST_SHOWN,
    }
    return connection.execute(text(FREEZE), parameters).rowcount


def freeze_closed(engine: Engine, today: dt.date | None = None) -> int:
    """Freezes every closed quarter of every province that isn't yet, as the worker role; returns how many.

    `today` is the database's day in Vietnam unless given. A province's first quarter is that of its first restricted
    report: before, there is no figure, not even nought. Two workers at once freeze each quarter once.
    """
    with engine.connect() as connection:
        # The clock that dates the reports: another one that is ahead would close a quarter too early.
        here = connection.scalar(text("SELECT (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"))
        rows = connection.execute(text(UNFROZEN)).all()
    due = [
        (row.province_id, quarter)
        for row in rows
        for quarter in closed(first_day(row.first), today or here)
        if quarter not in row.frozen
    ]
    made = 0
    for province_id, quarter in due:
        with engine.begin() as connection:
            # Whoever is writing a report now ends first, and whoever comes next is dated after the close.
            connection.execute(text("SET LOCAL lock_timeout = '30s'"))
            connection.execute(text("LOCK TABLE restricted_reports IN SHARE MODE"))
            # As a queue of its own: two workers may hold the table's lock together.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('restricted_counts', 0))"))
            made += freeze(connection, province_id, quarter) > 0
    return made


def closed(first: dt.date, today: dt.date) -> list[dt.date]:
    """First days of the quarters that began on or after `first` and ended before `today`."""
    found = []
    quarter = first_day(first)
    while following(quarter) <= today:
        if quarter >= first:
            found.append(quarter)
        quarter = following(quarter)
    return found


def first_day(day: dt.date) -> dt.date:
    """The first day of a day's quarter."""
    return dt.date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def following(quarter: dt.date) -> dt.date:
    """The first day of the next quarter."""
    return dt.date(quarter.year + (quarter.month == 10), (quarter.month + 2) % 12 + 1, 1)


# What a former province published is never published again in the units that followed it (S6).
# Days of Vietnam: a report entered at 01:00 on the first belongs to that day, not to UTC's day before.
FREEZE = """
INSERT INTO restricted_counts (commune_id, quarter, category, n, hidden)
SELECT u.id, :quarter, c.code, CASE WHEN counted.n = 0 OR counted.n >= :smallest THEN counted.n END,
       counted.n BETWEEN 1 AND :smallest - 1
FROM units u
CROSS JOIN (SELECT DISTINCT code FROM code_lists WHERE list = 'report_categories' AND mark = 'restricted') c
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM restricted_reports r
    WHERE r.commune_id = u.id AND r.category = c.code
      AND (r.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date >= :quarter
      AND (r.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date < :next
) counted
WHERE u.level = 3 AND u.province_id = :province AND u.valid_to IS NULL
  -- What a commune published before it was split or moved would be told twice, in parts.
  AND NOT EXISTS (SELECT FROM restricted_counts p WHERE p.quarter = :quarter AND p.commune_id = ANY(former_units(u.id)))
  AND NOT EXISTS (
    SELECT FROM restricted_counts f JOIN units v ON v.id = f.commune_id
    WHERE f.quarter = :quarter AND v.province_id IN (SELECT unnest(former_units(:province))))
"""
UNFROZEN = """
SELECT province_id, min((created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) AS first,
       array(SELECT DISTINCT f.quarter FROM restricted_counts f JOIN units v ON v.id = f.commune_id
             WHERE v.province_id = ANY(former_units(r.province_id))) AS frozen
FROM restricted_reports r GROUP BY province_id
"""
