"""A form with every kind of question the phone has a control for, in two languages, as an office could upload it."""

import io
import wave

from surveys import xlsforms
from surveys.form_limits import Row
from surveys.layers.situation_reports import SERVICE_ONLY
from tests.surveys import photos

FORM, TITLE = "moi_loai", "Mọi loại câu hỏi"
VI, EN = "Tiếng Việt (vi)", "English (en)"
LISTS = {
    "loai": (("dien", "Điện", "Power"), ("nuoc", "Nước", "Water")),
    "muc_do": (("thuong", "Thường", "Ordinary"), ("gap", "Gấp", "Urgent")),
    "muc": (("tot", "Tốt", "Good"), ("kha", "Khá", "Fair"), ("yeu", "Yếu", "Poor")),
    "likert5": tuple((str(n), f"Mức {n}", f"Level {n}") for n in range(1, 6)),
    "nguon": (
        ("gieng", "Giếng", "Well"),
        ("suoi", "Suối", "Stream"),
        ("may", "Nước máy", "Tap"),
        ("khong", "Không có nguồn nào", "None of these"),
    ),
    "nhieu": tuple((f"m{n}", f"Mục số {n}", f"Entry {n}") for n in range(1, 21)),
    "uu_tien": (("duong", "Đường", "Road"), ("truong", "Trường học", "School"), ("tram", "Trạm y tế", "Clinic")),
    "hinh": (("cau", "Cầu", "Bridge"), ("cong", "Cống", "Culvert")),
}


def rows(version: str = "1") -> xlsforms.Sheets:
    """The sheets survey, choices, settings, entities."""
    survey = [
        _row("select_one_from_file communes.csv", "commune", "Xã", "Commune", required="yes", save_to="commune"),
        _row("select_one_from_file hamlets.csv", "hamlet", "Thôn", "Hamlet",
             choice_filter="commune = ${commune}", save_to="hamlet"),
        _row("date", "observed_on", "Ngày ghi nhận", "Seen on", required="yes", save_to="observed_on",
             default="today()"),
        _row("select_one loai", "category", "Lĩnh vực", "Category", required="yes", save_to="category"),
        _row("text", "what_happened", "Nội dung", "What happened", required="yes", save_to="what_happened"),
        _row("select_one muc_do", "urgency", "Mức độ", "Urgency", required="yes", save_to="urgency"),
        _row("date", "happened_on", "Ngày xảy ra", "Happened on", required="yes", save_to="happened_on"),
        _row("geopoint", "geometry", "Vị trí", "Place", relevant=SERVICE_ONLY, save_to="geometry"),
        _row("image", "photo", "Ảnh", "Photo", relevant=SERVICE_ONLY),
        _row("note", "chao", "**Chú ý**: đọc _kỹ_\n\n- một\n- hai", "**Mind**: read _well_\n\n- one\n- two"),
        _row("time", "gio", "Mấy giờ có điện", "Hour of power"),
        _row("dateTime", "luc", "Mất điện lúc", "Power lost at"),
        _row("range", "diem", "Chấm điểm đường", "Score of the road", parameters="start=0 end=10 step=2"),
        _row("range", "le", "Độ dốc", "Slope", parameters="start=0.5 end=3 step=0.5"),
        _row("range", "sao", "Mấy sao", "Stars", parameters="start=1 end=5 step=1", appearance="rating"),
        _row("range", "chon_so", "Chọn số", "Pick a number", parameters="start=1 end=20 step=1", appearance="picker"),
        _row("rank uu_tien", "thu_tu", "Xếp ưu tiên", "Order of need"),
        _row("audio", "tieng", "Tiếng máy bơm", "Sound of the pump", relevant=SERVICE_ONLY),
        _row("video", "phim", "Phim đoạn đường", "Film of the road", relevant=SERVICE_ONLY),
        _row("file", "tep", "Tệp số liệu", "File of figures", relevant=SERVICE_ONLY),
        _row("select_one muc", "gon", "Gọn", "Minimal", appearance="minimal"),
        _row("select_one likert5", "thang", "Thang", "Scale", appearance="likert"),
        _row("select_one nhieu", "cot", "Cột", "Columns", appearance="columns-2"),
        _row("select_one hinh", "tranh", "Tranh", "Pictures"),
        _row("select_one nhieu", "tim", "Tìm", "Find", appearance="autocomplete"),
        _row("select_multiple nguon", "nguon_nuoc", "Nguồn nước", "Sources of water",
             constraint="not(selected(., 'khong') and count-selected(.) > 1)",
             constraint_message="Đã chọn “không” thì không chọn gì khác"),
        _row("select_multiple nhieu", "nhieu_muc", "Nhiều mục", "Many entries"),
        _row("integer", "so_ho", "Số hộ", "Households", constraint=". >= 0 and . < 1000",
             constraint_message="Từ 0 đến 999", required="yes", required_message="Cần số hộ"),
        _row("calculate", "gap_doi", "", "", calculation="${so_ho} * 2"),
        _row("note", "nhac", "Gấp đôi là ${gap_doi}", "Twice is ${gap_doi}"),
        _row("decimal", "dien_tich", "Diện tích (ha)", "Area (ha)"),
        _row("text", "mo_ta", "Mô tả", "Description", appearance="multiline"),
        _row("text", "chi_doc", "Chỉ đọc", "Read only", default="có sẵn", read_only="yes"),
        _row("text", "goi_y", "Gợi ý", "Proposed", trigger="${muc_hai}", calculation="concat('mức ', ${muc_hai})"),
        _row("select_one muc", "muc_hai", "Mức hai", "Second level"),
        _row("date", "thang_nao", "Tháng nào", "Which month", appearance="month-year"),
        _row("date", "nam_nao", "Năm nào", "Which year", appearance="year"),
        _row("hidden", "an", "", "", default="kín"),
        _row("acknowledge", "da_doc", "Đã đọc hướng dẫn", "Instructions read"),
        _row("begin_group", "bang", "Bảng", "Table", appearance="table-list"),
        _row("select_one muc", "bang_a", "Dòng A", "Row A"),
        _row("select_one muc", "bang_b", "Dòng B", "Row B"),
        _row("end_group", "", "", ""),
        _row("begin_repeat", "diem_hu", "Điểm hư", "Damaged spot"),
        _row("text", "hu_gi", "Hư gì", "What is damaged", required="yes"),
        _row("end_repeat", "", "", ""),
        _row("integer", "so_diem", "Số điểm đo", "Points measured"),
        _row("begin_repeat", "diem_do", "Điểm đo", "Point measured", repeat_count="${so_diem}"),
        _row("decimal", "do_sau", "Độ sâu", "Depth"),
        _row("end_repeat", "", "", ""),
        _row("begin_group", "nhom", "Nhóm chỉ hiện khi gấp", "Only when urgent", relevant="${urgency} = 'gap'",
             appearance="field-list"),
        _row("text", "vi_sao", "Vì sao gấp", "Why urgent"),
        _row("end_group", "", "", ""),
    ]  # fmt: skip
    survey[9]["hint"] = ""
    for row in survey:
        if row["name"] == "dien_tich":
            row |= {f"hint::{VI}": "Ghi theo **sổ**", f"hint::{EN}": "As in the **book**"}
        if row["name"] == "diem":
            row |= {f"audio::{VI}": "huong_dan.wav", f"audio::{EN}": "huong_dan.wav"}
        if row["name"] == "sao":
            row |= {f"image::{VI}": "so_do.png", f"image::{EN}": "so_do.png"}
    choices: list[Row] = []
    for key, names in LISTS.items():
        for value, vietnamese, english in names:
            made: Row = {"list_name": key, "name": value, f"label::{VI}": vietnamese, f"label::{EN}": english}
            if key == "hinh":
                made |= {f"image::{VI}": "so_do.png", f"image::{EN}": "so_do.png"}
            choices.append(made)
    settings = {"form_title": TITLE, "form_id": FORM, "version": version, "default_language": VI}
    return {
        "survey": survey,
        "choices": choices,
        "settings": [settings],
        "entities": [{"list_name": "situation_reports", "label": "${category}"}],
    }


def files() -> dict[str, bytes]:
    """The form's picture and its voice: two seconds of silence."""
    picture, voice = io.BytesIO(), io.BytesIO()
    photos.picture().save(picture, "PNG")
    with wave.open(voice, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(32_000))
    return {"so_do.png": picture.getvalue(), "huong_dan.wav": voice.getvalue()}


def _row(kind: str, name: str, vietnamese: str, english: str, **rest: str) -> Row:
    row: Row = {"type": kind, "name": name, **rest}
    if vietnamese:
        row |= {f"label::{VI}": vietnamese, f"label::{EN}": english}
    return row
