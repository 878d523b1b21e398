"""Offices that answer, the categories each answers, and the dated standards of how soon."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Row, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import InvalidValue
from geodata.tables import Base
from surveys.access import Actor


class Office(Base):
    """An office of a unit, dated; its address is a unit, never a person."""

    __tablename__ = "offices"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]


class OfficeCategory(Base):
    """An office answers reports of a category within its unit."""

    __tablename__ = "office_categories"

    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id", ondelete="CASCADE"), primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)


class ServiceStandard(Base):
    """Working days an office has to answer a category, or a kind of request of a religious site, dated.

    Of a category (S8) the newest row holds for ever; of a kind of request until `valid_to`: after it nothing is late.
    """

    __tablename__ = "service_standards"
    __table_args__ = (CheckConstraint("days > 0", name="days"),)

    category: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)
    days: Mapped[int]
    source: Mapped[str]
    status: Mapped[str]
    valid_to: Mapped[dt.date | None]


# Those of the province, and of one commune or of each: whom an account of that place can name.
_IN_FORCE = text(
    "SELECT o.id, o.name FROM offices o JOIN units u ON u.id = o.unit_id WHERE u.province_id = :province"
    " AND (:commune = 0 OR o.unit_id IN (:province, :commune))"
    " AND o.valid_from <= :on AND (o.valid_to IS NULL OR o.valid_to > :on)"
    ' ORDER BY o.name COLLATE "vi-x-icu", o.id'
)


def in_force(session: Session, actor: Actor, on: dt.date) -> list[Row[tuple[int, str]]]:
    """(id, name) of the offices of the actor's place on a day, by name."""
    values = {"province": actor.province_id, "commune": actor.commune_id, "on": on}
    return list(session.execute(_IN_FORCE, values))


def chosen(session: Session, actor: Actor, given: str, on: dt.date) -> Row[tuple[int, str]]:
    """The office in force here that a form's field names. Raises InvalidValue."""
    for office in in_force(session, actor, on):
        if str(office.id) == given:
            return office
    raise InvalidValue(field="office", value=given[:20], reason="?")
