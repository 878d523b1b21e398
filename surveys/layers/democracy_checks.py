"""Checks at a commune or hamlet: by the six pillars of Law 10/2022/QH15, of a directive, or by a list of one's own.

Only the first list asks the pillars; what the others found stands beside their items (`check_answers`).
"""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from geodata.fields import choice, date, longtext
from surveys.access import grant
from surveys.layer import Feature, Layer, Style

BY_PILLARS, OF_DIRECTIVE = "dan_chu_co_so", "chi_thi"
ASKED = f"${{checklist}} = '{BY_PILLARS}'"


def pillar(name: str, name_en: str, dbf: str) -> tuple[MappedColumn[Any], MappedColumn[Any]]:
    """Result of one pillar and the evidence seen."""
    return (
        choice(name, "check_results", name_en, dbf, required=True, relevant=ASKED),
        longtext(f"{name}: minh chứng", f"{name_en}: evidence", f"{dbf}_MC", leaves=False, relevant=ASKED),
    )


class DemocracyCheck(Feature):
    __tablename__ = "democracy_checks"
    shape = "POINT"
    constraints = (
        CheckConstraint(
            f"checklist <> '{BY_PILLARS}' OR num_nonnulls(know, discuss, act, \"check\", supervise, benefit) = 6",
            name="pillars",
        ),
        Index("democracy_checks_programme_id_ix", "programme_id", postgresql_where=sql("programme_id IS NOT NULL")),
    )

    survey_round: Mapped[str] = choice("Đợt kiểm tra", "survey_rounds", "Check round", "DOT", required=True)
    checklist: Mapped[str] = choice("Bộ tiêu chí", "checklists", "Checklist", "BO_TC", required=True)
    checked_on: Mapped[dt.date] = date("Ngày kiểm tra", "Checked on", "NGAY_KT", required=True)
    know, know_evidence = pillar("Dân biết", "People know", "BIET")
    discuss, discuss_evidence = pillar("Dân bàn", "People discuss", "BAN")
    act, act_evidence = pillar("Dân làm", "People do", "LAM")
    check, check_evidence = pillar("Dân kiểm tra", "People check", "KTRA")
    supervise, supervise_evidence = pillar("Dân giám sát", "People supervise", "GSAT")
    benefit, benefit_evidence = pillar("Dân thụ hưởng", "People benefit", "HUONG")
    findings: Mapped[str | None] = longtext("Kết luận, tồn tại", "Findings", "KET_LUAN", leaves=False)
    fix_by: Mapped[dt.date | None] = date("Hạn khắc phục", "Fix by", "HAN_KP", future=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"))  # it carries out


layer = Layer(
    DemocracyCheck,
    title="Kiểm tra dân chủ ở cơ sở",
    title_en="Democracy checks",
    group="Công tác",
    style=Style(
        color="#01665e",
        icon="check",
        by="know",
        classes={"dat": ("#01665e", "circle"), "mot_phan": ("#b8860b", "triangle"), "chua": ("#b2182b", "square")},
    ),
    grants=grant(
        field="read submit", officer="read submit review export", leader="read", gis="read export", admin="read"
    ),
    label="checklist",
    geometry_required=False,
    needed=((("checklist", BY_PILLARS), ("know", "discuss", "act", "check", "supervise", "benefit")),),
)
