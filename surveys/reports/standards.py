"""The deadlines a report quotes, each with its source and whether anybody has checked it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.figures.declared import Figure

# Which list of categories a figure's deadlines are of, and what those are in words.
LISTS = {
    "reports_overdue": "report_categories", "reports_overdue_share": "report_categories",
    "reports_in_time": "report_categories", "site_requests_late": "site_requests",
}  # fmt: skip
NAMES = {"report_categories": "phản ánh, kiến nghị", "site_requests": "đề nghị của cơ sở tôn giáo"}
_STANDARDS = text(
    "SELECT DISTINCT ON (c.list, c.position, s.category) c.list, s.category, c.label_vi AS label, s.days, s.source,"
    " s.status, s.valid_from FROM service_standards s JOIN code_lists c ON c.code = s.category AND c.list = ANY(:lists)"
    " WHERE s.valid_from <= :until AND (s.valid_to IS NULL OR s.valid_to > :until) AND c.mark <> 'restricted'"
    " ORDER BY c.list, c.position, s.category, s.valid_from DESC"
)


def quoted(session: Session, found: Iterable[Figure], until: dt.date) -> list[dict[str, Any]]:
    """label, working days, source, status and the day it holds from, of each deadline behind the figures."""
    lists = sorted({LISTS[figure.key] for figure in found if figure.key in LISTS})
    rows = session.execute(_STANDARDS, {"lists": lists, "until": until}).all() if lists else []
    return [
        {"list": row.list, "label": row.label, "days": row.days, "source": row.source, "status": row.status,
         "from": row.valid_from.isoformat()}
        for row in rows
    ]  # fmt: skip


def sources(told: Iterable[dict[str, Any]], lists: set[str]) -> list[str]:
    """Each source of the deadlines of these lists once, in its order."""
    return list(dict.fromkeys(str(one["source"]) for one in told if one["list"] in lists))


def unset(figure: Figure, told: Iterable[dict[str, Any]]) -> bool:
    """Whether the figure is of deadlines that nobody has set: then nothing is late, and none of it is told."""
    return figure.key in LISTS and not any(one["list"] == LISTS[figure.key] for one in told)
