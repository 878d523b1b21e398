"""What the lists and steps of cases are called."""

from flask_babel import gettext as _


def lists() -> dict[str, str]:
    """The lists of a page of cases, by key."""
    return {"waiting": _("Phải trả lời"), "answered": _("Đã trả lời, chờ đóng"), "closed": _("Đã đóng")}


def nothing() -> dict[str, str]:
    """What an empty list says, and how something comes to be there."""
    return {
        "waiting": _("Không có vụ việc nào đang chờ trả lời. Phản ánh vào đây khi được duyệt."),
        "answered": _("Không có vụ việc nào chờ đóng. Vụ việc vào đây khi cơ quan đã trả lời."),
        "closed": _("Chưa có vụ việc nào đã đóng. Đóng ở danh sách “Đã trả lời, chờ đóng”."),
    }


def steps() -> dict[str, str]:
    """Each step as history tells it."""
    return {
        "take": _("nhận xử lý"),
        "answer": _("trả lời"),
        "reassign": _("chuyển cơ quan"),
        "escalate": _("báo cáo lãnh đạo"),
        "duplicate": _("gộp vào vụ việc khác"),
        "close": _("đóng"),
        "reopen": _("mở lại"),
    }


def done() -> dict[str, str]:
    """What was done, told once."""
    return {
        "take": _("Đã nhận xử lý."),
        "answer": _("Đã trả lời. Người gửi sẽ thấy câu trả lời trên điện thoại."),
        "reassign": _("Đã chuyển cơ quan khác. Hạn trả lời giữ nguyên."),
        "escalate": _("Đã báo cáo lãnh đạo."),
        "duplicate": _("Đã gộp. Người gửi sẽ nhận câu trả lời của vụ việc kia."),
        "close": _("Đã đóng vụ việc."),
        "reopen": _("Đã mở lại. Hạn trả lời tính lại từ hôm nay."),
    }
