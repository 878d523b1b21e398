"""What a reform did is undone to the bit; what was published, or is still said by a phone, stands as it was."""

import datetime as dt
import uuid
from pathlib import Path

import pytest
import shapely
from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from geodata.reform_undo import ReformNotLast
from surveys import proposing, reforms, restricted_cube, unit_lists
from surveys.proposals import Proposal
from surveys.proposing import Wanted
from surveys.reforms import FiguresPublished
from surveys.restricted import RestrictedReport
from tests.geodata.reforming import (
    ACT,
    AREAS,
    ON,
    SPLIT,
    Write,
    add,
    cleared,
    home,
    proposal,
    restricted,
    state,
    unit,
    writer,
)
from tests.rows import DAY
from tests.world import World


@pytest.fixture
def connection(background: Session) -> Connection:
    return cleared(background.connection())


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path)


def test_undo_puts_units_and_every_row_back_as_they_were(connection: Connection, world: World, write: Write) -> None:
    for lon in (108.01, 108.06, 107.0, None):
        add(connection, 11, lon)
        add(connection, 12, lon)
    connection.execute(insert(Proposal), proposal(11, "SRID=4326;POINT(108.02 11.95)"))
    connection.execute(insert(RestrictedReport), restricted(12, 121))
    connection.execute(text("UPDATE accounts SET unit_id = 12 WHERE id = 4"))
    before = state(connection)
    report = reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    assert state(connection) != before
    done = reforms.undo(connection, None, uuid.UUID(report.reform))
    assert state(connection) == before
    assert (done.edited, done.others) == ([], [])
    assert connection.scalar(text("SELECT count(*) FROM unplaced")) == 0


def test_what_was_edited_or_added_since_is_named_and_keeps_its_edit(
    connection: Connection, world: World, write: Write
) -> None:
    renamed, moved, gone = (add(connection, 11, 108.02) for _ in range(3))
    untouched = add(connection, 11, 108.02)
    report = reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    new = unit(connection, "24800")
    connection.execute(text("UPDATE community_models SET name = 'Tên mới' WHERE id = :i"), {"i": renamed})
    connection.execute(text("UPDATE community_models SET commune_id = 13 WHERE id = :i"), {"i": moved})
    connection.execute(text("DELETE FROM community_models WHERE id = :i"), {"i": gone})
    later = add(connection, new, 108.03)
    nowhere = add(connection, new, None)
    done = reforms.undo(connection, None, uuid.UUID(report.reform))
    assert {(key, what) for relation, key, what in done.edited if relation == "community_models"} == {
        (str(renamed), "kept"), (str(moved), "unit"), (str(gone), "gone"),
    }  # fmt: skip
    assert [home(connection, one) for one in (renamed, moved, untouched, later, nowhere)] == [11, 13, 11, 11, 11]
    assert connection.scalar(text("SELECT name FROM community_models WHERE id = :i"), {"i": renamed}) == "Tên mới"
    models = next(one for one in done.others if one.layer == "community_models")
    assert (models.moved, models.succession) == (1, 1)


def test_only_the_last_reform_is_undone(connection: Connection, world: World, write: Write) -> None:
    first = reforms.apply(connection, None, write(("24700,phường",), head="ma_xa,loai"), ON, ACT)
    second = reforms.apply(connection, None, write(("24701,xã",), head="ma_xa,loai"), ON + dt.timedelta(days=1), ACT)
    with pytest.raises(ReformNotLast):
        reforms.undo(connection, None, uuid.UUID(first.reform))
    reforms.undo(connection, None, uuid.UUID(second.reform))
    reforms.undo(connection, None, uuid.UUID(first.reform))
    assert connection.scalar(text("SELECT count(*) FROM units WHERE valid_to IS NOT NULL")) == 0


def test_published_restricted_figures_are_neither_moved_nor_taken_back(
    connection: Connection, world: World, write: Write
) -> None:
    """Figures stand in the units in which they were published (S6)."""
    connection.execute(text("INSERT INTO restricted_counts VALUES (11, '2026-04-01', 'dat_dai_boi_thuong', 7, false)"))
    report = reforms.apply(connection, None, write(("24700,phường",), head="ma_xa,loai"), ON, ACT)
    assert connection.execute(text("SELECT commune_id, n FROM restricted_counts")).all() == [(11, 7)]
    new = unit(connection, "24700")
    connection.execute(
        text("INSERT INTO restricted_counts VALUES (:u, '2026-07-01', 'dat_dai_boi_thuong', 7, false)"), {"u": new}
    )
    with pytest.raises(FiguresPublished):
        reforms.undo(connection, None, uuid.UUID(report.reform))


def test_a_commune_that_moved_takes_no_published_quarter_to_its_new_province(
    connection: Connection, world: World, write: Write
) -> None:
    """The other communes of that province publish theirs; this one has published its own (S6)."""
    quarter = dt.date(2026, 4, 1)
    may = {"created_at": dt.datetime(2026, 5, 1, tzinfo=dt.UTC)}
    for _ in range(6):
        connection.execute(insert(RestrictedReport), restricted(13, None) | may)
    assert restricted_cube.freeze(connection, 1, quarter) > 0
    head = "ma_xa_cu,ma_tinh_cu,ma_xa_moi,ma_tinh_moi,ghi_chu"
    reforms.apply(connection, None, write(("24702,68,24702,56,Nhập toàn bộ",), head=head), ON)
    restricted_cube.freeze(connection, 2, quarter)
    told = connection.scalars(text("SELECT DISTINCT commune_id FROM restricted_counts ORDER BY 1")).all()
    assert told == [11, 12, 13, 21]


def test_a_new_province_publishes_no_quarter_that_its_former_one_published(
    connection: Connection, world: World, write: Write
) -> None:
    """Restricted figures are never published again in other units (S6)."""
    quarter = dt.date(2026, 4, 1)
    for _ in range(6):
        connection.execute(
            insert(RestrictedReport), restricted(11, None) | {"created_at": dt.datetime(2026, 5, 1, tzinfo=dt.UTC)}
        )
    assert restricted_cube.freeze(connection, 1, quarter) > 0
    communes = ("24700,phường", "24701,xã", "24702,xã")
    reforms.apply(connection, None, write(communes, head="ma_xa,loai"), ON - dt.timedelta(days=1), ACT)
    reforms.apply(connection, None, write(("68,thành phố,tỉnh",), head="ma,loai,cap"), ON, ACT)
    new = connection.scalar(text("SELECT id FROM units WHERE level = 1 AND code = '68' AND valid_to IS NULL"))
    assert connection.scalar(text("SELECT DISTINCT province_id FROM restricted_reports")) == new
    assert restricted_cube.freeze(connection, new, quarter) == 0
    frozen = connection.execute(text(restricted_cube.UNFROZEN)).one()
    assert (frozen.province_id, frozen.frozen) == (new, [quarter])


def test_what_a_phone_out_of_reach_says_of_a_former_commune_goes_to_its_heir(
    connection: Connection, world: World, write: Write
) -> None:
    reforms.apply(connection, None, write(SPLIT, AREAS), ON, ACT)
    wanted = [
        Wanted("community_models", uuid.uuid4(), {}, 1, DAY, commune_id=commune, place=place)
        for commune, place in ((12, None), (11, None), (11, shapely.to_wkb(
            shapely.set_srid(shapely.Point(108.02, 11.95), 4326), include_srid=True)))
    ]  # fmt: skip
    proposing.propose(connection, wanted)
    assert [one.commune_id for one in wanted] == [unit(connection, "24801"), None, unit(connection, "24800")]
    assert [one.flags for one in wanted] == [[], ["unit_split"], ["unit_split"]]


def test_the_lists_of_phones_renew_and_what_they_still_say_is_understood(
    connection: Connection, world: World, write: Write
) -> None:
    actor = world.actor("officer")
    before = unit_lists.of(connection, actor, most_s=0)
    reforms.apply(connection, None, write(("24700,phường",), head="ma_xa,loai"), ON, ACT)
    reforms.apply(connection, None, write(SPLIT[2:]), ON + dt.timedelta(days=1), ACT)
    after = unit_lists.of(connection, actor, most_s=0)
    new = unit(connection, "24700")
    assert all(after.md5[name] != md5 for name, md5 in before.md5.items())
    listed = after.files["communes.csv"].decode()
    assert f"{new},Phường Đắk Mil" in listed
    assert "\n11," not in listed
    assert {"11", "12", str(new)} <= after.communes
    assert after.parents["111"] == str(new)
