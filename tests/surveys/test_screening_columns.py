"""Columns about persons are dropped whatever they are called; columns of places, works and counts are kept."""

import csv

import pytest

from geodata.columns import plain
from surveys import screening
from tests.geodata.inputs import shared

PERSONS = (
    "Họ tên, Họ và tên, Họ và tên chủ hộ, Tên chủ hộ, Chủ hộ, Chủ sử dụng, Chủ sử dụng đất, Tên chủ sử dụng đất,"
    " Chủ sở hữu, Chủ đất, Chủ nhà, Người sử dụng đất, Người đại diện, Đại diện hộ, Họ đệm, Tên đệm, Tên vợ, Tên"
    " chồng, Vợ chồng, Tên cha, Tên mẹ, Tên con, Thành viên hộ, Quan hệ với chủ hộ, Năm sinh, Ngày sinh, Ngày"
    " tháng năm sinh, Tuổi, Giới tính, Nghề nghiệp, Trình độ học vấn, Tình trạng hôn nhân, Số điện thoại, Điện"
    " thoại, Điện thoại di động, Người liên hệ, Email, Zalo, CMND, Số CMND, CMTND, CCCD, Số CCCD, Căn cước công"
    " dân, Mã định danh, Số định danh, Số hộ chiếu, Mã số thuế, Số tài khoản, Số BHYT, Số BHXH, Địa chỉ, Địa chỉ"
    " thường trú, Nơi ở, Chỗ ở hiện nay, Hộ khẩu thường trú, Quê quán, Số nhà, Dân tộc, Tôn giáo, Đảng viên,"
    " Trưởng thôn, Bí thư, Người kê khai, Người nhận, Người nộp, Người nhận tiền, Người khiếu nại, Chữ ký, Vân"
    " tay, Ảnh chân dung, Tên khách hàng, Tên cá nhân, Số sổ hộ khẩu, Già làng, Người có uy tín, Chủ rừng, Chủ"
    " vườn, Người giám hộ, Người thừa kế"
).split(", ")
SHORT = (
    "HOTEN HTEN HO_TEN_CH HT_CHUHO TEN_CH TENCHU CHU_SD CHUSD CHUSDD CHU_SDD TEN_NSDD NGUOISD NGUOIDD NGUOILH"
    " DDHO CMT SOCMND SOCMT SOCCCD SDT SODT DTDD DTHOAI DTLL S.ĐT SĐT ĐT NGSINH NG_SINH NSINH NTNS G.tính Q.quán"
    " D.tộc T.giáo Đ/c Đ.chỉ DCHI DC_TTRU HKTT QHCHUHO MST STK GPLX Ông/Bà ONGBA C.hộ HOTEN1 HOTEN_2 HoTenChuHo"
    " owner_name full_name first_name DOB gender phone_number id_card passport_no contact_person"
).split()
KEPT = (
    "OBJECTID, FID, MA_KT, PHIEN_BAN, Shape_Area, SHAPE_Leng, Tên, Tên xã, TENXA, Tên thôn, MAXA, MATINH, Loại"
    " hình, DTICH, Diện tích, Số hộ, Số hộ nghèo, Số khẩu, SONHANKHAU, Số nhân khẩu, Dân số, Mật độ, Ghi chú,"
    " Nguồn vốn, Kinh phí, Tổng mức đầu tư, Số quyết định, Ngày quyết định, Cơ quan, Đơn vị, Chủ đầu tư, Năm xây"
    " dựng, Năm hoàn thành, Cấp công trình, Kết cấu, Chiều dài, Chiều rộng, Cao độ, Kinh độ, Vĩ độ, Tọa độ, Trạng"
    " thái, Tình trạng, Hạng mục, Phân loại, Loại đất, Tên trường, Tên trạm, Tên cơ sở, Di tích, Xếp hạng, Số"
    " phòng học, Số giường, Lưu lượng, Công suất, Số hộ có điện, Nước sạch, Tỷ lệ hộ nghèo, Tên đường, Cấp đường,"
    " Số hộ bị ảnh hưởng, Đơn vị quản lý, Cơ quan trả lời, Hạn trả lời, Nội dung, Lĩnh vực, Kết quả, Chương trình,"
    " Tên chương trình, Tên dự án, Giai đoạn, Tiến độ, Ngày cập nhật, Nguồn dữ liệu, Bản đồ, Độ chính xác, Tên"
    " sông, Tên hồ, Hồ chứa, Dung tích, Tên rừng, Tên chợ, Tên chùa, Nhà thờ, Khu dân cư, Điểm dân cư, Số người,"
    " Tổng số người, Số người hưởng lợi, Số người cao tuổi, Số nam, Số nữ, Số hộ dân, Ngày lập, Chu kỳ bảo trì,"
    " Mực nước, Mã trạm, Số hiệu, Ký hiệu, Tên gọi, Địa danh, Vị trí, Địa điểm, Mô tả, Hình ảnh, Ảnh công trình,"
    " Thể tích, Thị trấn, Tốc độ, Tuổi thọ, Trạm y tế, Giáo dục, Giao thông, Số học sinh, Số giáo viên, Số cán bộ,"
    " Địa chỉ trụ sở, Quận/Huyện, Phường/Xã, Địa bàn, Khu phố, Tổ dân phố, Hộ nghèo, Cận nghèo, Làng nghề, Giấy"
    " phép, Số giấy phép, Đường dẫn, Công nghệ, Hỗ trợ, Hồ sơ, Đê, Bờ kè, Nguyên nhân"
).split(", ")


def spellings(phrase: str) -> set[str]:
    """As people and programs write a heading: with marks, without, joined by strokes, run together, in capitals."""
    bare = [plain(word) for word in phrase.replace("/", " ").split()]
    joined = "_".join(bare)
    return {phrase, phrase.upper(), " ".join(bare), joined, joined.upper(), "".join(bare), "".join(bare).upper()}


@pytest.mark.parametrize("phrase", PERSONS)
def test_a_persons_column_is_dropped_however_it_is_spelt(phrase):
    assert {each for each in spellings(phrase) if screening.column(each, []) is None} == set()


@pytest.mark.parametrize("name", SHORT)
def test_a_persons_column_is_dropped_under_its_short_names(name):
    assert screening.column(name, []) is not None
    assert screening.column(name.lower(), []) is not None


def test_there_are_sixty_of_them():
    assert len(PERSONS) + len(SHORT) > 120


def test_columns_of_places_works_and_counts_are_kept():
    names = {each for phrase in KEPT for each in spellings(phrase)}
    dropped = sorted(name for name in names if screening.column(name, []))
    assert len(dropped) <= 0.02 * len(names), dropped


@pytest.mark.parametrize(
    "values",
    [
        ["Nguyễn Văn An", "Trần Thị Bình", "K'Brôi", "Lê Hoàng Long"],
        ["0912 345 678", "0987654321", "0356 118 204"],
        ["068214006631", "056087009018", "052183004477"],
        ["an@gmail.com", "binh.tran@lamdong.gov.vn", "c@d.vn"],
    ],
)
@pytest.mark.parametrize("name", ["A1", "cot_7", "Field12", "GHICHU2"])
def test_under_a_name_that_says_nothing_the_values_tell(name, values):
    assert screening.column(name, values) is not None


def test_the_list_of_columns_has_no_wrong_verdict():
    with shared("data", "screening", "table_columns_dev.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = [
        row["column_name"]
        for row in rows
        if (screening.column(row["column_name"], row["sample_values"]) is not None) != (row["verdict"] == "drop")
    ]
    assert wrong == []
