"""Maps of parcels are told by their columns, their labels and the size of their areas; other maps pass."""

import pytest

from surveys.screening import parcels

PARCEL_MAPS = (
    ("SOTO", "SOTHUA", "DTICH"), ("Số tờ", "Số thửa", "Mục đích"), ("shbando", "shthua", "mdsd2003"),
    ("TOBANDO", "THUADAT", "LOAIDAT"), ("so_to_bd", "so_thua", "chu_sd"), ("SH_TO_BD", "SH_THUA", "DIEN_TICH"),
    ("SOTHUA", "TENCHU", "DIACHI"), ("to_ban_do", "thua_dat_so", "dt"), ("Tờ bản đồ", "Thửa", "Chủ sử dụng"),
    ("SHTO", "SHTHUA", "MDSD"), ("SoHieuToBanDo", "SoThuTuThua", "DienTichPhapLy"), ("TBD", "THUA", "MDSDD"),
    ("thua", "mdsd", "dientich"), ("SO_TO", "SO_THUA", "LOAI_DAT"),
)  # fmt: skip
OTHER_MAPS = (
    ("TENXA", "MAXA", "DTICH"), ("OBJECTID", "TEN", "LOAI_DAT", "DIENTICH"), ("MDSD", "DTICH", "MAXA"),
    ("Tên thôn", "Số hộ", "Số tổ"), ("TEN_DUAN", "SO_THUA_BI_ANH_HUONG", "SO_HO"), ("TO_DAN_PHO", "SO_HO", "KHU_PHO"),
    ("ten", "so_to_hop_tac", "so_thanh_vien"), ("so_lo_tai_dinh_cu", "ten_khu", "tien_do"),
)  # fmt: skip


@pytest.mark.parametrize("headers", PARCEL_MAPS)
def test_a_parcel_map_is_refused_by_its_columns(headers):
    with pytest.raises(parcels.ParcelMap):
        parcels.refuse_columns(headers, {})


@pytest.mark.parametrize("headers", OTHER_MAPS)
def test_other_maps_are_not(headers):
    parcels.refuse_columns(headers, {})


def test_a_drawing_full_of_parcels_labels_is_a_parcel_map():
    labels = [str(n) for n in range(1, 30)] + ["ONT", "LUC", "CLN", "BHK 1203.5", "245/CLN", "ONT+CLN", "LUK", "NTS"]
    with pytest.raises(parcels.ParcelMap):
        parcels.refuse_columns(["Layer", "Text"], {"Text": labels})
    parcels.refuse_columns(["Layer", "Text"], {"Text": ["Thôn 3", "Đường liên xã", "12", "Suối Đạ Tẻh"] * 10})


@pytest.mark.parametrize(
    ("count", "middle", "refused"), [(300, 180.0, True), (300, 54_000.0, False), (4, 180.0, False)]
)
def test_many_areas_the_size_of_plots_are_a_parcel_map(count, middle, refused):
    if refused:
        with pytest.raises(parcels.ParcelMap):
            parcels.refuse_areas(count, middle)
    else:
        parcels.refuse_areas(count, middle)
