"""Problems of periodic reports: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
    "report_locked": Said(
        409,
        "Báo cáo đã trình hoặc đã duyệt nên không sửa được; chưa có gì thay đổi. Muốn sửa: rút lại, hoặc mở lại kèm"
        " lý do.",
        "The report is handed in or approved and can't be changed; nothing was. To change it, withdraw it or open it"
        " again with a reason.",
    ),
    "report_changed": Said(
        409,
        "Trong lúc bạn viết, người khác đã sửa mục này; bản của họ được giữ, bản của bạn chưa lưu. Hãy quay lại, chép"
        " phần mình viết, tải lại trang rồi dán vào.",
        "Somebody else changed this part while you were writing; theirs is kept, yours isn't stored. Go back, copy your"
        " text, reload the page and paste it.",
    ),
    "report_not_measured": Said(
        409,
        "Báo cáo chưa có số liệu. Hãy bấm “Lấy số liệu” và chờ xong rồi làm lại.",
        "The report has no figures yet. Take them first, wait until that is done, then try again.",
    ),
    "report_wrong_step": Said(
        409,
        "Báo cáo không còn ở bước này (hiện là “{state}”): có thể người khác vừa xử lý. Hãy tải lại trang.",
        "The report isn't at this step any more (it is “{state}”): somebody may just have dealt with it. Reload the"
        " page.",
    ),
    "report_same_person": Said(
        403,
        "Người trình không tự duyệt báo cáo của mình. Cần một tài khoản khác duyệt.",
        "Who handed the report in can't approve it. Another account has to.",
    ),
    "report_period_locked": Said(
        409,
        "Báo cáo tổng hợp của tỉnh cho kỳ “{period}” đã duyệt nên báo cáo của xã không mở lại được. Tỉnh mở lại báo cáo"
        " tổng hợp trước.",
        "The province's sum for “{period}” is approved, so a commune's report of it can't open again. The province has"
        " to open its own first.",
    ),
    "report_reason_missing": Said(
        422,
        "Cần ghi lý do, ít nhất 5 ký tự: đơn vị nhận lại báo cáo đọc lý do này.",
        "A reason is needed, 5 letters at least: who gets the report back reads it.",
    ),
}
