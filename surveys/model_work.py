"""One “Dân vận khéo” model at work: registered, assessed each half-year, recognised, kept up, copied."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue, NotFound
from surveys import audit, periods
from surveys.access import Actor, Verb
from surveys.field_faults import Fault, refuse
from surveys.layers.community_models import CommunityModel, layer
from surveys.map_pages import asked
from surveys.model_tables import LONGEST, WRITTEN, ModelAssessment, ModelRecognition, ModelRegistration

RESULTS = ("dat", "mot_phan", "chua")
LEVELS = ("xa", "tinh", "trung_uong")  # the lowest first; “dang_ky” is none yet
LONGEST_WORDS, LONGEST_DOCUMENT = 500, 120
_DESCENDS = text(
    "WITH RECURSIVE line(id) AS (SELECT CAST(:origin AS uuid) UNION SELECT m.replicated_from FROM community_models m"
    " JOIN line l ON l.id = m.id WHERE m.replicated_from IS NOT NULL) SELECT EXISTS (SELECT FROM line WHERE id = :id)"
)
_COPIED = text("SELECT EXISTS (SELECT FROM community_models WHERE replicated_from = :id AND province_id = :province)")


def model(session: Session, actor: Actor, id_: uuid.UUID, verb: Verb = Verb.READ) -> CommunityModel:
    """The model, if it is in the actor's scope and the actor holds the verb. Raises Forbidden, NotFound."""
    actor.must(verb, layer.key, layer.grants)
    found = session.get(CommunityModel, id_)
    if found is None or found.province_id != actor.province_id or actor.commune_id not in (0, found.commune_id):
        raise NotFound(what="model", id=str(id_))
    return found


def registration(session: Session, id_: uuid.UUID) -> ModelRegistration | None:
    """What its registration form says, if somebody filled it in."""
    return session.get(ModelRegistration, id_, populate_existing=True)


def assessments(session: Session, id_: uuid.UUID) -> list[ModelAssessment]:
    """Its self-assessments, the latest first."""
    asked_for = select(ModelAssessment).where(ModelAssessment.model_id == id_).order_by(ModelAssessment.half.desc())
    return list(session.scalars(asked_for.execution_options(populate_existing=True)))


def recognitions(session: Session, id_: uuid.UUID) -> list[ModelRecognition]:
    """By whom it was recognised, the highest level first."""
    asked_for = select(ModelRecognition).where(ModelRecognition.model_id == id_)
    rows = session.scalars(asked_for.execution_options(populate_existing=True))
    return sorted(rows, key=lambda row: -LEVELS.index(row.level))


def register(session: Session, actor: Actor, id_: uuid.UUID, given: Mapping[str, Any]) -> None:
    """Stores the registration form: `goals`, the words of WRITTEN, `individuals`, a number.

    Raises FieldsRefused, NamesPersons, SubmissionClassified, InvalidValue, NotFound, Forbidden.
    """
    found = model(session, actor, id_, Verb.REVIEW)
    words = {key: asked.written(key, given.get(key), LONGEST) for key in (*WRITTEN, "goals")}
    goals, number = words.pop("goals"), given.get("individuals")
    if number is not None and not 0 <= number <= 100_000:
        refuse([Fault("individuals", "out_of_range", least=0, most=100_000)])
    row = {**_of(found), **words, "individuals": number, "account_id": actor.account_id}
    _upsert(session, ModelRegistration, row, ("model_id",))
    _change(session, found, {"goals": goals or None})
    _note(session, actor, found, "model_registered")


def assess(session: Session, actor: Actor, id_: uuid.UUID, given: Mapping[str, Any], today: dt.date) -> None:
    """Stores the self-assessment of a half-year: half, result, kept, households, words. Raises as `register`."""
    found = model(session, actor, id_, Verb.REVIEW)
    faults = []
    try:
        half = periods.named(str(given.get("half", "")))
        if half.kind != periods.HALF or half.first > today or half.last < found.registered_on:
            faults.append(Fault("half", "unknown"))
    except InvalidValue:
        faults.append(Fault("half", "unknown"))
    if given.get("result") not in RESULTS:
        faults.append(Fault("result", "unknown"))
    households = given.get("households")
    if households is not None and not 0 <= households <= 1_000_000:
        faults.append(Fault("households", "out_of_range", least=0, most=1_000_000))
    refuse(faults)
    row = {
        **_of(found), "half": half.code, "result": given["result"], "kept": bool(given.get("kept")),
        "households": households, "words": asked.written("words", given.get("words"), LONGEST_WORDS),
        "account_id": actor.account_id,
    }  # fmt: skip
    _upsert(session, ModelAssessment, row, ("model_id", "half"))
    told = assessments(session, id_)
    if told[0].half == half.code and households is not None:
        _change(session, found, {"households_reached": households})
    _bring_up(session, found)
    _note(session, actor, found, "model_assessed", half=half.code)


def recognise(
    session: Session, actor: Actor, id_: uuid.UUID, level: str, decided_on: dt.date | None, document: str,
    today: dt.date,
) -> None:  # fmt: skip
    """Stores a level's decision. Raises as `register`."""
    found = model(session, actor, id_, Verb.REVIEW)
    faults = [] if level in LEVELS else [Fault("level", "unknown")]
    if decided_on is None:
        faults.append(Fault("decided_on", "missing"))
    elif decided_on > today:
        faults.append(Fault("decided_on", "day_ahead"))
    elif decided_on < found.registered_on:
        faults.append(Fault("decided_on", "before_registered", day=found.registered_on))
    said = asked.written("document", document, LONGEST_DOCUMENT)
    if not said:
        faults.append(Fault("document", "missing"))
    refuse(faults)
    row = {**_of(found), "level": level, "decided_on": decided_on, "document": said, "account_id": actor.account_id}
    _upsert(session, ModelRecognition, row, ("model_id", "level"))
    _bring_up(session, found)
    _note(session, actor, found, "model_recognised", level=level)


def withdraw(session: Session, actor: Actor, id_: uuid.UUID, level: str) -> None:
    """Takes a recorded decision back. Raises NotFound, Forbidden."""
    found = model(session, actor, id_, Verb.REVIEW)
    gone = session.execute(
        delete(ModelRecognition).where(ModelRecognition.model_id == id_, ModelRecognition.level == level)
    )
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(what="recognition", id=level[:20])
    if not recognitions(session, id_):
        _change(session, found, {"recognition": "dang_ky", "recognised_on": None, "state": "dang_trien_khai"})
    _bring_up(session, found)
    _note(session, actor, found, "recognition_withdrawn", level=level)


def follow(session: Session, actor: Actor, id_: uuid.UUID, origin: uuid.UUID | None) -> None:
    """Says which model this one was copied from, or that it wasn't. Raises FieldsRefused (a circle), NotFound."""
    found = model(session, actor, id_, Verb.REVIEW)
    former = found.replicated_from
    if origin is not None:
        model(session, actor, origin)
        if session.scalar(_DESCENDS, {"origin": origin, "id": id_}):
            refuse([Fault("origin", "circle")])
    _change(session, found, {"replicated_from": origin})
    for other in {former, origin} - {None}:
        touched = session.get(CommunityModel, other)
        if touched is not None:
            _bring_up(session, touched)
    _note(session, actor, found, "model_origin", origin=str(origin) if origin else None)


def _bring_up(session: Session, found: CommunityModel) -> None:
    """The model's own row says what the work beside it says: its highest level, and whether it lives on."""
    changes: dict[str, Any] = {}
    ranked, told = recognitions(session, found.id), assessments(session, found.id)
    if ranked:
        changes |= {"recognition": ranked[0].level, "recognised_on": ranked[0].decided_on}
    recognised = bool(ranked) or found.recognised_on is not None
    if told and not told[0].kept:
        changes["state"] = "dung"
    elif session.scalar(_COPIED, {"id": found.id, "province": found.province_id}):
        changes["state"] = "nhan_rong"
    elif told or ranked:
        since = ranked[0].decided_on if ranked else found.recognised_on
        kept_since = since is not None and any(periods.named(one.half).last >= since and one.kept for one in told)
        changes["state"] = "duy_tri" if recognised and kept_since else (
            "duoc_cong_nhan" if recognised else "dang_trien_khai"
        )  # fmt: skip
    _change(session, found, changes)


def _of(found: CommunityModel) -> dict[str, Any]:
    return {"model_id": found.id, "province_id": found.province_id, "commune_id": found.commune_id}


def _upsert(session: Session, table: Any, row: dict[str, Any], key: tuple[str, ...]) -> None:
    changed = {name: value for name, value in row.items() if name not in key} | {"changed_at": text("now()")}
    session.execute(insert(table).inline().values(**row).on_conflict_do_update(index_elements=key, set_=changed))


def _change(session: Session, found: CommunityModel, changes: dict[str, Any]) -> None:
    changes = {key: value for key, value in changes.items() if getattr(found, key) != value}
    if changes:
        session.execute(
            update(CommunityModel).where(CommunityModel.id == found.id).values(**changes)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        session.expire(found)


def _note(session: Session, actor: Actor, found: CommunityModel, verb: str, **detail: Any) -> None:
    audit.record(
        session, actor, verb, layer=layer.key, area=found.commune_id, detail={"feature": str(found.id), **detail}
    )
