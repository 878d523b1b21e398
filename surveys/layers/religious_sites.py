"""Religious sites: public places, their land paper, condition and hazards, and open requests to the state (S3)."""

import datetime as dt

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from geodata.fields import choice, choices, date, text
from surveys.access import grant
from surveys.layer import Feature, Layer, Style

ASKS = "${request} != '' and ${request} != 'khong'"


class ReligiousSite(Feature):
    __tablename__ = "religious_sites"
    shape = "POINT"
    constraints = (
        # A clan hall is a private house unless it is ranked heritage (S3).
        CheckConstraint(
            "facility_type <> 'nha_tho_dong_ho' OR coalesce(heritage_rank, 'khong') <> 'khong'", name="clan_hall_ranked"
        ),
        CheckConstraint("answered_on IS NULL OR received_on IS NULL OR answered_on >= received_on", name="answered"),
    )

    name: Mapped[str] = text("Tên cơ sở", "Name", "TEN", required=True)
    tradition: Mapped[str] = choice("Tôn giáo, tín ngưỡng", "traditions", "Tradition", "TON_GIAO", required=True)
    facility_type: Mapped[str] = choice("Loại cơ sở", "facility_types", "Facility type", "LOAI", required=True)
    heritage_rank: Mapped[str | None] = choice("Xếp hạng di tích", "heritage_ranks", "Heritage rank", "DI_TICH")
    land_paper: Mapped[str | None] = choice("Giấy tờ đất", "land_papers", "Land paper", "GIAY_DAT")
    condition: Mapped[str | None] = choice("Tình trạng công trình", "conditions", "Condition", "TINH_TRANG")
    hazards: Mapped[list[str] | None] = choices("Nguy cơ thiên tai, cháy", "hazards", "Hazards", "NGUY_CO")
    road_access: Mapped[str | None] = choice("Đường vào", "road_access", "Road access", "DUONG_VAO")
    request: Mapped[str | None] = choice("Đề nghị với Nhà nước", "site_requests", "Open request", "DE_NGHI")
    received_on: Mapped[dt.date | None] = date("Ngày nhận đề nghị", "Received on", "NGAY_NHAN", relevant=ASKS)
    answered_on: Mapped[dt.date | None] = date("Ngày trả lời", "Answered on", "NGAY_TL", relevant=ASKS)
    source: Mapped[str | None] = text("Nguồn thông tin", "Source", "NGUON")


layer = Layer(
    ReligiousSite,
    title="Cơ sở tôn giáo, tín ngưỡng",
    title_en="Religious sites",
    group="Tôn giáo và di sản",
    style=Style(color="#7b3294", icon="temple"),
    grants=grant(
        field="read submit", officer="read submit review", leader="read", gis="read export import", admin="read"
    ),
    label="name",
    photos=True,
    never_more=(("received_on", "answered_on"),),
)
