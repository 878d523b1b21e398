"""What stands around a report's text: whose it is, its symbol, its place, who signs, who receives it.

The signer's name is written by hand into the file: nothing here holds a name (S1).
"""

from collections.abc import Mapping

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveys.access import Actor
from surveys.map_pages import asked
from surveys.reports.tables import Report

PARTY, STATE = "party", "state"
LAYOUTS = (PARTY, STATE)
# Each field and how long it may be.
FIELDS = {
    "superior": 150, "issuer": 150, "symbol": 40, "place": 60, "authority": 150, "post": 80, "recipients": 1000,
}  # fmt: skip
UNIT = text("SELECT u.kind, u.name, p.kind AS above_kind, p.name AS above FROM units u"
            " JOIN units p ON p.id = u.province_id WHERE u.id = :id")  # fmt: skip


def first(session: Session, actor: Actor, unit_id: int, layout: str) -> dict[str, str]:
    """As the unit's last report of that layout had it, else what is usual for its level."""
    last = session.scalar(
        select(Report.head).where(Report.province_id == actor.province_id, Report.unit_id == unit_id,
                                  Report.layout == layout, Report.removed.is_(False))
        .order_by(Report.created_at.desc(), Report.id.desc()).limit(1)
    )  # fmt: skip
    return dict(last) if last else usual(session, actor, unit_id, layout)


def usual(session: Session, actor: Actor, unit_id: int, layout: str) -> dict[str, str]:
    """What is usual for a province's liaison office or a commune; every line can be changed."""
    row = session.execute(UNIT, {"id": unit_id}).one()
    province, unit = f"{row.above_kind} {row.above}", f"{row.kind} {row.name}"
    sent: tuple[str, ...]
    if layout == PARTY and not actor.commune_id:
        issuer, superior, symbol = "Ban Tuyên giáo và Dân vận", f"Tỉnh ủy {row.above}", "BTGDVTU"
        sent = ("Ban Tuyên giáo và Dân vận Trung ương (báo cáo)", "Thường trực Tỉnh ủy (báo cáo)")
        authority, post = "", "Trưởng ban"
    elif layout == PARTY:
        issuer, superior, symbol = f"Đảng ủy {unit}", f"Đảng bộ {province}", "ĐU"
        sent, authority, post = ("Ban Tuyên giáo và Dân vận Tỉnh ủy (báo cáo)",), "T/M Đảng ủy", "Bí thư"
    elif not actor.commune_id:
        issuer, superior, symbol = "Sở Dân tộc và Tôn giáo", f"Ủy ban nhân dân {province}", "SDTTG"
        sent, authority, post = ("Ủy ban nhân dân tỉnh (báo cáo)",), "", "Giám đốc"
    else:
        issuer, superior, symbol = f"Ủy ban nhân dân {unit}", "", "UBND"
        sent = ("Ủy ban nhân dân tỉnh (báo cáo)", "Thường trực Đảng ủy (báo cáo)")
        authority, post = "TM. Ủy ban nhân dân", "Chủ tịch"
    return {
        "superior": superior, "issuer": issuer, "symbol": symbol, "place": row.name, "authority": authority,
        "post": post, "recipients": "\n".join(sent),
    }  # fmt: skip


def written(given: Mapping[str, str]) -> dict[str, str]:
    """The lines somebody wrote. Raises NamesPersons, SubmissionClassified, InvalidValue."""
    return {key: asked.written(key, given.get(key), most) for key, most in FIELDS.items()}
