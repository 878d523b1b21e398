"""What a layer holds near a place, for the person about to report it again: category, state and day, never a text."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select, text
from sqlalchemy.orm import Session

from geodata.problems import NotFound
from surveys import showing
from surveys.access import Actor, Verb
from surveys.layer import Layer
from surveys.layers import KEYS, named
from surveys.submissions import FormVersion

# A phone keeps so many of a layer at most, the newest first; what is older is asked of the server when there is signal.
MOST = 5000
WAITING = {"vi": "đang chờ duyệt", "en": "waiting for review"}


@dataclass(frozen=True)
class Place:
    """One feature: `id` is empty while it waits; degrees WGS 84; an area is its label point."""

    id: str
    lon: float
    lat: float
    label: str
    state: str
    on: str  # ISO day
    waiting: bool

    def row(self) -> list[Any]:
        """The same as the phone keeps it."""
        return [self.id, self.lon, self.lat, self.label, self.state, self.on, int(self.waiting)]


def layer_of(session: Session, actor: Actor, form_id: str) -> Layer:
    """The layer a form feeds, where the actor may read that layer. Raises NotFound, Forbidden."""
    live = select(FormVersion.layer).where(FormVersion.form_id == form_id, FormVersion.state == "live")
    key = form_id if form_id in KEYS else session.scalar(live)
    if key is None:
        raise NotFound(what="form", id=form_id)
    layer = named(key)
    actor.must(Verb.READ, layer.key, layer.grants)
    return layer


def places(session: Session, actor: Actor, layer: Layer, language: str = "vi") -> list[Place]:
    """The layer's features with a place in the actor's scope, the newest first, MOST at most, and what waits there."""
    labels = showing.labels(session, language)
    table = layer.table.__table__
    at = table.c.geom if layer.shape == "POINT" else func.ST_PointOnSurface(table.c.geom)
    shown = [table.c[key] for key in _shown(layer)]
    # A small project or hamlet has no place to show (S6).
    withheld = [text(f"NOT coalesce({rule.when}, false)") for rule in layer.withheld if rule.place]
    rows = session.execute(
        select(table.c.id, func.ST_X(at).label("lon"), func.ST_Y(at).label("lat"), table.c.observed_on, *shown)
        .where(table.c.province_id == actor.province_id, literal(actor.commune_id).in_([0, table.c.commune_id]))
        .where(table.c.geom.is_not(None), *withheld)
        .order_by(table.c.observed_on.desc(), table.c.id)
        .limit(MOST)
    )
    found = [_place(layer, row, labels, language) for row in rows]
    return [*found, *_waiting(session, layer, labels, language)]


def _shown(layer: Layer) -> list[str]:
    """The name, or for reports, which have none that may leave, category and state (S2)."""
    return list(dict.fromkeys([layer.label, *(["state"] if layer.key == "situation_reports" else [])]))


def _place(layer: Layer, row: Any, labels: showing.Labels, language: str) -> Place:
    said = showing.shown(layer.field(layer.label), getattr(row, layer.label), labels, language)
    state = showing.shown(layer.field("state"), row.state, labels, language) if hasattr(row, "state") else ""
    return Place(str(row.id), round(row.lon, 6), round(row.lat, 6), said, state, row.observed_on.isoformat(), False)


def _waiting(session: Session, layer: Layer, labels: showing.Labels, language: str) -> list[Place]:
    """What others proposed and nobody has looked at: a coded value, the place and the day, no words of theirs."""
    field = layer.field(layer.label)
    rows = session.execute(
        text("SELECT lon, lat, said, observed_on FROM waiting_places(:layer, :most)"),
        {"layer": layer.key, "most": MOST},
    )
    return [
        Place(
            "",
            round(row.lon, 6),
            round(row.lat, 6),
            showing.shown(field, row.said, labels, language) if row.said else layer.title,
            WAITING[language],
            row.observed_on.isoformat(),
            True,
        )
        for row in rows
    ]
