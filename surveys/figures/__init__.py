"""Figures by unit and period: every one declared once here; map, table, profile, sentence and report read the same."""

from geodata.problems import NotFound
from surveys.access import Actor, Role, Verb
from surveys.figures.declared import Figure
from surveys.figures.of_places import AREAS, HAMLETS, SITES
from surveys.figures.of_reports import CUBE, FIGURES
from surveys.figures.of_work import ACTIVITY_FIGURES, CHECKS_FIGURES, MODELS_FIGURES, RESETTLEMENT
from surveys.layers import named as layer_named

CATALOGUE: tuple[Figure, ...] = (
    *FIGURES, *HAMLETS, *RESETTLEMENT, *SITES, *AREAS, *MODELS_FIGURES, *CHECKS_FIGURES, *ACTIVITY_FIGURES, *CUBE,
)  # fmt: skip
# Who reads the frozen cube: those who lead and those who answer (S6).
CUBE_READERS = (Role.LEADER, Role.OFFICER)


def named(key: str) -> Figure:
    """The figure of that key; raises NotFound."""
    for figure in CATALOGUE:
        if figure.key == key:
            return figure
    raise NotFound(what="figure", id=key[:40])


def may_read(actor: Actor, figure: Figure) -> bool:
    """Whether the actor's role may read the figure."""
    if figure.restricted:
        return actor.role in CUBE_READERS
    return actor.may(Verb.READ, layer_named(figure.layer).grants)


def readable(actor: Actor) -> list[Figure]:
    """The figures the actor may read, in their order."""
    return [figure for figure in CATALOGUE if may_read(actor, figure)]
