"""What is wrong with a form, where, in Vietnamese, beside the sentence of the program that found it."""

import re
import string
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pyxform.errors import ErrorCode

SAFEGUARD, CONVERSION = "safeguard", "conversion"


@dataclass(frozen=True)
class Fault:
    """One thing wrong. `row` is the line of the sheet as a spreadsheet counts (headers are 1); 0: none is known.

    `kind`: "safeguard" (a rule of ours), "conversion" (pyxform or ODK Validate refuses it too). `about` names the
    question, file or setting; `original` is the other program's own sentence.
    """

    words: str
    kind: str = SAFEGUARD
    sheet: str = ""
    row: int = 0
    column: str = ""
    about: str = ""
    original: str = ""

    def told(self) -> dict[str, Any]:
        """As it is stored and shown."""
        return asdict(self)


class Wrong(Exception):
    """The faults that end a check."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(self.faults)


# pyxform's own codes; a context it fills in is named as in its message.
_CODES = {
    "ENTITY_001": "Có cột save_to nhưng thiếu trang entities.",
    "ENTITY_002": "Hai câu hỏi cùng ghi vào một cột save_to.",
    "ENTITY_003": "Nhóm hoặc mục lặp không có save_to.",
    "ENTITY_004": "Tên danh sách của save_to không có ở trang entities.",
    "ENTITY_005": "Trang entities thiếu label.",
    "ENTITY_006": "Trang entities thiếu update_if.",
    "ENTITY_007": "Trang entities thiếu entity_id.",
    "ENTITY_008": "Có nhiều danh sách: save_to phải nêu tên danh sách.",
    "ENTITY_009": "Không xếp được vị trí của đối tượng trong các nhóm.",
    "ENTITY_011": "Các save_to của một danh sách nằm ở những nhóm lặp khác nhau.",
    "ENTITY_012": "Tham chiếu và save_to nằm ở những nhóm lặp khác nhau.",
    "ENTITY_013": "save_to có nhiều dấu ngăn.",
    "HEADER_001": "Trang không có dòng tiêu đề.",
    "HEADER_002": "Hai cột trùng tiêu đề.",
    "HEADER_003": "Thiếu cột bắt buộc.",
    "HEADER_004": "Tiêu đề cột ở trang choices không dùng được.",
    "HEADER_005": "Tiêu đề cột ở trang entities không dùng được.",
    "LABEL_001": "Lựa chọn chưa có nhãn (label).",
    "NAMES_001": "Tên “{value}” bị trùng trong cùng một nhóm.",
    "NAMES_002": "Tên “{value}” chỉ khác tên khác ở chữ hoa, chữ thường.",
    "NAMES_003": "Mục lặp không được mang tên “{value}”.",
    "NAMES_004": "Mục lặp “{value}” trùng tên.",
    "NAMES_005": "Tên “meta” được dành riêng.",
    "NAMES_006": "Lựa chọn chưa có tên (name).",
    "NAMES_007": "Tên lựa chọn bị trùng trong một danh sách.",
    "NAMES_008": "Tên phải bắt đầu bằng chữ cái không dấu hoặc dấu gạch dưới, rồi chỉ chữ, số, _ - .",
    "NAMES_009": "Tên “{name}” phải bắt đầu bằng chữ cái không dấu hoặc dấu gạch dưới, rồi chỉ chữ, số, _ - .",
    "NAMES_010": "Tên không được bắt đầu bằng hai dấu gạch dưới.",
    "NAMES_011": "Tên không được có dấu chấm.",
    "NAMES_012": "Không được dùng tên “name” hoặc “label” ở đây.",
    "NAMES_013": "Không thấy trang “{sheet}”; có trang tên gần giống: {candidates}.",
    "NAMES_014": "Tên danh sách ở trang entities bị trùng.",
    "NAMES_015": "Trang entities thiếu list_name.",
    "PYREF_001": "Tham chiếu phải có dạng ${{tên_câu}}.",
    "PYREF_002": "Giữa các tham chiếu cần dấu phẩy.",
    "PYREF_003": "Tham chiếu tới câu “{q}” không có trong trang survey.",
    "PYREF_004": "Tham chiếu “{q}” không rõ: tên này có ở nhiều chỗ.",
    "SURVEY_001": "Có dòng kết thúc nhóm mà không có dòng bắt đầu.",
    "SURVEY_002": "Nhóm “{name}” chưa có dòng kết thúc.",
    "SURVEY_004": "Cột parameters phải viết dạng khóa=giá_trị.",
    "SURVEY_005": "Tham số không dùng được: {rejected}. Được dùng: {accepted}.",
    "SURVEY_007": "capture-accuracy phải là số.",
    "SURVEY_008": "warning-accuracy phải là số.",
}
# Sentences without a code, and ODK Validate's; the first that is found counts.
_SENTENCES = [
    (re.compile(pattern, re.I | re.S), words)
    for pattern, words in (
        (r"Unknown question type '([^']*)'", "Không có kiểu câu hỏi “{0}”."),
        (r"List name not in choices sheet: (\S+)", "Danh sách “{0}” không có ở trang choices."),
        (r"List name not in external choices sheet: (\S+)", "Danh sách “{0}” không có ở trang external_choices."),
        (r"There should be choices for this question", "Câu hỏi này chưa có danh sách lựa chọn."),
        (r"choices sheet has the\s+mandatory columns", "Trang choices cần các cột list_name, name, label."),
        (r"Question or group with no name", "Câu hỏi hoặc nhóm chưa có tên (name)."),
        (r"Question with no type", "Câu hỏi chưa có kiểu (type)."),
        (r"Missing calculation", "Câu calculate thiếu cột calculation."),
        (r"Duplicate column header: (.+)", "Hai cột trùng tiêu đề “{0}”."),
        (r"(?:must have|need) a sheet(?: called)? .{0,3}survey", "Tệp không có trang survey."),
        (r"no survey element named '([^']*)'", "Tham chiếu tới câu “{0}” không có trong trang survey."),
        (r"multiple survey elements named '([^']*)'", "Tham chiếu “{0}” không rõ: tên này có ở nhiều chỗ."),
        (r"(?:must|should) end with one of", "Tên tệp danh sách phải kết thúc bằng .csv, .xml hoặc .geojson."),
        (r"Media type: (\S+) not supported", "Không hỗ trợ loại phương tiện “{0}”."),
        (r"Choice names with spaces", "Tên lựa chọn của câu chọn nhiều không được có khoảng trắng."),
        (r"must be an? integer|must have an integer value", "Tham số phải là số nguyên."),
        (r"Audits must always be named", "Câu audit phải mang tên audit."),
        (r"Language '([^']*)' is missing", "Thiếu bản dịch cho ngôn ngữ “{0}”."),
        (r"(?:dependency )?cycles? (?:amongst|in)|Cycle detected", "Các công thức tham chiếu vòng tròn lẫn nhau."),
        (r"cannot handle function '([^']*)'", "Không có hàm “{0}”."),
        (r"Encountered a problem with display condition", "Điều kiện hiện câu hỏi (relevant) viết sai."),
        (r"Invalid calculate|problem with (?:the )?calculat", "Công thức tính (calculation) viết sai."),
        (r"(?:Invalid )?XPath (?:evaluation|syntax)|Couldn't understand|Bad node", "Biểu thức viết sai cú pháp."),
        (r"refers to an? (?:nonexistent|non-existent|unbound)|does not exist", "Tham chiếu tới câu không có."),
        (r"select question .* no choices|no choices", "Câu chọn không có lựa chọn nào."),
        (r"Error reading \.?(?:xls|csv|md)|not a zip|not a valid", "Không đọc được tệp."),
    )
]
_ROW = re.compile(r"\[row\s*:\s*([0-9]+)\]")
_SHEET = re.compile(r"the '(survey|choices|settings|entities|external_choices|osm)' sheet", re.I)
_COLUMN = re.compile(r"the '([\w:()& -]{1,60})' (?:value|column|header)", re.I)
_NAMED = re.compile(r"\$\{([\w.-]+)\}|the (?:question|field|node) '?([\w.-]+)'?", re.I)
MOST_WORDS = 600  # characters of another program's sentence


def of_pyxform(message: str, code: str = "", context: dict[str, Any] | None = None) -> Fault:
    """A fault from pyxform's error: its code and context where it has them, else what its sentence says."""
    if not code:
        code, context = _recognised(message)
    facts = {key: str(value)[:200] for key, value in (context or {}).items()}
    row = _ROW.search(message)
    sheet, column = _SHEET.search(message), _COLUMN.search(message)
    return Fault(
        words=_CODES[code].format_map(_Known(facts)) if code in _CODES else _in_words(message),
        kind=CONVERSION,
        sheet=sheet[1].lower() if sheet else ("survey" if row else ""),
        row=int(row[1]) if row else 0,
        column=column[1] if column else "",
        about=str(facts.get("value") or facts.get("name") or facts.get("q") or ""),
        original=message.strip()[:MOST_WORDS],
    )


def of_validate(complaint: str, rows: dict[str, int]) -> Fault:
    """A fault from ODK Validate; `rows` gives the line of each question by its name."""
    named = [first or second for first, second in _NAMED.findall(complaint)]
    about = next((name for name in named if name in rows), "")
    return Fault(
        words=_in_words(complaint),
        kind=CONVERSION,
        sheet="survey" if about else "",
        row=rows.get(about, 0),
        about=about,
        original=complaint.strip()[:MOST_WORDS],
    )


def _recognised(message: str) -> tuple[str, dict[str, str]]:
    """(code, context) of a sentence pyxform had filled in itself."""
    said = " ".join(message.split())
    for code, pattern in _TEMPLATES.items():
        found = pattern.fullmatch(said)
        if found:
            return code, found.groupdict()
    return "", {}


def _template(sentence: str) -> re.Pattern[str]:
    parts, seen = [], set()
    for literal, name, _, _ in string.Formatter().parse(" ".join(sentence.split())):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
            seen.add(name)
    return re.compile("".join(parts))


_TEMPLATES = {code.name: _template(code.value.msg) for code in ErrorCode}


def _in_words(message: str) -> str:
    for pattern, words in _SENTENCES:
        found = pattern.search(message)
        if found:
            return words.format(*(part.strip() for part in found.groups()))
    return "Không chuyển được biểu mẫu; xem câu báo lỗi nguyên văn."


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
