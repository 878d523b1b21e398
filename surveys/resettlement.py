"""Resettlement projects at work: a stage or a day's figures recorded, and the project's row brought up to them."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue, NotFound
from surveys import audit, resettlement_rules
from surveys.access import Actor, Verb
from surveys.field_faults import Fault, refuse
from surveys.layers.resettlement_projects import ResettlementProject, layer
from surveys.map_pages import asked
from surveys.resettlement_rules import Stood
from surveys.resettlement_tables import ProjectProgress, ProjectStep, StageRule

DAYS = ("planned_on", "began_on", "ended_on")
HEARD = ("meetings", "opinions", "opinions_answered")
LONGEST_DOCUMENT = 120
COMPLAINTS = "khieu_nai"  # runs beside the others: no project stands at it
POSTED, APPROVED = "niem_yet_phuong_an", "phe_duyet"

_STAGES = text(
    "SELECT DISTINCT ON (position, code) code FROM code_lists WHERE list = 'resettlement_stages'"
    " ORDER BY position, code, valid_from DESC"
)


def project(session: Session, actor: Actor, id_: uuid.UUID, verb: Verb = Verb.READ) -> ResettlementProject:
    """The project, if it is in the actor's scope and the actor holds the verb. Raises Forbidden, NotFound."""
    actor.must(verb, layer.key, layer.grants)
    found = session.get(ResettlementProject, id_)
    if found is None or found.province_id != actor.province_id or actor.commune_id not in (0, found.commune_id):
        raise NotFound(what="project", id=str(id_))
    return found


def stages(session: Session) -> list[str]:
    """The codes of all stages in the order of the law."""
    return list(session.scalars(_STAGES))


def rules(session: Session) -> list[StageRule]:
    """Every dated rule, the old ones too: a stage is judged by what held on its day."""
    return list(session.scalars(select(StageRule).order_by(StageRule.valid_from, StageRule.stage, StageRule.days)))


def steps(
    session: Session, actor: Actor, project_id: uuid.UUID | None = None
) -> dict[uuid.UUID, dict[str, ProjectStep]]:
    """By project and stage what was recorded, of one project or of all in the actor's scope."""
    asked_for = select(ProjectStep).where(ProjectStep.province_id == actor.province_id)
    if actor.commune_id:
        asked_for = asked_for.where(ProjectStep.commune_id == actor.commune_id)
    if project_id is not None:
        asked_for = asked_for.where(ProjectStep.project_id == project_id)
    found: dict[uuid.UUID, dict[str, ProjectStep]] = {}
    for step in session.scalars(asked_for.execution_options(populate_existing=True)):
        found.setdefault(step.project_id, {})[step.stage] = step
    return found


def stood(recorded: Mapping[str, ProjectStep]) -> dict[str, Stood]:
    """The days alone, as rules judge them."""
    return {key: Stood(key, one.planned_on, one.began_on, one.ended_on) for key, one in recorded.items()}


def progress(session: Session, project_id: uuid.UUID, *, planned: bool = False) -> list[ProjectProgress]:
    """The figures of a project by day, or what they are to be."""
    return list(
        session.scalars(
            select(ProjectProgress)
            .where(ProjectProgress.project_id == project_id, ProjectProgress.planned.is_(planned))
            .order_by(ProjectProgress.on)
            .execution_options(populate_existing=True)
        )
    )


def record_step(
    session: Session, actor: Actor, id_: uuid.UUID, stage: str, given: Mapping[str, Any], today: dt.date
) -> None:
    """Stores one stage's days, document and numbers of people heard, in place of what stood; brings the project up.

    Raises FieldsRefused (days that can't be, a stage skipped), NamesPersons, SubmissionClassified, InvalidValue,
    NotFound, Forbidden. Nothing is stored then.
    """
    found = project(session, actor, id_, Verb.REVIEW)
    if stage not in stages(session):
        raise InvalidValue(field="stage", value=stage[:40], reason="?")
    row: dict[str, Any] = {key: given.get(key) for key in (*DAYS, *HEARD)}
    row["document"] = asked.written("document", given.get("document"), LONGEST_DOCUMENT) or None
    if all(value is None for value in row.values()):
        refuse([Fault("began_on", "nothing")])
    refuse(resettlement_rules.day_faults(row, today))
    after = stood(steps(session, actor, id_).get(id_, {}))
    after[stage] = Stood(stage, row["planned_on"], row["began_on"], row["ended_on"])
    refuse(resettlement_rules.order_faults(rules(session), after))
    _store(session, actor, ProjectStep, found, {"stage": stage, **row}, ("project_id", "stage"))
    _bring_up(session, found, after)
    _note(session, actor, found, "stage_recorded", stage=stage)


def clear_step(session: Session, actor: Actor, id_: uuid.UUID, stage: str) -> None:
    """Takes a recorded stage back. Raises FieldsRefused where a later one stands on it, NotFound, Forbidden."""
    found = project(session, actor, id_, Verb.REVIEW)
    after = stood(steps(session, actor, id_).get(id_, {}))
    if after.pop(stage, None) is None:
        raise NotFound(what="stage", id=stage[:40])
    refuse(resettlement_rules.order_faults(rules(session), after))
    session.execute(delete(ProjectStep).where(ProjectStep.project_id == id_, ProjectStep.stage == stage))
    _bring_up(session, found, after, cleared=stage)
    _note(session, actor, found, "stage_cleared", stage=stage)


def record_progress(
    session: Session, actor: Actor, id_: uuid.UUID, on: dt.date | None, given: Mapping[str, Any], today: dt.date,
    *, planned: bool = False,
) -> None:  # fmt: skip
    """Stores the figures as of a day, or as they are to be by it; the latest true ones become the project's own.

    Raises FieldsRefused (numbers that don't fit each other, a day that can't be), NotFound, Forbidden.
    """
    found = project(session, actor, id_, Verb.REVIEW)
    row = {key: given.get(key) for key in resettlement_rules.COUNTS}
    faults = resettlement_rules.count_faults(row)
    if on is None:
        faults.append(Fault("on", "missing"))
    elif on > today and not planned:
        faults.append(Fault("on", "day_ahead"))
    elif on < resettlement_rules.EARLIEST:
        faults.append(Fault("on", "day_long_ago", day=resettlement_rules.EARLIEST))
    refuse(faults)
    _store(
        session, actor, ProjectProgress, found, {"on": on, "planned": planned, **row}, ("project_id", "planned", "on")
    )
    if not planned:
        _take_over(session, found)
    _note(session, actor, found, "figures_planned" if planned else "figures_recorded", on=str(on))


def clear_progress(session: Session, actor: Actor, id_: uuid.UUID, row_id: int) -> None:
    """Takes the figures of a day back; those of the day before become the project's own. Raises NotFound, Forbidden."""
    found = project(session, actor, id_, Verb.REVIEW)
    row = session.scalar(select(ProjectProgress).where(ProjectProgress.id == row_id, ProjectProgress.project_id == id_))
    if row is None:
        raise NotFound(what="figures", id=row_id)
    on, planned = row.on, row.planned
    session.delete(row)
    session.flush()
    if not planned:
        _take_over(session, found)
    _note(session, actor, found, "figures_cleared", on=str(on))


def _store(
    session: Session, actor: Actor, table: Any, found: ResettlementProject, row: dict[str, Any], key: tuple[str, ...]
) -> None:
    whole = {
        "project_id": found.id, "province_id": found.province_id, "commune_id": found.commune_id, **row,
        "account_id": actor.account_id,
    }  # fmt: skip
    changed = {name: value for name, value in whole.items() if name not in key} | {"changed_at": text("now()")}
    session.execute(insert(table).inline().values(**whole).on_conflict_do_update(index_elements=key, set_=changed))


def _bring_up(session: Session, found: ResettlementProject, after: Mapping[str, Stood], cleared: str = "") -> None:
    """The project stands at the furthest stage begun; its next milestone is the nearest one planned and not ended."""
    order = [code for code in stages(session) if code != COMPLAINTS]
    begun = [code for code in order if code in after and after[code].began_on]
    ahead = sorted(
        (one.planned_on, order.index(one.stage)) for one in after.values()
        if one.planned_on and one.ended_on is None and one.stage in order
    )  # fmt: skip
    changes: dict[str, Any] = {"stage": begun[-1]} if begun else {}
    if POSTED in (*after, cleared):
        changes["plan_posted_on"] = after[POSTED].began_on if POSTED in after else None
    if APPROVED in (*after, cleared):
        changes["plan_approved_on"] = after[APPROVED].ended_on if APPROVED in after else None
    if cleared or any(one.planned_on for one in after.values()):
        day, at = ahead[0] if ahead else (None, None)
        changes |= {"next_on": day, "next_milestone": None if at is None else order[at]}
    _change(session, found, changes)


def _take_over(session: Session, found: ResettlementProject) -> None:
    rows = progress(session, found.id)
    if rows:
        last = rows[-1]
        # What a day's report left out stays as it was known; a small project keeps neither money nor place (S6).
        changes = {key: value for key in resettlement_rules.COUNTS if (value := getattr(last, key)) is not None}
        row = {field.key: getattr(found, field.key) for field in layer.fields} | changes
        changes |= layer.emptied(row)
        changes["observed_on"] = max(found.observed_on, last.on)
        _fits(row)
        _change(session, found, changes)


def _fits(row: Mapping[str, Any]) -> None:
    """The day's figures beside those it left out must fit too."""
    refuse([fault for fault in resettlement_rules.count_faults(row) if fault.code != "small_money"])


def _change(session: Session, found: ResettlementProject, changes: dict[str, Any]) -> None:
    changes = {key: value for key, value in changes.items() if getattr(found, key) != value}
    if changes:
        session.execute(
            update(ResettlementProject)
            .where(ResettlementProject.id == found.id, ResettlementProject.province_id == found.province_id)
            .values(**changes)
            .execution_options(synchronize_session=False)
        )
        session.expire(found)


def _note(session: Session, actor: Actor, found: ResettlementProject, verb: str, **detail: Any) -> None:
    audit.record(
        session, actor, verb, layer=layer.key, area=found.commune_id, detail={"feature": str(found.id), **detail}
    )
