"""Forms made by staff: checked apart, drafts until a second account approves, published to units for a year."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.orm import Session

from geodata.problems import Problem
from surveys import (
    audit,
    form_files,
    form_process,
    form_units,
    form_versions,
    xform_questions,
    xform_rules,
    xlsforms,
)
from surveys.access import APPROVE_FORM, Actor, Role
from surveys.form_checking import Checked
from surveys.form_faults import CONVERSION, Fault
from surveys.xforms import FormNotConvertible

UPLOADERS = frozenset({Role.OFFICER, Role.GIS, Role.ADMIN})
TERM_DAYS = 365
_TABLE = form_versions.TABLE


class FormRefused(Problem):
    """A form that isn't taken; facts: field, reason, more (how many more), faults (all, as dicts)."""

    code: ClassVar[str] = "form_refused"


class FormNeedsSecondAccount(Problem):
    """Whoever uploaded a form doesn't approve it, nor does an account without the verb."""

    code: ClassVar[str] = "form_needs_second_account"


class FormFilesMissing(Problem):
    """A form isn't approved before it has the files it names; facts: names."""

    code: ClassVar[str] = "form_files_missing"


class FormChanged(Problem):
    """The draft isn't the one that was looked at; facts: form_id, version."""

    code: ClassVar[str] = "form_changed"


def add(
    session: Session | Connection,
    actor: Actor,
    data: bytes,
    name: str = "bieu_mau.xlsx",
    files: dict[str, bytes] | None = None,
) -> tuple[str, str]:
    """Stores a form's file as a draft, in place of the actor's own draft of that version; (form id, version).

    `files` are its pictures, sounds and lists by name. Raises FormRefused, and FormNotConvertible where pyxform or
    ODK Validate would refuse it too.
    """
    if actor.role not in UPLOADERS:
        raise FormRefused(field="", reason="tài khoản này không được đưa biểu mẫu lên", more=0, faults=[])
    kept, wrong = form_files.taken(files or {})
    _refuse(wrong)
    made = form_process.checked(data, name, kept, _codes(session))
    _refuse(made.faults)
    _replace(session, actor, made)
    form_versions.store(
        session,
        form_id=made.form_id,
        version=made.version,
        title=made.title or made.form_id,
        layer=made.layer,
        xform=made.xform,
        uploaded_by=actor.account_id,
        province_id=actor.province_id,
        source=data,
        source_name=name,
        notes=made.notes,
    )
    form_files.store(session, made.form_id, made.version, kept)
    detail = {"form": made.form_id, "version": made.version}
    audit.record(session, actor, "form uploaded", layer=made.layer, detail=detail)
    return made.form_id, made.version


def find(session: Session | Connection, actor: Actor, form_id: str, version: str) -> Row[Any]:
    """One uploaded version of the actor's province, without its source. Raises UnknownForm."""
    columns = [column for column in _TABLE.c if column.key != "source"]
    row = session.execute(
        select(*columns).where(
            _TABLE.c.form_id == form_id,
            _TABLE.c.version == version,
            _TABLE.c.origin == "upload",
            _TABLE.c.province_id == actor.province_id,
        )
    ).one_or_none()
    if row is None:
        raise form_versions.UnknownForm(form_id=form_id, version=version)
    return row


def missing_files(session: Session | Connection, row: Row[Any]) -> list[str]:
    """Files the form names and doesn't have."""
    wanted = xform_rules.files(xform_questions.opened(row.xform))
    return sorted(wanted - set(form_files.listed(session, row.form_id, row.version)))


def may_approve(actor: Actor, row: Row[Any]) -> bool:
    """Whether the actor may say yes to this version, and later renew or publish it."""
    return APPROVE_FORM in actor.special and row.uploaded_by != actor.account_id


def approve(
    session: Session | Connection,
    actor: Actor,
    form_id: str,
    version: str,
    units: Collection[int] = (),
    md5: str | None = None,
) -> None:
    """Makes a draft live for a year and publishes it to units (none given: the actor's province, or where it stands).

    `md5` is of the XForm the approver looked at. Raises UnknownForm, FormNeedsSecondAccount, FormFilesMissing,
    FormChanged.
    """
    row = _decided(session, actor, form_id, version)
    if row.state != "draft":
        raise form_versions.UnknownForm(form_id=form_id, version=version)
    if md5 is not None and md5 != row.md5:
        raise FormChanged(form_id=form_id, version=version)
    missing = missing_files(session, row)
    if missing:
        raise FormFilesMissing(names=", ".join(missing))
    form_versions.make_live(session, form_id, version, approved_by=actor.account_id, until=_term())
    if units or not form_units.of(session, form_id):
        form_units.publish(session, actor, form_id, units or [actor.commune_id or actor.province_id])
    audit.record(session, actor, "form approved", layer=row.layer, detail={"form": form_id, "version": version})


def publish(session: Session | Connection, actor: Actor, form_id: str, version: str, units: Collection[int]) -> None:
    """From today the form is listed in these units and no others. Raises as `approve`."""
    row = _decided(session, actor, form_id, version)
    form_units.publish(session, actor, form_id, units)
    detail = {"form": form_id, "units": sorted(units)}
    audit.record(session, actor, "form published", layer=row.layer, detail=detail)


def renew(session: Session | Connection, actor: Actor, form_id: str, version: str) -> None:
    """Another year from today, for a live form or one that has run out. Raises as `approve`."""
    row = _decided(session, actor, form_id, version)
    if row.state not in ("live", "closed") or row.approved_by is None:
        raise form_versions.UnknownForm(form_id=form_id, version=version)
    form_versions.make_live(session, form_id, version, until=_term())
    audit.record(session, actor, "form renewed", layer=row.layer, detail={"form": form_id, "version": version})


def withdraw(session: Session | Connection, actor: Actor, form_id: str, version: str) -> None:
    """Taken back by whoever uploaded it or by an approver: listed no more, and what still comes of it is set aside.

    Raises UnknownForm, FormNeedsSecondAccount.
    """
    row = find(session, actor, form_id, version)
    if row.uploaded_by != actor.account_id and APPROVE_FORM not in actor.special:
        raise FormNeedsSecondAccount
    same = (_TABLE.c.form_id == form_id, _TABLE.c.version == version)
    session.execute(update(_TABLE).where(*same).values(state="withdrawn"))
    audit.record(session, actor, "form withdrawn", layer=row.layer, detail={"form": form_id, "version": version})


def close(session: Session | Connection, actor: Actor, form_id: str, version: str) -> None:
    """Listed no more; what phones still send of it is taken. Raises as `withdraw`."""
    row = find(session, actor, form_id, version)
    if row.uploaded_by != actor.account_id and APPROVE_FORM not in actor.special:
        raise FormNeedsSecondAccount
    same = (_TABLE.c.form_id == form_id, _TABLE.c.version == version, _TABLE.c.state == "live")
    session.execute(update(_TABLE).where(*same).values(state="closed"))
    audit.record(session, actor, "form closed", layer=row.layer, detail={"form": form_id, "version": version})


def _decided(session: Session | Connection, actor: Actor, form_id: str, version: str) -> Row[Any]:
    row = find(session, actor, form_id, version)
    if not may_approve(actor, row):
        raise FormNeedsSecondAccount
    return row


def _replace(session: Session | Connection, actor: Actor, made: Checked) -> None:
    """Makes room for a version: only the actor's own draft gives way, and a form's id belongs to one province."""
    rows = session.execute(
        select(_TABLE.c.version, _TABLE.c.state, _TABLE.c.uploaded_by, _TABLE.c.province_id).where(
            _TABLE.c.form_id == made.form_id
        )
    ).all()
    if any(row.province_id != actor.province_id for row in rows):
        _refuse([Fault("form_id này đã có nơi khác dùng, hãy đặt tên khác.", sheet="settings", column="form_id")])
    for row in rows:
        if row.version != made.version:
            continue
        if row.state != "draft" or row.uploaded_by != actor.account_id:
            words = "Phiên bản này đã có, hãy đặt số khác."
            _refuse([Fault(words, sheet="settings", row=2, column="version", about=made.version)])
        session.execute(delete(_TABLE).where(_TABLE.c.form_id == made.form_id, _TABLE.c.version == made.version))


def _codes(session: Session | Connection) -> dict[str, set[str]]:
    lists = xlsforms.codes_on(session, _today())
    return {name: {code.code for code in codes} for name, codes in lists.items()}


def _refuse(faults: Iterable[Fault]) -> None:
    found = list(faults)
    if not found:
        return
    first = found[0]
    where = " ".join(part for part in (first.sheet, str(first.row or ""), first.about[:60]) if part)
    facts: dict[str, Any] = {"reason": first.words, "faults": [fault.told() for fault in found]}
    if all(fault.kind == CONVERSION for fault in found):
        raise FormNotConvertible(**facts)
    raise FormRefused(field=where, more=len(found) - 1, **facts)


def _term() -> dt.date:
    return _today() + dt.timedelta(days=TERM_DAYS)


def _today() -> dt.date:
    return dt.date.today()  # noqa: DTZ011 - code lists and terms hold by the office's own day
