"""The life of a restricted case: opened one at a time with a reason, worked on by its answering office alone (S5)."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Row, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Conflict, Forbidden, InvalidValue, NotFound
from geodata.tables import Base
from surveys import audit, case_steps, cases, safeguarding, screening
from surveys.access import READ_RESTRICTED, Actor
from surveys.case_steps import ANSWERING, Step
from surveys.restricted import RestrictedReport

SHORTEST_REASON, LONGEST_REASON = 5, 200
_WORKED_ON = ("mo", "dang_xu_ly", "mo_lai")
# No liaison office ever sees one: whoever answers also closes it, and opens it again.
STEPS = (
    Step("take", (ANSWERING,), {"mo": "dang_xu_ly", "mo_lai": "dang_xu_ly"}),
    Step("answer", (ANSWERING,), dict.fromkeys(_WORKED_ON, "da_tra_loi"), ("words",)),
    Step("reassign", (ANSWERING,), dict.fromkeys(_WORKED_ON, "mo"), ("words", "office")),
    Step("close", (ANSWERING,), {"da_tra_loi": "dong"}),
    Step("reopen", (ANSWERING,), {"da_tra_loi": "mo_lai", "dong": "mo_lai"}, ("words",)),
)
NAMED = {step.key: step for step in STEPS}
MOST = 100


class RestrictedStep(Base):
    """One step of a restricted case: insert-only, without a place; `words` go with the report's text (S11)."""

    __tablename__ = "restricted_steps"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("restricted_reports.id", ondelete="CASCADE"), index=True)
    step: Mapped[str]
    state_before: Mapped[str]
    state_after: Mapped[str]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    to_office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    words: Mapped[str | None]
    at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


# What a list may show, and no column more: commune, category, state, due date.
_LIST = text(
    "SELECT r.id, r.category, r.state, r.due_on, c.name AS commune FROM restricted_reports r"
    " JOIN units c ON c.id = r.commune_id WHERE r.province_id = :province AND r.office_id = :office"
    " AND :commune IN (0, r.commune_id) AND r.state = ANY(:states) ORDER BY r.due_on, r.id LIMIT :most"
)
_STEPS = text(
    "SELECT s.at, s.step, s.words, o.name AS office, t.name AS to_office FROM restricted_steps s"
    " JOIN offices o ON o.id = s.office_id LEFT JOIN offices t ON t.id = s.to_office_id"
    " WHERE s.report_id = :id ORDER BY s.id"
)
_HAND_ON = text("SELECT hand_on_restricted(:id, :office, :said)")


def listed(session: Session, actor: Actor, states: tuple[str, ...]) -> list[Row[Any]]:
    """(id, category, state, due_on, commune) of the own office's, the nearest due date first. Raises Forbidden."""
    _must(actor)
    asked = {"province": actor.province_id, "commune": actor.commune_id, "office": actor.office_id}
    return list(session.execute(_LIST, asked | {"states": list(states), "most": MOST}))


def require(session: Session, actor: Actor, id_: uuid.UUID) -> None:
    """Raises Forbidden, and NotFound for one the actor's office doesn't answer; reads no text."""
    _must(actor)
    within = select(RestrictedReport.office_id).where(
        RestrictedReport.id == id_, RestrictedReport.province_id == actor.province_id
    )
    if session.scalar(within) != actor.office_id:
        raise NotFound(what="case", id=str(id_))


def open_one(session: Session, actor: Actor, id_: uuid.UUID, reason: str) -> RestrictedReport:
    """One report, once, for a reason that goes into the audit with it. Raises Forbidden, NotFound, InvalidValue."""
    require(session, actor, id_)
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidValue(field="reason", value="", reason=f"{SHORTEST_REASON}–{LONGEST_REASON}")
    found = session.get_one(RestrictedReport, id_)
    purpose, _masked = screening.mask(reason)
    detail = {"report": str(id_)}
    audit.record(session, actor, "open_restricted", area=found.commune_id, purpose=purpose, detail=detail)
    return found


def steps_of(session: Session, id_: uuid.UUID) -> list[Row[Any]]:
    """Each step with its moment, office, words and the office a case went to, the oldest first."""
    return list(session.execute(_STEPS, {"id": id_}))


def open_to(found: RestrictedReport) -> list[Step]:
    """The steps that may be taken now, in the order of the table."""
    return [step for step in STEPS if found.state in step.becomes]


def take(
    session: Session, actor: Actor, id_: uuid.UUID, key: str, today: dt.date, *,
    words: str = "", office_id: int | None = None,
) -> bool:  # fmt: skip
    """Takes one step; whether something had to be masked in its words.

    Raises Forbidden, NotFound, Conflict (the case isn't, or no longer, in a state for it), InvalidValue,
    SubmissionClassified.
    """
    require(session, actor, id_)
    step = NAMED.get(key)
    if step is None:
        raise NotFound(what="step", id=key)
    report = RestrictedReport
    found = session.execute(select(report.state, report.category, report.commune_id).where(report.id == id_)).one()
    if found.state not in step.becomes:
        raise Conflict(what="case", id=str(id_))
    kept, masked = case_steps.said(words, wanted="words" in step.wants)
    bare = safeguarding.COORDINATES.sub("[đã che: tọa độ]", kept)
    if key == "reassign":
        if not session.scalar(_HAND_ON, {"id": id_, "office": office_id or 0, "said": bare}):
            raise InvalidValue(field="office", value=str(office_id or ""), reason="category")
    else:
        _change(session, actor, id_, step, found, bare, today)
    audit.record(session, actor, f"restricted_{key}", area=found.commune_id, detail={"report": str(id_)})
    return masked or bare != kept


def _change(
    session: Session, actor: Actor, id_: uuid.UUID, step: Step, found: Row[str, str, int], words: str, today: dt.date
) -> None:
    changes: dict[str, Any] = {"state": step.becomes[found.state]}
    if step.key == "answer":
        changes["answered_on"] = today
    elif step.key == "reopen":
        changes |= {"answered_on": None, "due_on": cases.due_on(session, found.category, today)}
    report = RestrictedReport
    changed = session.execute(
        update(report)
        .where(report.id == id_, report.state == found.state, report.office_id == actor.office_id)
        .values(version=report.version + 1, updated_at=text("now()"), **changes)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(what="case", id=str(id_))
    session.execute(
        insert(RestrictedStep).inline().values(
            report_id=id_, step=step.key, state_before=found.state, state_after=changes["state"],
            office_id=actor.office_id, account_id=actor.account_id, words=words or None,
        )
    )  # fmt: skip


def _must(actor: Actor) -> None:
    if not actor.reads_restricted:
        raise Forbidden(verb=READ_RESTRICTED, layer=RestrictedReport.__tablename__, role=str(actor.role))
