"""Problems of maps and figures: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
    "figure_too_fine": Said(
        422,
        "“{figure}” không nêu ở mức này, để không chỉ ra hộ hay người nào. Hãy xem ở cấp xã; số hạn chế chỉ có theo quý"
        " đã chốt, không lọc thêm.",
        "“{figure}” isn't told this finely, so that it points at nobody. Look at communes; restricted figures exist for"
        " closed quarters only, without further filters.",
    ),
    "no_old_units": Said(
        404,
        "Chưa có danh mục đơn vị cũ của tỉnh này. Quản trị nạp bằng `diaban succession import`.",
        "The old units of this province aren't loaded. The administrator loads them by `diaban succession import`.",
    ),
    "names_persons": Said(
        422,
        "Nội dung này có dấu vết của người cụ thể: “{reason}”. Hệ thống không giữ thông tin về cá nhân; hãy viết"
        " lại rồi gửi, chưa có gì được lưu.",
        "This text points at persons: “{reason}”. Nothing about individuals is kept here; write it anew, nothing was"
        " stored.",
    ),
}
