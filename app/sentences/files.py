"""Problems of places, files and boundaries: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
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
    "export_format_unknown": Said(
        422,
        "Không có định dạng “{format}”. Hãy chọn: {known}.",
        "There is no format “{format}”. Choose one of: {known}.",
    ),
    "export_swept": Said(
        410,
        "Tệp này đã được xóa sau {days} ngày. Hãy bấm “Xuất lại” để làm tệp mới.",
        "This file was removed after {days} days. Export again to make a new one.",
    ),
    "export_name_invalid": Said(422, "Tên tệp “{name}” không dùng được.", "The file name “{name}” can't be used."),
    "coordinate_unreadable": Said(422, "Không đọc được tọa độ “{text}”.", "The coordinate “{text}” can't be read."),
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
