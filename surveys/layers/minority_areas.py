"""Ethnic-minority areas: published classification and services, dated source, confirmed by a second account (S4)."""

import datetime as dt

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from geodata.fields import choice, choices, date, decimal, document, integer, text
from surveys.access import grant
from surveys.layer import Feature, Layer, Style, Withheld

# Groups of a few thousand people: naming them below province would point at persons (S4).
SMALL_GROUPS = ("11", "39", "41", "42", "43", "44", "45", "46", "47", "48", "49", "50", "51", "52", "53", "54")


class MinorityArea(Feature):
    __tablename__ = "minority_areas"
    shape = "MULTIPOLYGON"
    constraints = (
        CheckConstraint("entered_by IS NOT NULL AND confirmed_by IS NOT NULL", name="two_accounts"),
        CheckConstraint("entered_by <> confirmed_by", name="second_confirmer"),
        CheckConstraint("source_document <> '' AND source_file ~ '^[0-9a-f]{64}$'", name="published_source"),
        CheckConstraint(
            "NOT coalesce(ethnic_groups, '{}') && ARRAY['" + "', '".join(SMALL_GROUPS) + "']", name="no_small_groups"
        ),
    )

    name: Mapped[str] = text("Tên khu vực", "Name", "TEN", required=True)
    area_class: Mapped[str] = choice("Phân định khu vực", "area_classes", "Area class", "KHU_VUC", required=True)
    ethnic_groups: Mapped[list[str] | None] = choices(
        "Dân tộc có mặt (theo danh sách công bố)", "ethnic_groups", "Ethnic groups present", "DAN_TOC"
    )
    households: Mapped[int | None] = integer("Số hộ", "Households", "SO_HO", small_counts=True)
    population: Mapped[int | None] = integer("Dân số", "Population", "DAN_SO", small_counts=True)
    poverty_rate: Mapped[float | None] = decimal("Tỷ lệ nghèo", "Poverty rate", "TL_NGHEO", unit="%", maximum=100)
    road: Mapped[str | None] = choice("Đường giao thông", "yes_partly_no", "Road", "DUONG")
    power: Mapped[str | None] = choice("Điện", "yes_partly_no", "Power", "DIEN")
    water: Mapped[str | None] = choice("Nước sạch", "yes_partly_no", "Clean water", "NUOC")
    school: Mapped[str | None] = choice("Trường học", "yes_partly_no", "School", "TRUONG")
    health: Mapped[str | None] = choice("Trạm y tế", "yes_partly_no", "Health", "Y_TE")
    source_document: Mapped[str] = text("Số, ký hiệu văn bản công bố", "Source document", "VAN_BAN", required=True)
    source_date: Mapped[dt.date] = date("Ngày văn bản", "Document date", "NGAY_VB", required=True)
    source_file: Mapped[str] = document("Tệp văn bản đính kèm", "Attached document", "TEP_VB", required=True)


layer = Layer(
    MinorityArea,
    title="Vùng đồng bào dân tộc thiểu số",
    title_en="Ethnic-minority areas",
    group="Vùng dân tộc thiểu số",
    style=Style(
        color="#8c510a",
        icon="area",
        by="area_class",
        classes={
            "kv1": ("#f6e8c3", "hatch-light"),
            "kv2": ("#dfc27d", "hatch-medium"),
            "kv3": ("#bf812d", "hatch-dense"),
            "thon_dbkk": ("#8c510a", "hatch-cross"),
        },
    ),
    grants=grant(officer="read submit review", leader="read", gis="read export import", admin="read", field="read"),
    label="name",
    near_m=500.0,
    withheld=(
        Withheld(
            "households", 20, ("households", "population"), "thôn dưới 20 hộ: có dịch vụ, không nêu số hộ, số dân"
        ),
    ),
)
