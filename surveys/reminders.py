"""What an office is reminded of: cases due within three working days, overdue ones, all that wait. Counts only."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, ForeignKey, Row, TextClause, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.tables import Base
from surveys import case_steps, case_sums, working_days
from surveys.access import Actor, Role

SOON_WORKING_DAYS = 3


class ReminderSent(Base):
    """An account that was sent the day's reminder by e-mail."""

    __tablename__ = "reminders_sent"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)


@dataclass(frozen=True)
class Reminder:
    """For one account's e-mail: whom to, and each office's counts (id, name, waiting, soon, late, oldest)."""

    account_id: int
    email: str
    rows: tuple[Row[Any], ...]

    @property
    def soon(self) -> int:
        return sum(row.soon for row in self.rows)

    @property
    def late(self) -> int:
        return sum(row.late for row in self.rows)


# Service cases alone: restricted ones are counted nowhere but in the frozen cube (S6).
_BY_OFFICE = (
    "SELECT o.id, o.name, sum(c.n)::int AS waiting,"
    " coalesce(sum(c.n) FILTER (WHERE c.due_on < :today), 0)::int AS late,"
    " coalesce(sum(c.n) FILTER (WHERE c.due_on BETWEEN :today AND :soon), 0)::int AS soon, min(c.due_on) AS oldest"
    " FROM {waiting} AS c JOIN offices o ON o.id = c.office_id"
    " WHERE c.province_id = :province AND :office IN (0, c.office_id)"
    ' GROUP BY o.id ORDER BY late DESC, soon DESC, waiting DESC, o.name COLLATE "vi-x-icu"'
)
# A commune's officer is told of the commune, a province's of the province; a liaison office of every office.
_WHOM = text(
    "SELECT a.id, a.email, u.province_id AS province, CASE u.level WHEN 3 THEN u.id ELSE 0 END AS commune,"
    " CASE WHEN EXISTS (SELECT FROM office_categories k WHERE k.office_id = a.office_id) THEN a.office_id ELSE 0 END"
    " AS office FROM accounts a JOIN units u ON u.id = a.unit_id"
    " WHERE a.active AND a.role = 'officer' AND a.office_id IS NOT NULL AND a.email IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM reminders_sent s WHERE s.day = :today AND s.account_id = a.id) ORDER BY a.id"
)
_CLAIM = text(
    "INSERT INTO reminders_sent (day, account_id) VALUES (:today, :account) ON CONFLICT DO NOTHING RETURNING account_id"
)


def by_office(session: Session, actor: Actor, today: dt.date) -> list[Row[Any]]:
    """(id, name, waiting, late, soon, oldest) of the own office; to a leader or liaison office, of every one."""
    sees_all = actor.role is Role.LEADER or case_steps.is_liaison(session, actor)
    asked = {"province": actor.province_id, "commune": actor.commune_id, "office": 0 if sees_all else actor.office_id}
    return list(session.execute(_by_office(actor.commune_id), asked | _days(session, today)))


def unsent(connection: Connection, today: dt.date) -> Iterator[Reminder]:
    """The day's reminders nobody was sent yet, as the worker role: only of accounts with something due or overdue."""
    for whom in connection.execute(_WHOM, {"today": today}).all():
        asked = {"province": whom.province, "commune": whom.commune, "office": whom.office}
        rows = connection.execute(_by_office(whom.commune), asked | _days(connection, today)).all()
        found = Reminder(whom.id, whom.email, tuple(row for row in rows if row.soon or row.late))
        if found.rows:
            yield found


def claim(connection: Connection, reminder: Reminder, today: dt.date) -> bool:
    """Whether the caller's transaction is the one that sends it; undone where the transaction is rolled back."""
    return connection.scalar(_CLAIM, {"today": today, "account": reminder.account_id}) is not None


def _by_office(commune: int) -> TextClause:
    return text(_BY_OFFICE.format(waiting=case_sums.waiting(commune)))


def _days(session: Session | Connection, today: dt.date) -> dict[str, dt.date]:
    return {"today": today, "soon": working_days.known(session).after(today, SOON_WORKING_DAYS)}
