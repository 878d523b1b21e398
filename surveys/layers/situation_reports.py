"""Situation reports on services: a need in a place, the office that answers, and by when.

Restricted categories (S5) never enter this table: they live in `restricted_reports`, which has no geometry.
"""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.fields import choice, date, integer, longtext
from surveys.access import grant
from surveys.layer import Feature, Layer, Style

RESTRICTED = ("dat_dai_boi_thuong", "doi_song_tai_dinh_cu", "chinh_sach_xa_hoi", "mau_thuan_cong_dong")
SERVICE_ONLY = " and ".join(["${category} != ''", *(f"${{category}} != '{code}'" for code in RESTRICTED)])


class SituationReport(Feature):
    __tablename__ = "situation_reports"
    shape = "POINT"
    constraints = (
        CheckConstraint("category NOT IN ('" + "', '".join(RESTRICTED) + "')", name="service_category"),
        CheckConstraint("due_on >= observed_on", name="due"),
        Index("situation_reports_inbox_ix", "province_id", "state", "due_on", "id"),
        Index("situation_reports_office_id_ix", "office_id", "state", "due_on"),
        # The rows of one sum over cases; and all that figures by hamlet ask of a commune's rows, without the rows.
        Index(
            "situation_reports_received_ix", "commune_id", "office_id", text("(coalesce(received_on, observed_on))"),
            postgresql_include=[
                "province_id", "hamlet_id", "observed_on", "state", "due_on", "answered_on", "updated_at",
            ],
        ),
        Index(
            "situation_reports_emergencies_ix", "province_id", "due_on",
            postgresql_where=text("urgency = 'khan_cap' AND state IN ('mo', 'dang_xu_ly', 'mo_lai')"),
        ),
    )  # fmt: skip

    category: Mapped[str] = choice("Lĩnh vực", "report_categories", "Category", "LINH_VUC", required=True)
    what_happened: Mapped[str] = longtext("Nội dung sự việc", "What happened", "NOI_DUNG", required=True, leaves=False)
    urgency: Mapped[str] = choice("Mức độ", "urgencies", "Urgency", "MUC_DO", required=True)
    households_affected: Mapped[int | None] = integer(
        "Số hộ bị ảnh hưởng", "Households affected", "SO_HO_AH", small_counts=True, maximum=100000
    )
    happened_on: Mapped[dt.date] = date("Ngày xảy ra", "Happened on", "NGAY_XR", required=True)
    state: Mapped[str] = choice("Tình trạng", "case_states", "State", "TRANG_THAI", required=True, asked=False)
    due_on: Mapped[dt.date] = date("Hạn trả lời", "Due on", "HAN", required=True, asked=False, future=True)
    answered_on: Mapped[dt.date | None] = date("Ngày trả lời", "Answered on", "NGAY_TL", asked=False)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))  # the office that must answer
    received_on: Mapped[dt.date | None] = (
        mapped_column()
    )  # by the server; unknown, the day it was observed stands for it
    acknowledged_on: Mapped[dt.date | None] = mapped_column()  # the office's first step
    reopened_on: Mapped[dt.date | None] = mapped_column()  # last


layer = Layer(
    SituationReport,
    title="Phản ánh tình hình",
    title_en="Situation reports",
    group="Tình hình",
    style=Style(
        color="#2166ac",
        icon="bell",
        by="state",
        classes={
            "mo": ("#2166ac", "circle"),
            "dang_xu_ly": ("#4393c3", "triangle"),
            "da_tra_loi": ("#1b7837", "square"),
            "dong": ("#777777", "cross"),
            "mo_lai": ("#b35806", "diamond"),
        },
    ),
    grants=grant(
        field="read submit", officer="read submit review export", leader="read", gis="read export", admin="read"
    ),
    label="category",
    near_m=300.0,
    photos=True,
    geometry_relevant=SERVICE_ONLY,
    geometry_required=False,
    visited=False,  # a report is answered, not updated
)
