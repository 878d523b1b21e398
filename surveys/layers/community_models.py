"""“Dân vận khéo” community models: registered, recognised, maintained, replicated; never a person's name."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from geodata.fields import choice, date, integer, longtext, text
from surveys.access import grant
from surveys.layer import Feature, Layer, Style


class CommunityModel(Feature):
    __tablename__ = "community_models"
    shape = "POINT"
    constraints = (
        Index("community_models_programme_id_ix", "programme_id", postgresql_where=sql("programme_id IS NOT NULL")),
    )

    name: Mapped[str] = text("Tên mô hình", "Model", "TEN", required=True)
    field: Mapped[str] = choice("Lĩnh vực", "model_fields", "Field", "LINH_VUC", required=True)
    kind: Mapped[str] = choice("Loại", "model_kinds", "Kind", "LOAI", required=True)
    state: Mapped[str] = choice("Trạng thái", "model_states", "State", "TRANG_THAI", required=True)
    recognition: Mapped[str | None] = choice("Cấp công nhận", "recognition_levels", "Recognition level", "CAP_CN")
    registered_on: Mapped[dt.date] = date("Ngày đăng ký", "Registered on", "NGAY_DK", required=True)
    recognised_on: Mapped[dt.date | None] = date("Ngày công nhận", "Recognised on", "NGAY_CN")
    replicated_from: Mapped[uuid.UUID | None] = mapped_column()  # the model this one follows
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"))  # it carries out
    households_reached: Mapped[int | None] = integer(
        "Số hộ được hưởng lợi", "Households reached", "HO_HUONG", small_counts=True
    )
    goals: Mapped[str | None] = longtext("Mục tiêu, tiêu chí", "Goals", "MUC_TIEU")


layer = Layer(
    CommunityModel,
    title="Mô hình Dân vận khéo",
    title_en="Community models",
    group="Công tác",
    style=Style(
        color="#e7298a",
        icon="star",
        by="field",
        classes={
            "kinh_te": ("#e7298a", "circle"),
            "van_hoa_xa_hoi": ("#7570b3", "triangle"),
            "quoc_phong_an_ninh": ("#1b9e77", "square"),
            "he_thong_chinh_tri": ("#a6761d", "diamond"),
            "nong_thon_moi": ("#66a61e", "cross"),
        },
    ),
    grants=grant(
        field="read submit", officer="read submit review export", leader="read", gis="read export import", admin="read"
    ),
    label="name",
)
