"""What a meeting decides: who does what by when; shown again at the next meeting with what became of it."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, ForeignKey, Identity, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import InvalidValue, NotFound
from geodata.tables import Base
from surveys import programmes
from surveys.access import Actor
from surveys.map_pages import asked

OPEN, DONE, DROPPED = "open", "done", "dropped"
STATES = (OPEN, DONE, DROPPED)
LONGEST, LONGEST_PROGRAMME = 1000, 200


class Decision(Base):
    """One decision; red marks an office that is late, never a place."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),
        CheckConstraint("length(said) BETWEEN 1 AND 1000 AND length(programme) <= 200", name="said"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    briefing_id: Mapped[int] = mapped_column(ForeignKey("briefings.id"), index=True)
    page_id: Mapped[int | None] = mapped_column(ForeignKey("briefing_pages.id", ondelete="SET NULL"))
    province_id: Mapped[int]
    commune_id: Mapped[int]
    said: Mapped[str]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    due_on: Mapped[dt.date]
    programme: Mapped[str]  # in words, where it isn't among the programmes
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    state_on: Mapped[dt.date]
    created_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


@dataclass(frozen=True)
class Told:
    """A decision with its office's name and the meeting it was made at."""

    id: int
    page_id: int | None
    said: str
    office: str
    due_on: dt.date
    programme: str
    state: str
    state_on: dt.date
    meeting: str
    held_on: dt.date

    def late(self, today: dt.date) -> bool:
        """Whether its office is overdue."""
        return self.state == OPEN and self.due_on < today


_TOLD = (
    "SELECT d.id, d.page_id, d.said, o.name AS office, d.due_on, coalesce(p.number, d.programme) AS programme, d.state,"
    " d.state_on, b.title AS meeting, b.held_on FROM decisions d JOIN offices o ON o.id = d.office_id"
    " JOIN briefings b ON b.id = d.briefing_id"
    " LEFT JOIN programmes p ON p.id = d.programme_id"
)

_EARLIER = f"""
WITH here AS (SELECT province_id, commune_id FROM briefings WHERE id = :id),
     last AS (SELECT max(held_on) AS on FROM briefings
              WHERE held_on < :on AND (province_id, commune_id) IN (SELECT * FROM here))
{_TOLD}
WHERE b.id <> :id AND b.held_on <= :on AND d.province_id = :province
      AND (b.province_id, b.commune_id) IN (SELECT * FROM here)
      AND (d.state = 'open' OR d.state_on >= (SELECT last.on FROM last))
ORDER BY d.state <> 'open', d.due_on, d.id
"""  # noqa: S608  its own parts


def of(session: Session, briefing_id: int) -> list[Told]:
    """Those written in one briefing, in their order."""
    rows = session.execute(text(f"{_TOLD} WHERE d.briefing_id = :id ORDER BY d.id"), {"id": briefing_id})
    return [Told(*row) for row in rows]


def earlier(session: Session, actor: Actor, briefing_id: int, held_on: dt.date) -> list[Told]:
    """Those of earlier meetings of the same place: all that are open, and what ended since the meeting before."""
    given = {"id": briefing_id, "on": held_on, "province": actor.province_id}
    rows = session.execute(text(_EARLIER), given)
    return [Told(*row) for row in rows]


def write(
    session: Session, actor: Actor, briefing_id: int, page_id: int | None, given: dict[str, str], today: dt.date
) -> int:
    """Stores a decision; its id. `given`: said, office (id), due_on, programme_id or programme in words. Raises
    NotFound, InvalidValue, NamesPersons, SubmissionClassified.
    """
    scope = session.execute(
        text(
            "SELECT b.province_id, b.commune_id FROM briefings b WHERE b.id = :id AND b.province_id = :province"
            " AND (CAST(:page AS int) IS NULL OR EXISTS (SELECT FROM briefing_pages p WHERE p.id = :page"
            " AND p.briefing_id = b.id))"
        ),
        {"id": briefing_id, "page": page_id, "province": actor.province_id},
    ).one_or_none()
    if scope is None:
        raise NotFound(what="briefing", id=briefing_id)
    said = asked.written("said", given.get("said"), LONGEST)
    if not said:
        raise InvalidValue(field="said", value="", reason="≥ 1")
    made = Decision(
        briefing_id=briefing_id, page_id=page_id, province_id=scope.province_id, commune_id=scope.commune_id, said=said,
        office_id=_office(session, given.get("office", "")), due_on=day("due_on", given.get("due_on", "")),
        programme=asked.written("programme", given.get("programme"), LONGEST_PROGRAMME),
        programme_id=programmes.chosen(session, actor, given.get("programme_id")), state_on=today,
        created_by=actor.account_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def settle(session: Session, actor: Actor, id_: int, state: str, today: dt.date) -> int:
    """Says what became of a decision, and takes that back; the id of its briefing. Raises NotFound, InvalidValue."""
    if state not in STATES:
        raise InvalidValue(field="state", value=state[:20], reason=", ".join(STATES))
    found = session.scalar(select(Decision).where(Decision.id == id_, Decision.province_id == actor.province_id))
    if found is None:
        raise NotFound(what="decision", id=id_)
    found.state, found.state_on = state, today
    session.flush()
    return found.briefing_id


def day(field: str, given: str) -> dt.date:
    """A day as a form sends it. Raises InvalidValue."""
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise InvalidValue(field=field, value=given[:20], reason="yyyy-mm-dd") from None


def _office(session: Session, given: str) -> int:
    known = given.isdigit() and len(given) < 10
    if not known or session.scalar(text("SELECT id FROM offices WHERE id = :id"), {"id": int(given)}) is None:
        raise InvalidValue(field="office", value=given[:20], reason="?")
    return int(given)
