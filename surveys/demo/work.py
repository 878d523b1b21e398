"""The offices' own work: community models, democracy checks and joint activities."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

from surveys.demo.profiles import rounds
from surveys.demo.scene import Scene
from surveys.layers.democracy_checks import BY_PILLARS, OF_DIRECTIVE

MODELS, CHECKS, ACTIVITIES = 400, 500, 600
FIELDS = {
    "kinh_te": (35.0, "trồng xen, tiêu thụ nông sản"),
    "van_hoa_xa_hoi": (30.0, "thôn xanh, sạch, đẹp"),
    "quoc_phong_an_ninh": (15.0, "phòng chống đuối nước"),
    "he_thong_chinh_tri": (12.0, "giải quyết thủ tục tại nhà"),
    "nong_thon_moi": (8.0, "góp đất mở đường"),
}
KINDS = {"mo_hinh": 80.0, "dien_hinh_tap_the": 20.0}
PILLARS = ("know", "discuss", "act", "check", "supervise", "benefit")
RESULTS = {"dat": 62.0, "mot_phan": 28.0, "chua": 10.0}
EVIDENCE = ("Có bảng niêm yết tại nhà văn hóa", "Có biên bản họp thôn", "Có sổ theo dõi", "Chưa thấy hồ sơ lưu")
ACTIVITY_KINDS = {
    "tham": (25.0, "Thăm, tặng quà"),
    "doi_thoai": (20.0, "Đối thoại với nhân dân"),
    "hop": (15.0, "Họp giao ban khối dân vận"),
    "tinh_nguyen": (20.0, "Ngày tình nguyện sửa đường"),
    "cuu_tro": (8.0, "Cứu trợ sau mưa lũ"),
    "tap_huan": (12.0, "Tập huấn phòng cháy"),
}
AGENCIES = {
    "mttq": 4.0,
    "quan_doi": 2.0,
    "cong_an": 2.0,
    "bien_phong": 1.0,
    "y_te": 2.0,
    "giao_duc": 1.0,
    "doan_the": 4.0,
}


def models(scene: Scene) -> Iterator[dict[str, Any]]:
    """“Dân vận khéo” models: registered, then running, recognised, kept up or copied; a few stopped."""
    recognised: list[uuid.UUID] = []
    for number, on in enumerate(scene.past_days(MODELS), start=1):
        field = scene.one({key: weight for key, (weight, _) in FIELDS.items()})
        age = (scene.today - on).days
        state, level, days = _stand(scene, age)
        row = scene.at_hamlet(scene.hamlet(), on)
        copied = recognised and scene.chance.random() < 0.12
        yield row | {
            "name": f"Mô hình minh hoạ {number}: {FIELDS[field][1]}",
            "field": field,
            "kind": scene.one(KINDS),
            "state": state,
            "recognition": level,
            "registered_on": on,
            "recognised_on": None if days is None else on + dt.timedelta(days=days),
            "replicated_from": scene.chance.choice(recognised) if copied else None,
            "households_reached": round(scene.chance.lognormvariate(3.4, 0.8)),
            "goals": "Dữ liệu minh hoạ",
        }
        if days is not None:
            recognised.append(row["id"])


def _stand(scene: Scene, age: int) -> tuple[str, str, int | None]:
    """(state, recognition level, days from registration to recognition) of a model so many days old."""
    if age < 45:
        return "dang_ky", "dang_ky", None
    if age < 240 or scene.chance.random() < 0.25:
        return ("dung" if scene.chance.random() < 0.06 else "dang_trien_khai"), "dang_ky", None
    level = scene.one({"xa": 70.0, "tinh": 28.0, "trung_uong": 2.0})
    return (
        scene.one({"duoc_cong_nhan": 45.0, "duy_tri": 40.0, "nhan_rong": 15.0}),
        level,
        scene.chance.randint(150, 230),
    )


def checks(scene: Scene) -> Iterator[dict[str, Any]]:
    """Check rounds, most over the six pillars, some of a directive; what isn't done has a day by which it is mended."""
    walked = rounds(scene.today)
    for _ in range(CHECKS):
        code, begin, end = scene.chance.choice(walked)
        on = begin + dt.timedelta(days=scene.chance.randint(0, (end - begin).days))
        checklist = scene.one({BY_PILLARS: 85.0, OF_DIRECTIVE: 15.0})
        results = {pillar: scene.one(RESULTS) for pillar in PILLARS}
        evidence = {f"{pillar}_evidence": scene.chance.choice(EVIDENCE) for pillar in PILLARS}
        lacking = "chua" in results.values()
        yield (
            scene.at_hamlet(scene.hamlet(), on)
            | (dict.fromkeys((*results, *evidence)) if checklist == OF_DIRECTIVE else results | evidence)
            | {
                "survey_round": code,
                "checklist": checklist,
                "checked_on": on,
                "findings": "Còn nội dung chưa thực hiện, cần khắc phục" if lacking else "Thực hiện đầy đủ",
                "fix_by": on + dt.timedelta(days=scene.chance.choice((30, 60, 90))) if lacking else None,
            }
        )


def activities(scene: Scene) -> Iterator[dict[str, Any]]:
    """Visits, dialogues, relief: most done near the day planned, some put off, a few still to come."""
    for number, planned in enumerate(scene.past_days(ACTIVITIES), start=1):
        kind = scene.one({key: weight for key, (weight, _) in ACTIVITY_KINDS.items()})
        ahead = scene.chance.random() < 0.06
        day = scene.today + dt.timedelta(days=scene.chance.randint(1, 45)) if ahead else planned
        done = day + dt.timedelta(days=max(0, round(scene.chance.gauss(1, 4))))
        held = not ahead and done <= scene.today and scene.chance.random() < 0.93
        yield scene.at_hamlet(scene.hamlet(), min(day, scene.today)) | {
            "name": f"{ACTIVITY_KINDS[kind][1]} (minh hoạ {number})",
            "kind": kind,
            "agencies": ["dan_van", *scene.some(AGENCIES, 3)],
            "planned_on": day,
            "done_on": done if held else None,
            "result": "Hoàn thành theo kế hoạch" if held else None,
            "households_reached": round(scene.chance.lognormvariate(3.2, 0.9)) if held else None,
        }
