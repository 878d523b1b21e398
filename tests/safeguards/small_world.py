"""People so few that they could be told apart, and restricted reports in numbers that nothing else adds up to."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, text

from app import jobs
from geodata.outgoing.formats import FORMATS
from surveys import case_counting, periods, restricted_cube, wall_clock
from surveys.figures import summing
from surveys.layers import named
from surveys.layers.situation_reports import RESTRICTED
from surveys.periods import Period
from surveys.resettlement_tables import ProjectProgress
from tests.rows import VALUES, feature
from tests.safeguards.system import System
from tests.world import KNOWN

FIRST, SECOND, THIRD = KNOWN.communes
LAND, LIFE, *_ = RESTRICTED
# Reports of the quarter that still runs: no sum of anything else here gives these, nor their own sums.
LIVE = {(FIRST, LAND): 1237, (SECOND, LAND): 2477, (FIRST, LIFE): 1511}
LIVE_SUMS = {1237, 2477, 1511, 1237 + 1511, 1237 + 2477, 1237 + 2477 + 1511}
# Those of the quarter before: hidden, shown, hidden.
CLOSED = {(FIRST, LAND): 3, (SECOND, LAND): 907, (THIRD, LAND): 4, (FIRST, LIFE): 2}
MONEY = (7_654_321_000, 6_543_217_000)  # of a project before it shrank to nine households
WITHOUT_FAITH = (
    "situation_reports", "hamlet_profiles", "resettlement_projects", "community_models", "joint_activities",
)  # fmt: skip
AREAS = {"layers": ["minority_areas"], "format": "csv"}
PURPOSE = "Đối chiếu thực địa"
SITE, AREA, PLACED = "Chùa Bạch Mã", "Khu vực Bạch Mã", "Kè suối nhỏ"
HAMLET_HOUSEHOLDS = 17
AREA_HOUSEHOLDS = 13
PEOPLE = (
    "households_affected", "households_approved", "households_paid", "households_moved", "households_reached",
    "households", "population",
)  # fmt: skip


@dataclass
class Small:
    """What stands there: the quarter that runs, and the ids of its rows by layer."""

    today: dt.date
    quarter: Period
    ids: dict[str, list[uuid.UUID]] = field(default_factory=dict)


def fill(system: System) -> Small:
    """The rows, real commits; sums and tiles refreshed, the closed quarter frozen."""
    today = wall_clock.today()
    made = Small(today, periods.holding(periods.QUARTER, today))
    with system.worker.begin() as connection:
        for layer, row in _rows(made):
            connection.execute(insert(named(layer).table), [row])
            made.ids.setdefault(layer, []).append(row["id"])
        _shrunk(connection, made)
        _restricted(connection, made)
        _waiting(connection, made)
        restricted_cube.freeze(connection, KNOWN.province, made.quarter.before.first)
    system.settle()
    summing.refresh_all(system.worker)
    case_counting.refresh_all(system.worker)
    return made


def _rows(made: Small) -> Iterator[tuple[str, dict[str, object]]]:
    """Small numbers of people in each layer that has any, a large one beside them; days of the quarter that runs."""
    day = made.today
    for commune, households in ((FIRST, 3), (SECOND, 2), (SECOND, 61)):
        yield "situation_reports", _on(
            day, "situation_reports", commune, households_affected=households, happened_on=day,
            due_on=day + dt.timedelta(days=15),
        )  # fmt: skip
        yield (
            "community_models",
            _on(day, "community_models", commune, registered_on=day, households_reached=households),
        )
        yield (
            "joint_activities",
            _on(day, "joint_activities", commune, planned_on=day, done_on=day, households_reached=households),
        )
    # A published area of a very small hamlet, and one of a commune.
    yield "minority_areas", _on(
        day, "minority_areas", FIRST, name=AREA, hamlet_id=KNOWN.hamlets[0], households=AREA_HOUSEHOLDS,
        population=4, poverty_rate=31.0,
    )  # fmt: skip
    yield (
        "minority_areas",
        _on(day, "minority_areas", SECOND, name=AREA, households=611, population=2903, poverty_rate=11.0),
    )
    for number, households in enumerate((HAMLET_HOUSEHOLDS, 83, 3)):
        yield (
            "hamlet_profiles",
            _on(day, "hamlet_profiles", KNOWN.communes[number], hamlet_id=KNOWN.hamlets[number], households=households),
        )
    yield "religious_sites", _on(day, "religious_sites", FIRST, name=SITE)
    # Alone in its commune: whoever knows its share and its whole knows its part.
    yield "resettlement_projects", _on(
        day, "resettlement_projects", FIRST, households_affected=61, households_approved=4, households_paid=3,
        households_moved=2, plots_total=70, plots_ready=40, money_approved=MONEY[0] + 1, money_paid=1_000_000,
    )  # fmt: skip
    yield "resettlement_projects", _on(
        day, "resettlement_projects", SECOND, hamlet_id=KNOWN.hamlets[1], households_affected=3, households_paid=1,
        households_moved=2, geom=None, name=PLACED,
    )  # fmt: skip
    yield (
        "resettlement_projects",
        _on(day, "resettlement_projects", THIRD, households_affected=9, households_paid=6, geom=None, name="Cầu nhỏ"),
    )


def _on(day: dt.date, layer: str, commune: int, **values: object) -> dict[str, object]:
    given = {"observed_on": day, **values}
    if layer == "minority_areas":
        given["source_date"] = day
    return feature(named(layer), commune, hamlet=given.pop("hamlet_id", None), **given)  # type: ignore[arg-type]


def _shrunk(connection: Connection, made: Small) -> None:
    """Figures by day: of the large project its small part; of the small one the days when it was larger."""
    large, _, small = made.ids["resettlement_projects"]
    base = {"province_id": KNOWN.province, "planned": False, "account_id": KNOWN.officer}
    connection.execute(
        insert(ProjectProgress),
        [
            {
                **base, "project_id": large, "commune_id": FIRST, "on": made.today, "households_affected": 61,
                "households_approved": 4, "households_paid": 3, "money_approved": None, "money_paid": None,
            },
            {
                **base, "project_id": small, "commune_id": THIRD, "on": made.today, "households_affected": 61,
                "households_approved": 60, "households_paid": 6, "money_approved": MONEY[0], "money_paid": MONEY[1],
            },
        ],
    )  # fmt: skip


def _restricted(connection: Connection, made: Small) -> None:
    """Reports by commune and category, entered today and in the quarter before, and as many in the former one."""
    add = text(
        "INSERT INTO restricted_reports (province_id, commune_id, office_id, observed_on, category, what_happened,"
        " urgency, happened_on, state, due_on, created_at) SELECT 1, :commune, :office, :day, :category, 'Chậm',"
        " 'gap', :day, 'mo', :day + 30, CAST(:day AS timestamp) AT TIME ZONE 'Asia/Ho_Chi_Minh' + interval '12 hours'"
        " FROM generate_series(1, :n)"
    )
    for counts, day in ((LIVE, made.today), (CLOSED, made.quarter.before.first)):
        for (commune, category), n in counts.items():
            given = {"commune": commune, "category": category, "n": n, "day": day}
            connection.execute(add, given | {"office": KNOWN.answering_office})


def _waiting(connection: Connection, made: Small) -> None:
    """What waits for review names people too few as well."""
    for layer in ("community_models", "resettlement_projects"):
        values = {**VALUES[layer], "households_reached": 3, "households_affected": 3, "households_paid": 1}
        known = {field_.key for field_ in named(layer).fields}
        kept = {key: str(value) for key, value in values.items() if key in known}
        connection.execute(
            text(
                "INSERT INTO proposals (layer, feature_id, values, province_id, commune_id, observed_on, created_by)"
                " VALUES (:layer, :id, cast(:values AS jsonb), 1, 11, :day, 1)"
            ),
            {"layer": layer, "id": uuid.uuid4(), "values": json.dumps(kept, ensure_ascii=False), "day": made.today},
        )


def files(system: System, made: Small) -> Iterator[tuple[str, str]]:
    """Every format of export, reports with their Word files, every kind of copy of a map: who fetches each where."""
    gis, leader = system.client("gis"), system.client("leader")
    for one in (*({"layers": list(WITHOUT_FAITH), "format": each.key} for each in FORMATS), AREAS):
        answer = gis.post("/api/exports", json={**one, "purpose": PURPOSE})
        assert answer.status_code == 202, answer.text
        yield "gis", f"/exchange/files/{_ran(system)}.zip"
    for subject, period in (("general", made.quarter), ("land", made.quarter), ("service", made.quarter.before)):
        report, job = system.reported("leader", subject, period.code)
        yield "leader", f"/reports/{report}"
        yield "leader", f"/reports/files/{job}"
    closed, running = made.quarter.before.code, made.quarter.code
    for kind, query in (
        ("map_file", f"layers=hamlet_profiles&figure=project_households&period={running}"),
        ("map_pdf", f"layers=resettlement_projects&figure=report_households&period={running}"),
        ("map_slides", f"layers=hamlet_profiles&figure=restricted_{LAND}&period={closed}"),
    ):
        given = {"kind": kind, "unit": "1", "query": query, "purpose": PURPOSE}
        answer = leader.post("/map/copies/", data=given)
        assert answer.status_code == 303, answer.text
        yield "leader", f"/map/copies/files/{_ran(system)}"


def _ran(system: System) -> str:
    (row,) = system.rows("SELECT id FROM jobs ORDER BY created_at DESC LIMIT 1")
    jobs.run(system.config, system.urls, system.worker, row.id)
    (row,) = system.rows("SELECT id, state, error FROM jobs WHERE id = :id", id=row.id)
    assert row.state == "done", row.error
    return str(row.id)
