"""Briefings: ordered pages made by saving what one sees; a page is an address, read with the rights of who opens it."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Identity, Index, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import InvalidValue, NotFound
from geodata.tables import Base
from surveys import decisions
from surveys.access import Actor
from surveys.decisions import Told
from surveys.map_pages import asked
from surveys.map_pages.asked import Asked

MOST_PAGES = 60


class Briefing(Base):
    """A meeting that is prepared; `commune_id` 0 is the province's."""

    __tablename__ = "briefings"
    __table_args__ = (
        CheckConstraint("length(title) BETWEEN 1 AND 120", name="title"),
        Index("briefings_province_id_held_on_ix", "province_id", "held_on"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    province_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    commune_id: Mapped[int]
    title: Mapped[str]
    held_on: Mapped[dt.date]
    created_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class BriefingPage(Base):
    """A map's address with a title and a note."""

    __tablename__ = "briefing_pages"
    __table_args__ = (
        CheckConstraint("length(title) <= 120 AND length(note) <= 1000 AND length(query) <= 1000", name="texts"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    briefing_id: Mapped[int] = mapped_column(ForeignKey("briefings.id", ondelete="CASCADE"), index=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    position: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    query: Mapped[str]
    title: Mapped[str]
    note: Mapped[str]
    removed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    @property
    def asked(self) -> Asked:
        return Asked(self.unit_id, self.query, self.title, self.note)


@dataclass(frozen=True)
class View:
    """A briefing with its pages in order, the decisions written in it, and those of earlier meetings."""

    briefing: Briefing
    pages: tuple[BriefingPage, ...]
    decided: tuple[Told, ...]
    earlier: tuple[Told, ...]

    @property
    def id(self) -> int:
        return self.briefing.id

    @property
    def title(self) -> str:
        return self.briefing.title

    @property
    def asked(self) -> list[Asked]:
        """The pages as they are asked for."""
        return [page.asked for page in self.pages]


def listed(session: Session, actor: Actor) -> list[tuple[Briefing, int]]:
    """The briefings of the actor's scope with the number of their pages, the latest first."""
    pages = (
        select(func.count())
        .where(BriefingPage.briefing_id == Briefing.id, BriefingPage.removed.is_(False))
        .scalar_subquery()
    )
    rows = session.execute(
        select(Briefing, pages)
        .where(Briefing.province_id == actor.province_id)
        .order_by(Briefing.held_on.desc(), Briefing.id.desc())
        .limit(100)
    )
    return [(row[0], int(row[1])) for row in rows]


def find(session: Session, actor: Actor, id_: int) -> View:
    """Raises NotFound."""
    briefing = _briefing(session, actor, id_)
    pages = session.scalars(
        select(BriefingPage)
        .where(BriefingPage.briefing_id == id_, BriefingPage.removed.is_(False))
        .order_by(BriefingPage.position, BriefingPage.id)
    )
    return View(
        briefing, tuple(pages), tuple(decisions.of(session, id_)),
        tuple(decisions.earlier(session, actor, id_, briefing.held_on)),
    )  # fmt: skip


def create(session: Session, actor: Actor, title: str, held_on: dt.date) -> int:
    """A new briefing without pages; its id. Raises InvalidValue, NamesPersons, SubmissionClassified."""
    said = asked.written("title", title, asked.LONGEST_NAME)
    if not said:
        raise InvalidValue(field="title", value="", reason="≥ 1")
    made = Briefing(
        province_id=actor.province_id, commune_id=actor.commune_id, title=said, held_on=held_on,
        created_by=actor.account_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def add_page(session: Session, actor: Actor, id_: int, page: Asked, today: dt.date) -> int:
    """Saves what is seen as the last page; its id. Raises IncompatibleLayers (S7), Forbidden, NotFound, InvalidValue,
    NamesPersons, SubmissionClassified.
    """
    briefing = _briefing(session, actor, id_)
    asked.state(actor, page, today).check()
    title = asked.written("title", page.title, asked.LONGEST_NAME)
    note = asked.written("note", page.note, asked.LONGEST_NOTE)
    count, last = session.execute(
        select(func.count(), func.coalesce(func.max(BriefingPage.position), 0)).where(BriefingPage.briefing_id == id_)
    ).one()
    if count >= MOST_PAGES:
        raise InvalidValue(field="pages", value=count, reason=f"≤ {MOST_PAGES}")
    made = BriefingPage(
        briefing_id=id_, province_id=briefing.province_id, commune_id=briefing.commune_id, position=last + 1,
        unit_id=page.unit, query=page.query[: asked.LONGEST_QUERY], title=title, note=note,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def move(session: Session, actor: Actor, id_: int, page_id: int, steps: int) -> None:
    """Puts a page so many places later, or earlier where negative; at the ends it stays."""
    pages = list(find(session, actor, id_).pages)
    at = next((n for n, page in enumerate(pages) if page.id == page_id), None)
    if at is None:
        raise NotFound(what="page", id=page_id)
    page = pages.pop(at)
    pages.insert(min(max(at + steps, 0), len(pages)), page)
    for number, one in enumerate(pages, start=1):
        one.position = number
    session.flush()


def rewrite(session: Session, actor: Actor, id_: int, page_id: int, title: str, note: str) -> None:
    """Gives a page another title and note. Raises as `add_page`."""
    page = _page(session, actor, id_, page_id)
    page.title = asked.written("title", title, asked.LONGEST_NAME)
    page.note = asked.written("note", note, asked.LONGEST_NOTE)
    session.flush()


def take_out(session: Session, actor: Actor, id_: int, page_id: int, *, removed: bool) -> None:
    """Takes a page out, or puts it back where it was."""
    page = _page(session, actor, id_, page_id)
    session.execute(update(BriefingPage).where(BriefingPage.id == page.id).values(removed=removed))


def _briefing(session: Session, actor: Actor, id_: int) -> Briefing:
    found = session.scalar(
        select(Briefing).where(Briefing.id == id_, Briefing.province_id == actor.province_id)
    )  # fmt: skip
    if found is None:
        raise NotFound(what="briefing", id=id_)
    return found


def _page(session: Session, actor: Actor, id_: int, page_id: int) -> BriefingPage:
    found = session.scalar(
        select(BriefingPage).where(
            BriefingPage.id == page_id, BriefingPage.briefing_id == id_, BriefingPage.province_id == actor.province_id
        )
    )
    if found is None:
        raise NotFound(what="page", id=page_id)
    return found
