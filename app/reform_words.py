"""What the report of a reform says to people: relations, ways of placing, and why a row can't be used."""

from surveys.layers import CATALOGUE

RELATIONS = {
    "hamlets": "Thôn",
    "restricted_reports": "Phản ánh hạn chế",
    "proposals": "Đề xuất chờ duyệt và đã duyệt",
    "case_answers": "Trả lời vụ việc",
    "submissions": "Phiếu đã nhận",
    "attachments": "Tệp kèm phiếu",
    "quarantined_records": "Phiếu giữ lại",
    "accounts": "Tài khoản",
    "offices": "Cơ quan",
    **{layer.key: layer.title for layer in CATALOGUE},
}
REASONS = {
    "unknown_old_unit": "không có đơn vị cũ mang mã này ngay trước ngày hiệu lực",
    "unknown_new_unit": "không có đơn vị hiện nay mang mã này",
    "unknown_code": "không có đơn vị hiện nay mang mã này",
    "unknown_province": "không có tỉnh mang mã này",
    "neither_whole_nor_part": "chưa ghi “Nhập toàn bộ” hay “Nhập một phần”",
    "code_of_several_units": "mã này của nhiều đơn vị: ghi thêm mã tỉnh",
    "twice": "cặp mã này đã có ở dòng khác",
    "same_code_twice": "mã này có ở hai dòng",
    "whole_and_elsewhere": "đã nhập toàn bộ vào một nơi thì không nhập vào nơi khác",
    "several_provinces": "một đơn vị mới ghi hai mã tỉnh",
    "several_names": "một đơn vị mới ghi hai tên",
    "no_name": "thiếu tên đơn vị mới",
    "no_kind": "thiếu loại đơn vị mới (xã, phường, đặc khu)",
    "changed_later": "đơn vị này đã đổi vào một ngày sau ngày hiệu lực",
    "code_still_held": "mã này đang là của một đơn vị khác không kết thúc trong tệp",
    "no_predecessor": "mã mới mà tệp không nói đơn vị này từ đâu ra: thêm bảng cũ → mới",
    "no_code": "thiếu mã",
    "no_rows": "tệp không có dòng nào",
    "other_name": "tên khác với tên hiện nay; nếu là đổi tên, hãy ghi ngày hiệu lực",
    "wrong_province": "mã tỉnh không đúng",
    "null_geometry": "không có hình",
    "empty_geometry": "hình rỗng",
    "not_an_area": "hình không phải vùng",
    "unrepairable": "hình hỏng không sửa được",
    "swapped": "kinh độ và vĩ độ bị đảo",
    "outside_country": "ngoài lãnh thổ Việt Nam",
}
EDITED = {
    "kept": "đã sửa sau cải cách: giữ phần sửa, đơn vị đã trở lại",
    "unit": "đã được xếp sang đơn vị khác sau cải cách: giữ nguyên",
    "gone": "đã bị xóa sau cải cách",
}
