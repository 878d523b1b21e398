"""One check at work: its checklist answered item by item, findings given to offices and followed until mended."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geodata.problems import NotFound
from surveys import audit
from surveys.access import Actor, Verb
from surveys.check_rounds import PILLARS, RESULTS
from surveys.check_tables import CheckAnswer, CheckFinding, ChecklistItem, GrassrootsBlocks
from surveys.field_faults import Fault, refuse
from surveys.layers.democracy_checks import BY_PILLARS, DemocracyCheck, layer
from surveys.map_pages import asked

LONGEST = 500
BLOCKS = ("needed", "in_place", "with_regulation", "with_tasks")
_OFFICE = text(
    "SELECT EXISTS (SELECT FROM offices WHERE id = :office AND unit_id IN (:province, :commune)"
    " AND valid_from <= :on AND (valid_to IS NULL OR valid_to > :on))"
)
_COMMUNE = text(
    "SELECT EXISTS (SELECT FROM units WHERE id = :id AND level = 3 AND valid_to IS NULL AND province_id = :province"
    " AND :commune IN (0, id))"
)


def check(session: Session, actor: Actor, id_: uuid.UUID, verb: Verb = Verb.READ) -> DemocracyCheck:
    """The check, if it is in the actor's scope and the actor holds the verb. Raises Forbidden, NotFound."""
    actor.must(verb, layer.key, layer.grants)
    found = session.get(DemocracyCheck, id_)
    if found is None or found.province_id != actor.province_id or actor.commune_id not in (0, found.commune_id):
        raise NotFound(what="check", id=str(id_))
    return found


def items(session: Session, found: DemocracyCheck) -> list[ChecklistItem]:
    """What the check's list asked on the day of the check, in its order."""
    rows = session.scalars(
        select(ChecklistItem)
        .where(ChecklistItem.checklist == found.checklist, ChecklistItem.valid_from <= found.checked_on)
        .where((ChecklistItem.valid_to.is_(None)) | (ChecklistItem.valid_to > found.checked_on))
        .order_by(ChecklistItem.position, ChecklistItem.code)
    )
    return list(rows)


def topics(session: Session, found: DemocracyCheck) -> dict[str, tuple[str, str]]:
    """What a finding of the check may be about, with labels (vi, en): the pillars, else the items of its list."""
    if found.checklist == BY_PILLARS:
        return {key: (layer.field(key).label, layer.field(key).label_en) for key in PILLARS}
    return {item.code: (item.label_vi, item.label_en) for item in items(session, found)}


def answers(session: Session, id_: uuid.UUID) -> dict[str, CheckAnswer]:
    """What was found, by item."""
    rows = session.scalars(
        select(CheckAnswer).where(CheckAnswer.check_id == id_).execution_options(populate_existing=True)
    )
    return {row.item: row for row in rows}


def findings(session: Session, id_: uuid.UUID) -> list[tuple[CheckFinding, str]]:
    """The findings of a check with their office's name: what is still open first, by its day."""
    rows = session.execute(
        text(
            "SELECT f.id, o.name FROM check_findings f JOIN offices o ON o.id = f.office_id WHERE f.check_id = :id"
            " ORDER BY f.fixed_on IS NOT NULL, f.fix_by, f.id"
        ),
        {"id": id_},
    )
    names: dict[int, str] = {row.id: row.name for row in rows}
    found = session.scalars(
        select(CheckFinding).where(CheckFinding.id.in_(names)).execution_options(populate_existing=True)
    )
    kept = {one.id: one for one in found}
    return [(kept[key], name) for key, name in names.items()]


def answer(session: Session, actor: Actor, id_: uuid.UUID, given: Mapping[str, tuple[str, str]]) -> None:
    """Stores (result, evidence) by item; a pillar all of whose items are answered takes their result.

    Raises FieldsRefused, NamesPersons, SubmissionClassified, NotFound, Forbidden. Nothing is stored then.
    """
    found = check(session, actor, id_, Verb.REVIEW)
    asked_for = {item.code: item for item in items(session, found)}
    faults = [Fault(key, "unknown") for key in given if key not in asked_for]
    faults += [Fault(key, "unknown") for key, (result, _) in given.items() if result not in RESULTS]
    refuse(faults)
    for key, (result, evidence) in given.items():
        row = {
            "check_id": id_, "province_id": found.province_id, "commune_id": found.commune_id, "item": key,
            "result": result, "evidence": asked.written(f"evidence-{key}", evidence, LONGEST),
            "account_id": actor.account_id,
        }  # fmt: skip
        changed = {name: row[name] for name in ("result", "evidence", "account_id")} | {"changed_at": text("now()")}
        session.execute(
            insert(CheckAnswer).inline().values(**row)
            .on_conflict_do_update(index_elements=("check_id", "item"), set_=changed)
        )  # fmt: skip
    known = {key: one.result for key, one in answers(session, id_).items()}
    by_pillars = found.checklist == BY_PILLARS  # another list's items may not fill in what it doesn't ask
    pillars = {
        pillar: rolled([known.get(code) for code, item in asked_for.items() if item.pillar == pillar])
        for pillar in PILLARS if by_pillars
    }  # fmt: skip
    changes = {key: value for key, value in pillars.items() if value and value != getattr(found, key)}
    if changes:
        session.execute(
            update(DemocracyCheck).where(DemocracyCheck.id == id_).values(**changes)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        session.expire(found)
    _note(session, actor, found, "checklist_answered", items=len(given), pillars=sorted(changes))


def rolled(results: list[str | None]) -> str | None:
    """A pillar's result from its items': all alike that one, else partly; None while one has no answer."""
    if not results or None in results:
        return None
    return results[0] if len(set(results)) == 1 else "mot_phan"


def find(session: Session, actor: Actor, id_: uuid.UUID, given: Mapping[str, Any], today: dt.date) -> None:
    """Stores a finding: pillar (one of `topics`), words, office_id, fix_by. Raises as `answer`."""
    found = check(session, actor, id_, Verb.REVIEW)
    faults = []
    if given.get("pillar") not in topics(session, found):
        faults.append(Fault("pillar", "unknown"))
    words = asked.written("words", given.get("words"), LONGEST)
    if not words:
        faults.append(Fault("words", "missing"))
    fix_by: dt.date | None = given.get("fix_by")
    if fix_by is None:
        faults.append(Fault("fix_by", "missing"))
    elif fix_by < found.checked_on:
        faults.append(Fault("fix_by", "before_check", day=found.checked_on))
    where = {"province": found.province_id, "commune": found.commune_id, "office": given.get("office_id"), "on": today}
    if given.get("office_id") is None or not session.scalar(_OFFICE, where):
        faults.append(Fault("office_id", "unknown"))
    refuse(faults)
    session.execute(
        insert(CheckFinding).inline().values(
            check_id=id_, province_id=found.province_id, commune_id=found.commune_id, pillar=given["pillar"],
            words=words, office_id=given["office_id"], fix_by=fix_by, account_id=actor.account_id,
        )
    )  # fmt: skip
    _note(session, actor, found, "finding_added")


def settle(
    session: Session, actor: Actor, id_: uuid.UUID, finding_id: int, fixed_on: dt.date | None, evidence: str,
    today: dt.date,
) -> None:  # fmt: skip
    """Says that a finding is mended, with what shows it; without a day it is open again. Raises as `answer`."""
    found = check(session, actor, id_, Verb.REVIEW)
    row = session.scalar(
        select(CheckFinding).where(CheckFinding.id == finding_id, CheckFinding.check_id == id_)
    )  # fmt: skip
    if row is None:
        raise NotFound(what="finding", id=finding_id)
    shown = asked.written("evidence", evidence, LONGEST) if fixed_on else ""
    if fixed_on is not None:
        faults = [] if shown else [Fault("evidence", "missing")]
        if fixed_on > today:
            faults.append(Fault("fixed_on", "day_ahead"))
        elif fixed_on < found.checked_on:
            faults.append(Fault("fixed_on", "before_check", day=found.checked_on))
        refuse(faults)
    row.fixed_on, row.evidence, row.account_id = fixed_on, shown, actor.account_id
    session.flush()
    _note(session, actor, found, "finding_fixed" if fixed_on else "finding_reopened", finding=finding_id)


def count_blocks(
    session: Session, actor: Actor, commune_id: int, on: dt.date | None, given: Mapping[str, Any], today: dt.date
) -> None:
    """Stores the state of a commune's grassroots blocks as of a day; the later of two holds.

    Raises FieldsRefused, NotFound, Forbidden.
    """
    actor.must(Verb.REVIEW, layer.key, layer.grants)
    where = {"id": commune_id, "province": actor.province_id, "commune": actor.commune_id}
    if not session.scalar(_COMMUNE, where):
        raise NotFound(what="commune", id=commune_id)
    refuse(block_faults(given, on, today))
    row = {"province_id": actor.province_id, "commune_id": commune_id, "on": on, "account_id": actor.account_id}
    session.execute(insert(GrassrootsBlocks).inline().values(**row, **{key: given[key] for key in BLOCKS}))
    audit.record(session, actor, "blocks_counted", layer=layer.key, area=commune_id, detail={"on": str(on)})


def block_faults(given: Mapping[str, Any], on: dt.date | None, today: dt.date) -> list[Fault]:
    """Numbers that don't fit each other, a day that can't be."""
    faults = [Fault(key, "missing") for key in BLOCKS if given.get(key) is None]
    if on is None:
        faults.append(Fault("on", "missing"))
    elif on > today:
        faults.append(Fault("on", "day_ahead"))
    if faults:
        return faults
    if given["needed"] > 10_000:
        return [Fault("needed", "out_of_range", least=0, most=10_000)]
    parts = (("in_place", "needed"), ("with_regulation", "in_place"), ("with_tasks", "in_place"))
    return [Fault(part, "part_larger", part=part, whole=whole) for part, whole in parts if given[part] > given[whole]]


def _note(session: Session, actor: Actor, found: DemocracyCheck, verb: str, **detail: Any) -> None:
    audit.record(
        session, actor, verb, layer=layer.key, area=found.commune_id, detail={"feature": str(found.id), **detail}
    )
