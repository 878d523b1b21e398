"""The kinds of dated rules an administrator keeps, declared once: page, command and checks are derived from this.

Each kind is a table whose rows hold from `valid_from` until before `valid_to`, with `source` and `status`.
"""

from dataclasses import dataclass
from typing import Any

from surveys.check_rounds import PILLARS
from surveys.check_tables import ChecklistItem
from surveys.complaints import COUNTED, ComplaintDeadline
from surveys.layers.democracy_checks import layer as checks
from surveys.offices import ServiceStandard
from surveys.resettlement_tables import StageRule
from surveys.rule_parts import Part, number

SOURCED, FROM_MEMORY = "sourced", "from memory"
_POINTS = (("began", "bắt đầu", "began"), ("ended", "kết thúc", "ended"))
_PILLARS = tuple((key, checks.field(key).label, checks.field(key).label_en) for key in PILLARS)


@dataclass(frozen=True)
class Kind:
    """`names`: fields that say which rule a row is about; one holds at a time. `says`: what it says."""

    key: str
    table: Any
    title: str
    title_en: str
    names: tuple[Part, ...]
    says: tuple[Part, ...]
    about: str
    about_en: str

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*self.names, *self.says)


KINDS = (
    Kind(
        "stage", StageRule, "Các bước thu hồi đất, tái định cư", "Stages of land recovery and resettlement",
        names=(
            Part("stage", "Bước", "Stage", list="resettlement_stages"),
            Part("kind", "Ràng buộc", "Rule", options=(
                ("needs", "phải có trước", "needs"), ("not_before", "không sớm hơn", "not before"),
                ("within", "trong thời hạn", "within"),
            )),
            Part("since", "Tính từ bước", "Counted from", list="resettlement_stages"),
            Part("land", "Chỉ với đất", "Only of land", optional=True, options=(
                ("nong_nghiep", "nông nghiệp", "agricultural"), ("phi_nong_nghiep", "phi nông nghiệp", "other"),
            )),
        ),
        says=(
            Part("point", "Bước đó", "That stage", options=_POINTS),
            number("days", "Số ngày", "Days", 0, 3650),
            Part("since_point", "Bước tính từ", "The stage counted from", options=_POINTS),
        ),
        about="Ngày theo lịch. Dự án tính theo dòng có hiệu lực vào ngày bắt đầu tính.",
        about_en="Calendar days. A project goes by the row that held on the day it is counted from.",
    ),
    Kind(
        "complaint", ComplaintDeadline, "Khiếu nại, tố cáo, kiến nghị", "Complaints, denunciations, petitions",
        names=(
            Part("kind", "Loại", "Kind", options=COUNTED),
            Part("step", "Mã việc", "Code of the step", kind="code"),
        ),
        says=(
            Part("label", "Việc", "Step", kind="words"),
            number("days", "Số ngày", "Days", 1, 365, optional=True),
            number("days_complex", "Vụ phức tạp", "Complex", 1, 365, optional=True),
            number("days_remote", "Vùng sâu, đi lại khó khăn", "Remote", 1, 365, optional=True),
            number("days_remote_complex", "Vùng sâu, phức tạp", "Remote and complex", 1, 365, optional=True),
            Part("working", "Tính ngày làm việc", "Working days", kind="flag"),
        ),
        about="Không đánh dấu “ngày làm việc” thì tính ngày theo lịch.",
        about_en="Calendar days unless working days are ticked.",
    ),
    Kind(
        "request", ServiceStandard, "Đề nghị của cơ sở tôn giáo", "Requests of religious sites",
        names=(Part("category", "Loại đề nghị", "Kind of request", list="site_requests"),),
        says=(number("days", "Ngày làm việc", "Working days", 1, 365),),
        about="Loại chưa có thời hạn thì không cơ quan nào bị coi là muộn.",
        about_en="Where no time limit is set, no office is late.",
    ),
    Kind(
        "item", ChecklistItem, "Mục của bảng kiểm", "Items of checklists",
        names=(
            Part("checklist", "Bộ tiêu chí", "Checklist", list="checklists"),
            Part("code", "Mã mục", "Code of the item", kind="code"),
        ),
        says=(
            Part("label_vi", "Nội dung kiểm tra", "What is checked, Vietnamese", kind="words"),
            Part("label_en", "Nội dung, tiếng Anh", "What is checked, English", kind="words"),
            Part("pillar", "Thuộc nội dung dân chủ", "Counts for the pillar", options=_PILLARS, optional=True),
            number("position", "Thứ tự", "Order", 1, 999),
        ),
        about="Bộ tiêu chí mới: thêm một mã vào danh mục “checklists” trước, rồi thêm mục ở đây.",
        about_en="A new checklist: add a code to the list “checklists” first, then its items here.",
    ),
)  # fmt: skip
NAMED = {kind.key: kind for kind in KINDS}
