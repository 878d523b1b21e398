"""Makes the sums over service cases anew wherever rows changed.

Those of one office, commune and month from the rows, the others from those: a change of one case costs the few rows of
its own sum and the sums beside it, however many cases there are.
"""

from sqlalchemy import Connection, Engine, text

from surveys.case_sums import ALL, DAYS

# Notes of changes taken at once; a bulk change has one for each office, commune and month.
MOST_AT_ONCE = 20_000
ACKNOWLEDGED_DAYS = 7
RECEIVED = "coalesce(r.received_on, r.observed_on)"


def refresh(engine: Engine, most: int = MOST_AT_ONCE) -> int:
    """Makes the sums anew that were touched, as the worker role; how many notes of changes that settled."""
    with engine.begin() as connection:
        if not connection.scalar(text("SELECT EXISTS (SELECT FROM case_changes)")):
            return 0
        # One at a time: the later of two would else write what it counted before the earlier one did.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('case_sums', 0))"))
        # What a note stands for is committed with it, so every later statement of this transaction sees it.
        connection.execute(text("CREATE TEMP TABLE touched (LIKE case_changes) ON COMMIT DROP"))
        taken = connection.execute(text(_TAKE), {"most": most}).rowcount
        if taken:
            _make(connection)
    return taken


def refresh_all(engine: Engine) -> None:
    """Until no note is left."""
    while refresh(engine):
        pass


def _make(connection: Connection) -> None:
    for statement in (_KEYS, "ANALYZE keys", _ROWS, "ANALYZE case_rows", *_SUMS, *_DUES, _SETTLED):
        connection.execute(text(statement))


_TAKE = (
    "INSERT INTO touched SELECT id, province_id, commune_id, office_id, month FROM case_changes ORDER BY id LIMIT :most"
)
KEY = "province_id, commune_id, office_id, month"
# The cells that were touched and every sum they are part of.
_KEYS = f"""
CREATE TEMP TABLE keys ON COMMIT DROP AS
SELECT t.province_id, coalesce(t.commune_id, {ALL}) AS commune_id, coalesce(t.office_id, {ALL}) AS office_id, t.month
FROM touched t
GROUP BY t.province_id, t.month, CUBE (t.commune_id, t.office_id)
"""
# The cases of the touched cells; one that was joined to another is that one. OFFSET keeps it to one look into the index
# for each cell; an equal province would tempt the planner, before it knows the table, to read a commune's every row.
_ROWS = f"""
CREATE TEMP TABLE case_rows ON COMMIT DROP AS
SELECT k.*, r.received_on - k.month + 1 AS day, r.due_on, r.answered_on - r.received_on AS days,
       r.answered_on <= r.due_on AS in_time, r.acknowledged_on - r.received_on <= {ACKNOWLEDGED_DAYS} AS acknowledged,
       r.reopened_on IS NOT NULL AS reopened, r.waits
FROM keys k CROSS JOIN LATERAL (
    SELECT r.id, {RECEIVED} AS received_on, r.due_on, r.acknowledged_on, r.reopened_on,
           CASE WHEN r.state IN ('da_tra_loi', 'dong') THEN r.answered_on END AS answered_on,
           r.state IN ('mo', 'dang_xu_ly', 'mo_lai') AS waits
    FROM situation_reports r
    WHERE r.commune_id = k.commune_id AND r.office_id = k.office_id AND r.province_id IS NOT DISTINCT FROM k.province_id
      AND {RECEIVED} >= k.month AND {RECEIVED} < (k.month + interval '1 month')::date
    OFFSET 0) AS r
WHERE k.commune_id > {ALL} AND k.office_id > {ALL}
  AND NOT EXISTS (SELECT FROM case_duplicates d WHERE d.report_id = r.id)
"""
_STORE = f"""
WITH s AS ({{source}})
INSERT INTO case_sums ({KEY}, received, acknowledged, answered, in_time, reopened, waiting_upto, answer_days,
                       answer_cases)
SELECT {KEY}, received, acknowledged, answered, in_time, reopened, waiting_upto, answer_days, answer_cases
FROM (SELECT {KEY}, {{counts}} FROM s GROUP BY {KEY}) AS c
LEFT JOIN (SELECT {KEY}, array_agg(days ORDER BY days) AS answer_days, array_agg(n ORDER BY days) AS answer_cases
           FROM ({{answers}}) AS a GROUP BY {KEY}) AS a USING ({KEY})
"""


def _upto(each: str) -> str:
    """An aggregate for each day of a month."""
    return f"ARRAY[{', '.join(each.format(day=day) for day in range(1, DAYS + 1))}]"


_OF_ROWS = _STORE.format(
    source="SELECT * FROM case_rows",
    counts="count(*) AS received, count(*) FILTER (WHERE acknowledged) AS acknowledged, count(days) AS answered,"
    " count(*) FILTER (WHERE in_time) AS in_time, count(*) FILTER (WHERE reopened) AS reopened,"
    f" CASE WHEN bool_or(waits) THEN {_upto('count(*) FILTER (WHERE waits AND day <= {day})')} END AS waiting_upto",
    answers=f"SELECT {KEY}, days, count(*) AS n FROM s WHERE days IS NOT NULL GROUP BY {KEY}, days",
)


def _of_sums(coarse: str, finer: str) -> str:
    """Sums `k` of a coarser kind, made of the finer ones `s` they consist of."""
    return _STORE.format(
        source="SELECT k.*, s.received, s.acknowledged, s.answered, s.in_time, s.reopened, s.waiting_upto,"
        " s.answer_days, s.answer_cases FROM keys k JOIN case_sums s"
        f" ON s.province_id = k.province_id AND s.month = k.month AND {finer} WHERE {coarse}",
        counts="sum(received) AS received, sum(acknowledged) AS acknowledged, sum(answered) AS answered,"
        " sum(in_time) AS in_time, sum(reopened) AS reopened,"
        f" CASE WHEN count(waiting_upto) > 0 THEN {_upto('sum(waiting_upto[{day}])')} END AS waiting_upto",
        answers=f"SELECT {KEY}, u.days, sum(u.n) AS n"
        f" FROM s CROSS JOIN LATERAL unnest(s.answer_days, s.answer_cases) AS u(days, n) GROUP BY {KEY}, u.days",
    )


_SUMS = (
    """
DELETE FROM case_sums s USING keys k
WHERE (s.province_id, s.commune_id, s.office_id, s.month) = (k.province_id, k.commune_id, k.office_id, k.month)""",
    _OF_ROWS,
    _of_sums(f"k.commune_id > {ALL} AND k.office_id = {ALL}", f"s.commune_id = k.commune_id AND s.office_id > {ALL}"),
    _of_sums(f"k.commune_id = {ALL} AND k.office_id > {ALL}", f"s.commune_id > {ALL} AND s.office_id = k.office_id"),
    _of_sums(f"k.commune_id = {ALL} AND k.office_id = {ALL}", f"s.commune_id = {ALL} AND s.office_id > {ALL}"),
)
# What waits, and the days due of offices that this touches.
_DUES = (
    "CREATE TEMP TABLE dues (province_id int, office_id int, due_on date) ON COMMIT DROP",
    """
WITH gone AS (
    DELETE FROM case_open o USING keys k
    WHERE (o.commune_id, o.office_id, o.month) = (k.commune_id, k.office_id, k.month)
    RETURNING o.province_id, o.office_id, o.due_on)
INSERT INTO dues SELECT * FROM gone""",
    f"""
WITH come AS (
    INSERT INTO case_open ({KEY}, due_on, n)
    SELECT {KEY}, due_on, count(*) FROM case_rows WHERE waits GROUP BY {KEY}, due_on
    RETURNING province_id, office_id, due_on)
INSERT INTO dues SELECT * FROM come""",
    "ANALYZE dues",
    """
DELETE FROM case_due c USING dues d
WHERE (c.province_id, c.office_id, c.due_on) = (d.province_id, d.office_id, d.due_on)""",
    """
INSERT INTO case_due (province_id, office_id, due_on, n)
SELECT province_id, office_id, due_on, sum(n)
FROM case_open JOIN (SELECT DISTINCT * FROM dues) AS d USING (province_id, office_id, due_on) GROUP BY 1, 2, 3""",
)
_SETTLED = "DELETE FROM case_changes WHERE id IN (SELECT id FROM touched)"
