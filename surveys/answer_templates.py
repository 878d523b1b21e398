"""Answers written beforehand: dated, of one office or by a liaison office for all, for one category or any."""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import CheckConstraint, ForeignKey, Identity, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Forbidden, InvalidValue, NotFound
from geodata.tables import Base
from surveys import audit, case_answers
from surveys.access import Actor, Role
from surveys.code_lists import Code
from surveys.layers.situation_reports import RESTRICTED
from surveys.map_pages import asked

LONGEST_TITLE = 120


class AnswerTemplate(Base):
    """One ready answer; never changed, only ended: what was sent by it stands with the case itself."""

    __tablename__ = "answer_templates"
    __table_args__ = (
        CheckConstraint(
            f"length(title) BETWEEN 1 AND {LONGEST_TITLE} AND length(words) BETWEEN 1 AND {case_answers.LONGEST}",
            name="texts",
        ),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    category: Mapped[str | None]  # None: any
    title: Mapped[str]
    words: Mapped[str]
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]  # the first day it isn't offered any more
    created_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


def offered(session: Session, actor: Actor, category: str, on: dt.date) -> list[AnswerTemplate]:
    """Those for a category on a day, the own office's first. Row policies leave the own and the liaison offices'."""
    of_category = or_(AnswerTemplate.category.is_(None), AnswerTemplate.category == category)
    in_force = or_(AnswerTemplate.valid_to.is_(None), AnswerTemplate.valid_to > on)
    return list(
        session.scalars(
            select(AnswerTemplate)
            .where(AnswerTemplate.province_id == actor.province_id, of_category)
            .where(AnswerTemplate.valid_from <= on, in_force)
            .order_by(AnswerTemplate.office_id != actor.office_id, AnswerTemplate.title, AnswerTemplate.id)
        )
    )


def listed(session: Session, actor: Actor) -> list[AnswerTemplate]:
    """All the actor may use, ended ones last."""
    return list(
        session.scalars(
            select(AnswerTemplate)
            .where(AnswerTemplate.province_id == actor.province_id)
            .order_by(AnswerTemplate.valid_to.is_not(None), AnswerTemplate.title, AnswerTemplate.id)
        )
    )


def write(session: Session, actor: Actor, given: Mapping[str, str], today: dt.date) -> int:
    """Stores a template of the actor's office; its id. `given`: title, words, category (empty: any), valid_from.

    Raises Forbidden (no office), InvalidValue, NamesPersons, SubmissionClassified.
    """
    if actor.role is not Role.OFFICER or not actor.office_id:
        raise Forbidden(verb="write", layer="answer_templates", role=str(actor.role))
    made = AnswerTemplate(
        province_id=actor.province_id, commune_id=actor.commune_id, office_id=actor.office_id,
        category=_category(session, given.get("category", "")),
        title=_written("title", given, LONGEST_TITLE), words=_written("words", given, case_answers.LONGEST),
        valid_from=_day(given.get("valid_from", ""), today), created_by=actor.account_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, actor, "answer_template", detail={"template": made.id})
    return made.id


def end(session: Session, actor: Actor, id_: int, today: dt.date) -> None:
    """From today a template of the own office isn't offered any more. Raises NotFound."""
    found = session.get(AnswerTemplate, id_)
    if found is None or (found.province_id, found.office_id) != (actor.province_id, actor.office_id):
        raise NotFound(what="answer_template", id=id_)
    found.valid_to = max(today, found.valid_from)
    session.flush()
    audit.record(session, actor, "answer_template", detail={"template": id_, "ended": True})


def _category(session: Session, given: str) -> str | None:
    """One of the service categories; a restricted case is answered to the people themselves, never by a template."""
    if not given:
        return None
    known = session.scalar(select(Code.code).where(Code.list == "report_categories", Code.code == given).limit(1))
    if known is None or known in RESTRICTED:
        raise InvalidValue(field="category", value=given[:20], reason="?")
    return known


def _written(field: str, given: Mapping[str, str], most: int) -> str:
    said = asked.written(field, given.get(field), most)
    if not said:
        raise InvalidValue(field=field, value="", reason=f"1–{most}")
    return said


def _day(given: str, today: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(given) if given else today
    except ValueError:
        raise InvalidValue(field="valid_from", value=given[:20], reason="yyyy-mm-dd") from None
