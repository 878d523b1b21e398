"""The address of the office's base map as an administrator set it; where none is set, the installation's counts."""

import datetime as dt

from sqlalchemy import CheckConstraint, SmallInteger, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata import tileaddress
from geodata.tables import Base
from geodata.tileaddress import Ground
from surveys import audit
from surveys.access import Actor


class Basemap(Base):
    """The one row: an address with {z}, {x}, {y}."""

    __tablename__ = "basemaps"
    __table_args__ = (
        CheckConstraint("id = 1", name="one"),
        CheckConstraint("0 <= min_zoom AND min_zoom <= max_zoom AND max_zoom <= 22", name="zooms"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    address: Mapped[str]
    min_zoom: Mapped[int] = mapped_column(SmallInteger)
    max_zoom: Mapped[int] = mapped_column(SmallInteger)
    attribution: Mapped[str]
    set_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


def chosen(session: Session) -> Ground | None:
    """What the administrator set."""
    row = session.execute(
        select(Basemap.address, Basemap.min_zoom, Basemap.max_zoom, Basemap.attribution)
    ).one_or_none()
    return None if row is None else Ground(*row)


def choose(session: Session, actor: Actor, ground: Ground | None) -> None:
    """Sets it, or with None forgets it; the audit says to which host. Raises AddressNotSafe."""
    if ground is None:
        session.execute(delete(Basemap))
        audit.record(session, actor, "set_basemap", detail={"host": ""})
        return
    tileaddress.check(ground.address)
    values = {
        "address": ground.address, "min_zoom": ground.min_zoom, "max_zoom": ground.max_zoom,
        "attribution": ground.attribution,
    }  # fmt: skip
    added = insert(Basemap).values(id=1, **values)
    session.execute(added.on_conflict_do_update(index_elements=["id"], set_={**values, "set_at": text("now()")}))
    audit.record(session, actor, "set_basemap", detail={"host": tileaddress.host(ground.address)})
