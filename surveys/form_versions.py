"""Form versions: publishing the layers' forms, finding a stored version, listing what an account may fill."""

import datetime as dt
import hashlib
import time
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geodata.problems import Problem
from surveys import form_units, xforms, xlsforms
from surveys.access import Actor, Role, Verb
from surveys.form_definition import Definition, parse
from surveys.layers import CATALOGUE, named
from surveys.submissions import FormVersion

TABLE = cast(Table, FormVersion.__table__)


class UnknownForm(Problem):
    """No live or closed form of that id and version; facts: form_id, version."""

    code: ClassVar[str] = "form_unknown"


@dataclass(frozen=True)
class Listed:
    """A live form as formList shows it; `md5` is of the XForm."""

    form_id: str
    version: str
    title: str
    layer: str | None
    md5: str


def publish(
    session: Session | Connection, on: dt.date | None = None, accuracy_m: int = xlsforms.POINT_ACCURACY_M
) -> list[str]:
    """Stores the form of every layer as it is today; the ids that got a new version. Repeating it changes nothing.

    Run as the background role; `accuracy_m` is what phones wait for before they take a point. Earlier versions are
    closed: no longer listed, still readable and still accepted, since a phone may come back into reach weeks later.
    """
    codes = xlsforms.codes_on(session, on or dt.date.today())  # noqa: DTZ011 - code lists hold by the office's own day
    changed = []
    for layer in CATALOGUE:
        version = xforms.version_of(xlsforms.sheets(layer, codes, accuracy_m=accuracy_m))
        known = session.execute(
            select(TABLE.c.state).where(TABLE.c.form_id == layer.key, TABLE.c.version == version)
        ).scalar()
        if known == "live":
            continue
        if known is None:
            xform = xforms.convert(xlsforms.sheets(layer, codes, version, accuracy_m))
            store(session, form_id=layer.key, version=version, title=layer.title, layer=layer.key, xform=xform)
        make_live(session, layer.key, version)
        changed.append(layer.key)
    return changed


def store(
    session: Session | Connection,
    *,
    form_id: str,
    version: str,
    title: str,
    layer: str | None,
    xform: str,
    uploaded_by: int | None = None,
    **uploaded: Any,
) -> None:
    """Adds one version: of a layer, or uploaded by an account and then a draft. A stored version is never replaced.

    `uploaded` are the columns of an uploaded one: province_id, source, source_name, notes.
    """
    session.execute(
        insert(TABLE)
        .values(
            form_id=form_id,
            version=version,
            title=title,
            layer=layer,
            origin="layer" if uploaded_by is None else "upload",
            xform=xform,
            md5=hashlib.md5(xform.encode(), usedforsecurity=False).hexdigest(),
            state="closed" if uploaded_by is None else "draft",
            uploaded_by=uploaded_by,
            **uploaded,
        )
        .on_conflict_do_nothing()
    )


def make_live(
    session: Session | Connection,
    form_id: str,
    version: str,
    approved_by: int | None = None,
    until: dt.date | None = None,
) -> None:
    """Makes one version the live one and closes the other live ones of its form; `until` is its last day but one."""
    same = TABLE.c.form_id == form_id
    session.execute(
        update(TABLE).where(same, TABLE.c.version != version, TABLE.c.state == "live").values(state="closed")
    )
    values: dict[str, Any] = {"state": "live"}
    if until is not None:
        values["expires_on"] = until
    if approved_by is not None:
        values |= {"approved_by": approved_by, "approved_at": func.now()}
    session.execute(update(TABLE).where(same, TABLE.c.version == version).values(**values))


def listed(session: Session | Connection, actor: Actor) -> list[Listed]:
    """The live forms the actor may fill, layers in the order of the catalogue; after them the uploaded ones that are
    published where the actor works and haven't run out.
    """
    rows = session.execute(
        select(TABLE.c.form_id, TABLE.c.version, TABLE.c.title, TABLE.c.layer, TABLE.c.md5, TABLE.c.origin)
        .where(TABLE.c.state == "live", (TABLE.c.expires_on.is_(None)) | (TABLE.c.expires_on > func.current_date()))
        .order_by(TABLE.c.form_id)
    ).all()
    order = {layer.key: at for at, layer in enumerate(CATALOGUE)}
    uploaded = any(row.origin == "upload" for row in rows)
    published = form_units.reaching(session, actor) if uploaded else frozenset[str]()
    mine = [
        Listed(*row[:5])
        for row in rows
        if may_fill(actor, row.layer) and (row.origin == "layer" or row.form_id in published)
    ]
    return sorted(mine, key=lambda form: order.get(form.form_id, len(order)))


def may_fill(actor: Actor, layer: str | None) -> bool:
    """Whether the actor may submit; a form that feeds no layer is open to field staff and officers."""
    if layer is None:
        return actor.role in (Role.FIELD, Role.OFFICER)
    return actor.may(Verb.SUBMIT, named(layer).grants)


def xform(session: Session | Connection, actor: Actor, form_id: str, version: str) -> tuple[str, str]:
    """(XForm, md5) of a live or closed version the actor may fill. Raises UnknownForm."""
    row = session.execute(
        select(TABLE.c.xform, TABLE.c.md5, TABLE.c.layer).where(
            TABLE.c.form_id == form_id,
            TABLE.c.version == version,
            TABLE.c.state.in_(("live", "closed")),
            (TABLE.c.province_id.is_(None)) | (TABLE.c.province_id == actor.province_id),
        )
    ).one_or_none()
    if row is None or not may_fill(actor, row.layer):
        raise UnknownForm(form_id=form_id, version=version)
    return row.xform, row.md5


def live_version(session: Session | Connection, form_id: str) -> str | None:
    """The version of a form that is filled today; None where it is closed."""
    found: str | None = session.execute(
        select(TABLE.c.version).where(TABLE.c.form_id == form_id, TABLE.c.state == "live")
    ).scalar()
    return found


def definition(connection: Session | Connection, form_id: str, version: str) -> Definition:
    """The parsed definition of a version that is or was live, kept in memory. Raises UnknownForm."""
    # A stored version never changes and never becomes a draft again, so what was found once stays right.
    found = _DEFINITIONS.get((form_id, version))
    if found is None:
        row = connection.execute(
            select(TABLE.c.xform, TABLE.c.layer).where(
                TABLE.c.form_id == form_id,
                TABLE.c.version == version,
                TABLE.c.state != "draft",
                # A draft that was taken back was never anybody's to fill.
                (TABLE.c.origin == "layer") | TABLE.c.approved_by.is_not(None),
            )
        ).one_or_none()
        if row is None:
            raise UnknownForm(form_id=form_id, version=version)
        found = parse(row.xform, row.layer)
        if len(_DEFINITIONS) >= _MOST:
            _DEFINITIONS.pop(next(iter(_DEFINITIONS)), None)
        _DEFINITIONS[form_id, version] = found
    return found


def withdrawn(connection: Session | Connection, form_id: str, version: str) -> bool:
    """Whether a version was taken back, as of at most WITHDRAWN_KEPT_S ago: what is sent of it is set aside."""
    at, known = _WITHDRAWN["all"]
    if time.monotonic() - at > WITHDRAWN_KEPT_S:
        rows = connection.execute(select(TABLE.c.form_id, TABLE.c.version).where(TABLE.c.state == "withdrawn"))
        known = frozenset((row.form_id, row.version) for row in rows)
        _WITHDRAWN["all"] = (time.monotonic(), known)
    return (form_id, version) in known


WITHDRAWN_KEPT_S = 10.0  # receiving asks for each submission
_WITHDRAWN: dict[str, tuple[float, frozenset[tuple[str, str]]]] = {"all": (-1e9, frozenset())}
_MOST = 200
_DEFINITIONS: dict[tuple[str, str], Definition] = {}
