"""Sums over service cases, made anew from the rows wherever these changed; what figures and reminders read."""

import datetime as dt

from sqlalchemy import BigInteger, Engine, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base

# Notes of changes taken at once; a bulk change has one for each office, commune and month.
MOST_AT_ONCE = 20_000


class CaseSum(Base):
    """Cases a commune's office received in a month, whatever became of them since."""

    __tablename__ = "case_sums"
    __table_args__ = (Index("case_sums_province_id_month_ix", "province_id", "month"),)

    province_id: Mapped[int]
    commune_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    office_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[dt.date] = mapped_column(primary_key=True)  # its first day
    received: Mapped[int]
    acknowledged: Mapped[int]  # within seven days
    answered: Mapped[int]
    in_time: Mapped[int]
    reopened: Mapped[int]


class CaseOpen(Base):
    """Cases that wait for an answer, by the days they were received and are due."""

    __tablename__ = "case_open"
    __table_args__ = (Index("case_open_province_id_office_id_ix", "province_id", "office_id"),)

    province_id: Mapped[int]
    commune_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    office_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    received_on: Mapped[dt.date] = mapped_column(primary_key=True)
    due_on: Mapped[dt.date] = mapped_column(primary_key=True)
    n: Mapped[int]


class CaseDaysCommune(Base):
    """How many of a commune's cases received in a month were answered after so many days."""

    __tablename__ = "case_days_commune"
    __table_args__ = (Index("case_days_commune_province_id_month_ix", "province_id", "month"),)

    province_id: Mapped[int]
    commune_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]


class CaseDaysOffice(Base):
    """The same of an office's in the whole province."""

    __tablename__ = "case_days_office"

    province_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    office_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]


class CaseChange(Base):
    """A sum that must be made anew."""

    __tablename__ = "case_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    office_id: Mapped[int]
    month: Mapped[dt.date]


def refresh(engine: Engine, most: int = MOST_AT_ONCE) -> int:
    """Makes the sums anew that were touched, as the worker role; how many notes of changes that settled."""
    with engine.begin() as connection:
        # One at a time: the later of two would else write what it counted before the earlier one did.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('case_sums', 0))"))
        # What a note stands for is committed with it, so every later statement of this transaction sees it.
        connection.execute(text(_TOUCHED))
        taken = connection.execute(text(_TAKE), {"most": most}).rowcount
        if taken:
            connection.execute(text("ANALYZE touched"))
            for statement in (*_FORGET, *_COUNT):
                connection.execute(text(statement))
            connection.execute(text("DELETE FROM case_changes WHERE id IN (SELECT id FROM touched)"))
    return taken


RECEIVED = "coalesce(r.received_on, r.observed_on)"
MONTH = f"date_trunc('month', {RECEIVED})::date"
ANSWERED = "r.answered_on IS NOT NULL AND r.state IN ('da_tra_loi', 'dong')"
ACKNOWLEDGED_DAYS = 7
ITSELF = "NOT EXISTS (SELECT FROM case_duplicates d WHERE d.report_id = r.id)"
_TOUCHED = "CREATE TEMP TABLE touched (LIKE case_changes) ON COMMIT DROP"
_TAKE = (
    "INSERT INTO touched SELECT id, province_id, commune_id, office_id, month FROM case_changes ORDER BY id LIMIT :most"
)
_ROWS = f"""
FROM (SELECT DISTINCT province_id, commune_id, office_id, month FROM touched) t
JOIN situation_reports r ON r.province_id = t.province_id AND r.commune_id = t.commune_id
    AND r.office_id = t.office_id AND {MONTH} = t.month
WHERE {ITSELF}"""
_FORGET = (
    """
DELETE FROM case_sums s USING touched t
WHERE (s.commune_id, s.office_id, s.month) = (t.commune_id, t.office_id, t.month)
""",
    """
DELETE FROM case_open o USING touched t
WHERE (o.commune_id, o.office_id, date_trunc('month', o.received_on)::date) = (t.commune_id, t.office_id, t.month)
""",
    """
DELETE FROM case_days_commune c USING touched t WHERE (c.commune_id, c.month) = (t.commune_id, t.month)
""",
    """
DELETE FROM case_days_office o USING touched t
WHERE (o.province_id, o.office_id, o.month) = (t.province_id, t.office_id, t.month)
""",
)
_COUNT = (
    f"""
INSERT INTO case_sums (province_id, commune_id, office_id, month, received, acknowledged, answered, in_time, reopened)
SELECT t.province_id, t.commune_id, t.office_id, t.month, count(*),
       count(*) FILTER (WHERE r.acknowledged_on - {RECEIVED} <= {ACKNOWLEDGED_DAYS}),
       count(*) FILTER (WHERE {ANSWERED}), count(*) FILTER (WHERE {ANSWERED} AND r.answered_on <= r.due_on),
       count(r.reopened_on) {_ROWS} GROUP BY 1, 2, 3, 4""",
    f"""
INSERT INTO case_open (province_id, commune_id, office_id, received_on, due_on, n)
SELECT t.province_id, t.commune_id, t.office_id, {RECEIVED}, r.due_on, count(*) {_ROWS}
    AND r.state IN ('mo', 'dang_xu_ly', 'mo_lai') GROUP BY 1, 2, 3, 4, 5""",
    f"""
INSERT INTO case_days_commune (province_id, commune_id, month, days, n)
SELECT t.province_id, t.commune_id, t.month, r.answered_on - {RECEIVED}, count(*)
FROM (SELECT DISTINCT province_id, commune_id, month FROM touched) t
JOIN situation_reports r ON r.province_id = t.province_id AND r.commune_id = t.commune_id AND {MONTH} = t.month
WHERE {ANSWERED} AND {ITSELF} GROUP BY 1, 2, 3, 4""",
    f"""
INSERT INTO case_days_office (province_id, office_id, month, days, n)
SELECT t.province_id, t.office_id, t.month, r.answered_on - {RECEIVED}, count(*)
FROM (SELECT DISTINCT province_id, office_id, month FROM touched) t
JOIN situation_reports r ON r.office_id = t.office_id AND r.province_id = t.province_id
    AND {RECEIVED} >= t.month AND {RECEIVED} < (t.month + interval '1 month')::date
WHERE {ANSWERED} AND {ITSELF} GROUP BY 1, 2, 3, 4""",
)
