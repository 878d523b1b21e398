"""Why files from outside aren't taken, what has to be asked about them, and what their rows' remarks mean."""

from typing import NamedTuple

from app.sentences import Said


class Words(NamedTuple):
    """The same in both languages."""

    vi: str
    en: str


TABLE = {
    "incoming_refused": Said(422, "Tệp không được nhận: {name}.", "The file isn't taken: {name}."),
    "incoming_too_large": Said(
        413,
        "Tệp {name} lớn hơn {megabytes} MB. Hãy chia tệp hoặc lưu thành GeoPackage rồi gửi lại.",
        "{name} is larger than {megabytes} MB. Divide it, or save it as a GeoPackage, and send it again.",
    ),
    "incoming_empty": Said(
        422,
        "Không có dữ liệu đọc được trong {name}. Hãy gửi shapefile (nén .zip), GeoPackage, GeoJSON, KML/KMZ, TAB, MIF,"
        " DGN v7, DXF, GPX, CSV, XLSX, FlatGeobuf hoặc GeoParquet.",
        "Nothing in {name} can be read. Send a zipped shapefile, GeoPackage, GeoJSON, KML/KMZ, TAB, MIF, DGN v7, DXF,"
        " GPX, CSV, XLSX, FlatGeobuf or GeoParquet.",
    ),
    "incoming_kind": Said(
        422,
        "Không nhận loại tệp của {name}. Hãy gửi shapefile (nén .zip), GeoPackage, GeoJSON, KML/KMZ, TAB, MIF, DGN v7,"
        " DXF, GPX, CSV, XLSX, FlatGeobuf hoặc GeoParquet.",
        "{name} is of no kind that is read here. Send a zipped shapefile, GeoPackage, GeoJSON, KML/KMZ, TAB, MIF,"
        " DGN v7, DXF, GPX, CSV, XLSX, FlatGeobuf or GeoParquet.",
    ),
    "incoming_other_content": Said(
        422,
        "Nội dung của {name} không phải là {kind}. Hãy mở tệp bằng phần mềm đã tạo ra nó và lưu lại đúng định dạng.",
        "What is in {name} isn't {kind}. Open it in the program that made it and save it again in the right format.",
    ),
    "incoming_save_otherwise": Said(
        422,
        "{name} là tệp {kind}, không đọc được ở đây. Hãy mở bằng phần mềm đã tạo ra nó và lưu thành {instead}.",
        "{name} is {kind}, which can't be read here. Open it in the program that made it and save it as {instead}.",
    ),
    "incoming_pointing": Said(
        422,
        "{name} trỏ tới tệp hoặc địa chỉ khác ({what}) nên không được nhận. Hãy lưu chính dữ liệu vào một GeoPackage.",
        "{name} points to another file or address ({what}) and isn't taken. Save the data itself in a GeoPackage.",
    ),
    "incoming_doctype": Said(
        422,
        "{name} có khai báo DOCTYPE hoặc ENTITY nên không được nhận. Hãy lưu lại tệp bằng QGIS hoặc Google Earth.",
        "{name} has a DOCTYPE or entities of its own and isn't taken. Save it again with QGIS or Google Earth.",
    ),
    "incoming_active": Said(
        422,
        "{name} có thành phần tự chạy khi mở ({what}) nên không được nhận. Hãy lưu riêng các lớp dữ liệu vào tệp mới.",
        "{name} holds something that acts when it is opened ({what}) and isn't taken. Save its layers in a new file.",
    ),
    "incoming_archive_path": Said(
        422,
        "Tệp nén có tên dẫn ra ngoài thư mục: {name}. Hãy nén lại từ đúng thư mục chứa dữ liệu.",
        "The archive has a name that leads out of its folder: {name}. Pack it again from the folder of the data.",
    ),
    "incoming_archive_link": Said(
        422,
        "Tệp nén chứa liên kết hoặc tệp đặc biệt: {name}. Hãy nén lại chính các tệp dữ liệu.",
        "The archive holds a link or a special file: {name}. Pack the files of the data themselves.",
    ),
    "incoming_archive_bomb": Said(
        422,
        "{name} bung ra lớn bất thường nên không được nhận. Hãy gửi từng tệp dữ liệu riêng.",
        "{name} would unpack to far too much and isn't taken. Send the files of the data one by one.",
    ),
    "incoming_archive_crowd": Said(
        422,
        "{name} chứa quá nhiều tệp (nhiều nhất {most}). Hãy chỉ nén các tệp của lớp cần nạp.",
        "{name} holds too many files ({most} at most). Pack only the files of the layer you bring.",
    ),
    "incoming_archive_nested": Said(
        422,
        "Trong tệp nén có tệp nén khác: {name}. Hãy giải nén và gửi riêng.",
        "There is an archive within the archive: {name}. Unpack it and send what is in it.",
    ),
    "incoming_archive_locked": Said(
        422,
        "Tệp nén có mật khẩu: {name}. Hãy nén lại không đặt mật khẩu.",
        "The archive asks for a password: {name}. Pack it again without one.",
    ),
    "incoming_archive_twice": Said(
        422,
        "Hai tệp trùng tên: {name}. Hãy giữ lại một tệp.",
        "Two files have one name: {name}. Keep one of them.",
    ),
    "incoming_archive_broken": Said(
        422,
        "Tệp nén {name} bị hỏng ({reason}). Hãy nén lại và gửi lại.",
        "The archive {name} is broken ({reason}). Pack it and send it again.",
    ),
    "incoming_part_missing": Said(
        422,
        "{name} thiếu phần {part}. Hãy gửi đủ các phần cùng tên, tốt nhất là nén chung vào một tệp .zip.",
        "{name} lacks its part {part}. Send all parts of that name, best packed into one .zip.",
    ),
    "incoming_unreadable": Said(
        422,
        "Không đọc được {name}: {reason}. Hãy mở và lưu lại tệp bằng phần mềm đã tạo ra nó.",
        "{name} can't be read: {reason}. Open it in the program that made it and save it again.",
    ),
    "incoming_too_many_rows": Said(
        422,
        "{name} có quá {most} dòng. Hãy chia thành nhiều tệp.",
        "{name} has more than {most} rows. Divide it into several files.",
    ),
    "incoming_too_many_vertices": Said(
        422,
        "Hình ở dòng {row} của {name} có quá {most} đỉnh. Hãy đơn giản hoá hoặc chia nhỏ hình đó.",
        "The shape in row {row} of {name} has more than {most} vertices. Simplify or divide it.",
    ),
    "incoming_memory": Said(
        422,
        "Đọc {name} cần quá {megabytes} MB bộ nhớ nên đã dừng, chưa lưu gì. Hãy chia tệp hoặc lưu thành GeoPackage.",
        "Reading {name} needs more than {megabytes} MB of memory; it was stopped, nothing is stored. Divide the file,"
        " or save it as a GeoPackage.",
    ),
    "incoming_time": Said(
        422,
        "Đọc {name} mất quá lâu nên đã dừng, chưa lưu gì. Hãy chia tệp hoặc lưu thành GeoPackage.",
        "Reading {name} took too long; it was stopped, nothing is stored. Divide the file, or save it as a GeoPackage.",
    ),
    "incoming_nothing": Said(
        422,
        "{name} không có dòng nào dùng được. Hãy kiểm tra lại tệp trong QGIS.",
        "{name} has no row that could be used. Look at it in QGIS.",
    ),
    "incoming_system_key": Said(
        422,
        "Không rõ hệ tọa độ {system}. Hãy chọn một trong các hệ được đề xuất.",
        "The coordinate system {system} isn't known. Choose one of those proposed.",
    ),
}

REMARKS: dict[str, Words] = {
    # Questions about the text
    "encoding_doubtful": Words(
        "Chưa chắc bảng mã của chữ (khả năng nhất: {found}, {sure} %). Hãy xem chữ trước và sau rồi chọn.",
        "The encoding of the text isn't sure (likeliest: {found}, {sure} %). Look at it before and after, and choose.",
    ),
    "encoding_not_as_declared": Words(
        "Tệp ghi bảng mã {declared} nhưng chữ lại giống {found}. Hãy xem chữ trước và sau rồi chọn.",
        "The file says {declared}, but its text looks like {found}. Look at it before and after, and choose.",
    ),
    # Questions about the place
    "system_relabelled": Words(
        "Tệp ghi {declared}. MapInfo và GDAL thường ghi VN-2000 thành WGS 84, lệch khoảng 220 m."
        " Hãy xác nhận hệ tọa độ thật.",
        "The file says {declared}. MapInfo and GDAL often write VN-2000 as WGS 84, which is some 220 m off."
        " Confirm the real coordinate system.",
    ),
    "system_contradicted": Words(
        "Tệp ghi {declared} nhưng chỉ {there} trên {named} dòng rơi vào đúng xã mang tên;"
        " với {first} là {inside} trên {named}. Hãy chọn.",
        "The file says {declared}, yet only {there} of {named} rows land in the commune they name;"
        " with {first} {inside} of {named} do. Choose.",
    ),
    "system_lands_elsewhere": Words(
        "Với hệ tọa độ ghi trong tệp, chỉ {inside} trên {named} dòng rơi vào đúng xã mang tên. Hãy chọn hệ tọa độ.",
        "In the system the file names, only {inside} of {named} rows land in the commune they name. Choose a system.",
    ),
    "system_not_known": Words(
        "Tệp ghi hệ tọa độ {declared}, không có cách chuyển chắc chắn. Hãy chuyển tệp sang VN-2000 trước,"
        " hoặc chọn hệ nếu biết tên đó ghi sai.",
        "The file names the system {declared}, from which there is no sure way. Convert it to VN-2000 first,"
        " or choose a system if you know the name is wrong.",
    ),
    "system_twins": Words(
        "Tệp không ghi hệ tọa độ. {first} và {second} đều khớp ({inside} trên {named} dòng trong đúng xã),"
        " lệch nhau khoảng 220 m. Hãy hỏi người lập tệp rồi chọn.",
        "The file names no coordinate system. {first} and {second} both fit ({inside} of {named} rows in their"
        " commune), some 220 m apart. Ask who made the file, and choose.",
    ),
    "system_degrees": Words(
        "Tệp có tọa độ độ nhưng không ghi là WGS 84 hay VN-2000, lệch nhau khoảng 220 m. Hãy chọn.",
        "The file has degrees and doesn't say whether WGS 84 or VN-2000, some 220 m apart. Choose.",
    ),
    "system_unproved": Words(
        "Tệp không ghi hệ tọa độ và chưa chứng minh được bằng tên xã ({inside} trên {named} dòng với {first})."
        " Hãy hỏi người lập tệp rồi chọn.",
        "The file names no coordinate system, and the communes named don't prove one ({inside} of {named} rows with"
        " {first}). Ask who made the file, and choose.",
    ),
    # Warnings about a file
    "lands_elsewhere": Words(
        "Chỉ {inside} trên {named} dòng rơi vào đúng xã mang tên. Hãy xem bản đồ trước khi nạp.",
        "Only {inside} of {named} rows land in the commune they name. Look at the map before you import.",
    ),
    "taken_for_wgs84": Words(
        "Tọa độ độ được hiểu là WGS 84 (GPS). Nếu là VN-2000, hãy chọn lại: lệch khoảng 220 m.",
        "Degrees are taken for WGS 84 (GPS). If they are VN-2000 choose that: it is some 220 m apart.",
    ),
    "columns_not_read": Words(
        "Cột không đọc được nên bỏ qua: {columns}.",
        "Columns of a kind that isn't read were left out: {columns}.",
    ),
    "no_places": Words("Không dòng nào trong {rows} dòng có vị trí.", "None of the {rows} rows has a place."),
    "rows_without_place": Words("{count} dòng không có vị trí dùng được.", "{count} rows have no usable place."),
    "northing_first": Words(
        "Tệp ghi X là Bắc (Northing), Y là Đông: đã đổi lại.",
        "The file has X as Northing and Y as Easting: put right.",
    ),
    "parcel_shapes": Words(
        "{areas} vùng nhỏ (trung vị {median_m2} m²) nằm sát nhau: giống bản đồ thửa đất.",
        "{areas} small areas (median {median_m2} m²) side by side: it looks like a parcel map.",
    ),
    # Rows
    "no_geometry": Words("không có vị trí", "no place"),
    "geometry_empty": Words("hình rỗng", "an empty shape"),
    "geometry_unreadable": Words("không đọc được hình", "the shape can't be read"),
    "not_finite": Words("tọa độ không phải là số", "a coordinate that is no number"),
    "out_of_range": Words("tọa độ ngoài mọi kinh vĩ độ", "no longitude and latitude"),
    "swapped": Words("kinh độ và vĩ độ bị đảo, đã đổi lại", "longitude and latitude exchanged, put right"),
    "null_island": Words("tọa độ 0,0", "coordinates 0,0"),
    "outside_country": Words("nằm ngoài Việt Nam", "outside Vietnam"),
    "repaired": Words("hình tự cắt, đã sửa ({reason})", "the shape crossed itself and was mended ({reason})"),
    "no_area": Words("hình không có diện tích", "a shape without area"),
    "coordinate_missing": Words("thiếu tọa độ", "coordinates missing"),
    "coordinate_unreadable": Words("không đọc được tọa độ: {text}", "coordinates can't be read: {text}"),
    "row_ragged": Words(
        "dòng có {found} ô, tiêu đề có {expected}",
        "the row has {found} cells, the header {expected}",
    ),
    "text_undecodable": Words("chữ không đúng bảng mã {encoding}: {text}", "text isn't {encoding}: {text}"),
}
"""Questions, warnings and remarks on rows: format strings over their facts."""

WHY: dict[str, Words] = {
    "declared": Words("ghi trong tệp", "said by the file"),
    "standard": Words("theo chuẩn của định dạng", "by the format's standard"),
    "detected": Words("nhận ra từ chữ", "told from the text"),
    "only_ascii": Words("chữ không dấu", "no marks in the text"),
    "possible": Words("có thể chọn", "may be chosen"),
    "province_now": Words("hệ của tỉnh hiện nay", "the province's zone today"),
    "province_before": Words("hệ của tỉnh cũ: {provinces}", "the zone of a former province: {provinces}"),
    "other_province": Words("hệ của tỉnh khác", "another province's zone"),
    "utm": Words("lưới UTM", "the UTM grid"),
    "degrees": Words("tọa độ độ", "degrees"),
    "relabelled": Words("cùng con số, gốc VN-2000", "the same numbers on VN-2000"),
}
"""Why an encoding or a coordinate system is proposed."""
