"""Figures of hamlets, religious sites and minority areas: services, papers, requests, published numbers."""

import datetime as dt
from functools import lru_cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata.units import COMMUNE
from surveys import working_days
from surveys.figures.declared import RECORDED, UNDATED_REQUESTS, Figure, Sums, counted
from surveys.layers.hamlet_profiles import layer as hamlets
from surveys.working_days import Calendar

SERVICES = {
    "nuoc": ("nước sạch", "clean water"), "dien": ("điện", "power"), "duong": ("đường giao thông", "a road"),
    "truong": ("trường học", "a school"), "y_te": ("trạm y tế", "health care"),
}  # fmt: skip
# A hamlet once: its latest profile of the period; one whose hamlet isn't known stands for itself. A round is named by
# its code, whichever days it was walked on.
LATEST = (
    "(SELECT DISTINCT ON (p.hamlet_id, CASE WHEN p.hamlet_id IS NULL THEN p.id END) p.* FROM hamlet_profiles p"
    " WHERE p.province_id = :province AND :commune IN (0, p.commune_id) AND :within IN (0, p.commune_id)"
    " AND CASE WHEN :round = '' THEN p.observed_on BETWEEN :first AND :until ELSE p.survey_round = :round END"
    " ORDER BY p.hamlet_id, CASE WHEN p.hamlet_id IS NULL THEN p.id END, p.observed_on DESC, p.id)"
)
REQUESTS = "f.request IS NOT NULL AND f.request <> 'khong' AND f.received_on IS NOT NULL"
UNANSWERED = f"{REQUESTS} AND f.received_on <= :until AND (f.answered_on IS NULL OR f.answered_on > :until)"
LATE = f"{UNANSWERED} AND f.received_on < (:cuts ->> f.request)::date"
UNDATED = f"{UNANSWERED} AND (:cuts ->> f.request) IS NULL"  # nobody has said by when such a request is answered
SMALLEST_HAMLET = next(rule.below for rule in hamlets.withheld if rule.count == "households")


def cuts(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    """`cuts`: for each kind of request, the day before which one received must be answered by `until`.

    A kind without a standard in force has none: no law's days are guessed.
    """
    asked = text(
        "SELECT DISTINCT ON (s.category) s.category, s.days FROM service_standards s"
        " JOIN code_lists c ON c.list = 'site_requests' AND c.code = s.category"
        " WHERE s.valid_from <= :until AND (s.valid_to IS NULL OR s.valid_to > :until)"
        " ORDER BY s.category, s.valid_from DESC"
    )
    rows = session.execute(asked, {"until": given["until"]}).all()
    calendar = working_days.known(session)
    return {"cuts": {row.category: _received_before(given["until"], row.days, calendar).isoformat() for row in rows}}


@lru_cache(maxsize=1000)
def _received_before(until: dt.date, days: int, calendar: Calendar) -> dt.date:
    """The first day on which a request could come in and still not be due before `until`."""
    day = until - dt.timedelta(days=2 * days + 30)
    while calendar.after(day, days) < until:
        day += dt.timedelta(days=1)
    return day


def _of_service(code: str, name: str, name_en: str) -> tuple[Figure, Figure]:
    return (
        Figure(
            f"no_{code}", hamlets.key, f"Thôn chưa có {name}", f"Hamlets without {name_en}", "thôn", "hamlets",
            n=counted(f"f.{code} = 'khong'"), holds="TRUE", source=LATEST, worse="more",
        ),
        Figure(
            f"share_{code}", hamlets.key, f"Tỷ lệ thôn có đủ {name}", f"Share of hamlets with {name_en}", "%", "%",
            n=counted(f"f.{code} = 'co'"), of="count(*)", holds="TRUE", source=LATEST, worse="less", decimals=1,
        ),
    )  # fmt: skip


HAMLETS = (
    *(figure for code, names in SERVICES.items() for figure in _of_service(code, *names)),
    Figure(
        "hamlets_surveyed", hamlets.key, "Thôn đã khảo sát", "Hamlets surveyed", "thôn", "hamlets",
        n="count(*)", holds="TRUE", source=LATEST,
    ),
    Figure(
        "hamlet_households", hamlets.key, "Số hộ của các thôn đã khảo sát", "Households of surveyed hamlets",
        "hộ", "households", n=f"sum(f.households) FILTER (WHERE f.households >= {SMALLEST_HAMLET})",
        small=f"count(*) FILTER (WHERE f.households < {SMALLEST_HAMLET})", holds="TRUE", source=LATEST, finest=COMMUNE,
    ),
)  # fmt: skip
SITES = (
    Figure("sites", "religious_sites", "Cơ sở tôn giáo, tín ngưỡng", "Religious sites", "cơ sở", "sites",
           n="count(*)", holds=RECORDED, sums=Sums("sites", ever=True)),
    Figure("sites_unsafe", "religious_sites", "Cơ sở hư hỏng, nguy hiểm", "Sites damaged or unsafe", "cơ sở", "sites",
           n=counted("f.condition IN ('hu_hong', 'nguy_hiem')"), holds=RECORDED, worse="more",
           sums=Sums("sites", "sites_unsafe", ever=True)),
    Figure("sites_with_paper", "religious_sites", "Tỷ lệ cơ sở đã có giấy chứng nhận đất",
           "Sites with a land certificate", "%", "%", n=counted("f.land_paper = 'gcn_da_cap'"),
           of="count(f.land_paper)", holds=RECORDED, worse="less", decimals=1,
           sums=Sums("sites", "sites_with_paper", "sites_paper_known", ever=True)),
    Figure("site_requests", "religious_sites", "Đề nghị của cơ sở chưa trả lời", "Requests of sites not answered",
           "đề nghị", "requests", n=counted(UNANSWERED), holds=RECORDED, worse="more",
           sums=Sums("sites", "site_requests", ever=True)),
    Figure("site_requests_late", "religious_sites", "Đề nghị của cơ sở quá hạn trả lời", "Requests of sites overdue",
           "đề nghị", "requests", n=counted(LATE), small=counted(UNDATED), left_out=UNDATED_REQUESTS,
           holds=RECORDED, worse="more", more=cuts),
)  # fmt: skip
# Published numbers only; an area of a hamlet lies within its commune's and would count twice.
AREAS = (
    Figure("minority_areas", "minority_areas", "Khu vực trong danh sách công bố", "Areas on the published list",
           "khu vực", "areas", n="count(*)", holds=RECORDED, finest=COMMUNE),
    Figure("minority_poverty", "minority_areas", "Tỷ lệ nghèo công bố", "Published poverty rate", "%", "%",
           n="sum(f.poverty_rate / 100 * f.households)",
           of="sum(f.households) FILTER (WHERE f.poverty_rate IS NOT NULL)",
           holds=RECORDED, finest=COMMUNE, worse="more", decimals=1, rows="f.hamlet_id IS NULL"),
)  # fmt: skip
