"""What is wrong with a field that somebody filled in, in words beside that field."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from app import languages
from surveys.field_faults import Fault


def said(faults: Iterable[Fault], names: Mapping[str, str]) -> dict[str, list[str]]:
    """By field the sentences about it; `names` are the words of fields and codes that sentences speak of."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        found.setdefault(fault.field, []).append(sentence(fault, names))
    return found


def sentence(fault: Fault, names: Mapping[str, str]) -> str:
    """One fault in the language of who asks."""
    facts = {key: _shown(value, names) for key, value in fault.facts.items()}
    facts.setdefault("field", names.get(fault.field, fault.field))
    return _template(fault.code) % facts


def _shown(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, dt.date):
        return languages.day(value)
    if isinstance(value, int):
        return languages.number(value)
    return names.get(str(value), str(value))


def _template(code: str) -> str:
    return {
        "missing": _("Cần điền mục này."),
        "nothing": _("Chưa điền ngày nào."),
        "not_a_number": _("Cần một số nguyên, từ 0."),
        "not_a_day": _("Cần một ngày có thật."),
        "out_of_range": _("Cần từ %(least)s đến %(most)s."),
        "day_ahead": _("Ngày này ở tương lai. Việc chưa tới thì ghi ở ngày dự kiến."),
        "day_long_ago": _("Ngày này trước %(day)s: xem lại năm."),
        "not_begun": _("Đã có ngày kết thúc thì phải có ngày bắt đầu."),
        "ends_before": _("Kết thúc trước khi bắt đầu (%(day)s)."),
        "part_larger": _("“%(part)s” không được lớn hơn “%(whole)s”."),
        "small_money": _("Dự án dưới %(most)s hộ không ghi số tiền, để không chỉ ra từng hộ."),
        "stage_skipped": _("Bỏ qua bước: “%(later)s” cần có “%(stage)s” trước. Ghi bước đó trước (%(source)s)."),
        "stage_before": _("“%(later)s” không thể trước “%(stage)s” (%(day)s). Theo %(source)s."),
        "fell": _("“%(field)s” ngày %(on)s là %(few)s, ít hơn %(many)s của ngày %(before)s: xem lại số nào đúng."),
        "before_check": _("Ngày này trước ngày kiểm tra (%(day)s)."),
        "before_registered": _("Ngày này trước ngày đăng ký (%(day)s)."),
        "held_already": _("Hoạt động đã thực hiện ngày %(day)s: không dời nữa."),
        "before_received": _("Ngày này trước ngày nhận (%(day)s)."),
        "open_already": _("Đề nghị này đang chờ trả lời: ghi trả lời trước."),
        "circle": _("Mô hình được chọn lại nhân rộng từ chính mô hình này: chọn mô hình khác."),
        "persons": _("Chỗ này nói về người: “%(reason)s”. Hệ thống không giữ thông tin về cá nhân; hãy viết lại."),
        "classified": _("Chữ có dấu mật không được nhận ở đây."),
        "too_long": _("Dài quá %(most)s chữ."),
        "not_a_code": _("Chỉ dùng chữ thường a–z, chữ số và dấu _."),
        "closed_quarter": _("Sớm nhất là %(day)s: số liệu của các quý trước giữ nguyên."),
        "row_stands": _("Cần sau ngày %(day)s, ngày dòng đang có bắt đầu."),
        "ended_already": _("Dòng này đã kết thúc ngày %(day)s."),
        "too_far": _("Muộn nhất là năm %(year)s."),
        "unknown": _("Chọn một mục trong danh sách."),
    }[code]
