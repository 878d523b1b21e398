"""Rows that hold from a day on: codes of lists, service standards, periods. Added and ended, never rewritten."""

import datetime as dt
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from geodata.problems import Forbidden, InvalidValue
from surveys import audit, keeping, screening
from surveys.access import Actor, Role

# Vocabularies the safeguards close (S3, S4), categories they sort (S5), and states the code knows by name.
CLOSED = ("area_classes", "ethnic_groups", "facility_types", "report_categories", "case_states", "traditions")
LONGEST = 200
_CODES = text(
    "SELECT code, label_vi, label_en, valid_from, valid_to, source, status FROM code_lists WHERE list = :list"
    " ORDER BY valid_to IS NOT NULL, position, valid_from"
)
_STANDARDS = text(
    "SELECT s.category, s.valid_from, s.days, s.source, c.label_vi, c.label_en FROM service_standards s"
    " LEFT JOIN LATERAL (SELECT label_vi, label_en FROM code_lists WHERE list = 'report_categories'"
    " AND code = s.category ORDER BY valid_from DESC LIMIT 1) c ON true ORDER BY s.category, s.valid_from DESC"
)
_PERIODS = text("SELECT kind, valid_from, length, source FROM safeguard_periods ORDER BY kind, valid_from DESC")


def lists(session: Session) -> list[str]:
    """The names of the code lists."""
    return list(session.scalars(text("SELECT DISTINCT list FROM code_lists ORDER BY 1")))


def codes(session: Session, list_: str) -> list[Row[Any]]:
    """Every row of a list, those that hold first."""
    return list(session.execute(_CODES, {"list": list_}))


def standards(session: Session) -> list[Row[Any]]:
    """Days to answer each category, the newest row of each first."""
    return list(session.execute(_STANDARDS))


def periods(session: Session) -> list[Row[Any]]:
    """How long things are kept, the newest row of each kind first."""
    return list(session.execute(_PERIODS))


def add_code(
    session: Session, actor: Actor, list_: str, code: str, day: dt.date, label_vi: str, label_en: str, source: str
) -> None:
    """A new code of an open list. Raises InvalidValue for a closed list or a bad code, Forbidden, Conflict."""
    code = code.strip()
    if not code or not all(sign.isascii() and (sign.islower() or sign.isdigit() or sign == "_") for sign in code):
        raise InvalidValue(field="mã", value=code[:40], reason="chỉ a–z, 0–9 và dấu _")
    said = {"vi": _words("nhãn", label_vi), "en": _words("nhãn tiếng Anh", label_en), "said": _words("nguồn", source)}
    if list_ in CLOSED:
        raise InvalidValue(field="danh mục", value=list_, reason="danh mục đóng theo quy tắc an toàn")
    _do(session, actor, "SELECT add_code(:list, :code, :day, :vi, :en, :said)", {
        "list": list_, "code": code, "day": day, **said,
    }, "add_code", {"list": list_, "code": code, "from": day.isoformat()})  # fmt: skip


def end_code(session: Session, actor: Actor, list_: str, code: str, day: dt.date) -> None:
    """From that day on the code isn't offered; rows that have it keep it. Raises InvalidValue, Forbidden."""
    if list_ in CLOSED:
        raise InvalidValue(field="danh mục", value=list_, reason="danh mục đóng theo quy tắc an toàn")
    given = {"list": list_, "code": code, "day": day}
    _do(session, actor, "SELECT end_code(:list, :code, :day)", given, "end_code", {
        "list": list_, "code": code, "to": day.isoformat(),
    })  # fmt: skip


def add_standard(session: Session, actor: Actor, category: str, day: dt.date, days: int, source: str) -> None:
    """Days to answer a category, for what is received from that day on. Raises InvalidValue, Forbidden, Conflict."""
    if not 1 <= days <= 365:
        raise InvalidValue(field="số ngày", value=str(days), reason="1–365")
    given = {"category": category, "day": day, "days": days, "said": _words("nguồn", source)}
    _do(session, actor, "SELECT add_standard(:category, :day, :days, :said)", given, "add_standard", {
        "category": category, "from": day.isoformat(), "days": days,
    })  # fmt: skip


def add_period(session: Session, actor: Actor, kind: str, day: dt.date, length: int, source: str) -> None:
    """A period of `keeping.KINDS` from that day on. Raises InvalidValue, Forbidden, Conflict."""
    most = {keeping.RESTRICTED_MONTHS: 120, keeping.WITHDRAWAL_DAYS: 60, keeping.BACKUP_DAYS: keeping.MOST_BACKUP_DAYS}
    if kind not in most:
        raise InvalidValue(field="thời hạn", value=kind[:40], reason="không có trong danh mục")
    if not 1 <= length <= most[kind]:
        raise InvalidValue(field="độ dài", value=str(length), reason=f"1–{most[kind]}")
    given = {"kind": kind, "day": day, "length": length, "said": _words("nguồn", source)}
    _do(session, actor, "SELECT add_period(:kind, :day, :length, :said)", given, "add_period", {
        "kind": kind, "from": day.isoformat(), "length": length,
    })  # fmt: skip


def _do(session: Session, actor: Actor, call: str, given: dict[str, Any], verb: str, detail: dict[str, Any]) -> None:
    if actor.role is not Role.ADMIN:
        raise Forbidden(verb=verb, layer="code_lists", role=str(actor.role))
    if session.execute(text(call), given).first() is None:
        raise InvalidValue(field="mã", value=str(given.get("code") or given.get("category"))[:40], reason="không có")
    audit.record(session, actor, verb, detail=detail)


def _words(field: str, given: str) -> str:
    """What stands in a list for everybody to read: not empty, not long, and about nobody (S1)."""
    words = " ".join(given.split())
    if not 0 < len(words) <= LONGEST:
        raise InvalidValue(field=field, value=words[:40], reason=f"1–{LONGEST} chữ")
    masked, found = screening.mask(words)
    if found:
        raise InvalidValue(field=field, value=masked[:40], reason="có thông tin về người")
    return words
