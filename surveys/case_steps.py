"""What may be done with a service case, by whom, and what each step makes of it: a literal table, one function."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from geodata.problems import Conflict, Forbidden, InvalidValue, NotFound
from surveys import audit, case_answers, case_history, cases, screening
from surveys.access import Actor, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.case_history import CaseDuplicate, CaseEvent
from surveys.layers.situation_reports import SituationReport, layer

# The office that must answer works on a case; a liaison office (one that answers no category) sees to it that it moves.
ANSWERING, LIAISON = "answering", "liaison"


@dataclass(frozen=True)
class Step:
    """One step: states it may be taken from, the state it leads to, who takes it, and what must be said with it."""

    key: str
    whose: tuple[str, ...]
    becomes: dict[str, str]  # state before → state after
    wants: tuple[str, ...] = ()  # of words, office, case


_WORKED_ON = ("mo", "dang_xu_ly", "mo_lai")
STEPS = (
    Step("take", (ANSWERING,), {"mo": "dang_xu_ly", "mo_lai": "dang_xu_ly"}),
    Step("answer", (ANSWERING,), dict.fromkeys(_WORKED_ON, "da_tra_loi"), ("words",)),
    # An office that isn't responsible hands the case on itself and says why: it is never left with nobody.
    Step("reassign", (ANSWERING, LIAISON), dict.fromkeys(_WORKED_ON, "mo"), ("words", "office")),
    Step("escalate", (LIAISON,), {state: state for state in _WORKED_ON}, ("words",)),
    Step("duplicate", (ANSWERING, LIAISON), dict.fromkeys(_WORKED_ON, "dong"), ("case",)),
    Step("close", (LIAISON,), {"da_tra_loi": "dong"}),
    Step("reopen", (LIAISON,), {"da_tra_loi": "mo_lai", "dong": "mo_lai"}, ("words",)),
)
NAMED = {step.key: step for step in STEPS}

_LIAISON = text("SELECT NOT EXISTS (SELECT FROM office_categories WHERE office_id = :office)")
_MAY_ANSWER = text(
    "SELECT EXISTS (SELECT FROM offices o JOIN office_categories c ON c.office_id = o.id"
    " WHERE o.id = :office AND o.unit_id IN (:province, :commune) AND c.category = :category"
    " AND o.valid_from <= :on AND (o.valid_to IS NULL OR o.valid_to > :on))"
)


def case(session: Session, actor: Actor, id_: uuid.UUID) -> SituationReport:
    """The report, if the actor's office answers it or is a liaison office of its place; NotFound else."""
    actor.must(Verb.REVIEW, layer.key, layer.grants)
    found = session.get(SituationReport, id_)
    if found is None or found.province_id != actor.province_id or actor.commune_id not in (0, found.commune_id):
        raise NotFound(what="case", id=str(id_))
    if not standing(session, actor, found):
        raise NotFound(what="case", id=str(id_))
    return found


def standing(session: Session, actor: Actor, found: SituationReport) -> frozenset[str]:
    """As what the actor's office stands to the case."""
    if not actor.office_id:
        return frozenset()
    if found.office_id == actor.office_id:
        return frozenset({ANSWERING})
    return frozenset({LIAISON}) if is_liaison(session, actor) else frozenset()


def is_liaison(session: Session, actor: Actor) -> bool:
    """Whether the actor's office is one that answers no category itself."""
    return bool(actor.office_id) and bool(session.scalar(_LIAISON, {"office": actor.office_id}))


def open_to(session: Session, actor: Actor, found: SituationReport) -> list[Step]:
    """The steps the actor may take now, in the order of the table."""
    whose = standing(session, actor, found)
    return [step for step in STEPS if found.state in step.becomes and whose.intersection(step.whose)]


def take(
    session: Session, actor: Actor, id_: uuid.UUID, key: str, today: dt.date, *,
    words: str = "", office_id: int | None = None, main_id: uuid.UUID | None = None,
) -> bool:  # fmt: skip
    """Takes one step; whether something about persons had to be masked in its words (S2).

    Raises NotFound; Forbidden (not this office's step); Conflict (the case isn't, or no longer, in a state for it);
    InvalidValue (words, office or case missing or unfit); SubmissionClassified.
    """
    found, step = case(session, actor, id_), NAMED.get(key)
    if step is None:
        raise NotFound(what="step", id=key)
    if not standing(session, actor, found).intersection(step.whose):
        raise Forbidden(verb=key, layer=layer.key, role=str(actor.role))
    if found.state not in step.becomes:
        raise Conflict(what="case", id=str(id_))
    kept, masked = said(words, wanted="words" in step.wants)
    changes: dict[str, Any] = {"state": step.becomes[found.state]}
    if found.acknowledged_on is None and found.office_id == actor.office_id:
        changes["acknowledged_on"] = today
    if "office" in step.wants:
        changes["office_id"] = _other_office(session, found, office_id, today)
    if key == "answer":
        changes["answered_on"] = today
        case_answers.keep(session, actor, found, kept)
    elif key == "reopen":
        # What was answered didn't help: the clock of the standard in force begins anew.
        changes |= {"answered_on": None, "due_on": cases.due_on(session, found.category, today), "reopened_on": today}
    elif key == "duplicate":
        _join(session, actor, found, main_id)
    before = found.state
    changed = session.execute(
        update(SituationReport)
        .where(SituationReport.id == id_, SituationReport.state == before)
        .where(SituationReport.office_id == found.office_id)
        .values(**changes)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(what="case", id=str(id_))
    session.execute(
        insert(CaseEvent).inline().values(
            report_id=id_, province_id=found.province_id, commune_id=found.commune_id, step=key,
            state_before=before, state_after=changes["state"], office_id=actor.office_id,
            to_office_id=changes.get("office_id"), account_id=actor.account_id,
            words=kept if kept and key != "answer" else None,
        )
    )  # fmt: skip
    audit.record(session, actor, key, layer=layer.key, area=found.commune_id, detail={"feature": str(id_)})
    return masked


def said(words: str, *, wanted: bool) -> tuple[str, bool]:
    """Words as they may be kept, and whether something about persons was masked. Raises InvalidValue where they are
    missing or too long, SubmissionClassified.
    """
    words = words.strip()
    if (wanted and not words) or len(words) > case_answers.LONGEST:
        raise InvalidValue(field="words", value="", reason=f"1–{case_answers.LONGEST}")
    if screening.classified(words):
        raise SubmissionClassified(field="words")
    kept, found = screening.mask(words)
    return kept, bool(found)


def _other_office(session: Session, found: SituationReport, office_id: int | None, today: dt.date) -> int:
    """An office in force that answers this category here. Raises InvalidValue for any other."""
    asked = {"office": office_id, "province": found.province_id, "commune": found.commune_id}
    fits = session.scalar(_MAY_ANSWER, asked | {"category": found.category, "on": today})
    if office_id is None or office_id == found.office_id or not fits:
        raise InvalidValue(field="office", value=str(office_id or ""), reason="category")
    return office_id


def _join(session: Session, actor: Actor, found: SituationReport, main_id: uuid.UUID | None) -> None:
    """Remembers which case stands for this one. Raises InvalidValue unless that one is worked on or answered here."""
    main = session.get(SituationReport, main_id) if main_id not in (None, found.id) else None
    fits = main is not None and (main.commune_id, main.category) == (found.commune_id, found.category)
    if not fits or case_history.main_of(session, main_id) is not None:
        raise InvalidValue(field="case", value=str(main_id or ""), reason="category")
    session.execute(
        insert(CaseDuplicate).inline().values(
            report_id=found.id, main_id=main_id, province_id=found.province_id, commune_id=found.commune_id,
            account_id=actor.account_id,
        )
    )  # fmt: skip
