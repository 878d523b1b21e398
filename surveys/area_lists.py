"""A published list from its file to force: entered by one account, confirmed whole by another, undone whole (S4)."""

import datetime as dt
import json
import uuid
from dataclasses import asdict
from typing import Any, ClassVar

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geodata.problems import Conflict, Forbidden, InvalidValue, NotFound, Problem
from surveys import area_judging, audit
from surveys.access import Actor, Role
from surveys.area_judging import Judged
from surveys.area_reading import Read
from surveys.area_tables import AreaList
from surveys.map_pages import asked
from surveys.review import OwnProposal

LONGEST_DECISION, LONGEST_REASON, LONGEST_NAME = 120, 500, 120
LISTED = 50
LAYER = "minority_areas"
DECISION = "Số, ký hiệu quyết định"


class ListRefused(Problem):
    """Rows that keep the whole list out: nothing was stored. Facts: count, first; `judged` is all there is to say."""

    code: ClassVar[str] = "area_list_refused"

    def __init__(self, judged: Judged) -> None:
        self.judged = judged
        where, code, reason, said = judged.faults[0]
        super().__init__(count=len(judged.faults), first=f"{where}: {code} {said} ({reason})")


class NothingTaken(Problem):
    """No row is of a unit of this province. Facts: read."""

    code: ClassVar[str] = "area_list_empty"


class NotAfter(Problem):
    """Another list holds from that day or a later one. Facts: decision, since."""

    code: ClassVar[str] = "area_list_not_after"


class Followed(Problem):
    """A later list ended this one: that one is to be undone first. Facts: decision."""

    code: ClassVar[str] = "area_list_followed"


class OtherOffice(Problem):
    """Only the office that confirmed a list undoes it. Facts: office."""

    code: ClassVar[str] = "area_list_other_office"


def must_write(actor: Actor) -> None:
    """Lists are the province's: its officers enter, confirm and undo them. Raises Forbidden."""
    if actor.role is not Role.OFFICER or actor.commune_id:
        raise Forbidden(verb="write", layer="area_lists", role=str(actor.role))


def enter(
    session: Session, actor: Actor, read: Read, file_name: str, *, decision: str, decided_on: dt.date,
    valid_from: dt.date, document: str, document_name: str, today: dt.date,
) -> uuid.UUID:  # fmt: skip
    """Stores a list as a draft that counts for nothing, all of it or nothing. `document`: SHA-256 of a kept file.

    Raises Forbidden, InvalidValue, NamesPersons, SubmissionClassified, ListRefused, NothingTaken.
    """
    must_write(actor)
    number = asked.written(DECISION, decision, LONGEST_DECISION)
    names = [
        asked.written(key, said, LONGEST_NAME) for key, said in (("Tên tệp", file_name), ("Tên tệp", document_name))
    ]
    if not number:
        raise InvalidValue(field=DECISION, value="", reason="thiếu | missing")
    if decided_on > today:
        raise InvalidValue(field="Ngày quyết định", value=f"{decided_on:%d/%m/%Y}", reason=f"≤ {today:%d/%m/%Y}")
    judged = area_judging.judge(session, actor, read, decided_on)
    if judged.faults:
        raise ListRefused(judged)
    if not judged.taken:
        raise NothingTaken(read=len(read.lines))
    hamlets = sum(one.hamlet_id is not None for one in judged.taken)
    id_ = uuid.uuid4()
    session.execute(
        text(
            "INSERT INTO area_lists (id, province_id, decision, decided_on, valid_from, document, document_name,"
            " file_name, communes, hamlets, report, entered_by) VALUES (:id, :province, :decision, :on, :from, :doc,"
            " :doc_name, :file, :communes, :hamlets, CAST(:report AS jsonb), :me)"
        ),
        {
            "id": id_, "province": actor.province_id, "decision": number, "on": decided_on, "from": valid_from,
            "doc": document, "file": names[0], "doc_name": names[1], "communes": len(judged.taken) - hamlets,
            "hamlets": hamlets, "report": json.dumps(judged.report), "me": actor.account_id,
        },
    )  # fmt: skip
    rows = {"id": id_, "rows": json.dumps([asdict(one) for one in judged.taken])}
    session.execute(text(_ROWS), rows)
    detail = {"list": str(id_), "rows": len(judged.taken)}
    audit.record(session, actor, "area_list_entered", layer=LAYER, area=actor.province_id, detail=detail)
    return id_


def find(session: Session, actor: Actor, id_: uuid.UUID) -> AreaList:
    """A list of the actor's province that the actor may see. Raises NotFound."""
    found = session.get(AreaList, id_, populate_existing=True)
    if found is None or found.province_id != actor.province_id:
        raise NotFound(what="area_list", id=str(id_))
    return found


def listed(session: Session, actor: Actor) -> list[AreaList]:
    """The lists the actor may see, the newest first; another's draft is nobody's business yet."""
    rows = (
        select(AreaList)
        .where(AreaList.province_id == actor.province_id)
        .where((AreaList.state != "draft") | (AreaList.entered_by == actor.account_id))
        .order_by(AreaList.entered_at.desc(), AreaList.id)
        .limit(LISTED)
    )
    return list(session.scalars(rows))


def waiting(session: Session, actor: Actor) -> int:
    """How many lists wait for this account to confirm or reject them."""
    if actor.role is not Role.OFFICER or actor.commune_id:
        return 0
    query = "SELECT count(*) FROM area_lists WHERE province_id = :province AND state = 'waiting' AND entered_by <> :me"
    return int(session.scalar(text(query), {"province": actor.province_id, "me": actor.account_id}) or 0)


def send(session: Session, actor: Actor, id_: uuid.UUID) -> None:
    """A draft waits for a second person from now on. Raises Forbidden, NotFound, Conflict."""
    _own(session, actor, id_, ("draft",))
    _to(session, id_, "waiting")
    audit.record(session, actor, "area_list_sent", layer=LAYER, area=actor.province_id, detail={"list": str(id_)})


def withdraw(session: Session, actor: Actor, id_: uuid.UUID) -> None:
    """Given up by who entered it, before anybody decided. Raises Forbidden, NotFound, Conflict."""
    _own(session, actor, id_, ("draft", "waiting"))
    session.execute(text("DELETE FROM area_classifications WHERE list_id = :id"), {"id": id_})
    _to(session, id_, "withdrawn")
    audit.record(session, actor, "area_list_withdrawn", layer=LAYER, area=actor.province_id, detail={"list": str(id_)})


def confirm(session: Session, actor: Actor, id_: uuid.UUID) -> None:
    """All of a list comes into force from its day, and what it replaces ends on that day.

    Raises Forbidden, NotFound, Conflict, OwnProposal, NotAfter.
    """
    found = _waiting(session, actor, id_)
    given = {
        "id": id_, "province": actor.province_id, "day": found.valid_from, "me": actor.account_id,
        "communes": found.communes > 0, "hamlets": found.hamlets > 0,
    }  # fmt: skip
    if later := session.execute(text(_LATER), given).first():
        raise NotAfter(decision=later.decision, since=later.valid_from.strftime("%d/%m/%Y"))
    ended = session.execute(text(_END), given).rowcount  # type: ignore[attr-defined]
    begun = session.execute(text(_BEGIN), given).rowcount  # type: ignore[attr-defined]
    if begun != found.communes + found.hamlets:  # a row lost: none of it may stand
        raise Conflict(what="area_list", id=str(id_))
    _reviewed(session, actor, id_, "confirmed", "")
    detail = {"list": str(id_), "rows": begun, "ended": ended}
    audit.record(session, actor, "area_list_confirmed", layer=LAYER, area=actor.province_id, detail=detail)


def reject(session: Session, actor: Actor, id_: uuid.UUID, reason: str | None) -> None:
    """None of a list comes into force.

    Raises Forbidden, NotFound, Conflict, OwnProposal, InvalidValue, NamesPersons.
    """
    _waiting(session, actor, id_)
    _reviewed(session, actor, id_, "rejected", _reason(reason))
    audit.record(session, actor, "area_list_rejected", layer=LAYER, area=actor.province_id, detail={"list": str(id_)})


def undo(session: Session, actor: Actor, id_: uuid.UUID, reason: str | None) -> None:
    """All of a list goes out of force as if it hadn't been, and what it ended holds again; while no other followed.

    Raises Forbidden, NotFound, Conflict, OtherOffice, Followed, InvalidValue, NamesPersons.
    """
    found = _locked(session, actor, id_, ("confirmed",))
    if actor.account_id != found.reviewed_by and (not actor.office_id or actor.office_id != found.office_id):
        name = session.scalar(text("SELECT name FROM offices WHERE id = :id"), {"id": found.office_id})
        raise OtherOffice(office=name or "–")
    if next_ := session.execute(text(_FOLLOWER), {"id": id_}).first():
        raise Followed(decision=next_.decision)
    out = session.execute(text(_UNDO), {"id": id_}).rowcount  # type: ignore[attr-defined]
    back = session.execute(text(_BACK), {"id": id_}).rowcount  # type: ignore[attr-defined]
    session.execute(
        text(
            "UPDATE area_lists SET state = 'undone', undone_by = :me, undone_at = now(), reason = :why WHERE id = :id"
        ),
        {"id": id_, "me": actor.account_id, "why": _reason(reason)},
    )
    detail = {"list": str(id_), "rows": out, "back": back}
    audit.record(session, actor, "area_list_undone", layer=LAYER, area=actor.province_id, detail=detail)


def may_undo(session: Session, actor: Actor, found: AreaList) -> bool:
    """Whether `undo` would be let do it: what the page offers."""
    mine = actor.account_id == found.reviewed_by or (bool(actor.office_id) and actor.office_id == found.office_id)
    return (
        found.state == "confirmed" and actor.role is Role.OFFICER and not actor.commune_id and mine
        and session.execute(text(_FOLLOWER), {"id": found.id}).first() is None
    )  # fmt: skip


def _reason(given: str | None) -> str:
    said = asked.written("Lý do", given, LONGEST_REASON)
    if not said:
        raise InvalidValue(field="Lý do", value="", reason="thiếu | missing")
    return said


def _locked(session: Session, actor: Actor, id_: uuid.UUID, states: tuple[str, ...]) -> AreaList:
    """The list, in one of these states, while nobody else decides on one of the province."""
    must_write(actor)
    key = {"key": f"area_lists {actor.province_id}"}
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
    found = find(session, actor, id_)
    if found.state not in states:
        raise Conflict(what="area_list", id=str(id_))
    return found


def _own(session: Session, actor: Actor, id_: uuid.UUID, states: tuple[str, ...]) -> AreaList:
    found = _locked(session, actor, id_, states)
    if found.entered_by != actor.account_id:
        raise NotFound(what="area_list", id=str(id_))
    return found


def _waiting(session: Session, actor: Actor, id_: uuid.UUID) -> AreaList:
    found = _locked(session, actor, id_, ("waiting",))
    if found.entered_by == actor.account_id:
        raise OwnProposal(id=str(id_))
    return found


def _to(session: Session, id_: uuid.UUID, state: str) -> None:
    session.execute(text("UPDATE area_lists SET state = :state WHERE id = :id"), {"id": id_, "state": state})


def _reviewed(session: Session, actor: Actor, id_: uuid.UUID, state: str, reason: str) -> None:
    given: dict[str, Any] = {
        "id": id_, "state": state, "me": actor.account_id, "office": actor.office_id or None, "reason": reason,
    }  # fmt: skip
    session.execute(
        text(
            "UPDATE area_lists SET state = :state, reviewed_by = :me, reviewed_at = now(), office_id = :office,"
            " reason = :reason WHERE id = :id"
        ),
        given,
    )


_ROWS = """
INSERT INTO area_classifications (list_id, province_id, commune_id, hamlet_id, unit_id, unit_name, area_class, decision,
                                  decided_on, document, valid_from, entered_by)
SELECT l.id, l.province_id, r.commune_id, r.hamlet_id, r.unit_id, r.unit_name, r.area_class, l.decision, l.decided_on,
       l.document, l.valid_from, l.entered_by
FROM area_lists l, jsonb_to_recordset(CAST(:rows AS jsonb))
    AS r(unit_id int, unit_name text, commune_id int, hamlet_id int, area_class text)
WHERE l.id = :id
"""
# A list of communes takes the place of the list of communes before it, one of hamlets that of hamlets.
_STANDING = """
    province_id = :province AND confirmed_by IS NOT NULL AND valid_to IS NULL
    AND CASE WHEN hamlet_id IS NULL THEN :communes ELSE :hamlets END
"""
_LATER = (
    "SELECT decision, valid_from FROM area_classifications WHERE"  # noqa: S608  its own parts
    + _STANDING
    + "AND valid_from >= :day ORDER BY valid_from DESC LIMIT 1"
)
_END = "UPDATE area_classifications SET valid_to = :day, ended_by = :id WHERE" + _STANDING  # noqa: S608
_BEGIN = "UPDATE area_classifications SET confirmed_by = :me, confirmed_at = now() WHERE list_id = :id"
_FOLLOWER = """
SELECT l.decision FROM area_classifications c JOIN area_lists l ON l.id = c.ended_by WHERE c.list_id = :id LIMIT 1
"""
_UNDO = "UPDATE area_classifications SET confirmed_by = NULL, confirmed_at = NULL WHERE list_id = :id"
_BACK = "UPDATE area_classifications SET valid_to = NULL, ended_by = NULL WHERE ended_by = :id"
