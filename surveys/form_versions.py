"""Form versions: publishing the layers' forms, finding a stored version, listing what an account may fill."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import ClassVar, cast

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geodata.problems import Problem
from surveys import xforms, xlsforms
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


def publish(session: Session | Connection, on: dt.date | None = None) -> list[str]:
    """Stores the form of every layer as it is today; the ids that got a new version. Repeating it changes nothing.

    Run as the background role. Earlier versions are closed: no longer listed, still readable and still accepted,
    since a phone may come back into reach weeks later.
    """
    codes = xlsforms.codes_on(session, on or dt.date.today())  # noqa: DTZ011 - code lists hold by the office's own day
    changed = []
    for layer in CATALOGUE:
        version = xforms.version_of(xlsforms.sheets(layer, codes))
        known = session.execute(
            select(TABLE.c.state).where(TABLE.c.form_id == layer.key, TABLE.c.version == version)
        ).scalar()
        if known == "live":
            continue
        if known is None:
            xform = xforms.convert(xlsforms.sheets(layer, codes, version))
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
) -> None:
    """Adds one version: of a layer, or uploaded by an account and then a draft. A stored version is never replaced."""
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
        )
        .on_conflict_do_nothing()
    )


def make_live(session: Session | Connection, form_id: str, version: str, approved_by: int | None = None) -> None:
    """Makes one version the live one and closes the other live ones of its form."""
    same = TABLE.c.form_id == form_id
    session.execute(
        update(TABLE).where(same, TABLE.c.version != version, TABLE.c.state == "live").values(state="closed")
    )
    values = {"state": "live"} if approved_by is None else {"state": "live", "approved_by": approved_by}
    session.execute(update(TABLE).where(same, TABLE.c.version == version).values(**values))


def listed(session: Session | Connection, actor: Actor) -> list[Listed]:
    """The live forms the actor may fill, layers in the order of the catalogue, uploaded ones after them."""
    rows = session.execute(
        select(TABLE.c.form_id, TABLE.c.version, TABLE.c.title, TABLE.c.layer, TABLE.c.md5)
        .where(TABLE.c.state == "live")
        .order_by(TABLE.c.form_id)
    )
    order = {layer.key: at for at, layer in enumerate(CATALOGUE)}
    mine = [Listed(*row) for row in rows if may_fill(actor, row.layer)]
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
            TABLE.c.form_id == form_id, TABLE.c.version == version, TABLE.c.state != "draft"
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
    """The parsed definition of a live or closed version, kept in memory. Raises UnknownForm."""
    # A stored version never changes and never becomes a draft again, so what was found once stays right.
    found = _DEFINITIONS.get((form_id, version))
    if found is None:
        row = connection.execute(
            select(TABLE.c.xform, TABLE.c.layer).where(
                TABLE.c.form_id == form_id, TABLE.c.version == version, TABLE.c.state != "draft"
            )
        ).one_or_none()
        if row is None:
            raise UnknownForm(form_id=form_id, version=version)
        found = parse(row.xform, row.layer)
        if len(_DEFINITIONS) >= _MOST:
            _DEFINITIONS.pop(next(iter(_DEFINITIONS)), None)
        _DEFINITIONS[form_id, version] = found
    return found


_MOST = 200
_DEFINITIONS: dict[tuple[str, str], Definition] = {}
