"""Religious sites: public places with their land papers, condition and requests, numbered instead of named."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

from surveys.demo.scene import Scene

ABOUT = 600
# Shares plausible for a highland and coastal province; facility types that belong to each.
TRADITIONS = {"phat_giao": 42.0, "cong_giao": 30.0, "tin_lanh": 11.0, "tin_nguong": 12.0, "cao_dai": 4.0, "bahai": 0.4}
FACILITIES = {
    "phat_giao": {"chua": 10.0, "co_so_ton_giao_khac": 1.0},
    "cong_giao": {"nha_tho": 7.0, "nha_nguyen": 3.0, "co_so_ton_giao_khac": 1.0},
    "tin_lanh": {"nha_tho": 4.0, "nha_nguyen": 5.0, "dia_diem_hop_phap": 1.0},
    "tin_nguong": {"dinh": 5.0, "mieu": 4.0, "den": 1.0, "co_so_tin_nguong_khac": 1.0, "nha_tho_dong_ho": 0.4},
    "cao_dai": {"thanh_that": 1.0},
    "bahai": {"tru_so_to_chuc_ton_giao": 1.0},
}
WORDS = {
    "chua": "Chùa", "nha_tho": "Nhà thờ", "nha_nguyen": "Nhà nguyện", "thanh_that": "Thánh thất", "dinh": "Đình",
    "den": "Đền", "mieu": "Miếu", "nha_tho_dong_ho": "Nhà thờ dòng họ", "co_so_tin_nguong_khac": "Cơ sở tín ngưỡng",
    "co_so_ton_giao_khac": "Cơ sở tôn giáo", "dia_diem_hop_phap": "Địa điểm hợp pháp",
    "tru_so_to_chuc_ton_giao": "Trụ sở tổ chức tôn giáo",
}  # fmt: skip
LAND_PAPERS = {
    "gcn_da_cap": 58.0,
    "gcn_dang_lam": 20.0,
    "gcn_chua_du_dk": 14.0,
    "giao_khong_thu_tien": 6.0,
    "thue_dat": 2.0,
}
CONDITIONS = {"tot": 55.0, "xuong_cap": 32.0, "hu_hong": 10.0, "nguy_hiem": 3.0}
HAZARDS = {"ngap": 2.0, "sat_lo": 2.0, "lu_quet": 1.0, "chay": 2.0}
ROADS = {"o_to": 70.0, "o_to_mua_kho": 16.0, "xe_may": 12.0, "di_bo": 2.0}
RANKS = {"qg": 1.0, "tinh": 4.0, "kiem_ke": 8.0, "khong": 87.0}
REQUESTS = {"khong": 60.0, "gcn_dat": 16.0, "giay_phep_xd": 10.0, "sua_chua": 11.0, "xep_hang": 3.0}


def rows(scene: Scene) -> Iterator[dict[str, Any]]:
    """About 600 sites, in larger hamlets more often; two in five ask something of the state."""
    numbers: Counter[str] = Counter()
    for on in scene.past_days(ABOUT):
        tradition = scene.one(TRADITIONS)
        facility = scene.one(FACILITIES[tradition])
        numbers[facility] += 1
        rank = scene.one(RANKS)
        if facility == "nha_tho_dong_ho":
            rank = "tinh"  # a clan hall is a private house unless ranked (S3)
        yield scene.at_hamlet(scene.hamlet(), on) | {
            "name": f"{WORDS[facility]} minh hoạ {numbers[facility]}",
            "tradition": tradition,
            "facility_type": facility,
            "heritage_rank": rank,
            "land_paper": scene.one(LAND_PAPERS),
            "condition": scene.one(CONDITIONS),
            "hazards": scene.some(HAZARDS) if scene.chance.random() < 0.25 else ["khong"],
            "road_access": scene.one(ROADS),
            "source": "Dữ liệu minh hoạ",
            **_request(scene, on),
        }


def _request(scene: Scene, seen: dt.date) -> dict[str, Any]:
    asked = scene.one(REQUESTS)
    if asked == "khong":
        return {"request": asked, "received_on": None, "answered_on": None}
    received = seen - dt.timedelta(days=scene.chance.randint(0, 60))
    answered = received + dt.timedelta(days=round(scene.chance.lognormvariate(3.6, 0.7)))
    done = answered <= scene.today and scene.chance.random() < 0.9
    return {"request": asked, "received_on": received, "answered_on": answered if done else None}
