"""Words of an import's pages: its states, what is proposed of text and coordinates, the proof of it."""

from typing import Any

from flask_babel import gettext as _

from app import errors, languages
from app.sentences import incoming
from surveys import import_report
from surveys.import_tables import Import
from surveys.layers import named

STATES = {
    "reading": "Đang đọc tệp",
    "asking": "Cần chọn",
    "ready": "Xem trước, chờ xác nhận",
    "refused": "Không nhận được",
    "withdrawn": "Đã bỏ",
    "proposing": "Đang lập đề nghị",
    "proposed": "Chờ người thứ hai duyệt",
    "applying": "Đang đưa vào lớp",
    "approved": "Đã vào lớp",
    "rejected": "Bị từ chối",
    "undoing": "Đang hoàn tác",
    "undone": "Đã hoàn tác",
}
WORKING = ("reading", "proposing", "applying", "undoing")
COUNTS = (
    ("create", "Dòng mới"),
    ("update", "Thay đổi"),
    ("conflict", "Hai bên cùng sửa"),
    ("unchanged", "Không đổi"),
    ("remove", "Vắng mặt trong tệp"),
    ("doubtful", "Nghi ngờ, để lại"),
)
FLAGS = {
    "masked": "thông tin về người trong ô chữ đã được che",
    "duplicate": "gần một bản ghi đã có hoặc một dòng khác",
    "tradition_assumed": "tên không nói tôn giáo, tạm ghi theo cách gọi thường dùng",
    "facility_type_assumed": "tên không nói loại cơ sở, tạm ghi theo cách gọi thường dùng",
}
ENCODINGS = {
    "utf-8": "UTF-8 (Unicode)",
    "tcvn3": "TCVN3 (ABC, .VnTime)",
    "vni": "VNI",
    "viscii": "VISCII",
    "cp1258": "Windows 1258",
    "utf-16": "UTF-16",
}


def error(found: Import) -> str:
    """Why the last step failed, in the asker's language; empty where it didn't."""
    if found.error is None:
        return ""
    said = errors.TABLE.get(found.error["code"], errors.TABLE["job_failed"])
    return errors.filled(said.en if languages.current() == "en" else said.vi, found.error)


def title(found: Import) -> str:
    """The layer's title in the asker's language."""
    layer = named(found.layer)
    return layer.title_en if languages.current() == "en" else layer.title


def remark(one: dict[str, Any]) -> str:
    """A remark of the reading in words."""
    said = incoming.REMARKS.get(one["code"])
    if said is None:
        return str(one["code"])
    return errors.filled(said.en if languages.current() == "en" else said.vi, one["facts"])


def why(proposal: dict[str, Any]) -> str:
    """Why an encoding or a system is proposed."""
    said = incoming.WHY.get(proposal["why"])
    if said is None:
        return ""
    return errors.filled(said.en if languages.current() == "en" else said.vi, proposal.get("facts", {}))


def proof(system: dict[str, Any]) -> str:
    """How many rows land where they say: "trong xã được nêu tên: 45 / 45"."""
    said = []
    if system["named"]:
        said.append(_("trong đơn vị được nêu tên: %(a)s / %(b)s", a=system["inside"], b=system["named"]))
    if system["placed"]:
        said.append(_("trong tỉnh: %(a)s / %(b)s", a=system["in_province"], b=system["placed"]))
    if system["metres"] is not None:
        said.append(_("lệch ranh giới đã có: %(m)s m", m=languages.number(system["metres"], 1)))
    return "; ".join(said)


def flag(code: str) -> str:
    """What is marked of rows that are taken all the same."""
    said = incoming.REMARKS.get(code)
    if said is not None:
        # The part in brackets differs from row to row.
        return (said.en if languages.current() == "en" else said.vi).partition(" (")[0].partition(": {")[0]
    return _(FLAGS[code]) if code in FLAGS else code


def reason(code: str) -> str:
    """A doubt in the asker's language."""
    return import_report.REASONS.get(code, (code, code))[languages.current() == "en"]
