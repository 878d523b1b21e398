"""A layer as an XLSForm: the rows of its sheets, derived from its fields and today's code lists."""

import datetime as dt
import io
from collections.abc import Iterable

import openpyxl
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from geodata.fields import Field
from surveys.code_lists import Code
from surveys.form_limits import EN, VI, Row, limits, not_ahead
from surveys.layer import Layer

YES_NO = "yes_no"
POINT_ACCURACY_M = 15
PHOTO_PIXELS = 1600

# A follow-up visit: the existing feature, chosen from the layer's entity list, or made known by the phone app.
VISITED, NEW_ID = "visited", "new_id"
UPDATES = {
    "entity_id": f"coalesce(${{{VISITED}}}, ${{{NEW_ID}}})",
    "create_if": f"${{{VISITED}}} = ''",
    "update_if": f"${{{VISITED}}} != ''",
}

Sheets = dict[str, list[Row]]

NOT_TAKEN_HERE = (
    (
        "Phiếu này chỉ ghi về địa điểm và dịch vụ. Không ghi tên, số điện thoại, giấy tờ, nhà riêng của bất kỳ ai. "
        "Đơn tố cáo người cụ thể: gửi bộ phận tiếp công dân hoặc thanh tra. An ninh, trật tự, tụ tập: báo công an xã. "
        "Nội dung thuộc bí mật nhà nước: gửi theo đường văn thư mật, tuyệt đối không nhập vào đây."
    ),
    (
        "This form is about places and services only. No name, phone number, identity paper or private home of "
        "anyone. Denunciations of a person go to the citizen reception office or the inspectorate, security and "
        "public order to the commune police, classified matter through the classified mail; none of it may be "
        "entered here."
    ),
)
NO_PLACE = (
    "Lĩnh vực này không lấy vị trí và không lấy ảnh; chỉ ghi đến thôn.",
    "No place and no photo are taken for this category; the hamlet is enough.",
)


def codes_on(connection: Connection | Session, day: dt.date) -> dict[str, list[Code]]:
    """Every code list as it holds on a day, each in its order."""
    table = Code.__table__
    rows = connection.execute(
        select(table)
        .where(table.c.valid_from <= day, (table.c.valid_to.is_(None)) | (table.c.valid_to > day))
        .order_by(table.c.list, table.c.position, table.c.code)
    )
    lists: dict[str, list[Code]] = {}
    for row in rows.mappings():
        lists.setdefault(row["list"], []).append(Code(**row))
    return lists


def sheets(layer: Layer, codes: dict[str, list[Code]], version: str = "", accuracy_m: int = POINT_ACCURACY_M) -> Sheets:
    """The sheets survey, choices, settings and entities of a layer's form."""
    asked = [field for field in layer.fields if field.asked]
    survey = [_note("not_taken_here", *NOT_TAKEN_HERE)]
    if layer.visited:
        survey += _visit_questions(layer)
    survey += _unit_questions()
    for field in asked:
        survey.append(_question(layer, field))
        if layer.geometry_relevant and f"${{{field.key}}}" in layer.geometry_relevant:
            chosen = f"${{{field.key}}} != ''"
            survey.append({**_note("no_place", *NO_PLACE), "relevant": f"{chosen} and not({layer.geometry_relevant})"})
    survey += _place_questions(layer, accuracy_m)
    if layer.visited:
        _fill_in(layer, survey)
    return {
        "survey": survey,
        "choices": _choices(asked, codes),
        "settings": [
            {
                "form_title": layer.title,
                "form_id": layer.key,
                "version": version,
                "default_language": VI,
                "instance_name": f"concat('{layer.title}', ' ', format-date(${{observed_on}}, '%d/%m/%Y'))",
            }
        ],
        "entities": [{"list_name": layer.key, "label": f"${{{layer.label}}}", **(UPDATES if layer.visited else {})}],
    }


def workbook(content: Sheets) -> bytes:
    """The sheets as an XLSX file, for staff who start their own form from a generated one."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in content.items():
        sheet = book.create_sheet(title)
        header = list(dict.fromkeys(column for row in rows for column in row))
        sheet.append(header)
        for row in rows:
            sheet.append([row.get(column) for column in header])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _labels(vi: str, en: str) -> Row:
    return {f"label::{VI}": vi, f"label::{EN}": en}


def _note(name: str, vi: str, en: str) -> Row:
    return {"type": "note", "name": name, **_labels(vi, en)}


def _visit_questions(layer: Layer) -> list[Row]:
    return [
        {
            "type": f"select_one_from_file {layer.key}.csv",
            "name": VISITED,
            **_labels("Đi thăm lại (để trống nếu là bản ghi mới)", "Visited again (empty for a new record)"),
            "appearance": "autocomplete",
        },
        {"type": "calculate", "name": NEW_ID, "default": "uuid()"},
    ]


def _fill_in(layer: Layer, survey: list[Row]) -> None:
    """Choosing a feature fills in what the list tells of it, where the client leaves that to the form."""
    told = {field.key for field in layer.fields if field.asked and field.leaves and field.kind != "document"}
    for row in survey:
        if row["name"] in told | {"commune", "hamlet", "geometry"}:
            row["calculation"] = f"instance('{layer.key}')/root/item[name = ${{{VISITED}}}]/{listed_as(row['name'])}"
            row["trigger"] = f"${{{VISITED}}}"


def listed_as(question: str) -> str:
    """The column of an entity list that holds a question's answer: the standard keeps `name` and `label` for itself."""
    return f"own_{question}" if question in ("name", "label") else question


def _unit_questions() -> list[Row]:
    # `autocomplete`: a province has over a hundred communes and three thousand hamlets.
    return [
        {
            "type": "select_one_from_file communes.csv",
            "name": "commune",
            **_labels("Xã, phường, đặc khu", "Commune"),
            "required": "yes",
            "appearance": "autocomplete",
            "save_to": "commune",
        },
        {
            "type": "select_one_from_file hamlets.csv",
            "name": "hamlet",
            **_labels("Thôn, tổ dân phố", "Hamlet"),
            "appearance": "autocomplete",
            "choice_filter": "commune = ${commune}",
            "save_to": "hamlet",
        },
        {
            "type": "date",
            "name": "observed_on",
            **_labels("Ngày ghi nhận", "Observed on"),
            "required": "yes",
            "default": "today()",
            **not_ahead(),
            "save_to": "observed_on",
        },
    ]


def _question(layer: Layer, field: Field) -> Row:
    unit = f" ({field.unit})" if field.unit else ""
    row: Row = {
        "type": _type(field),
        "name": field.key,
        **_labels(field.label + unit, field.label_en + unit),
        **limits(layer, field),
    }
    if field.required:
        row["required"] = "yes"
    if field.relevant:
        row["relevant"] = field.relevant
    if field.hint:
        row[f"hint::{VI}"] = field.hint
    if field.kind == "longtext":
        row["appearance"] = "multiline"
    # ODK entities keep `name` and `label` for themselves: a feature's name travels as the entity's label.
    if not (field.key == layer.label and field.key in ("name", "label")):
        row["save_to"] = field.key
    return row


def _type(field: Field) -> str:
    kinds = {
        "text": "text",
        "longtext": "text",
        "integer": "integer",
        "decimal": "decimal",
        # Phones hold 32-bit integers; sums of money in đồng are larger.
        "money": "decimal",
        "date": "date",
        "document": "file",
        "boolean": f"select_one {YES_NO}",
        "choice": f"select_one {field.list}",
        "choices": f"select_multiple {field.list}",
    }
    return kinds[field.kind]


def _place_questions(layer: Layer, accuracy_m: int) -> list[Row]:
    relevant = {"relevant": layer.geometry_relevant} if layer.geometry_relevant else {}
    point = layer.shape == "POINT"
    place: Row = {
        "type": "geopoint" if point else "geoshape",
        "name": "geometry",
        **(_labels("Vị trí", "Place") if point else _labels("Ranh giới", "Boundary")),
        # On a visit the place is known already; one of several parts can't even be shown as an answer.
        **({"required": f"${{{VISITED}}} = ''" if layer.visited else "yes"} if layer.geometry_required else {}),
        **({"parameters": f"capture-accuracy={accuracy_m}"} if point else {}),
        **relevant,
        "save_to": "geometry",
    }
    if not layer.photos:
        return [place]
    photo: Row = {
        "type": "image",
        "name": "photo",
        **_labels("Ảnh hiện trạng", "Photo"),
        f"hint::{VI}": "Không chụp mặt người, giấy tờ có tên người",
        f"hint::{EN}": "No faces, no paper with a person's name",
        "parameters": f"max-pixels={PHOTO_PIXELS}",
        **relevant,
    }
    return [place, photo]


def _choices(asked: Iterable[Field], codes: dict[str, list[Code]]) -> list[Row]:
    """The lists the form uses; very small groups are not offered, since naming them points at persons (S4)."""
    rows: list[Row] = []
    wanted = dict.fromkeys(field.list for field in asked if field.list)
    for name in wanted:
        rows += [
            {"list_name": name, "name": code.code, **_labels(code.label_vi, code.label_en)}
            for code in codes.get(str(name), [])
            if code.mark != "small"
        ]
    if any(field.kind == "boolean" for field in asked):
        rows.append({"list_name": YES_NO, "name": "true", **_labels("Có", "Yes")})
        rows.append({"list_name": YES_NO, "name": "false", **_labels("Không", "No")})
    return rows
