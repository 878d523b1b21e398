"""What demo reports say: services and works, never a person, a house number or a phone."""

SERVICE = {
    "nuoc": (
        "Nước sinh hoạt yếu từ đầu mùa khô, nhiều hộ phải mua nước chở bồn.",
        "Đường ống nước tự chảy bị vỡ, cả thôn mất nước nhiều ngày.",
        "Giếng khoan chung nhiễm phèn, cần kiểm tra chất lượng nước.",
    ),
    "dien": (
        "Điện chập chờn vào giờ tưới, máy bơm không chạy được.",
        "Cột điện nghiêng sau mưa lớn, dây võng thấp qua đường.",
        "Một cụm dân cư chưa có điện lưới.",
    ),
    "cau_duong": (
        "Cầu tạm qua suối hư hỏng, xe tải không qua được.",
        "Đường liên thôn lầy lội, học sinh đi lại khó khăn.",
        "Mặt đường sụt lún gần cống thoát nước.",
    ),
    "truong_hoc": (
        "Điểm trường xuống cấp, mái dột khi mưa.",
        "Điểm trường thiếu nhà vệ sinh cho học sinh.",
    ),
    "y_te": (
        "Trạm y tế thiếu thuốc thông thường trong nhiều tuần.",
        "Trạm y tế cách xa, chưa có xe chuyển tuyến trong đêm.",
    ),
    "moi_truong": (
        "Rác thải chưa được thu gom, ứ đọng ven đường.",
        "Nước thải chăn nuôi chảy ra mương tưới.",
        "Bao bì thuốc bảo vệ thực vật chưa có nơi thu gom.",
    ),
    "thien_tai": (
        "Sạt lở đất sau mưa lớn, đe dọa khu dân cư ven đồi.",
        "Ngập úng cánh đồng và đường vào thôn sau mưa.",
        "Gió lốc làm tốc mái nhà văn hóa thôn.",
    ),
    "sinh_ke": (
        "Giá nông sản xuống thấp, cần kết nối tiêu thụ.",
        "Cây trồng bị sâu bệnh diện rộng, cần hướng dẫn kỹ thuật.",
    ),
    "thu_tuc": (
        "Hồ sơ trễ hẹn nhiều lần, chưa có thông báo lý do.",
        "Nộp hồ sơ trực tuyến bị lỗi, phải đi lại nhiều lần.",
    ),
    "an_toan": (
        "Hồ tưới sâu không có rào chắn, nguy cơ đuối nước cho trẻ em.",
        "Ngã ba thiếu biển báo và đèn, hay xảy ra va chạm.",
        "Khu chợ thiếu bình chữa cháy.",
    ),
}
RESTRICTED = {
    "dat_dai_boi_thuong": (
        "Phương án bồi thường chưa được niêm yết tại thôn.",
        "Đề nghị giải thích cách tính đơn giá bồi thường cây trồng.",
    ),
    "doi_song_tai_dinh_cu": (
        "Khu tái định cư chưa có nước và đường vào.",
        "Sau khi chuyển đến nơi mới thiếu đất sản xuất.",
    ),
    "chinh_sach_xa_hoi": (
        "Chậm chi trả trợ cấp trong nhiều tháng.",
        "Cần rà soát lại danh sách hỗ trợ nhà ở của thôn.",
    ),
    "mau_thuan_cong_dong": (
        "Tranh luận kéo dài về lối đi chung trong thôn.",
        "Chưa thống nhất việc dùng chung nguồn nước tưới.",
    ),
}
