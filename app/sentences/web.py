"""Problems of pages, accounts, review and the map: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
    # The web itself
    "not_signed_in": Said(401, "Cần đăng nhập để mở nội dung này.", "Sign in to open this."),
    "openrosa_header_missing": Said(
        400,
        "Yêu cầu thiếu tiêu đề X-OpenRosa-Version. Hãy gửi từ ứng dụng khảo sát.",
        "The header X-OpenRosa-Version is missing. Send from a survey app.",
    ),
    "csrf": Said(
        400,
        "Trang đã mở quá lâu hoặc phiên đăng nhập đã đổi. Hãy tải lại trang rồi làm lại.",
        "The page was open too long, or the session has changed. Reload the page and try again.",
    ),
    "bad_request": Said(400, "Máy chủ không đọc được yêu cầu này.", "The request can't be read."),
    "method_not_allowed": Said(
        405, "Địa chỉ này không nhận kiểu yêu cầu đó.", "This address doesn't take that method."
    ),
    "too_large": Said(
        413,
        "Dữ liệu gửi lên lớn hơn 100 MB. Hãy giảm cỡ ảnh hoặc tệp rồi gửi lại.",
        "What was sent is larger than 100 MB. Make the photos or files smaller and send again.",
    ),
    "unsupported_media_type": Said(415, "Máy chủ không nhận kiểu tệp này.", "This kind of file isn't taken."),
    "too_many_requests": Said(
        429, "Có quá nhiều yêu cầu. Hãy chờ một lát rồi thử lại.", "Too many requests. Wait a moment and try again."
    ),
    "internal": Said(
        500,
        "Máy chủ gặp lỗi ngoài dự kiến. Mã tra cứu: {reference}. Hãy thử lại; nếu vẫn lỗi, báo mã này cho quản trị.",
        "The server met an unexpected error. Reference: {reference}. Try again; if it stays, tell the administrator.",
    ),
    "unavailable": Said(
        503,
        "Cơ sở dữ liệu tạm thời không trả lời. Hãy thử lại sau một phút.",
        "The database doesn't answer for the moment. Try again in a minute.",
    ),
    "client_not_built": Said(
        503,
        "Máy chủ chưa dựng xong phần cho điện thoại ({name}). Quản trị chạy lại `make run`.",
        "The phone app isn't built ({name}). The administrator runs `make run` again.",
    ),
    # Signing in and accounts
    "sign_in_failed": Said(
        401, "Tên đăng nhập hoặc mật khẩu không đúng. Hãy nhập lại.", "User name or password is wrong. Try again."
    ),
    "code_wrong": Said(
        401,
        "Mã xác thực không đúng hoặc đã dùng rồi. Hãy nhập mã mới trên điện thoại.",
        "The code is wrong or was used already. Enter the next code shown on your phone.",
    ),
    "too_many_tries": Said(
        429,
        "Nhập sai quá nhiều lần. Hãy chờ {minutes} phút rồi thử lại, hoặc nhờ quản trị đặt lại mật khẩu.",
        "Too many wrong tries. Wait {minutes} minutes, or ask the administrator to reset the password.",
    ),
    "password_weak": Said(
        422,
        "Mật khẩu cần ít nhất {needed} ký tự, không chứa tên đăng nhập và không phải mật khẩu quá thông dụng.",
        "A password needs at least {needed} characters, without the user name, and none of the commonest.",
    ),
    "account_unknown": Said(404, "Không có tài khoản {username}.", "There is no account {username}."),
    "unit_not_for_accounts": Said(
        422,
        "Phạm vi của tài khoản phải là một tỉnh hoặc một xã đang có hiệu lực ({unit}).",
        "An account's scope is a province or commune that holds today ({unit}).",
    ),
    # What anybody may meet
    "problem": Said(400, "Không làm được yêu cầu này.", "This could not be done."),
    "query_invalid": Said(
        400, "Tham số “{field}” không đúng: {reason}.", "The parameter “{field}” is wrong: {reason}."
    ),
    "filter_invalid": Said(400, "Không đọc được bộ lọc: {reason}.", "The filter can't be read: {reason}."),
    "not_found": Said(
        404,
        "Không có nội dung này, hoặc nó nằm ngoài phạm vi của tài khoản.",
        "This doesn't exist, or lies outside the account's scope.",
    ),
    "forbidden": Said(403, "Tài khoản này không có quyền làm việc đó.", "This account may not do that."),
    "invalid_value": Said(
        422, "Giá trị của “{field}” không dùng được: {reason}.", "The value of “{field}” can't be used: {reason}."
    ),
    "fields_refused": Said(
        422,
        "Chưa lưu gì: các mục sau chưa đúng ({fields}). Sửa rồi gửi lại.",
        "Nothing was stored: these fields aren't right ({fields}). Mend them and send again.",
    ),
    "conflict": Said(
        409,
        "Đã có {what} “{id}” với nội dung khác; bản đã lưu được giữ nguyên.",
        "There already is a {what} “{id}” with other content; what was stored is kept.",
    ),
    # Review and cases
    "conflict_undecided": Said(
        409,
        "Người khác đã sửa cùng một mục ({fields}). Hãy chọn giá trị cho từng mục rồi duyệt; chưa có gì bị ghi đè.",
        "Somebody else changed the same fields ({fields}). Pick a value for each, then approve; nothing was written.",
    ),
    "feature_deleted": Said(
        409,
        "Bản ghi “{id}” đã bị xoá sau khi phiếu này bắt đầu, nên không cập nhật được. Hãy trả lại hoặc từ chối phiếu.",
        "The record “{id}” was deleted after this visit began, so it can't be updated. Return or reject the visit.",
    ),
    "visit_unknown": Said(
        422,
        "Không có bản ghi này trong địa bàn của anh/chị, hoặc loại này không cập nhật bằng phiếu. Phiếu đã lưu.",
        "There is no such record in your area, or its kind isn't updated by a form. What you sent is kept.",
    ),
    "comment_needed": Said(
        422, "Trả lại hoặc từ chối thì phải ghi lý do.", "Returning or rejecting needs a comment saying why."
    ),
    "own_proposal": Said(
        403,
        "Người gửi không tự duyệt: việc này cần một tài khoản khác.",
        "What one account enters, another confirms: this needs another account.",
    ),
    "not_placed": Said(
        409,
        "Chưa xác định được xã của nội dung này: hãy chọn xã trước khi duyệt.",
        "It lies in no known commune: choose the commune before approving.",
    ),
    "no_answering_office": Said(
        409,
        "Chưa có cơ quan nào trả lời lĩnh vực “{category}” ở đây: quản trị cần chỉ định.",
        "No office answers the category “{category}” here: an administrator names one.",
    ),
    "no_service_standard": Said(
        409,
        "Chưa có thời hạn trả lời cho lĩnh vực “{category}”: quản trị cần quy định.",
        "No standard says how soon “{category}” is answered: an administrator sets one.",
    ),
    # The map
    "no_such_tile": Said(404, "Không có ô bản đồ {id}.", "There is no tile {id}."),
    "incompatible_layers": Said(
        403,
        "“{first}” không hiển thị cùng “{second}”: phản ánh của người dân không đặt cạnh tôn giáo, dân tộc. "
        "Hãy tắt một trong hai lớp, hoặc xem phản ánh theo số lượng từng xã.",
        "“{first}” isn't shown with “{second}”: people's reports are never put beside faith or ethnicity. "
        "Switch one of them off, or see reports as numbers by commune.",
    ),
    "basemap_address": Said(
        422,
        "Địa chỉ nền bản đồ không dùng được. Cần dạng https://máy-chủ/…{{z}}…{{x}}…{{y}} (WMTS: {{TileMatrix}}, "
        "{{TileCol}}, {{TileRow}}), một máy chủ, không kèm mật khẩu ({reason}). Nền cũ được giữ nguyên.",
        "The base map's address can't be used. It needs the form https://host/…{{z}}…{{x}}…{{y}} "
        "(WMTS: {{TileMatrix}}, {{TileCol}}, {{TileRow}}), one host, no password ({reason}). The former one is kept.",
    ),
    "basemap_unreachable": Said(
        503,
        "Máy chủ nền bản đồ không trả ô bản đồ hợp lệ ({reason}). Ranh giới và các lớp vẫn xem được; hãy báo quản trị.",
        "The base map's host gave no usable tile ({reason}). Boundaries and layers still show; tell the administrator.",
    ),
    "basemap_unreadable": Said(
        503,
        "Tệp nền bản đồ của cơ quan không đọc được ({reason}). Hãy báo cho quản trị.",
        "The office's base map can't be read ({reason}). Tell the administrator.",
    ),
}
