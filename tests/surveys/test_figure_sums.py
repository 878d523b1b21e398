"""Figures read from sums are those of the rows: after random edits, counted or not yet, and while many write."""

import datetime as dt
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.orm import Session

from surveys import figures, periods
from surveys.access import Actor, Role
from surveys.figures import measuring, summing
from surveys.figures.declared import Figure
from surveys.figures.measuring import Where
from surveys.layers import named
from tests.province import TODAY, Province
from tests.rows import feature
from tests.world import KNOWN, World

SUMMED = [figure for figure in figures.CATALOGUE if figure.sums]
# Periods over and under way, not begun, at a month's end and within one; and the day they are asked on.
ASKED = (
    ("2026-09", dt.date(2026, 9, 30)), ("2026-11", TODAY), ("2026-Q3", TODAY), ("2026-H1", dt.date(2026, 2, 10)),
    ("2026", TODAY), ("2026-R2", dt.date(2026, 6, 30)),
)  # fmt: skip
SOMEWHERE = "(ARRAY(SELECT id FROM units WHERE level = 3 AND province_id = f.province_id))[1 + floor(random() * 40)]"
ABOUT = "(random() * 500)::int - 250"
FEW = "CASE WHEN random() < 0.9 THEN (random() * 12)::int END"
PERHAPS = "CASE WHEN random() < 0.6 THEN {} + (random() * 120)::int - 30 END"
EDITS = {
    "situation_reports": "observed_on = d, happened_on = d, due_on = d + (random() * 60)::int, answered_on = "
    + PERHAPS.format("d")
    + ", state = (ARRAY['mo', 'dang_xu_ly', 'da_tra_loi', 'dong', 'mo_lai'])[1 + floor(random() * 5)],"
    f" households_affected = {FEW}",
    "religious_sites": "observed_on = d, request = (ARRAY['khong', 'gcn', NULL])[1 + floor(random() * 3)],"
    f" received_on = {PERHAPS.format('d')}, answered_on = {PERHAPS.format('d + 120')},"
    " condition = (ARRAY['tot', 'hu_hong', 'nguy_hiem'])[1 + floor(random() * 3)],"
    " land_paper = (ARRAY['gcn_da_cap', 'khac', NULL])[1 + floor(random() * 3)]",
    "community_models": f"registered_on = d, recognised_on = {PERHAPS.format('d')}, households_reached = {FEW},"
    " state = (ARRAY['dang_ky', 'dung'])[1 + floor(random() * 2)]",
    "democracy_checks": "checked_on = d, know = (ARRAY['dat', 'chua'])[1 + floor(random() * 2)]",
    "joint_activities": f"planned_on = d, done_on = {PERHAPS.format('d')}, households_reached = {FEW}",
}


def told(
    session: Session, actor: Actor, figure: Figure, code: str, day: dt.date, where: Where
) -> list[tuple[Any, ...]]:
    """Each cell as it is shown, and the whole."""
    found = measuring.measure(session, actor, figure, periods.named(code), day, where)
    shown = [(cell.unit.id, cell.value, cell.mark, cell.part.base, cell.part.small) for cell in found.cells]
    return [*shown, (found.total, found.reported, found.outside.base)]


def differing(
    session: Session, actor: Actor, asked: tuple[tuple[str, dt.date], ...] = ASKED, where: Where | None = None
) -> list[tuple[str, str, dt.date]]:
    """Which figures of which period aren't those of the rows."""
    return [
        (figure.key, code, day)
        for figure in SUMMED
        for code, day in asked
        if told(session, actor, figure, code, day, where or Where())
        != told(session, actor, replace(figure, sums=None), code, day, where or Where())
    ]


def edit(connection: Connection, layer: str) -> None:
    """A third of the rows changed as to day, state, numbers and commune, a tenth deleted, a tenth there twice."""
    somewhere = f"commune_id = CASE WHEN random() < 0.5 THEN {SOMEWHERE} ELSE f.commune_id END"
    connection.execute(
        text(
            f"UPDATE {layer} f SET {EDITS[layer]}, {somewhere}, hamlet_id = NULL"
            f" FROM (SELECT id, observed_on + {ABOUT} AS d FROM {layer}) e WHERE e.id = f.id AND random() < 0.33"
        )
    )
    columns = [column.key for column in named(layer).table.__table__.columns if column.key not in ("id", "hamlet_id")]
    names = ", ".join(f'"{name}"' for name in columns)
    connection.execute(text(f"DELETE FROM {layer} WHERE random() < 0.1"))
    connection.execute(text(f"INSERT INTO {layer} ({names}) SELECT {names} FROM {layer} WHERE random() < 0.1"))


@pytest.fixture(scope="module")
def leader(province: Province) -> Actor:
    with province.engine.connect() as connection:
        unit = connection.scalar(text("SELECT id FROM units WHERE level = 1 AND code = '68' AND valid_to IS NULL"))
    return Actor(0, "lanhdao", Role.LEADER, int(unit or 0))


@pytest.fixture
def edited(province: Province) -> Iterator[Connection]:
    """The demo province after random edits, which are taken back."""
    with province.undone() as connection:
        connection.execute(text("SELECT setseed(0.68)"))
        for layer in summing.EVENTS:
            edit(connection, layer)
        yield connection


def test_sums_tell_what_the_rows_tell_after_any_edits(edited: Connection, leader: Actor) -> None:
    with Session(edited, join_transaction_mode="create_savepoint") as session:
        commune = edited.scalar(text("SELECT min(commune_id) FROM situation_reports")) or 0
        summing.take(edited, 3000)  # the rest isn't counted yet
        assert differing(session, leader) == []
        assert differing(session, leader, ASKED[2:3], Where(only=[commune])) == []
        while summing.take(edited, 100_000):
            pass
        assert edited.scalar(text("SELECT count(*) FROM figure_deltas")) == 0
        assert differing(session, leader, ASKED[1:4:2]) == []
        assert differing(session, replace(leader, commune_id=commune), ASKED[2:3]) == []
        for layer in summing.EVENTS:
            edited.execute(text(f"DELETE FROM {layer}"))
        summing.take(edited, 10**6)
        assert edited.scalar(text("SELECT count(*) FROM figure_sums")) == 0


def test_a_change_that_no_figure_shows_leaves_no_note(worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        connection.execute(insert(named("joint_activities").table), feature(named("joint_activities"), 11))
        summing.take(connection, 1000)
        connection.execute(text("UPDATE joint_activities SET name = name || ' 2', geom = ST_Translate(geom, 0.001, 0)"))
        assert connection.scalar(text("SELECT count(*) FROM figure_deltas")) == 0


def test_no_moment_differs_while_many_write_and_sums_are_taken(worker: Engine, world: World) -> None:
    layer, actor = named("joint_activities"), world.actor("leader")
    figure = figures.named("activities_put_off")
    stop, wrong = threading.Event(), []
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM joint_activities"))

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(12):
            rows = [
                feature(layer, chance.choice(KNOWN.communes), planned_on=dt.date(2026, chance.randint(1, 12), 9))
                for _ in range(8)
            ]
            with worker.begin() as connection:
                connection.execute(insert(layer.table), rows)
                ids = [row["id"] for row in rows[:3]]
                connection.execute(
                    text("UPDATE joint_activities SET done_on = planned_on WHERE id = ANY(:ids)"), {"ids": ids}
                )
                connection.execute(text("DELETE FROM joint_activities WHERE id = :id"), {"id": rows[0]["id"]})

    def take() -> None:
        while not stop.is_set():
            summing.refresh(worker, 7)

    def look() -> None:
        with worker.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            while not stop.is_set():
                with connection.begin(), Session(connection) as session:
                    seen = [
                        told(session, actor, one, "2026", TODAY, Where())
                        for one in (figure, replace(figure, sums=None))
                    ]
                    if seen[0] != seen[1]:
                        wrong.append(seen)

    others = [threading.Thread(target=one) for one in (take, take, look)]
    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for thread in (*others, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in others:
        thread.join()
    assert wrong == []
    summing.refresh_all(worker)
    with Session(worker) as session:
        assert differing(session, actor, ASKED[4:5]) == []
        assert session.scalar(text("SELECT count(*) FROM joint_activities")) == 4 * 12 * 7


def test_triggers_note_what_is_declared(owner: Engine) -> None:
    asked = (
        "SELECT DISTINCT c.relname, t.tgargs FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgname IN ('figure_added', 'figure_changed', 'figure_removed')"
    )
    with owner.connect() as connection:
        found = {row.relname: bytes(row.tgargs).rstrip(b"\0").decode() for row in connection.execute(text(asked))}
    assert found == {layer: summing.told(layer) for layer in summing.EVENTS}


def test_every_measure_a_figure_names_is_one_that_its_layer_tells() -> None:
    for figure in SUMMED:
        assert figure.sums is not None
        measures = {measure for measure, _, _ in summing.EVENTS[figure.layer]}
        for kind in ("month", "quarter", "half", "year"):
            assert {name for name in figure.sums.measures(kind).values() if name} <= measures
