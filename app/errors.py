"""What each problem is over HTTP and in words: one table, code → status, Vietnamese sentence, English sentence."""

import string
from collections.abc import Mapping
from typing import Any, NamedTuple

from app.startup_problems import StartupProblem
from geodata.problems import Problem


class Said(NamedTuple):
    """`vi` and `en` are format strings over the problem's facts: what happened, and what to do."""

    status: int
    vi: str
    en: str


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
    "basemap_unreadable": Said(
        503,
        "Tệp nền bản đồ của cơ quan không đọc được ({reason}). Hãy báo cho quản trị.",
        "The office's base map can't be read ({reason}). Tell the administrator.",
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
    # Geometry and coordinate systems
    "geometry_invalid": Said(422, "Không đọc được vị trí: {reason}.", "The geometry can't be read: {reason}."),
    "geometry_not_a_number": Said(
        422, "Tọa độ thứ {position} không phải là số (“{text}”).", "Coordinate {position} is no number (“{text}”)."
    ),
    "geometry_out_of_range": Said(
        422,
        "Điểm thứ {position} không phải kinh độ, vĩ độ hợp lệ.",
        "Point {position} is no longitude and latitude.",
    ),
    "geometry_too_few_points": Said(
        422, "Vùng cần ít nhất {needed} điểm, mới có {found}.", "An area needs at least {needed} points, has {found}."
    ),
    "geometry_no_area": Said(
        422, "Các cạnh của vùng cắt nhau, không còn diện tích.", "No area is left of the polygon."
    ),
    "zone_unknown": Said(422, "Không biết hệ tọa độ EPSG:{epsg}.", "The coordinate system EPSG:{epsg} isn't known."),
    "zone_deprecated": Said(
        422,
        "EPSG:{epsg} đã bị hủy vì đảo trục: hãy dùng EPSG:{instead}.",
        "EPSG:{epsg} was withdrawn (axes swapped): use EPSG:{instead}.",
    ),
    "province_without_zone": Said(
        422, "Không có múi chiếu VN-2000 cho tỉnh mã {province}.", "No VN-2000 zone is known for province {province}."
    ),
    # Files in and out
    "encoding_unknown": Said(422, "Không biết bảng mã “{encoding}”.", "The encoding “{encoding}” isn't known."),
    "text_undecodable": Said(
        422,
        "Chữ ở vị trí {position} không đọc được theo bảng mã {encoding}.",
        "The text at byte {position} can't be read as {encoding}.",
    ),
    "cancelled": Said(
        409, "Việc này đã được hủy; không có gì bị thay đổi.", "This was cancelled; nothing was changed."
    ),
    "export_column_invalid": Said(
        422, "Không xuất được cột “{column}”: {reason}.", "The column “{column}” can't be exported: {reason}."
    ),
    "export_failed": Said(500, "Không ghi được tệp xuất: {reason}.", "The export file couldn't be written: {reason}."),
    "export_name_invalid": Said(422, "Tên tệp “{name}” không dùng được.", "The file name “{name}” can't be used."),
    "coordinate_missing": Said(
        422, "Dòng {line} thiếu tọa độ ở cột “{column}”.", "Line {line} has no coordinate in column “{column}”."
    ),
    "coordinate_unreadable": Said(422, "Không đọc được tọa độ “{text}”.", "The coordinate “{text}” can't be read."),
    "table_line_undecodable": Said(
        422,
        "Dòng {line} không đọc được theo bảng mã {encoding}.",
        "Line {line} can't be read as {encoding}.",
    ),
    "table_row_ragged": Said(
        422,
        "Dòng {line} có {found} ô, cần {expected} ô.",
        "Line {line} has {found} cells where {expected} are expected.",
    ),
    "table_unreadable": Said(422, "Không đọc được bảng: {reason}.", "The table can't be read: {reason}."),
    "table_without_coordinates": Said(
        422,
        "Không nhận ra cặp cột tọa độ nào trong: {columns}.",
        "No pair of columns is known as coordinates among: {columns}.",
    ),
    "zone_needed": Said(
        422,
        "Tọa độ tính bằng mét ({columns}): hãy chọn múi chiếu.",
        "The coordinates are in metres ({columns}): say in which zone.",
    ),
    "job_cancelled": Said(409, "Việc này đã được yêu cầu dừng.", "This job was asked to stop."),
    "job_rights_lost": Said(
        403,
        "Khi đến lượt chạy, tài khoản không còn quyền làm việc đó nữa.",
        "When its turn came, the account no longer had the right to do this.",
    ),
    "purpose_needed": Said(422, "Hãy ghi mục đích xuất dữ liệu.", "Say what the export is for."),
    "job_failed": Said(
        500,
        "Việc này gặp lỗi ngoài dự kiến ({reason}). Hãy làm lại; nếu vẫn lỗi, báo quản trị.",
        "This met an unexpected error ({reason}). Ask again; if it stays, tell the administrator.",
    ),
    "import_not_for_areas": Said(
        422,
        "Lớp “{layer}” là lớp vùng hoặc không nhận dữ liệu nhập, không nhập được từ bảng điểm.",
        "“{layer}” can't be filled from a table of points.",
    ),
    "import_name_missing": Said(
        422,
        "Không thấy cột tên. Hãy đặt tên cột là “name” hoặc “ten”. Các cột: {columns}.",
        "No column of names. Call it “name” or “ten”. Columns: {columns}.",
    ),
    "account_unclear": Said(
        422,
        "Hãy nói làm với tài khoản nào: --as TÊN. Có quyền: {names}.",
        "Say for which account: --as NAME. With the right: {names}.",
    ),
    "gdal_missing": Said(
        500, "Máy chủ chưa cài {program} (gói gdal-bin).", "{program} is missing on the server (package gdal-bin)."
    ),
    "shapefile_too_large": Said(
        422,
        "Shapefile không chứa được quá 2 GB ({rows} dòng). Hãy xuất GeoPackage hoặc chọn phạm vi nhỏ hơn.",
        "A shapefile can't pass 2 GB ({rows} rows). Export a GeoPackage, or choose a smaller area.",
    ),
    # Boundaries and successions
    "boundaries_refused": Said(
        422,
        "{count} dòng của tệp ranh giới không dùng được, chưa thay đổi gì. Dòng đầu: {first}. Hãy sửa rồi nạp lại.",
        "{count} rows of the boundary file can't be used; nothing was changed. First: {first}. Mend it, load again.",
    ),
    "succession_refused": Said(
        422,
        "{count} dòng của bảng xã cũ → xã mới không dùng được nên chưa thay đổi gì. Dòng đầu tiên: {first}.",
        "{count} rows of the succession table can't be used, so nothing was changed. The first: {first}.",
    ),
    "column_missing": Said(
        422,
        "Tệp thiếu cột {needed}. Cột này có thể mang tên: {names}. Tệp đang có: {found}.",
        "The file has no column for {needed}. It may be called: {names}. The file has: {found}.",
    ),
    "upload_refused": Said(
        422,
        "Tệp không được nhận ({reason}): {name}.",
        "The file isn't taken ({reason}): {name}.",
    ),
    "upload_unreadable": Said(
        422,
        "Không đọc được tệp: {reason}.",
        "The file can't be read: {reason}.",
    ),
    "upload_several_layers": Said(
        422,
        "Tệp có nhiều lớp: {layers}. Hãy chọn một lớp.",
        "The file has several layers: {layers}. Choose one.",
    ),
    "upload_crs_unknown": Said(
        422,
        "Không rõ hệ tọa độ của tệp ({system}). Hãy lưu lại tệp với hệ VN-2000 đúng kinh tuyến trục hoặc WGS 84.",
        "The file's coordinate system isn't known ({system}). Save it again in the right VN-2000 zone or in WGS 84.",
    ),
}


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def of(problem: Problem) -> Said:
    """Status and sentences of a problem's code; KeyError for a code without a row."""
    if isinstance(problem, StartupProblem):
        return Said(500, problem.vi, problem.en)
    return TABLE[problem.code]


def sentence(problem: Problem, language: str = "vi") -> str:
    """What happened and what to do, in `vi` or `en`, with the problem's facts."""
    said = of(problem)
    return filled(said.en if language == "en" else said.vi, problem.facts)


def filled(template: str, facts: Mapping[str, Any]) -> str:
    """The format string with its facts; one that is missing shows as … rather than hiding the rest."""
    return string.Formatter().vformat(template, (), _Facts(facts))
