"""Problems of what phones seal and send in parts: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
    # Sealed records from the phone
    "queue_file_unreadable": Said(
        422,
        "Tệp này không phải tệp phiếu lưu từ ứng dụng khảo sát ({reason}).",
        "This isn't a file of records saved by the survey app ({reason}).",
    ),
    "client_header_missing": Said(
        400,
        "Yêu cầu thiếu tiêu đề X-Diaban-Client. Hãy gửi từ ứng dụng khảo sát.",
        "The header X-Diaban-Client is missing. Send from the survey app.",
    ),
    "sign_in_again": Said(
        403,
        "Hãy đăng xuất rồi đăng nhập lại bằng mật khẩu, sau đó mở lại phiếu nháp trong vòng {minutes} phút.",
        "Sign out, sign in with the password, and open the drafts again within {minutes} minutes.",
    ),
    "seal_broken": Said(
        422,
        "Không mở được niêm phong: phiếu bị hỏng hoặc không phải do điện thoại niêm phong cho máy chủ này.",
        "The seal can't be opened: damaged, or not made for this server.",
    ),
    "seal_key_unknown": Said(
        422,
        "Máy chủ không giữ khóa mở niêm phong này. Quản trị cần đưa lại khóa cũ vào máy chủ.",
        "The server doesn't hold the key of this seal. An administrator puts the old key back.",
    ),
    "author_unknown": Said(
        422,
        "Không xác nhận được tài khoản nào đã lập phiếu này.",
        "It can't be told which account made this record.",
    ),
    "account_disabled": Said(
        403,
        "Tài khoản lập phiếu đã bị khóa. Phiếu được giữ lại để cán bộ xem xét.",
        "The account that made this record is disabled. The record is kept for an officer.",
    ),
    "parts_missing": Said(
        409,
        "Còn thiếu ảnh hoặc tệp của phiếu. Điện thoại sẽ tự gửi lại phần thiếu.",
        "Some files of the record are missing. The phone sends them again by itself.",
    ),
    "upload_too_large": Said(
        413,
        "Phiếu hoặc tệp lớn hơn mức nhận được ({bytes} byte).",
        "The record or file is larger than what is taken ({bytes} bytes).",
    ),
    "too_many_uploads": Said(
        429,
        "Tài khoản này đang gửi dở quá nhiều tệp. Hãy chờ {minutes} phút.",
        "This account has too many files under way. Wait {minutes} minutes.",
    ),
    "upload_offset_differs": Said(
        409, "Máy chủ đã có {offset} byte của tệp này.", "The server holds {offset} bytes of this file."
    ),
    "upload_damaged": Said(
        422, "Tệp đến nơi không đúng như khi gửi; hãy gửi lại.", "The file arrived changed; send it again."
    ),
    "tus_version": Said(412, "Máy chủ chỉ dùng tus 1.0.0.", "This server speaks tus 1.0.0."),
    "storage_unavailable": Said(
        503,
        "Máy chủ tạm hết chỗ lưu. Phiếu vẫn còn trên điện thoại và sẽ được gửi lại.",
        "The server has no room for the moment. The record stays on the phone and is sent again.",
    ),
    "quarantine_full": Said(
        503,
        "Đang có quá nhiều phiếu chờ cán bộ xem xét. Phiếu vẫn còn trên điện thoại và sẽ được gửi lại.",
        "Too many records wait for an officer. The record stays on the phone and is sent again.",
    ),
}
