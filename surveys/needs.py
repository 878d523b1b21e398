"""What hamlets lack, by survey round: how many, what changed since the round before, who is doing something there."""

import datetime as dt
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from surveys import communes_of
from surveys.access import Actor, Verb
from surveys.figures.of_places import SERVICES
from surveys.layers import hamlet_profiles, joint_activities

MOST, ACTIVITIES = 500, 5
BEHIND_DAYS = 366  # activities so long ago still count as somebody's being there
Rows = list[Row[Any]]

# A hamlet once in a round: its table says so where the hamlet is known.
_HERE = (
    " {0}.province_id = :province AND :commune IN (0, {0}.commune_id) AND {0}.survey_round = :{1}"
    " AND (CAST(:only AS int[]) IS NULL OR {0}.commune_id = ANY(:only))"
)
_RANK = "array_position(ARRAY['khong', 'mot_phan', 'co'], {0}.{1})"


def _communes(service: str) -> str:
    """The service's name is one of SERVICES."""
    now, was = _RANK.format("p", service), _RANK.format("q", service)
    return (
        "SELECT c.id, c.kind, c.name, count(*) AS surveyed,"  # noqa: S608  its own names
        f" count(*) FILTER (WHERE p.{service} = 'khong') AS without,"
        f" count(*) FILTER (WHERE p.{service} = 'mot_phan') AS partly, count(q.id) AS compared,"
        f" count(*) FILTER (WHERE {now} > {was}) AS better, count(*) FILTER (WHERE {now} < {was}) AS worse"
        " FROM hamlet_profiles p JOIN units c ON c.id = p.commune_id"
        " LEFT JOIN hamlet_profiles q ON q.hamlet_id = p.hamlet_id AND q.survey_round = :before"
        " AND q.province_id = :province WHERE" + _HERE.format("p", "round")
        + ' GROUP BY c.id ORDER BY without DESC, partly DESC, c.name COLLATE "vi-x-icu", c.id'
    )  # fmt: skip


def _hamlets(service: str) -> str:
    return (
        f"SELECT p.id, p.name, p.{service} AS state, p.{service}_km AS km, p.{service}_cl AS quality,"  # noqa: S608
        f" p.{service}_tn AS obstacle, q.{service} AS before, p.observed_on, h.activities"
        " FROM hamlet_profiles p LEFT JOIN hamlet_profiles q ON q.hamlet_id = p.hamlet_id AND q.survey_round = :before"
        " AND q.province_id = :province LEFT JOIN LATERAL (SELECT json_agg(a) AS activities FROM ("
        " SELECT j.id, j.name, j.agencies, j.planned_on, j.done_on FROM joint_activities j"
        " WHERE j.hamlet_id = p.hamlet_id AND j.commune_id = p.commune_id AND j.province_id = :province"
        f" AND j.planned_on > :since ORDER BY j.planned_on DESC, j.id LIMIT {ACTIVITIES}) a) h ON true WHERE"
        + _HERE.format("p", "round") + f" AND p.commune_id = :within AND p.{service} IN ('khong', 'mot_phan')"
        f" ORDER BY {_RANK.format('p', service)}, p.name COLLATE \"vi-x-icu\", p.id LIMIT {MOST}"
    )  # fmt: skip


def rounds(session: Session) -> list[str]:
    """The codes of the survey rounds, the oldest first."""
    return list(
        session.scalars(
            text(
                "SELECT DISTINCT ON (position, code) code FROM code_lists WHERE list = 'survey_rounds'"
                " ORDER BY position, code, valid_from"
            )
        )
    )


def by_commune(session: Session, actor: Actor, service: str, round_: str, before: str, area: str = "") -> Rows:
    """Per commune the hamlets surveyed, without the service, with part of it, and what changed in those seen twice.

    `area`: only communes with a published minority area of that class. Raises Forbidden, InvalidValue.
    """
    return list(session.execute(text(_communes(service)), _given(session, actor, round_, before, area)))


def in_commune(
    session: Session, actor: Actor, service: str, round_: str, before: str, commune: int, today: dt.date
) -> Rows:
    """The hamlets of a commune that lack the service, and the joint activities planned or held there."""
    actor.must(Verb.READ, joint_activities.layer.key, joint_activities.layer.grants)
    more = {"within": commune, "since": today - dt.timedelta(days=BEHIND_DAYS)}
    return list(session.execute(text(_hamlets(service)), _given(session, actor, round_, before, "") | more))


def _given(session: Session, actor: Actor, round_: str, before: str, area: str) -> dict[str, Any]:
    actor.must(Verb.READ, hamlet_profiles.layer.key, hamlet_profiles.layer.grants)
    return {
        "province": actor.province_id, "commune": actor.commune_id, "round": round_, "before": before,
        "only": communes_of.area(session, actor, area) if area else None,
    }  # fmt: skip


def services() -> tuple[str, ...]:
    """The services a hamlet's profile speaks of."""
    return tuple(SERVICES)
