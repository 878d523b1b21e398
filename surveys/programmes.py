"""Programmes: the đề án, chỉ thị and kế hoạch these offices live by, which work and decisions point to."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Row, Table, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Forbidden, InvalidValue, NotFound
from geodata.tables import Base
from surveys import audit, offices
from surveys.access import Actor, Role, Verb
from surveys.layers import named
from surveys.map_pages import asked

KINDS = ("nghi_quyet", "chi_thi", "de_an", "chuong_trinh", "ke_hoach")
LONGEST_NUMBER, LONGEST_TITLE, LONGEST_GOALS = 60, 300, 2000
# The layers whose rows carry out a programme.
CARRIED_OUT_BY = ("community_models", "democracy_checks", "joint_activities")
MOST = 50


class Programme(Base):
    """One document with its term, the office that leads it, and its goals; `commune_id` 0 is the province's."""

    __tablename__ = "programmes"
    __table_args__ = (
        CheckConstraint("kind IN ('" + "', '".join(KINDS) + "')", name="kind"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="term"),
        CheckConstraint(
            f"length(number) BETWEEN 1 AND {LONGEST_NUMBER} AND length(title) BETWEEN 1 AND {LONGEST_TITLE}"
            f" AND length(goals) <= {LONGEST_GOALS}",
            name="texts",
        ),
        Index("programmes_place_ix", "province_id", "commune_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    province_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    commune_id: Mapped[int]
    kind: Mapped[str]
    number: Mapped[str]  # số, ký hiệu
    title: Mapped[str]
    goals: Mapped[str]
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date | None]  # the last day of its term
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))  # that leads it
    created_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))

    @property
    def name(self) -> str:
        return f"{self.number} – {self.title}"

    def runs(self, on: dt.date) -> bool:
        """Whether a day is within its term."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)


def listed(session: Session, actor: Actor) -> list[Programme]:
    """Those of the province and of the actor's commune, the latest term first."""
    rows = select(Programme).where(
        Programme.province_id == actor.province_id, *([Programme.commune_id.in_((0, actor.commune_id))] * _one(actor))
    )
    return list(session.scalars(rows.order_by(Programme.starts_on.desc(), Programme.number, Programme.id)))


def choices(session: Session, actor: Actor, on: dt.date) -> list[Programme]:
    """Those that run on a day: what a form offers to point to."""
    return [one for one in listed(session, actor) if one.runs(on)]


def find(session: Session, actor: Actor, id_: int) -> Programme:
    """Raises NotFound, also for one of another place."""
    found = session.get(Programme, id_)
    if found is None or found.province_id != actor.province_id:
        raise NotFound(what="programme", id=id_)
    if _one(actor) and found.commune_id not in (0, actor.commune_id):
        raise NotFound(what="programme", id=id_)
    return found


def chosen(session: Session, actor: Actor, given: str | None) -> int | None:
    """The programme a form's field names, None where it is left empty. Raises InvalidValue."""
    if not given:
        return None
    known = given.isascii() and given.isdigit() and len(given) < 10
    try:
        return find(session, actor, int(given) if known else 0).id
    except NotFound:
        raise InvalidValue(field="programme", value=given[:20], reason="?") from None


def write(session: Session, actor: Actor, given: Mapping[str, str], today: dt.date, id_: int | None = None) -> int:
    """Stores a programme, or with `id_` changes it; its id.

    `given`: kind, number, title, goals, starts_on, ends_on, office. A commune's officer writes the commune's. Raises
    Forbidden (who isn't an officer, or of a wider place), NotFound, InvalidValue, NamesPersons, SubmissionClassified.
    """
    if actor.role is not Role.OFFICER:
        raise Forbidden(verb="write", layer="programmes", role=str(actor.role))
    standing = None if id_ is None else find(session, actor, id_)
    if standing is not None and _one(actor) and standing.commune_id != actor.commune_id:
        raise Forbidden(verb="write", layer="programmes", role=str(actor.role))
    values = _read(session, actor, given, today)
    if standing is None:
        made = Programme(
            province_id=actor.province_id, commune_id=actor.commune_id, created_by=actor.account_id, **values
        )
        session.add(made)
    else:
        made = standing
        for key, value in values.items():
            setattr(made, key, value)
    session.flush()
    audit.record(session, actor, "programme", area=made.commune_id or made.province_id, detail={"programme": made.id})
    return made.id


def point(session: Session, actor: Actor, layer_key: str, feature_id: Any, programme_id: int | None) -> None:
    """Says which programme a model, check or activity carries out. Raises Forbidden, NotFound, InvalidValue."""
    if layer_key not in CARRIED_OUT_BY:
        raise InvalidValue(field="layer", value=layer_key[:20], reason=", ".join(CARRIED_OUT_BY))
    layer = named(layer_key)
    actor.must(Verb.REVIEW, layer.key, layer.grants)
    if programme_id is not None:
        find(session, actor, programme_id)
    table = cast(Table, layer.table.__table__)
    within = [table.c.commune_id == actor.commune_id] * _one(actor)
    changed = session.execute(
        update(table)
        .where(table.c.id == feature_id, table.c.province_id == actor.province_id, *within)
        .values(programme_id=programme_id)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(what="feature", id=str(feature_id))
    detail = {"feature": str(feature_id), "programme": programme_id}
    audit.record(session, actor, "programme", layer=layer.key, detail=detail)


def work(session: Session, actor: Actor, id_: int) -> dict[str, list[Row[Any]]]:
    """What carries a programme out, by layer and `decisions`: (name, place, day, whether it is done), the latest first.

    Of a layer the actor may not read there is no entry; of decisions only those of meetings the actor may see.
    """
    values = {"id": id_, "province": actor.province_id, "commune": actor.commune_id, "most": MOST}
    readable = [key for key in CARRIED_OUT_BY if actor.may(Verb.READ, named(key).grants)]
    found = {key: list(session.execute(text(_OF[key]), values)) for key in readable}
    if actor.role in (Role.OFFICER, Role.LEADER):
        found["decisions"] = list(session.execute(text(_OF["decisions"]), values))
    return found


def _one(actor: Actor) -> bool:
    """Whether the actor's scope is one commune."""
    return actor.commune_id != 0


def _read(session: Session, actor: Actor, given: Mapping[str, str], today: dt.date) -> dict[str, Any]:
    kind = given.get("kind", "")
    if kind not in KINDS:
        raise InvalidValue(field="kind", value=kind[:20], reason=", ".join(KINDS))
    values: dict[str, Any] = {
        "kind": kind,
        "number": asked.written("number", given.get("number"), LONGEST_NUMBER),
        "title": asked.written("title", given.get("title"), LONGEST_TITLE),
        "goals": asked.written("goals", given.get("goals"), LONGEST_GOALS),
        "starts_on": _day("starts_on", given.get("starts_on", "")),
        "ends_on": _day("ends_on", given["ends_on"]) if given.get("ends_on") else None,
        "office_id": offices.chosen(session, actor, given.get("office", ""), today).id,
    }
    for key in ("number", "title"):
        if not values[key]:
            raise InvalidValue(field=key, value="", reason="≥ 1")
    if values["ends_on"] is not None and values["ends_on"] < values["starts_on"]:
        raise InvalidValue(field="ends_on", value=str(values["ends_on"]), reason=f"≥ {values['starts_on']}")
    return values


def _day(field: str, given: str) -> dt.date:
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise InvalidValue(field=field, value=given[:20], reason="yyyy-mm-dd") from None


_CARRIED_OUT = (
    "SELECT {name} AS name, u.name AS place, {on} AS on, {done} AS done FROM {table} f"
    " JOIN units u ON u.id = f.commune_id WHERE f.programme_id = :id AND f.province_id = :province"
    " AND :commune IN (0, f.commune_id) ORDER BY 3 DESC, f.id LIMIT :most"
)
_OF = {
    "community_models": _CARRIED_OUT.format(
        table="community_models", name="f.name", on="f.registered_on", done="f.recognised_on IS NOT NULL"
    ),
    # A round at a place is done when it is recorded.
    "democracy_checks": _CARRIED_OUT.format(
        table="democracy_checks", name="f.survey_round", on="f.checked_on", done="true"
    ),
    "joint_activities": _CARRIED_OUT.format(
        table="joint_activities", name="f.name", on="f.planned_on", done="f.done_on IS NOT NULL"
    ),
    "decisions": "SELECT d.said AS name, o.name AS place, d.due_on AS on, d.state <> 'open' AS done FROM decisions d"
    " JOIN offices o ON o.id = d.office_id WHERE d.programme_id = :id AND d.province_id = :province"
    " AND :commune IN (0, d.commune_id) ORDER BY d.due_on DESC, d.id LIMIT :most",
}
