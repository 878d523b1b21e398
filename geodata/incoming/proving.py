"""Which coordinate system a file is in, proved by where its features land: inside the communes they name."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geodata import geometry
from geodata.foreign import systems
from geodata.foreign.sources import Remark, SystemProposal
from geodata.incoming.naming import Named, named_units

_ENOUGH = 3  # rows that name a unit: fewer prove nothing
_AREAS, _CORNERS = 12, 12
_CLOSE, _APART = 20.0, 5.0  # metres; times
_METRES = 110_000.0  # of a degree, near enough to tell 1 m from 200
_SAYS_ITSELF = ("tab", "mif")


@dataclass
class Evidence:
    """What the sampled rows of a source tell."""

    pairs: NDArray[np.float64]
    named: Named
    province_id: int | None
    outlines: list[list[list[float]]]
    landed: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def propose(
    connection: Connection | None, told: dict[str, Any], province: str
) -> tuple[list[SystemProposal], list[Remark], list[Remark]]:
    """Proposals for a source (what `examining.examine` says), questions and warnings; the likeliest system first."""
    pairs = np.array(told["sample"]["pairs"], dtype=float).reshape(-1, 2)
    if told["exchange"]:
        pairs = pairs[:, ::-1]
    degrees = bool(len(pairs)) and bool((np.abs(pairs) <= 360).all(axis=1).mean() > 0.5)
    wanted = _candidates(told, province, degrees=degrees)
    if connection is None:
        made = [SystemProposal(key, systems.name(key), why, facts) for key, (why, facts) in wanted.items()]
        return made, *_judge(told, made, degrees)
    evidence = Evidence(pairs, *named_units(connection, told, province), told["sample"]["outlines"])
    made = [_prove(connection, evidence, key, why, facts) for key, (why, facts) in wanted.items()]
    made.sort(key=lambda each: (-each.inside, -each.in_province if not each.named else 0))
    made = [each for at, each in enumerate(made) if at == 0 or _is_shown(each)]
    made = _with_outlines(connection, evidence, made)
    return made, *_judge(told, made, degrees)


def _candidates(told: dict[str, Any], province: str, *, degrees: bool) -> dict[str, tuple[str, dict[str, Any]]]:
    """Key → (why, facts), the declared one first."""
    if told["standard"]:
        return {systems.WGS84: ("standard", {})}
    declared = told["declared"]
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    if declared and declared["key"]:
        found[declared["key"]] = ("declared", {"name": declared["name"]})
        if declared["relabelled"]:
            found[f"VN2000:{declared['zone']}"] = ("relabelled", {})
        elif (other := systems.twin(declared["key"])) and declared["key"].startswith(("EPSG", "WGS84")):
            found[other] = ("relabelled", {})
    for key, (why, provinces) in systems.to_try(province, degrees=degrees).items():
        found.setdefault(key, (why, {"provinces": ", ".join(provinces)} if provinces else {}))
    return found


def _prove(connection: Connection, evidence: Evidence, key: str, why: str, facts: dict[str, Any]) -> SystemProposal:
    made = SystemProposal(key, systems.name(key), why, facts, named=sum(map(bool, evidence.named.communes)))
    places = systems.points(evidence.pairs, key)
    west, south, east, north = geometry.COUNTRY
    within = np.isfinite(places).all(axis=1)
    within &= (places[:, 0] > west) & (places[:, 0] < east) & (places[:, 1] > south) & (places[:, 1] < north)
    made = replace(made, placed=len(places))
    if not within.any():
        return made
    rows = [int(row) for row in np.flatnonzero(within)]
    parameters = {
        "k": rows,
        "lon": [float(places[row, 0]) for row in rows],
        "lat": [float(places[row, 1]) for row in rows],
    }
    landed: dict[int, set[int]] = {}
    here: set[int] = set()
    for row, unit, of in connection.execute(text(_LANDED), parameters):
        landed.setdefault(row, set()).add(unit)
        if of == evidence.province_id:
            here.add(row)
    inside = sum(bool(landed.get(row, set()) & units) for row, units in enumerate(evidence.named.communes) if units)
    return replace(made, inside=inside, in_province=len(here))


def _is_shown(proposal: SystemProposal) -> bool:
    """Whether it is worth a person's look."""
    own = proposal.why in ("declared", "relabelled", "standard", "degrees", "province_now", "province_before")
    return own or proposal.inside > 0 or (proposal.named < _ENOUGH and proposal.in_province > 0)


def _with_outlines(connection: Connection, evidence: Evidence, made: list[SystemProposal]) -> list[SystemProposal]:
    """How far corners of the areas lie from the outlines stored for the units they name: tells what 200 m apart is."""
    rows = [
        (row, next(iter(units)))
        for row, (units, corners) in enumerate(zip(evidence.named.today, evidence.outlines, strict=False))
        if len(units) == 1 and corners
    ][:_AREAS]
    if not rows:
        return made
    best = max(each.inside for each in made)
    out = []
    for each in made:
        if each.inside < 0.8 * best or not each.inside:
            out.append(each)
            continue
        numbers, lon, lat = list[int](), list[float](), list[float]()
        for row, unit in rows:
            corners = np.array(evidence.outlines[row], dtype=float)
            corners = corners[:: max(1, len(corners) // _CORNERS)][:_CORNERS]
            if evidence.named.exchange:
                corners = corners[:, ::-1]
            places = systems.points(corners, each.system)
            numbers += [unit] * len(places)
            lon += [float(place[0]) for place in places]
            lat += [float(place[1]) for place in places]
        metres = connection.execute(text(_AWAY), {"unit": numbers, "lon": lon, "lat": lat}).scalar()
        out.append(replace(each, metres=None if metres is None else round(metres * _METRES, 1)))
    out.sort(key=lambda each: (-(each.inside >= 0.8 * best), each.metres if each.metres is not None else 0.0))
    return out


def _judge(told: dict[str, Any], made: list[SystemProposal], degrees: bool) -> tuple[list[Remark], list[Remark]]:
    """(questions, warnings): what is sure needs no question, and nothing doubtful goes without one."""
    first, others = made[0], made[1:]
    declared = told["declared"]
    facts = {"first": first.name, "inside": first.inside, "named": first.named}
    if told["standard"]:
        elsewhere = first.named >= _ENOUGH and first.inside < 0.5 * first.named
        return [], [Remark("lands_elsewhere", facts)] if elsewhere else []
    said = declared["name"] if declared else ""
    if declared and not declared["key"]:
        return [Remark("system_not_known", {**facts, "declared": said})], []
    if (
        declared
        and declared["key"].startswith(("WGS84TM", "EPSG"))
        and (declared["key"].startswith("WGS84TM") or told["kind"] in _SAYS_ITSELF)
    ):
        return [Remark("system_relabelled", {**facts, "declared": systems.name(declared["key"])})], []
    if declared:
        mine = next(each for each in made if each.why == "declared")
        if mine != first and (first.inside > mine.inside or _outlined(first, [mine])):
            return [Remark("system_contradicted", {**facts, "declared": mine.name, "there": mine.inside})], []
        lost = mine.inside < 0.5 * mine.named if mine.named >= _ENOUGH else mine.placed and not mine.in_province
        return ([Remark("system_lands_elsewhere", facts)] if lost else []), []
    proved = first.named >= _ENOUGH and first.inside >= 0.8 * first.named
    rivals = [each for each in others if each.inside >= 0.8 * first.inside and each.inside]
    if proved and (not rivals or _outlined(first, rivals)):
        return [], []
    if degrees and told["kind"] in ("csv", "xlsx", "geojson"):
        return [], [Remark("taken_for_wgs84", facts)]
    if proved:
        return [Remark("system_twins", {**facts, "second": rivals[0].name})], []
    return [Remark("system_degrees" if degrees else "system_unproved", facts)], []


def _outlined(first: SystemProposal, rivals: list[SystemProposal]) -> bool:
    """Whether the outlines decide: the first lies on those stored, the others clearly beside them."""
    if first.metres is None or first.metres > _CLOSE:
        return False
    return all(each.metres is not None and each.metres > _APART * max(first.metres, 4.0) for each in rivals)


_LANDED = """
SELECT w.k, p.unit_id, u.province_id
FROM unnest(cast(:k AS int[]), cast(:lon AS float8[]), cast(:lat AS float8[])) AS w(k, lon, lat)
JOIN unit_parts p ON p.level = 3 AND p.geom && ST_SetSRID(ST_Point(w.lon, w.lat), 4326)
  AND ST_Intersects(p.geom, ST_SetSRID(ST_Point(w.lon, w.lat), 4326))
JOIN units u ON u.id = p.unit_id
"""
_AWAY = """
WITH corners AS (
  SELECT * FROM unnest(cast(:unit AS int[]), cast(:lon AS float8[]), cast(:lat AS float8[])) AS c(unit, lon, lat)
), lines AS MATERIALIZED (
  SELECT id, ST_Boundary(geom) AS line FROM units
  WHERE id IN (SELECT unit FROM corners) AND geom IS NOT NULL AND NOT approximate
)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ST_Distance(l.line, ST_SetSRID(ST_Point(c.lon, c.lat), 4326)))
FROM corners c JOIN lines l ON l.id = c.unit
"""
