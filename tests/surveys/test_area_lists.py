"""Published lists of minority areas: what is read, what is left out by name, and who may bring one into force (S4)."""

import datetime as dt
import io
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.database import ScopedSession
from geodata.columns import ColumnMissing
from geodata.problems import Conflict, Forbidden, NotFound
from geodata.units import COMMUNE, HAMLET
from surveys import area_classes, area_lists, area_reading, wall_clock
from surveys.access import Actor
from surveys.answer_problems import SubmissionClassified
from surveys.area_lists import Followed, ListRefused, NotAfter, OtherOffice
from surveys.area_tables import AreaList
from surveys.review import OwnProposal
from tests.world import KNOWN

Acting = Callable[[Actor | None], AbstractContextManager[ScopedSession]]
OFFICER, SECOND = KNOWN.actor("officer"), KNOWN.actor("answering")
ON = dt.date(2026, 1, 29)
TODAY = wall_clock.today()
DOCUMENT = "ab" * 32
BEFORE, REFORM = dt.date(2020, 1, 1), dt.date(2025, 7, 1)


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    """Also the former communes of these tests: 24700 was once another's code, 30001 to 30005 went into today's."""

    def empty() -> None:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM area_classifications"))
            connection.execute(text("DELETE FROM area_lists"))
            connection.execute(text("DELETE FROM succession WHERE old_id BETWEEN 900 AND 999"))
            connection.execute(text("DELETE FROM units WHERE id BETWEEN 900 AND 999"))

    empty()
    yield
    empty()


def former(worker: Engine, id_: int, code: str, *heirs: tuple[int, bool]) -> None:
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO units (id, level, code, name, kind, parent_id, province_id, valid_from, valid_to)"
                " VALUES (:id, 3, :code, :name, 'xã', 1, 1, :from, :to)"
            ),
            {"id": id_, "code": code, "name": f"Cũ {id_}", "from": BEFORE, "to": REFORM},
        )
        for heir, whole in heirs:
            connection.execute(
                text('INSERT INTO succession (old_id, new_id, whole, "on") VALUES (:old, :new, :whole, :on)'),
                {"old": id_, "new": heir, "whole": whole, "on": REFORM},
            )


def lines(*said: str) -> area_reading.Read:
    """A file of these rows, "code,class" each: a code with a mark is a hamlet's."""
    read = area_reading.Read()
    for at, one in enumerate(said, start=2):
        code, told = one.split(",")
        level = HAMLET if "-" in code else COMMUNE
        read.lines.append(area_reading.Line(str(at), level, code, area_reading.class_of(told, level), told))
    return read


def csv(tmp_path: Path, *lines: str, head: str = "Mã xã,Khu vực") -> area_reading.Read:
    file = tmp_path / "danh_sach.csv"
    file.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    return area_reading.read(file, file.name)


def enter(as_actor: Acting, read: area_reading.Read, actor: Actor = OFFICER, **given: Any) -> uuid.UUID:
    values: dict[str, Any] = {
        "decision": "60/QĐ-BDTTG", "decided_on": ON, "valid_from": ON, "document": DOCUMENT,
        "document_name": "QD60.pdf", "today": TODAY,
    }  # fmt: skip
    with as_actor(actor) as session:
        return area_lists.enter(session, actor, read, "danh_sach.csv", **{**values, **given})


def sent(as_actor: Acting, read: area_reading.Read, **given: Any) -> uuid.UUID:
    id_ = enter(as_actor, read, **given)
    with as_actor(OFFICER) as session:
        area_lists.send(session, OFFICER, id_)
    return id_


def confirmed(as_actor: Acting, read: area_reading.Read, **given: Any) -> uuid.UUID:
    id_ = sent(as_actor, read, **given)
    with as_actor(SECOND) as session:
        area_lists.confirm(session, SECOND, id_)
    return id_


def report(as_actor: Acting, id_: uuid.UUID) -> dict[str, Any]:
    with as_actor(OFFICER) as session:
        return area_lists.find(session, OFFICER, id_).report


def in_force(as_actor: Acting, actor: Actor = OFFICER, on: dt.date = TODAY) -> dict[int, str]:
    with as_actor(actor) as session:
        return {
            id_: f"{row.area_class} {row.decision}"
            for id_, row in (area_classes.by_commune(session, actor, on) or {}).items()
        }


@pytest.mark.parametrize(
    ("told", "level", "expected"),
    [
        ("Khu vực III", COMMUNE, "kv3"), ("KV3", COMMUNE, "kv3"), ("xã khu vực III", COMMUNE, "kv3"),
        ("III", COMMUNE, "kv3"), ("khu vuc ii", COMMUNE, "kv2"), ("KV I", COMMUNE, "kv1"), ("2", COMMUNE, "kv2"),
        ("Xã thuộc khu vực I", COMMUNE, "kv1"), ("Thôn đặc biệt khó khăn", HAMLET, "thon_dbkk"),
        ("ĐBKK", HAMLET, "thon_dbkk"),
        # Neither guessed nor rounded, and never another level's.
        ("IV", COMMUNE, ""), ("4", COMMUNE, ""), ("khó khăn", COMMUNE, ""), ("I và II", COMMUNE, ""), ("", COMMUNE, ""),
        ("Khu vực III", HAMLET, ""), ("đặc biệt khó khăn", COMMUNE, ""), ("x", HAMLET, ""),
    ],
)  # fmt: skip
def test_a_class_is_read_without_marks_and_only_at_its_published_level(told: str, level: int, expected: str) -> None:
    assert area_reading.class_of(told, level) == expected


def test_a_workbook_of_two_sheets_with_titles_above_and_persons_beside(as_actor: Acting, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    communes, hamlets = book.worksheets[0], book.create_sheet("Thon")
    communes.append(["DANH SÁCH XÃ"])
    communes.append(["STT", "Mã xã", "Tên xã", "Khu vực", "Họ tên chủ tịch", "Số điện thoại"])
    communes.append([1, 24700, "Xã Đắk Mil", "Khu vực III", "Nguyễn Văn An", "0912345678"])
    communes.append([2, 24701, "Xuân Hương", "KV I", "Trần Thị Bình", "0987654321"])
    hamlets.append(["Mã xã", "Mã thôn", "Khu vực"])
    hamlets.append(["24702", "24702-1", "Thôn ĐBKK"])
    out = io.BytesIO()
    book.save(out)
    file = tmp_path / "ds.xlsx"
    file.write_bytes(out.getvalue())
    read = area_reading.read(file, "ds.xlsx")
    assert {column for column, _ in read.dropped} == {"Họ tên chủ tịch", "Số điện thoại"}
    assert "Nguyễn" not in repr(read)
    id_ = enter(as_actor, read)
    told = report(as_actor, id_)
    assert (told["read"], told["taken"], told["classes"]) == (3, 3, {"kv1": 1, "kv3": 1, "thon_dbkk": 1})
    assert [row[2:] for row in told["names"]] == [["Xuân Hương", "phường Xuân Hương - Đà Lạt"]]
    with as_actor(OFFICER) as session:
        rows = area_classes.of_list(session, OFFICER, id_)
    assert [(row.unit_id, row.hamlet_id, row.area_class) for row in rows] == [
        (11, None, "kv3"), (12, None, "kv1"), (131, 131, "thon_dbkk"),
    ]  # fmt: skip


def test_rows_that_cannot_be_used_are_named_by_number_and_nothing_is_stored(
    as_actor: Acting, worker: Engine, tmp_path: Path
) -> None:
    read = csv(tmp_path, "24700,III", "99999,III", "24701,rất khó", "24702,I", "24702,II", ",II")
    with pytest.raises(ListRefused) as refused:
        enter(as_actor, read)
    assert [row[:3] for row in refused.value.judged.faults] == [
        ["3", "99999", "unknown_code"], ["4", "24701", "class_unreadable"], ["6", "24702", "two_classes"],
        ["7", "", "no_code"],
    ]  # fmt: skip
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM area_lists")) == 0


def test_rows_of_other_provinces_twice_said_and_unclassed_are_left_out(as_actor: Acting, tmp_path: Path) -> None:
    lines = ("68,24700,III", "68,24700,KV 3", "56,22001,I", ",22001,II", "79,88888,II", "68,24701,")
    told = report(as_actor, enter(as_actor, csv(tmp_path, *lines, head="Mã tỉnh,Mã xã,Khu vực")))
    assert (told["read"], told["taken"], told["elsewhere"]) == (6, 1, 3)
    assert [row[:3] for row in told["left_out"]] == [["3", "24700", "twice"], ["7", "24701", "no_class"]]


def test_a_former_code_goes_only_where_the_list_says_one_thing_of_all_the_new_commune_came_from(
    as_actor: Acting, worker: Engine
) -> None:
    former(worker, 901, "30001", (11, True))
    former(worker, 902, "30002", (11, True))
    former(worker, 903, "30003", (12, True), (13, False))  # divided
    former(worker, 904, "30004", (13, True))  # beside a part of 903: not all of commune 13 is told of
    read = lines("30001,III", "30002,III", "30003,II", "30004,I")
    told = report(as_actor, enter(as_actor, read))
    assert (told["taken"], told["resolved"], told["classes"]) == (1, 2, {"kv3": 1})
    assert [row[1:3] for row in told["left_out"]] == [["30003", "split"], ["30004", "not_whole"]]
    told = report(as_actor, enter(as_actor, lines("24702,I", "30001,III")))
    assert [row[1:3] for row in told["left_out"]] == [["30001", "not_whole"]]
    told = report(as_actor, enter(as_actor, lines("24702,I", "30001,III", "30002,II")))
    assert [row[1:3] for row in told["left_out"]] == [["30001", "not_whole"], ["30002", "not_whole"]]


def test_a_code_is_the_unit_that_had_it_on_the_day_of_the_decision(as_actor: Acting, worker: Engine) -> None:
    former(worker, 905, "24700", (12, True))
    read = lines("24700,II")
    for on, unit in ((ON, 11), (dt.date(2021, 6, 4), 12)):
        id_ = enter(as_actor, read, decided_on=on, valid_from=on)
        with as_actor(OFFICER) as session:
            assert [row.unit_id for row in area_classes.of_list(session, OFFICER, id_)] == [unit]


def test_a_file_without_the_columns_or_marked_as_secret_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(ColumnMissing, match="class"):
        csv(tmp_path, "24700,Đắk Mil", head="Mã xã,Tên xã")
    with pytest.raises(SubmissionClassified):
        csv(tmp_path, "24700,TUYỆT MẬT")


def test_nothing_holds_before_a_second_officer_of_the_province_confirms_it(as_actor: Acting, worker: Engine) -> None:
    id_ = enter(as_actor, lines("24700,III"))
    assert in_force(as_actor) == {}
    with pytest.raises(Conflict), as_actor(SECOND) as session:
        area_lists.confirm(session, SECOND, id_)  # not sent yet
    with as_actor(OFFICER) as session:
        area_lists.send(session, OFFICER, id_)
    assert in_force(as_actor) == {}
    with pytest.raises(OwnProposal), as_actor(OFFICER) as session:
        area_lists.confirm(session, OFFICER, id_)
    for actor in (replace(SECOND, commune_id=11), KNOWN.actor("leader"), KNOWN.actor("gis"), KNOWN.actor("admin")):
        with pytest.raises(Forbidden), as_actor(actor) as session:
            area_lists.confirm(session, actor, id_)
    with pytest.raises(NotFound), as_actor(replace(SECOND, province_id=2)) as session:
        area_lists.confirm(session, replace(SECOND, province_id=2), id_)
    with as_actor(SECOND) as session:
        area_lists.confirm(session, SECOND, id_)
    assert in_force(as_actor) == {11: "kv3 60/QĐ-BDTTG"}
    assert in_force(as_actor, on=ON - dt.timedelta(days=1)) == {}
    with worker.connect() as connection:
        verbs = connection.scalars(
            text("SELECT verb FROM audit WHERE detail ->> 'list' = :id ORDER BY id"), {"id": str(id_)}
        ).all()
    assert verbs == ["area_list_entered", "area_list_sent", "area_list_confirmed"]


@pytest.mark.parametrize(
    ("change", "actor", "constraint"),
    [
        ("confirmed_by = 4, confirmed_at = now()", SECOND, "in the name of another"),
        ("confirmed_by = 3, confirmed_at = now()", OFFICER, "in the name of another"),
        ("confirmed_by = 2, confirmed_at = now()", OFFICER, "second_confirmer"),
        ("valid_to = '2027-01-01'", SECOND, "ended"),
        ("area_class = 'kv1'", SECOND, "permission denied"),
        ("document = repeat('0', 64)", SECOND, "permission denied"),
    ],
)
def test_the_database_lets_nobody_confirm_for_another_or_change_what_was_published(
    as_actor: Acting, change: str, actor: Actor, constraint: str
) -> None:
    id_ = sent(as_actor, lines("24700,III"))
    with pytest.raises((IntegrityError, ProgrammingError), match=constraint), as_actor(actor) as session:
        session.execute(text(f"UPDATE area_classifications SET {change} WHERE list_id = :id"), {"id": id_})


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("document = ''", "published"), ("decision = ''", "published"), ("decided_on = NULL", "decided_on"),
        ("area_class = 'thon_dbkk'", "published_unit"), ("hamlet_id = 111", "published_unit"),
        ("confirmed_by = entered_by, confirmed_at = now()", "second_confirmer"),
        ("valid_to = valid_from, ended_by = list_id, confirmed_by = 3, confirmed_at = now()", "term"),
    ],
)  # fmt: skip
def test_a_row_without_its_source_or_finer_than_it_was_published_fails(
    as_actor: Acting, worker: Engine, change: str, constraint: str
) -> None:
    id_ = sent(as_actor, lines("24700,III"))
    with pytest.raises(IntegrityError, match=constraint), worker.begin() as connection:
        connection.execute(text(f"UPDATE area_classifications SET {change} WHERE list_id = :id"), {"id": id_})


def test_a_list_replaces_the_one_before_from_its_day_and_undone_gives_it_back(as_actor: Acting, worker: Engine) -> None:
    day = dt.date(2026, 3, 1)
    first = confirmed(as_actor, lines("24700,III", "24701,II"))
    hamlets = lines("24702-1,ĐBKK")
    confirmed(as_actor, hamlets, decision="61/QĐ-UBND")  # of hamlets: communes' classes stay
    same_day = sent(as_actor, lines("24700,I"))
    with pytest.raises(NotAfter), as_actor(SECOND) as session:
        area_lists.confirm(session, SECOND, same_day)
    second = confirmed(as_actor, lines("24700,I"), decision="99/QĐ-BDTTG", decided_on=day, valid_from=day)
    assert in_force(as_actor) == {11: "kv1 99/QĐ-BDTTG"}
    assert in_force(as_actor, on=day - dt.timedelta(days=1)) == {11: "kv3 60/QĐ-BDTTG", 12: "kv2 60/QĐ-BDTTG"}
    with as_actor(OFFICER) as session:
        told = area_classes.of_commune(session, OFFICER, 13, TODAY)
    assert told is not None
    assert [row.decision for row in told.hamlets] == ["61/QĐ-UBND"]
    with pytest.raises(Followed), as_actor(SECOND) as session:
        area_lists.undo(session, SECOND, first, "Nhầm tệp")
    with pytest.raises(OtherOffice), as_actor(OFFICER) as session:
        area_lists.undo(session, OFFICER, second, "Nhầm tệp")
    with as_actor(SECOND) as session:
        area_lists.undo(session, SECOND, second, "Nhầm tệp")
    assert in_force(as_actor) == {11: "kv3 60/QĐ-BDTTG", 12: "kv2 60/QĐ-BDTTG"}
    with worker.connect() as connection:
        left = connection.scalar(text("SELECT count(*) FROM area_classifications WHERE ended_by IS NOT NULL"))
    assert left == 0


def test_a_rejected_and_a_withdrawn_list_never_hold(as_actor: Acting) -> None:
    rejected, withdrawn = (sent(as_actor, lines("24700,III")) for _ in range(2))
    with as_actor(SECOND) as session:
        area_lists.reject(session, SECOND, rejected, "Không khớp quyết định")
        with pytest.raises(NotFound):
            area_lists.withdraw(session, SECOND, withdrawn)
    with as_actor(OFFICER) as session:
        area_lists.withdraw(session, OFFICER, withdrawn)
        assert session.get(AreaList, rejected).reason == "Không khớp quyết định"  # type: ignore[union-attr]
        assert area_classes.of_list(session, OFFICER, withdrawn) == []
    assert in_force(as_actor) == {}
    with pytest.raises(Conflict), as_actor(SECOND) as session:
        area_lists.confirm(session, SECOND, rejected)


def test_classes_in_force_are_read_in_their_commune_and_what_waits_by_officers_of_the_province(
    as_actor: Acting,
) -> None:
    read = lines("24700,III", "24701,II")
    confirmed(as_actor, read)
    sent(as_actor, read, decided_on=ON + dt.timedelta(days=9), valid_from=ON + dt.timedelta(days=9))
    count = text("SELECT count(*) FROM area_classifications")
    for actor, n in (
        (OFFICER, 4), (SECOND, 4), (KNOWN.actor("leader"), 2), (replace(OFFICER, commune_id=11), 1),
        (KNOWN.actor("field"), 1), (replace(OFFICER, province_id=2), 0), (None, 0),
    ):  # fmt: skip
        with as_actor(actor) as session:
            assert session.scalar(count) == n, actor
    assert in_force(as_actor, KNOWN.actor("field")) == {11: "kv3 60/QĐ-BDTTG"}


def test_a_reform_makes_no_new_commune_classified(as_actor: Acting, worker: Engine) -> None:
    confirmed(as_actor, lines("24700,III"))
    with worker.begin() as connection:  # as a reform moves a row of a commune that went whole into another
        connection.execute(text("UPDATE area_classifications SET commune_id = 12 WHERE unit_id = 11"))
    assert in_force(as_actor) == {}
    with as_actor(OFFICER) as session:
        told = area_classes.of_commune(session, OFFICER, 12, TODAY)
    assert told is not None
    assert told.own is None
    assert told.listed
    assert [(row.unit_name, row.area_class) for row in told.former] == [("xã Đắk Mil", "kv3")]
