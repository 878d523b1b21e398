"""Joint activities of the coordinating agencies: planned, done, results."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from geodata.fields import choice, choices, date, integer, longtext, text
from surveys.access import grant
from surveys.layer import Feature, Layer, Style


class JointActivity(Feature):
    __tablename__ = "joint_activities"
    shape = "POINT"
    constraints = (
        CheckConstraint("done_on IS NULL OR done_on >= '2000-01-01'", name="done"),
        Index("joint_activities_programme_id_ix", "programme_id", postgresql_where=sql("programme_id IS NOT NULL")),
        Index("joint_activities_planned_ix", "province_id", "planned_on"),
        # All that figures by hamlet ask of a commune's rows, without the rows.
        Index(
            "joint_activities_by_hamlet_ix",
            "commune_id",
            "planned_on",
            postgresql_include=["province_id", "hamlet_id", "done_on"],
        ),
    )

    name: Mapped[str] = text("Tên hoạt động", "Activity", "TEN", required=True)
    kind: Mapped[str] = choice("Loại hoạt động", "activity_kinds", "Kind", "LOAI", required=True)
    agencies: Mapped[list[str] | None] = choices("Cơ quan phối hợp", "agencies", "Agencies", "CO_QUAN")
    planned_on: Mapped[dt.date] = date("Ngày dự kiến", "Planned on", "NGAY_DK", required=True, future=True)
    done_on: Mapped[dt.date | None] = date("Ngày thực hiện", "Done on", "NGAY_TH")
    result: Mapped[str | None] = longtext("Kết quả", "Result", "KET_QUA")
    households_reached: Mapped[int | None] = integer(
        "Số hộ được giúp", "Households reached", "SO_HO", small_counts=True
    )
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"))  # it carries out


layer = Layer(
    JointActivity,
    title="Hoạt động phối hợp",
    title_en="Joint activities",
    group="Công tác",
    style=Style(color="#0571b0", icon="hands"),
    grants=grant(
        field="read submit", officer="read submit review export", leader="read", gis="read export import", admin="read"
    ),
    label="name",
)
