"""Problems of imports: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
    "import_too_large": Said(
        413,
        "Tệp lớn hơn {megabytes} MB nên không được nhận. Hãy chia tệp hoặc nén lại.",
        "The file is larger than {megabytes} MB and isn't taken. Split or compress it.",
    ),
    "import_parcel_map": Said(
        422,
        "Đây là bản đồ thửa đất ({why}) nên không được nhận, không có gì được lưu. Hệ thống không giữ thửa đất của hộ.",
        "This is a map of parcels ({why}); it isn't taken and nothing is kept. The system holds no family's land.",
    ),
    "import_wrong_shape": Said(
        422,
        "Lớp “{layer}” cần kiểu hình khác; tệp có: {found}. Hãy chọn lớp khác hoặc xuất lại tệp đúng kiểu hình.",
        "“{layer}” takes other geometry; the file has: {found}. Choose another layer, or save the right one.",
    ),
    "import_nothing_to_read": Said(
        422,
        "Không có dòng nào trong tệp để nhập. Hãy kiểm tra lại tệp trước khi tải lên.",
        "There is no row in the file to import. Look at the file before you upload it again.",
    ),
    "import_choice_needed": Said(
        422,
        "Tệp chưa cho biết chắc cách đọc. Hãy chọn: {options}; hoặc nhập ở trang Nhập dữ liệu để xem trước.",
        "The file doesn't say for sure how it is to be read. Choose: {options}; or use the import page.",
    ),
    "import_nothing": Said(
        422,
        "Không có dòng nào để đề nghị: {rows} dòng đã đọc đều không đổi hoặc bị để lại. Xem lý do ở báo cáo.",
        "There is nothing to propose: all {rows} rows are unchanged or left out. The report says why.",
    ),
    # Published lists of minority and mountainous areas
    "area_list_encoding": Said(
        422,
        "Chưa chắc chữ trong tệp {name} theo bảng mã nào, chưa lưu gì. Hãy lưu lại thành Excel (.xlsx) hoặc CSV UTF-8.",
        "It isn't sure how the text of {name} is encoded; nothing is kept. Save it as XLSX or as CSV in UTF-8.",
    ),
    "area_list_refused": Said(
        422,
        "{count} dòng của danh sách không dùng được nên chưa lưu gì. Dòng đầu: {first}. Hãy sửa trong tệp rồi nạp lại.",
        "{count} rows of the list can't be used, so nothing is kept. The first: {first}. Mend the file, load it anew.",
    ),
    "area_list_empty": Said(
        422,
        "Trong {read} dòng đã đọc không có dòng nào dùng được cho tỉnh này; chưa lưu gì. Hãy xem lại cột mã xã.",
        "None of the {read} rows is of a unit of this province; nothing is kept. Look at the column of codes.",
    ),
    "area_list_not_after": Said(
        409,
        "Danh sách theo {decision} đang có hiệu lực từ {since}; danh sách mới phải từ ngày sau đó. Chưa đổi gì.",
        "The list of {decision} holds from {since}; a new one must begin after that day. Nothing was changed.",
    ),
    "area_list_followed": Said(
        409,
        "Danh sách theo {decision} đã thay danh sách này. Hãy hoàn tác danh sách đó trước. Chưa đổi gì.",
        "The list of {decision} has taken this one's place. Undo that one first. Nothing was changed.",
    ),
    "area_list_other_office": Said(
        403,
        "Chỉ cơ quan đã xác nhận ({office}) được hoàn tác danh sách. Chưa đổi gì.",
        "Only the office that confirmed the list ({office}) undoes it. Nothing was changed.",
    ),
}
