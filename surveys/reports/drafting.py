"""The words a figure gives: plain official Vietnamese, one sentence each, that a person then edits.

Nothing is told that isn't known: no figure is no nought, and what a unit hasn't reported is not guessed.
"""

from collections.abc import Sequence
from typing import Any

from surveys.figures.cells import HIDDEN
from surveys.reports import frozen, standards
from surveys.reports.frozen import BEFORE, NOW, YEAR, Frozen
from surveys.reports.outline import Part
from surveys.showing import day, number

# {n}: the number with its unit; {day}: the last day it stands for.
SENTENCES = {
    "hamlets_surveyed": "Trong kỳ đã khảo sát {n}",
    "share_nuoc": "Tỷ lệ thôn đã khảo sát có đủ nước sạch là {n}",
    "share_dien": "Tỷ lệ thôn đã khảo sát có đủ điện là {n}",
    "share_duong": "Tỷ lệ thôn đã khảo sát có đủ đường giao thông là {n}",
    "share_truong": "Tỷ lệ thôn đã khảo sát có đủ trường học là {n}",
    "share_y_te": "Tỷ lệ thôn đã khảo sát có đủ trạm y tế là {n}",
    "minority_areas": "Đến ngày {day} có {n} trong danh sách đã công bố",
    "minority_poverty": "Tỷ lệ nghèo theo danh sách đã công bố là {n}",
    "sites": "Đến ngày {day} có {n} tôn giáo, tín ngưỡng được ghi nhận",
    "sites_unsafe": "Có {n} hư hỏng hoặc nguy hiểm",
    "sites_with_paper": "Tỷ lệ cơ sở đã có giấy chứng nhận đất là {n}",
    "site_requests": "Đến ngày {day} còn {n} của cơ sở chưa được cơ quan trả lời",
    "site_requests_late": "Trong đó {n} cơ quan để quá hạn trả lời",
    "projects": "Đến ngày {day} có {n} đang theo dõi",
    "projects_behind": "Có {n} chậm mốc tiến độ",
    "project_households": "Tổng số hộ bị ảnh hưởng bởi các dự án là {n}",
    "households_paid": "Tỷ lệ hộ đã nhận tiền bồi thường là {n}",
    "households_moved": "Tỷ lệ hộ đã chuyển đến nơi ở mới là {n}",
    "plots_ready": "Tỷ lệ lô đất tái định cư sẵn sàng là {n}",
    "reports": "Trong kỳ đã tiếp nhận {n}, kiến nghị về dịch vụ",
    "reports_open": "Đến ngày {day} còn {n} chưa được trả lời",
    "reports_overdue": "Trong đó {n} cơ quan để quá hạn",
    "reports_overdue_share": "Tỷ lệ quá hạn trong số chưa trả lời là {n}",
    "reports_in_time": "Tỷ lệ trả lời đúng hạn là {n}",
    "report_households": "Số hộ bị ảnh hưởng nêu trong phản ánh là {n}",
    "activities": "Trong kỳ đã thực hiện {n} phối hợp",
    "activities_put_off": "Còn {n} chưa thực hiện theo kế hoạch",
    "activity_households": "Các hoạt động đã giúp {n}",
    "checks": "Trong kỳ đã kiểm tra {n} về thực hiện dân chủ ở cơ sở",
    "checks_done": "Tỷ lệ nội dung dân chủ đã làm tốt là {n}",
    "models_new": "Trong kỳ đăng ký mới {n} “Dân vận khéo”",
    "models_kept": "Đến ngày {day} đang duy trì {n}",
    "models_recognised": "Tỷ lệ mô hình được công nhận là {n}",
    "model_households": "Các mô hình mang lại lợi ích cho {n}",
}


def part(told: Part, found: dict[str, Frozen], deadlines: Sequence[dict[str, Any]]) -> str:
    """The text of a part of a section; "" where the system has no figure for it. `deadlines`: those quoted."""
    every = [found[key] for key in told.figures if key in found]
    if not every:
        return ""
    mine = [one for one in every if not standards.unset(one.figure, deadlines)]
    known = [one for one in mine if one.total() is not None]
    lines = [sentence(one) for one in known]
    unknown = [one.figure.title for one in mine if one.total() is None]
    if unknown:
        lines.append(f"Chưa có số liệu trong kỳ về: {'; '.join(title[0].lower() + title[1:] for title in unknown)}.")
    lists = {standards.LISTS[one.figure.key] for one in known if one.figure.key in standards.LISTS}
    if lists:
        lines.append(f"Thời hạn trả lời tính theo: {'; '.join(standards.sources(deadlines, lists))}.")
    without = dict.fromkeys(standards.LISTS[one.figure.key] for one in every if one not in mine)
    lines += [f"Chưa có thời hạn trả lời {standards.NAMES[list_]} nên không tính quá hạn." for list_ in without]
    lines += _left_out(mine)
    return " ".join(lines)


def sentence(found: Frozen) -> str:
    """One figure in words, compared with the period before and the year before."""
    figure = found.figure
    amount = f"{number(found.total() or 0, figure.decimals)}{'%' if figure.share else f' {figure.unit}'}"
    pattern = SENTENCES.get(figure.key, f"{figure.title}: {{n}}")
    return pattern.format(n=amount, day=day(found.until)) + compared(found) + "."


def compared(found: Frozen) -> str:
    """ ", tăng 12 so với kỳ trước, giảm 3 so với cùng kỳ năm trước"; "" where neither is known.

    Restricted sums aren't compared in words: other places are hidden in each quarter.
    """
    said = ""
    if found.figure.restricted:
        return said
    for when, words in ((BEFORE, "kỳ trước"), (YEAR, "cùng kỳ năm trước")):
        change = changed(found, when)
        if change is None:
            continue
        decimals = found.figure.decimals
        size = number(abs(change), decimals) + (" điểm phần trăm" if found.figure.share else "")
        if round(change, decimals) == 0:
            said += f", bằng {words}"
        else:
            said += f", {'tăng' if change > 0 else 'giảm'} {size} so với {words}"
    return said


def changed(found: Frozen, when: int) -> float | None:
    """By how much the total differs from an earlier one; None where either isn't known."""
    now, then = found.total(NOW), found.total(when)
    return None if now is None or then is None else now - then


def _left_out(mine: Sequence[Frozen]) -> list[str]:
    """What the figures don't hold, said once for the whole part."""
    said = []
    waiting = max((one.waiting for one in mine), default=0)
    if waiting:
        said.append(f"Còn {number(waiting)} phiếu chờ duyệt, chưa tính vào số liệu.")
    small = frozen.left_out(mine)
    if small:
        said.append(f"Không cộng {number(small)} hồ sơ dưới 5 hộ.")
    hidden = sum(1 for one in mine for line in one.lines if one.figure.restricted and line.mark == HIDDEN)
    if hidden:
        said.append(f"Số cộng chỉ gồm nơi nêu số, không gồm {number(hidden)} ô ghi “ẩn”.")
    return said
