"""Figures in units of before the reform: exact where succession allows, else how much can't be divided; sums add up."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from app.database import acting
from geodata.problems import Forbidden
from surveys import figures, periods
from surveys.access import Actor, Role
from surveys.figures import cells, measuring, old_units
from surveys.figures.cells import Cell, Measured
from tests.province import TODAY, Province

YEAR = periods.named("2026")
Q3 = periods.named("2026-Q3")
SUMMED = [figure for figure in figures.CATALOGUE if not figure.share and not figure.restricted]


@pytest.fixture(scope="module")
def web(province: Province) -> Iterator[Engine]:
    engine = create_engine(province.urls.web)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def leader(province: Province) -> Actor:
    with province.engine.connect() as connection:
        unit = connection.scalar(text("SELECT id FROM units WHERE level = 1 AND code = '68' AND valid_to IS NULL"))
        account = connection.scalar(text("SELECT id FROM accounts WHERE username = 'lanhdao'"))
    return Actor(account or 0, "lanhdao", Role.LEADER, unit or 0)


def measure(web: Engine, actor: Actor, key: str, level: int = 2, period: periods.Period = YEAR) -> Measured:
    with acting(web, actor) as session:
        return old_units.measure(session, actor, figures.named(key), period, TODAY, level)


def named(found: Measured, name: str) -> Cell:
    return next(cell for cell in found.cells if cell.unit.name == name)


# The succession as the published table says it, asked without the code under test.
CAME_FROM = """
SELECT n.id, array_agg(DISTINCT d.name) AS districts FROM succession s JOIN units o ON o.id = s.old_id
JOIN units d ON d.id = CASE WHEN o.level = 2 THEN o.id ELSE o.parent_id END
JOIN units n ON n.id = s.new_id WHERE n.province_id = :province AND n.level = 3 GROUP BY 1
"""


def test_former_bac_binh_is_exact(province: Province, web: Engine, leader: Actor) -> None:
    with province.engine.connect() as connection:
        rows = connection.execute(text(CAME_FROM), {"province": leader.province_id}).all()
        own = [row.id for row in rows if row.districts == ["Bắc Bình"]]
        n = connection.scalar(
            text("SELECT count(*) FROM situation_reports WHERE commune_id = ANY(:own) AND observed_on >= '2026-01-01'"),
            {"own": own},
        )
    assert not [row for row in rows if "Bắc Bình" in row.districts and len(row.districts) > 1]
    found = named(measure(web, leader, "reports"), "Bắc Bình")
    assert (found.value, found.not_divisible, found.shared) == (n, 0, ())
    assert len(found.whole) == len(own) > 3


def test_phan_thiet_has_an_exact_part_and_says_what_cannot_be_divided(
    province: Province, web: Engine, leader: Actor
) -> None:
    with province.engine.connect() as connection:
        rows = connection.execute(text(CAME_FROM), {"province": leader.province_id}).all()
        whole = [row.id for row in rows if row.districts == ["Phan Thiết"]]
        mixed = [row.id for row in rows if "Phan Thiết" in row.districts and len(row.districts) > 1]
        asked = text("SELECT count(*) FROM hamlet_profiles WHERE commune_id = ANY(:ids) AND survey_round = '2026_1'")
        exact, rest = (connection.scalar(asked, {"ids": ids}) for ids in (whole, mixed))
    assert len(mixed) == 3
    found = named(measure(web, leader, "hamlets_surveyed", period=periods.named("2026-R1")), "Phan Thiết")
    assert (found.value, found.not_divisible) == (exact, rest)
    assert set(found.shared) == set(mixed)
    assert rest
    assert exact


@pytest.mark.parametrize("level", [1, 2, 3])
def test_sums_add_up_at_every_level(web: Engine, leader: Actor, level: int) -> None:
    for figure in SUMMED:
        found = measure(web, leader, figure.key, level)
        with acting(web, leader) as session:
            today = measuring.measure(session, leader, figure, YEAR, TODAY)
        assert found.whole == today.whole, figure.key
        exact = sum(cell.part.n or 0 for cell in found.cells)
        assert exact + (found.outside.n or 0) == (today.whole.n or 0), figure.key


def test_what_was_recorded_under_an_old_unit_counts_there(province: Province, web: Engine, leader: Actor) -> None:
    """A report taken under an old commune and later given to a mixed one of today still says where it came from."""
    before = named(measure(web, leader, "reports"), "Phan Thiết")
    with province.engine.begin() as connection:
        old = connection.execute(
            text(
                "SELECT o.id, o.province_id FROM units o JOIN succession s ON s.old_id = o.id"
                " JOIN units d ON d.id = o.parent_id WHERE d.name = 'Phan Thiết' AND s.new_id = :new LIMIT 1"
            ),
            {"new": before.shared[0]},
        ).one()
        id_ = connection.scalar(
            text(
                "SELECT id FROM situation_reports WHERE commune_id = ANY(:mixed)"
                " AND observed_on >= '2026-01-01' LIMIT 1"
            ),
            {"mixed": list(before.shared)},
        )
        new = connection.scalar(text("SELECT commune_id FROM situation_reports WHERE id = :id"), {"id": id_})
        if new != before.shared[0]:
            connection.execute(
                text("UPDATE situation_reports SET commune_id = :c WHERE id = :id"), {"c": before.shared[0], "id": id_}
            )
        add = text(
            "INSERT INTO versions (layer, id, version, province_id, commune_id, row)"
            " VALUES ('situation_reports', :id, 90, :province, :old,"
            " jsonb_build_object('commune_id', cast(:old AS int)))"
        )
        connection.execute(add, {"id": id_, "province": old.province_id, "old": old.id})
    try:
        after = named(measure(web, leader, "reports"), "Phan Thiết")
        assert after.value == (before.value or 0) + 1
        assert after.not_divisible == before.not_divisible - 1
    finally:
        with province.engine.begin() as connection:
            connection.execute(
                text("UPDATE situation_reports SET commune_id = :c WHERE id = :id"), {"c": new, "id": id_}
            )
            connection.execute(text("DELETE FROM versions WHERE layer = 'situation_reports' AND id = :id"), {"id": id_})


def test_a_loaded_old_boundary_divides_a_mixed_commune(province: Province, web: Engine, leader: Actor) -> None:
    before = measure(web, leader, "reports")
    mixed = named(before, "Phan Thiết").shared[0]
    with province.engine.begin() as connection:
        old = connection.scalar(
            text(
                "SELECT o.id FROM units o JOIN succession s ON s.old_id = o.id JOIN units d ON d.id = o.parent_id"
                " WHERE d.name = 'Phan Thiết' AND s.new_id = :new LIMIT 1"
            ),
            {"new": mixed},
        )
        draw = "UPDATE units SET geom = (SELECT geom FROM units WHERE id = :new) WHERE id = :old"
        connection.execute(text(draw), {"new": mixed, "old": old})
        n = connection.scalar(
            text(
                "SELECT count(*) FROM situation_reports f JOIN units u ON u.id = f.commune_id"
                " WHERE u.id = :new AND f.observed_on >= '2026-01-01' AND ST_Intersects(u.geom, f.geom)"
            ),
            {"new": mixed},
        )
    try:
        after = measure(web, leader, "reports")
        was, now = named(before, "Phan Thiết"), named(after, "Phan Thiết")
        assert n
        assert (now.value, now.not_divisible) == ((was.value or 0) + n, was.not_divisible - n)
        assert after.whole == before.whole
    finally:
        with province.engine.begin() as connection:
            connection.execute(text("UPDATE units SET geom = NULL WHERE id = :old"), {"old": old})


def test_restricted_figures_are_told_of_unions_of_whole_communes_alone(web: Engine, leader: Actor) -> None:
    found = measure(web, leader, "restricted_dat_dai_boi_thuong", period=Q3)
    for cell in found.cells:
        if cell.shared:
            assert (cell.value, cell.mark) == (None, cells.MIXED), cell.unit.name
    assert [cell for cell in found.cells if cell.value is not None]


def test_no_account_of_one_commune_asks_for_old_units(web: Engine, leader: Actor) -> None:
    own = Actor(
        leader.account_id,
        "xa",
        Role.LEADER,
        leader.province_id,
        named(measure(web, leader, "reports"), "Bắc Bình").whole[0],
    )
    with pytest.raises(Forbidden):
        measure(web, own, "reports")
