"""The working life of a report: who must answer, by when (S8)."""

import datetime as dt

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geodata.problems import Problem
from surveys import working_days

OPEN = "mo"


class NoAnsweringOffice(Problem):
    """No office answers this category here; facts: category. An administrator names one."""

    code = "no_answering_office"


class NoServiceStandard(Problem):
    """No standard says how soon this category is answered; facts: category."""

    code = "no_service_standard"


_OFFICE = text(
    "SELECT o.id FROM offices o JOIN office_categories c ON c.office_id = o.id"
    " WHERE c.category = :category AND o.unit_id IN (:commune, :province)"
    " AND o.valid_from <= :on AND (o.valid_to IS NULL OR o.valid_to > :on)"
    " ORDER BY (o.unit_id = :commune) DESC, o.id LIMIT 1"
)
_STANDARD = text(
    "SELECT days FROM service_standards WHERE category = :category AND valid_from <= :on"
    " ORDER BY valid_from DESC LIMIT 1"
)


def answering_office(
    session: Session | Connection, category: str, province_id: int, commune_id: int | None, on: dt.date
) -> int:
    """The office that answers a category: the commune's own before the province's. Raises NoAnsweringOffice."""
    found = session.scalar(
        _OFFICE, {"category": category, "province": province_id, "commune": commune_id or 0, "on": on}
    )
    if found is None:
        raise NoAnsweringOffice(category=category)
    return int(found)


def due_on(session: Session | Connection, category: str, received_on: dt.date) -> dt.date:
    """The day by which the answer is due: the standard's working days after the day of receipt."""
    days = session.scalar(_STANDARD, {"category": category, "on": received_on})
    if days is None:
        raise NoServiceStandard(category=category)
    return working_days.known(session).after(received_on, int(days))
