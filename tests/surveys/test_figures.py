"""Figures by unit and period equal what an independent query says; nothing is shown as 0 that isn't known to be."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session

from app.database import acting
from geodata.problems import Forbidden
from surveys import figures, open_business, periods, working_days
from surveys.access import Actor, Role
from surveys.figures import cells, measuring
from surveys.figures.cells import Measured
from surveys.figures.declared import FEW_PEOPLE
from surveys.figures.measuring import FigureTooFine, Where
from tests.province import TODAY, Province

Q3, MONTH, YEAR = (periods.named(code) for code in ("2026-Q3", "2026-10", "2026"))
# Per figure: SELECT commune_id, value: written from the figure's words, with none of the figures' code.
BY = "SELECT commune_id, {} FROM {} WHERE {} GROUP BY 1"
IN_Q3 = "{0} >= '2026-07-01' AND {0} < '2026-10-01'"
BY_Q3 = "{0} < '2026-10-01'"
OPEN = "state IN ('mo', 'dang_xu_ly', 'mo_lai') OR answered_on > '2026-09-30'"
WAITS = "request <> 'khong' AND received_on < '2026-10-01' AND (answered_on IS NULL OR answered_on >= '2026-10-01')"
ITEMS = " + ".join(f"(\"{pillar}\" = 'dat')::int" for pillar in "know discuss act check supervise benefit".split())
REPORTS, HAMLETS, SITES = "situation_reports", "hamlet_profiles p", "religious_sites"
PROJECTS, MODELS, ACTIVITIES = "resettlement_projects", "community_models", "joint_activities"
OBSERVED, RECORDED = IN_Q3.format("observed_on"), BY_Q3.format("observed_on")
LATEST = (
    f"{OBSERVED} AND NOT EXISTS (SELECT FROM hamlet_profiles q WHERE q.hamlet_id = p.hamlet_id"
    " AND q.observed_on > p.observed_on AND q.observed_on < '2026-10-01')"
)
INDEPENDENT = {
    "reports": BY.format("count(*)", REPORTS, OBSERVED),
    "reports_open": BY.format(f"sum(({OPEN})::int)", REPORTS, RECORDED),
    "reports_overdue": BY.format(f"sum((due_on < '2026-09-30' AND ({OPEN}))::int)", REPORTS, RECORDED),
    "reports_in_time": BY.format("100.0 * avg((answered_on <= due_on)::int)", REPORTS, IN_Q3.format("answered_on")),
    "no_nuoc": BY.format("sum((nuoc = 'khong')::int)", HAMLETS, LATEST),
    "share_nuoc": BY.format("100.0 * avg((nuoc = 'co')::int)", HAMLETS, LATEST),
    "sites": BY.format("count(*)", SITES, RECORDED),
    "sites_with_paper": BY.format(
        "100.0 * avg((land_paper = 'gcn_da_cap')::int)", SITES, f"{RECORDED} AND land_paper IS NOT NULL"
    ),
    "site_requests": BY.format(f"coalesce(sum(({WAITS})::int), 0)", SITES, RECORDED),
    "households_paid": BY.format(
        "100.0 * sum(households_paid) / sum(households_affected)",
        PROJECTS,
        f"{RECORDED} AND households_paid NOT BETWEEN 1 AND 4 AND households_affected NOT BETWEEN 1 AND 4",
    ),
    "projects_behind": BY.format(
        "sum((next_on < '2026-09-30' AND next_milestone IS NOT NULL)::int)", PROJECTS, RECORDED
    ),
    "models_new": BY.format("count(*)", MODELS, IN_Q3.format("registered_on")),
    "models_kept": BY.format("sum((state <> 'dung')::int)", MODELS, BY_Q3.format("registered_on")),
    "activities": BY.format("count(*)", ACTIVITIES, IN_Q3.format("done_on")),
    "activities_put_off": BY.format(
        "sum((done_on IS NULL OR done_on >= '2026-10-01')::int)", ACTIVITIES, IN_Q3.format("planned_on")
    ),
    "checks_done": BY.format(
        f"100.0 * sum({ITEMS}) / nullif(6 * count(know), 0)", "democracy_checks", IN_Q3.format("checked_on")
    ),
}


@pytest.fixture(scope="module")
def web(province: Province) -> Iterator[Engine]:
    engine = create_engine(province.urls.web)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def leader(province: Province) -> Actor:
    with province.engine.connect() as connection:
        return _leader(connection)


def _leader(connection: Connection, commune: int = 0) -> Actor:
    unit = connection.scalar(text("SELECT id FROM units WHERE level = 1 AND code = '68' AND valid_to IS NULL"))
    account = connection.scalar(text("SELECT id FROM accounts WHERE username = 'lanhdao'"))
    return Actor(account or 0, "lanhdao", Role.LEADER, unit or 0, commune)


@pytest.fixture(scope="module")
def measured(web: Engine, leader: Actor) -> Callable[..., Measured]:
    def measure(key: str, period: periods.Period = Q3, where: Where | None = None, actor: Actor = leader) -> Measured:
        with acting(web, actor) as session:
            return measuring.measure(session, actor, figures.named(key), period, TODAY, where)

    return measure


@pytest.mark.parametrize("key", INDEPENDENT)
def test_a_figure_equals_an_independent_query(key: str, province: Province, measured: Callable[..., Measured]) -> None:
    with province.engine.connect() as connection:
        said = {row[0]: float(row[1]) for row in connection.execute(text(INDEPENDENT[key])) if row[1] is not None}
    found = {cell.unit.id: cell.value for cell in measured(key).cells if cell.value is not None}
    assert found == pytest.approx(said)
    assert len(found) > 3


def test_every_figure_is_measured_for_every_kind_of_period_it_has(measured: Callable[..., Measured]) -> None:
    for figure in figures.CATALOGUE:
        for kind in figure.kinds:
            found = measured(figure.key, periods.holding(kind, dt.date(2026, 8, 1)))
            assert len(found.cells) == 124, figure.key


def test_a_requests_deadline_is_its_standards_working_days(
    province: Province, measured: Callable[..., Measured], leader: Actor
) -> None:
    asked = (
        "SELECT commune_id, request, received_on, answered_on FROM religious_sites WHERE observed_on <= '2026-09-30'"
    )
    until, late, days = dt.date(2026, 9, 30), 0, 30
    given = text("INSERT INTO service_standards VALUES ('gcn_dat', '2025-07-01', :days, 'test', 'own')")
    with province.undone() as connection:
        connection.execute(given, {"days": days})
        for row in connection.execute(text(asked)):
            if row.request != "gcn_dat" or row.received_on is None or row.received_on > until:
                continue
            due = working_days.PLAIN.after(row.received_on, days)
            late += due < until and (row.answered_on is None or row.answered_on > until)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            found = measuring.measure(session, leader, figures.named("site_requests_late"), Q3, TODAY)
            listed = open_business.requests(session, leader, until)
    assert late > 0
    assert found.total == late
    assert [row.undated for row in listed[: min(late, 10)]] == [False] * min(late, 10)


def test_a_request_without_a_deadline_is_neither_late_nor_in_time(
    province: Province, measured: Callable[..., Measured], leader: Actor
) -> None:
    found, waiting = measured("site_requests_late"), measured("site_requests")
    open_ = {cell.unit.id for cell in waiting.cells if cell.value}
    assert open_
    assert {(cell.value, cell.mark) for cell in found.cells if cell.unit.id in open_} == {(None, cells.NONE)}
    assert (found.total, found.whole.small) == (None, waiting.total)
    with province.undone() as connection, Session(connection) as session:
        listed = open_business.requests(session, leader, TODAY)
    assert len(listed) == 10
    assert all(row.undated for row in listed)


def test_a_period_that_is_over_says_that_it_is_told_from_todays_rows(measured: Callable[..., Measured]) -> None:
    assert measured("reports").retold
    assert measured("no_nuoc").retold
    assert not measured("reports", YEAR).retold
    assert not measured("restricted_dat_dai_boi_thuong").retold  # frozen when the quarter closed


def test_the_parts_add_up_to_the_whole(measured: Callable[..., Measured], province: Province) -> None:
    whole = measured("reports", YEAR)
    assert whole.total == sum(whole.values)
    commune = max(whole.cells, key=lambda cell: cell.value or 0)
    hamlets = measured("reports", YEAR, Where(within=commune.unit.id))
    assert sum(hamlets.values) + hamlets.outside.base == commune.value
    assert {cell.unit.level for cell in hamlets.cells} == {4}


def test_nothing_recorded_is_no_nought(measured: Callable[..., Measured]) -> None:
    months = [measured("reports", period) for period in periods.latest(periods.MONTH, TODAY, 24)]
    seen = set()
    for found in months:
        empty = [cell for cell in found.cells if not cell.part.base]
        assert [cell.value for cell in empty] == [None] * len(empty)
        assert found.reported == sum(1 for cell in found.cells if cell.value) < 124
        assert found.waiting == 8
        seen |= {cell.mark for cell in empty}
        assert {cell.mark for cell in empty if cell.waiting} <= {cells.WAITING}
    assert seen == {cells.NONE, cells.WAITING}


def test_a_few_households_are_in_no_sum(province: Province, measured: Callable[..., Measured]) -> None:
    """Whatever two sums somebody takes from each other, a row below five is in neither."""
    asked = f"SELECT commune_id, households_affected AS n FROM situation_reports WHERE {OBSERVED}"
    with province.engine.connect() as connection:
        rows = connection.execute(text(asked)).all()
    few = [row for row in rows if row.n is not None and 0 < row.n < 5]
    assert few
    found = measured("report_households")
    assert found.total == sum(row.n for row in rows if row.n is not None and row.n >= 5)
    assert found.whole.small == len(few)
    alone = {row.commune_id for row in few} - {row.commune_id for row in rows if row.n is not None and row.n >= 5}
    for cell in found.cells:
        if cell.unit.id in alone:
            assert (cell.value, cell.mark) == (None, cells.HIDDEN)


def test_numbers_of_people_and_projects_are_not_told_by_hamlet(measured: Callable[..., Measured]) -> None:
    commune = measured("reports").cells[0].unit.id
    for figure in figures.CATALOGUE:
        if (figure.small and figure.left_out == FEW_PEOPLE) or figure.layer in (
            "resettlement_projects",
            "minority_areas",
        ):
            with pytest.raises(FigureTooFine):
                measured(figure.key, Q3, Where(within=commune))


def test_restricted_figures_are_the_cubes_cells_and_nothing_finer(
    province: Province, measured: Callable[..., Measured], leader: Actor
) -> None:
    key = "restricted_dat_dai_boi_thuong"
    asked = (
        "SELECT commune_id, n FROM restricted_counts WHERE quarter = '2026-07-01' AND category = 'dat_dai_boi_thuong'"
    )
    with province.engine.connect() as connection:
        cube = {row.commune_id: row.n for row in connection.execute(text(asked))}
    found = measured(key)
    assert {cell.unit.id: cell.value for cell in found.cells} == cube
    assert {cell.mark for cell in found.cells} == {"", cells.HIDDEN}
    assert found.total == sum(n for n in cube.values() if n)
    assert {cell.mark for cell in measured(key, periods.named("2026-Q4")).cells} == {cells.NONE}
    commune = found.cells[0].unit.id
    for period, where in ((MONTH, None), (YEAR, None), (Q3, Where(within=commune))):
        with pytest.raises(FigureTooFine):
            measured(key, period, where)
    with pytest.raises(Forbidden):
        measured(key, actor=Actor(leader.account_id, "gis", Role.GIS, leader.province_id))


def test_a_communes_account_finds_its_own_commune_alone(
    province: Province, measured: Callable[..., Measured], leader: Actor
) -> None:
    commune = measured("reports").cells[0].unit.id
    own = Actor(leader.account_id, "xa", Role.LEADER, leader.province_id, commune)
    for key in ("reports", "no_nuoc", "restricted_dat_dai_boi_thuong"):
        assert [cell.unit.id for cell in measured(key, actor=own).cells] == [commune]


def test_unset_settings_show_nothing(web: Engine, leader: Actor) -> None:
    with Session(web) as session:
        found = measuring.measure(session, leader, figures.named("reports"), Q3, TODAY)
    assert found.values == []
