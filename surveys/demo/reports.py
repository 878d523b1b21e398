"""Reports of the two years: services with a place, restricted ones without; answered, closed, some overdue."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

from surveys import working_days
from surveys.demo import wording
from surveys.demo.scene import Commune, Hamlet, Scene
from surveys.seeds import service_standard_rows

SERVICE, RESTRICTED = 1600, 420
WEIGHTS = {
    "cau_duong": 24.0, "nuoc": 20.0, "dien": 12.0, "moi_truong": 12.0, "thien_tai": 8.0,
    "sinh_ke": 8.0, "truong_hoc": 6.0, "y_te": 5.0, "thu_tuc": 6.0, "an_toan": 5.0,
}  # fmt: skip
RESTRICTED_WEIGHTS = {
    "dat_dai_boi_thuong": 50.0, "doi_song_tai_dinh_cu": 20.0, "chinh_sach_xa_hoi": 18.0, "mau_thuan_cong_dong": 12.0
}  # fmt: skip
URGENCIES = {"thuong": 70.0, "gap": 24.0, "khan_cap": 6.0}
# Where works take land, several reports come from one commune.
BUSY_COMMUNES = 5
STUCK, REOPENED = 0.04, 0.05


def service(scene: Scene) -> Iterator[dict[str, Any]]:
    """Service reports near a hamlet: more from larger and more remote ones."""
    standards = _standards()
    for observed in scene.past_days(SERVICE):
        hamlet = max((scene.hamlet() for _ in range(2)), key=lambda one: one.remote)
        category = scene.one(WEIGHTS)
        row = scene.at_hamlet(hamlet, observed)
        yield row | {
            "category": category,
            "what_happened": scene.chance.choice(wording.SERVICE[category]),
            "households_affected": _households(scene, hamlet),
            "office_id": scene.offices[category],
            **_lived(scene, row["id"], observed, _case(scene, observed, standards[category])),
        }


def restricted(scene: Scene) -> Iterator[dict[str, Any]]:
    """Restricted reports: a hamlet's code at the finest, no place (S5)."""
    standards = _standards()
    busy = {hamlet.commune.id: hamlet.commune for hamlet in (scene.hamlet() for _ in range(BUSY_COMMUNES))}
    for observed in scene.past_days(RESTRICTED):
        hamlet = _in(scene, scene.chance.choice(list(busy.values()))) if scene.chance.random() < 0.8 else scene.hamlet()
        category = scene.one(RESTRICTED_WEIGHTS)
        entered = dt.datetime.combine(observed, dt.time(2, 30), dt.UTC)
        yield {
            "id": scene.identity(),
            "province_id": scene.province_id,
            "commune_id": hamlet.commune.id,
            "hamlet_id": hamlet.id if scene.chance.random() < 0.7 else None,
            "observed_on": observed,
            "category": category,
            "what_happened": scene.chance.choice(wording.RESTRICTED[category]),
            "households_affected": _households(scene, hamlet),
            "office_id": scene.offices[category],
            "created_at": entered,
            "updated_at": entered,
            **_case(scene, observed, standards[category]),
        }


def _in(scene: Scene, commune: Commune) -> Hamlet:
    return scene.chance.choice([hamlet for hamlet in scene.hamlets if hamlet.commune is commune])


def _households(scene: Scene, hamlet: Hamlet) -> int | None:
    if scene.chance.random() < 0.25:
        return None
    return min(hamlet.households, 1 + round(scene.chance.lognormvariate(2.3, 0.9)))


def _case(scene: Scene, observed: dt.date, standard: int) -> dict[str, Any]:
    """How far the office has come by today: the older a report, the likelier it is closed; some are late."""
    due = working_days.PLAIN.after(observed, standard)
    took = max(1, round((due - observed).days * scene.chance.lognormvariate(-0.4, 0.55)))
    answered = observed + dt.timedelta(days=took)
    state = "mo" if (scene.today - observed).days < 3 else "dang_xu_ly"
    if answered > scene.today or scene.chance.random() < STUCK:
        return _stand(scene, observed, state, due, None)
    rested = (scene.today - answered).days
    if rested < scene.chance.randint(7, 40):
        return _stand(scene, observed, "da_tra_loi", due, answered)
    if rested < 120 and scene.chance.random() < REOPENED:
        return _stand(scene, observed, "mo_lai", due, answered)
    return _stand(scene, observed, "dong", due, answered)


def _lived(scene: Scene, id_: uuid.UUID, observed: dt.date, case: dict[str, Any]) -> dict[str, Any]:
    """The case with the days it was received, taken up and reopened; none of them later than today."""
    taken = min(observed + dt.timedelta(days=id_.int % 11), case["answered_on"] or scene.today)
    again = case["answered_on"] + dt.timedelta(days=9) if case["state"] == "mo_lai" else None
    return case | {
        "received_on": observed,
        "acknowledged_on": None if case["state"] == "mo" or taken > scene.today else taken,
        "reopened_on": again and min(again, scene.today),
    }


def _stand(scene: Scene, observed: dt.date, state: str, due: dt.date, answered: dt.date | None) -> dict[str, Any]:
    return {
        "happened_on": observed - dt.timedelta(days=scene.chance.choice((0, 0, 1, 1, 2, 3, 5, 9, 14))),
        "urgency": scene.one(URGENCIES),
        "state": state,
        "due_on": due,
        "answered_on": answered,
    }


def _standards() -> dict[str, int]:
    return {row["category"]: row["days"] for row in service_standard_rows()}
