"""The stages and figures behind the demo's resettlement projects, ending at what each project's own row says."""

import datetime as dt
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from surveys.demo.scene import Scene
from surveys.seeds import code_rows

# Not every project comes to these.
SELDOM = ("tam_cu", "cuong_che", "khieu_nai")
POSTED, APPROVED, PAYING = "niem_yet_phuong_an", "phe_duyet", "chi_tra"
DAYS = {"van_dong_kiem_dem": 13, "kiem_dem_bat_buoc": 20, "van_dong_ban_giao": 9, "qd_thu_hoi": 8}
USUAL_DAYS, REPORTS = 26, 6


def steps(scene: Scene, projects: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every stage up to the one the project stands at, and the milestone it waits for."""
    order = [row["code"] for row in code_rows() if row["list"] == "resettlement_stages"]
    for project in projects:
        walked = [
            code for code in order[: order.index(project["stage"]) + 1]
            if code not in SELDOM or code == project["stage"]
        ]  # fmt: skip
        begins = _begins(scene, project, walked)
        for number, code in enumerate(walked):
            ended = begins[number + 1] if number + 1 < len(walked) else None
            if code == APPROVED and project["plan_approved_on"]:
                ended = project["plan_approved_on"]
            yield _step(scene, project, code) | {"began_on": begins[number], "ended_on": ended}
        if project["next_milestone"]:
            yield _step(scene, project, project["next_milestone"]) | {"planned_on": project["next_on"]}


def _begins(scene: Scene, project: dict[str, Any], walked: list[str]) -> list[dt.date]:
    """The first day of each stage: around the posting and approval the project's row names, never after today."""
    chance = Random(project["id"].int)  # noqa: S311  demo rows, not secrets
    lengths = [DAYS.get(code, USUAL_DAYS) + chance.randint(0, 4) for code in walked]
    if POSTED not in walked:
        first = project["observed_on"] - dt.timedelta(days=sum(lengths))
        return [first + dt.timedelta(days=sum(lengths[:n])) for n in range(len(walked))]
    at, posted, approved = walked.index(POSTED), project["plan_posted_on"], project["plan_approved_on"]
    days = [posted - dt.timedelta(days=sum(lengths[n:at])) for n in range(at)]
    # Posting, opinions, appraisal and approval share the days between posting and approval; what follows shares the
    # days to about a month ago, so that the stage the project stands at is a recent one.
    if approved is not None:
        between = walked.index(APPROVED) - at
        days += [posted + (approved - posted) * n // (between + 1) for n in range(between + 1)]
    since, skip = (posted, 0) if approved is None else (approved, 1)
    after = len(walked) - len(days)
    span = max(dt.timedelta(days=3 * after), scene.today - dt.timedelta(days=30 + chance.randint(0, 20)) - since)
    days += [since + span * (n + skip) // max(1, after - 1 + skip) for n in range(after)]
    return [min(day, scene.today) for day in days]


def _step(scene: Scene, project: dict[str, Any], code: str) -> dict[str, Any]:
    heard = code == "lay_y_kien_doi_thoai"
    affected = project["households_affected"]
    return {
        **_of(scene, project), "stage": code, "planned_on": None, "began_on": None, "ended_on": None,
        "document": None, "meetings": 2 if heard else None, "opinions": affected // 3 if heard else None,
        "opinions_answered": affected // 4 if heard else None,
    }  # fmt: skip


def figures(scene: Scene, projects: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Reports of the office since payment began, the last equal to the project's row; and what was planned."""
    for project in projects:
        approved_on, last = project["plan_approved_on"], project["observed_on"]
        if not project["households_paid"] or approved_on is None or (last - approved_on).days < REPORTS:
            continue
        for number in range(1, REPORTS + 1):
            share = number / REPORTS
            on = approved_on + (last - approved_on) * number // REPORTS
            yield _figures(scene, project, on, share**1.4, planned=False)
            by = approved_on + dt.timedelta(days=30 * number)
            yield _figures(scene, project, by, 3 * share**2 - 2 * share**3, planned=True)


def _figures(scene: Scene, project: dict[str, Any], on: dt.date, share: float, *, planned: bool) -> dict[str, Any]:
    def part(key: str) -> int | None:
        whole = project["households_affected"] if planned and key == "households_paid" else project[key]
        return None if whole is None else int(whole * share)

    told = {} if planned else {key: part(key) for key in ("households_moved", "plots_ready", "money_paid")}
    return {
        **_of(scene, project), "planned": planned, "on": on, "households_affected": project["households_affected"],
        "households_approved": None if planned else project["households_approved"],
        "households_paid": part("households_paid"), "households_moved": told.get("households_moved"),
        "plots_total": project["plots_total"], "plots_ready": told.get("plots_ready"),
        "money_approved": None if planned else project["money_approved"], "money_paid": told.get("money_paid"),
    }  # fmt: skip


def _of(scene: Scene, project: dict[str, Any]) -> dict[str, Any]:
    return {
        "project_id": project["id"], "province_id": project["province_id"], "commune_id": project["commune_id"],
        "account_id": scene.accounts["chuyenvien"],
    }  # fmt: skip
