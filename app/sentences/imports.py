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
}
