"""Resettlement projects: stages of the Land Law, households approved, paid and moved, plots ready, money, delays."""

import datetime as dt

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from geodata.fields import choice, date, decimal, integer, money, text
from surveys.access import grant
from surveys.layer import Feature, Layer, Style, Withheld


class ResettlementProject(Feature):
    __tablename__ = "resettlement_projects"
    shape = "MULTIPOLYGON"
    constraints = (
        CheckConstraint("households_approved <= households_affected", name="approved"),
        CheckConstraint("households_paid <= households_approved", name="paid"),
        CheckConstraint("households_moved <= households_affected", name="moved"),
        CheckConstraint("plots_ready <= plots_total", name="plots"),
        CheckConstraint("money_paid <= money_approved", name="money"),
        # Few households plus money, or a place finer than the commune, points at persons (S6).
        CheckConstraint(
            "households_affected >= 10 OR (money_approved IS NULL AND money_paid IS NULL)", name="small_without_money"
        ),
        CheckConstraint("households_affected >= 10 OR geom IS NULL", name="small_without_place"),
    )

    name: Mapped[str] = text("Tên dự án", "Project", "TEN", required=True)
    kind: Mapped[str] = choice("Loại dự án", "project_kinds", "Kind", "LOAI", required=True)
    responsible_office: Mapped[str] = text("Cơ quan chịu trách nhiệm", "Responsible office", "CO_QUAN", required=True)
    stage: Mapped[str] = choice("Giai đoạn", "resettlement_stages", "Stage", "GIAI_DOAN", required=True)
    plan_posted_on: Mapped[dt.date | None] = date("Ngày niêm yết phương án", "Plan posted on", "NGAY_NY")
    plan_approved_on: Mapped[dt.date | None] = date("Ngày phê duyệt phương án", "Plan approved on", "NGAY_PD")
    households_affected: Mapped[int] = integer(
        "Số hộ bị ảnh hưởng", "Households affected", "HO_AH", required=True, small_counts=True
    )
    households_approved: Mapped[int | None] = integer(
        "Số hộ được phê duyệt", "Households approved", "HO_PD", small_counts=True
    )
    households_paid: Mapped[int | None] = integer("Số hộ đã nhận tiền", "Households paid", "HO_CT", small_counts=True)
    households_moved: Mapped[int | None] = integer(
        "Số hộ đã chuyển đến", "Households moved", "HO_CD", small_counts=True
    )
    plots_total: Mapped[int | None] = integer("Tổng số lô tái định cư", "Plots in total", "LO_TONG")
    plots_ready: Mapped[int | None] = integer("Số lô sẵn sàng", "Plots ready", "LO_SS")
    area_ha: Mapped[float | None] = decimal("Diện tích", "Area", "DT_HA", unit="ha", decimals=2)
    money_approved: Mapped[int | None] = money("Kinh phí được duyệt", "Money approved", "TIEN_PD")
    money_paid: Mapped[int | None] = money("Kinh phí đã chi", "Money paid", "TIEN_CT")
    road: Mapped[str | None] = choice("Đường tại khu tái định cư", "yes_partly_no", "Road", "DUONG")
    power: Mapped[str | None] = choice("Điện tại khu tái định cư", "yes_partly_no", "Power", "DIEN")
    water: Mapped[str | None] = choice("Nước tại khu tái định cư", "yes_partly_no", "Clean water", "NUOC")
    school: Mapped[str | None] = choice("Trường học gần khu", "yes_partly_no", "School", "TRUONG")
    health: Mapped[str | None] = choice("Y tế gần khu", "yes_partly_no", "Health", "Y_TE")
    next_milestone: Mapped[str | None] = choice("Mốc tiếp theo", "resettlement_stages", "Next milestone", "MOC_TIEP")
    next_on: Mapped[dt.date | None] = date("Ngày của mốc tiếp theo", "Milestone date", "NGAY_MOC", future=True)


layer = Layer(
    ResettlementProject,
    title="Dự án tái định cư",
    title_en="Resettlement projects",
    group="Tái định cư",
    style=Style(color="#d95f02", icon="plots"),
    grants=grant(
        officer="read submit review export", leader="read", gis="read export import", admin="read", field="read submit"
    ),
    label="name",
    near_m=500.0,
    never_more=(
        ("households_approved", "households_affected"),
        ("households_paid", "households_approved"),
        ("households_moved", "households_affected"),
        ("plots_ready", "plots_total"),
        ("money_paid", "money_approved"),
    ),
    withheld=(
        Withheld(
            "households_affected",
            10,
            ("money_approved", "money_paid"),
            "dự án dưới 10 hộ: chỉ nêu đến cấp xã, không có hình, không có số tiền",
            place=True,
        ),
    ),
)
