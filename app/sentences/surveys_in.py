"""Problems of forms and submissions: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
    "withdrawal_code_unknown": Said(
        404,
        "Không có phiếu nào trong phạm vi của tài khoản mang mã rút này. Hãy xem lại từng chữ trên biên nhận.",
        "No record within the account's reach has this withdrawal code. Check each sign on the receipt.",
    ),
    # Surveys in
    "form_unknown": Said(
        404,
        "Không có biểu mẫu “{form_id}” phiên bản “{version}”, hoặc tài khoản không được điền. Hãy tải lại danh sách.",
        "There is no form “{form_id}” version “{version}”, or the account may not fill it. Reload the list of forms.",
    ),
    "form_list_stale": Said(
        404,
        "Danh mục “{name}” đã đổi. Hãy tải lại biểu mẫu.",
        "The list “{name}” has changed. Download the form again.",
    ),
    "form_not_convertible": Said(422, "Không chuyển được biểu mẫu: {reason}", "The form can't be converted: {reason}"),
    "form_unreadable": Said(422, "Biểu mẫu đã lưu bị hỏng: {reason}.", "The stored form is broken: {reason}."),
    "form_refused": Said(
        422,
        "Biểu mẫu không được nhận, câu “{field}”: {reason}",
        "The form isn't taken, question “{field}”: {reason}",
    ),
    "form_needs_second_account": Said(
        403,
        "Biểu mẫu cần một tài khoản khác, có quyền duyệt biểu mẫu, phê duyệt.",
        "A form goes live when another account, holding the right to approve forms, approves it.",
    ),
    "form_files_missing": Said(
        422,
        "Biểu mẫu còn thiếu tệp kèm theo: {names}. Người tải lên cần tải lại kèm các tệp này.",
        "Files the form names are missing: {names}. Whoever uploaded it uploads it again with them.",
    ),
    "form_changed": Said(
        409,
        "Bản nháp đã được thay sau khi anh/chị mở. Hãy tải lại trang và xem lại trước khi duyệt.",
        "The draft was replaced after you opened it. Reload the page and look again before approving.",
    ),
    "form_unit_unknown": Said(
        422,
        "Hãy chọn cả tỉnh hoặc ít nhất một xã đang có trong phạm vi của tài khoản ({unit}).",
        "Choose the province, or at least one of today's communes within the account's scope ({unit}).",
    ),
    "submission_unreadable": Said(
        400,
        "Không đọc được phiếu ({reason}); chưa lưu gì. Phiếu vẫn còn trên điện thoại.",
        "The submission can't be read ({reason}); nothing was stored.",
    ),
    "submission_classified": Said(
        422,
        "Phiếu có dấu hiệu tài liệu mật ở “{field}” nên không được nhận và không lưu. Hãy gửi theo đường văn thư mật.",
        "“{field}” carries a classified marking: refused and not stored. Use the classified mail.",
    ),
    "submission_changed": Said(
        409,
        "Đã có phiếu “{id}” với nội dung khác; bản đã lưu được giữ nguyên.",
        "“{id}” is already stored with other content; what was stored is kept.",
    ),
    "answer_refused": Said(
        422, "Câu “{field}” không dùng được. Phiếu đã lưu để xem lại.", "“{field}” can't be used. Kept for review."
    ),
    "answer_unknown_question": Said(
        422,
        "Biểu mẫu không có câu “{field}”, hoặc câu này bị lặp. Phiếu đã lưu để xem lại.",
        "The form has no question “{field}”, or it stands twice. Kept for review.",
    ),
    "answer_stray_text": Said(
        422,
        "Có chữ nằm ngoài các câu hỏi, gần “{field}”. Phiếu đã lưu để xem lại.",
        "There is text outside the questions, near “{field}”. Kept for review.",
    ),
    "answer_unknown_choice": Said(
        422,
        "Câu “{field}”: lựa chọn không có trong danh sách. Phiếu đã lưu để xem lại.",
        "“{field}”: the choice isn't in the list. Kept for review.",
    ),
    "answer_no_number": Said(
        422, "Câu “{field}”: cần một số. Phiếu đã lưu để xem lại.", "“{field}”: a number is needed. Kept for review."
    ),
    "answer_no_date": Said(
        422,
        "Câu “{field}”: cần ngày hoặc giờ. Phiếu đã lưu để xem lại.",
        "“{field}”: a date or time is needed. Kept for review.",
    ),
    "answer_no_place": Said(
        422,
        "Câu “{field}”: không đọc được vị trí ({reason}). Phiếu đã lưu để xem lại.",
        "“{field}”: the place can't be read ({reason}). Kept for review.",
    ),
    "answer_form_withdrawn": Said(
        422,
        "Biểu mẫu “{field}” đã bị thu hồi. Phiếu đã lưu để xem lại.",
        "The form “{field}” was taken back. Kept for review.",
    ),
    "answer_out_of_range": Said(
        422,
        "Câu “{field}”: số phải từ {minimum} đến {maximum}. Phiếu đã lưu để xem lại.",
        "“{field}”: the number must be from {minimum} to {maximum}. Kept for review.",
    ),
    "answer_more_than": Said(
        422,
        "Câu “{field}” ({label}: {value}) không được hơn “{other}” ({limit}). Phiếu đã lưu để xem lại.",
        "“{field}” ({label}: {value}) can't be more than “{other}” ({limit}). Kept for review.",
    ),
    "answer_day_ahead": Said(
        422,
        "Câu “{field}” ({label}: {value}) là ngày chưa đến. Phiếu đã lưu để xem lại.",
        "“{field}” ({label}: {value}) is a day that hasn't come. Kept for review.",
    ),
    "answer_missing": Said(
        422, "Thiếu câu “{field}”. Phiếu đã lưu để xem lại.", "“{field}” is missing. Kept for review."
    ),
    "answer_outside_scope": Said(
        422,
        "Câu “{field}”: ngoài phạm vi của tài khoản, hoặc thôn không thuộc xã đã chọn. Phiếu đã lưu để xem lại.",
        "“{field}”: outside the account's scope, or a hamlet of another commune. Kept for review.",
    ),
    "answer_bad_entity": Said(
        422,
        "Mã đối tượng không đúng (“{field}”). Phiếu đã lưu để xem lại.",
        "The entity is wrong (“{field}”). Kept for review.",
    ),
    "answer_bad_name": Said(
        422,
        "Câu “{field}”: tên tệp không dùng được. Phiếu đã lưu để xem lại.",
        "“{field}”: the file name can't be used. Kept for review.",
    ),
    "correction_not_own": Said(
        422,
        "Phiếu này sửa một phiếu không phải của tài khoản gửi. Phiếu đã lưu để xem lại.",
        "It corrects a record of another account. Kept for review.",
    ),
    "correction_of_approved": Said(
        422,
        "Phản ánh đã duyệt thì cơ quan đang xử lý, không sửa được nữa; hãy gửi một phiếu mới.",
        "An approved report is with the office that answers and can't be corrected: send a new one.",
    ),
    "attachment_unknown": Said(
        422,
        "Tệp “{field}” không thuộc phiếu này nên không được lưu; phần còn lại đã lưu để xem lại.",
        "The file “{field}” belongs to no answer and wasn't stored; the rest is kept for review.",
    ),
    "attachment_not_taken": Said(
        422,
        "Tệp “{field}” không được nhận (loại tệp, hoặc ảnh có dữ liệu ẩn không gỡ được); phần còn lại đã lưu.",
        "The file “{field}” isn't taken (its kind, or hidden data that can't be removed); the rest is kept for review.",
    ),
}
