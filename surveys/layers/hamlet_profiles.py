"""Hamlet profiles: what works in each hamlet, by survey round."""

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, MappedColumn

from geodata.fields import boolean, choice, choices, decimal, integer, text
from surveys.access import grant
from surveys.layer import Feature, Layer, Style, Withheld


def service(name: str, name_en: str, dbf: str) -> tuple[MappedColumn[Any], ...]:
    """Availability, distance (km), quality and main obstacle of one service."""
    some = f"${{{dbf.lower()}}} != 'khong' and ${{{dbf.lower()}}} != ''"
    return (
        choice(name, "yes_partly_no", name_en, dbf, required=True),
        decimal(f"{name}: khoảng cách", f"{name_en}: distance", f"{dbf}_KM", unit="km", maximum=200),
        choice(f"{name}: chất lượng", "qualities", f"{name_en}: quality", f"{dbf}_CL", relevant=some),
        choice(f"{name}: trở ngại chính", "obstacles", f"{name_en}: main obstacle", f"{dbf}_TN"),
    )


class HamletProfile(Feature):
    __tablename__ = "hamlet_profiles"
    shape = "POINT"
    constraints = (UniqueConstraint("hamlet_id", "survey_round"),)

    name: Mapped[str] = text("Tên thôn, tổ dân phố", "Hamlet", "TEN", required=True)
    survey_round: Mapped[str] = choice("Đợt khảo sát", "survey_rounds", "Survey round", "DOT", required=True)
    households: Mapped[int | None] = integer("Số hộ", "Households", "SO_HO", maximum=5000)
    duong, duong_km, duong_cl, duong_tn = service("Đường giao thông", "Road", "DUONG")
    dien, dien_km, dien_cl, dien_tn = service("Điện", "Power", "DIEN")
    nuoc, nuoc_km, nuoc_cl, nuoc_tn = service("Nước sạch", "Clean water", "NUOC")
    truong, truong_km, truong_cl, truong_tn = service("Trường học", "School", "TRUONG")
    y_te, y_te_km, y_te_cl, y_te_tn = service("Y tế", "Health", "Y_TE")
    hazards: Mapped[list[str] | None] = choices("Thiên tai thường gặp", "hazards", "Hazards", "THIEN_TAI")
    mobile_signal: Mapped[str | None] = choice("Sóng di động", "mobile_signals", "Mobile signal", "SONG_DD")
    meeting_house: Mapped[bool | None] = boolean("Có nhà văn hóa thôn", "Has a community house", "NHA_VH")


layer = Layer(
    HamletProfile,
    title="Hồ sơ thôn",
    title_en="Hamlet profiles",
    group="Địa bàn",
    style=Style(
        color="#1b7837",
        icon="house",
        by="nuoc",
        classes={"co": ("#1b7837", "circle"), "mot_phan": ("#b8860b", "triangle"), "khong": ("#b2182b", "square")},
    ),
    grants=grant(
        field="read submit", officer="read submit review export", leader="read", gis="read export import", admin="read"
    ),
    label="name",
    near_m=500.0,
    withheld=(Withheld("households", 20, ("households",), "thôn dưới 20 hộ: có dịch vụ, không nêu số hộ"),),
)
