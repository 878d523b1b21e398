"""A form of 250 questions feeding the service reports, as an office would make it: an XLSForm for bench and tests."""

from surveys import xlsforms
from surveys.form_limits import Row
from surveys.layers.situation_reports import RESTRICTED, SERVICE_ONLY

QUESTIONS = 250
OPTIONS = ("tot", "kha", "trung_binh", "yeu", "khong_co")


def rows(form_id: str = "khao_sat_dai", version: str = "1") -> xlsforms.Sheets:
    """The sheets: 10 questions of the layer, 240 more of every common type."""
    survey: list[Row] = [
        _row("select_one_from_file communes.csv", "commune", "Xã", required="yes", save_to="commune"),
        _row(
            "select_one_from_file hamlets.csv",
            "hamlet",
            "Thôn",
            choice_filter="commune = ${commune}",
            save_to="hamlet",
        ),
        _row("date", "observed_on", "Ngày ghi nhận", required="yes", save_to="observed_on"),
        _row("select_one report_categories", "category", "Lĩnh vực", required="yes", save_to="category"),
        _row("text", "what_happened", "Nội dung sự việc", required="yes", save_to="what_happened"),
        _row("select_one urgencies", "urgency", "Mức độ", required="yes", save_to="urgency"),
        _row("integer", "households_affected", "Số hộ bị ảnh hưởng", save_to="households_affected"),
        _row("date", "happened_on", "Ngày xảy ra", required="yes", save_to="happened_on"),
        _row("geopoint", "geometry", "Vị trí", relevant=SERVICE_ONLY, save_to="geometry"),
        _row("image", "photo", "Ảnh hiện trạng", relevant=SERVICE_ONLY),
    ]
    kinds = (
        "select_one muc",
        "select_one muc",
        "integer",
        "select_multiple muc",
        "decimal",
        "text",
        "date",
        "select_one muc",
    )
    for number in range(len(survey), QUESTIONS):
        kind = kinds[number % len(kinds)]
        survey.append(_row(kind, f"q{number}", f"Tình trạng hạng mục {number}"))
    lists = {"muc": OPTIONS, "report_categories": ("dien", "nuoc", *RESTRICTED), "urgencies": ("thuong", "gap")}
    return {
        "survey": survey,
        "choices": [
            {"list_name": n, "name": o, "label": o.replace("_", " ")} for n, names in lists.items() for o in names
        ],
        "settings": [{"form_title": "Khảo sát dài", "form_id": form_id, "version": version}],
        "entities": [{"list_name": "situation_reports", "label": "${category}"}],
    }


def xlsx(form_id: str = "khao_sat_dai", version: str = "1") -> bytes:
    """The form as a file for `diaban form add`."""
    return xlsforms.workbook(rows(form_id, version))


def instance(
    commune: int, hamlet: int | None, *, form_id: str = "khao_sat_dai", version: str = "1", photo: bool = False
) -> str:
    """A filled submission with the load client's placeholders {{uuid}}, {{today}}, {{photo}}, {{randInt}}."""
    answers = {
        "commune": str(commune),
        "hamlet": "" if hamlet is None else str(hamlet),
        "observed_on": "{{today}}",
        "category": "dien",
        "what_happened": "Đường dây hạ thế qua xóm bị cây đổ làm đứt, bà con chưa có điện từ tối qua.",
        "urgency": "gap",
        "households_affected": "25",
        "happened_on": "{{today}}",
        "geometry": "11.9412345 108.4412345 1480.0 4.5",
        "photo": "{{photo}}" if photo else "",
    }
    samples = {
        "select_one muc": "kha",
        "integer": "{{randInt}}",
        "select_multiple muc": "tot kha",
        "decimal": "12.75",
        "text": "Mái tôn đã cũ, cần thay trước mùa mưa",
        "date": "2026-10-01",
    }
    parts = [
        f"<{name}>{answers.get(name, samples.get(str(row['type']), ''))}</{name}>"
        for row in rows()["survey"]
        if (name := str(row["name"]))
    ]
    entity = '<entity dataset="situation_reports" id="{{uuid}}" create="1"><label>dien</label></entity>'
    meta = f"<meta><instanceID>uuid:{{{{uuid}}}}</instanceID>{entity}</meta>"
    return f'<data id="{form_id}" version="{version}">{"".join(parts)}{meta}</data>'


def _row(kind: str, name: str, label: str, **rest: str) -> Row:
    return {"type": kind, "name": name, "label": label, **rest}
