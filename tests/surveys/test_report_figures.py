"""A province's report equals independent queries, cell by cell, as read back from its Word file; communes add up."""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session

from app.database import ScopedSession, apply_settings
from app.map_copies import FONTS
from geodata.problems import InvalidValue
from surveys import figures, periods, screening, working_days
from surveys.access import Actor, Role
from surveys.layers import IncompatibleLayers
from surveys.reports import composing, correcting, drafting, mapping, outline, rolling, steps, word, writing
from surveys.reports.tables import MEASURED, ROLLED
from surveys.showing import number
from tests.province import TODAY, Province
from tests.surveys.test_figures import (
    ACTIVITIES,
    BY,
    BY_Q3,
    HAMLETS,
    IN_Q3,
    INDEPENDENT,
    LATEST,
    MODELS,
    OBSERVED,
    PROJECTS,
    RECORDED,
    REPORTS,
    SITES,
)  # fmt: skip

Q3 = periods.named("2026-Q3")
# The days the queries name for the third quarter, in the quarter before and the year before.
DAYS = {
    "Kỳ trước": {"2026-07-01": "2026-04-01", "2026-10-01": "2026-07-01", "2026-09-30": "2026-06-30"},
    "Cùng kỳ năm trước": {"2026-07-01": "2025-07-01", "2026-10-01": "2025-10-01", "2026-09-30": "2025-09-30"},
}
PEOPLE = "sum({0}) FILTER (WHERE {0} = 0 OR {0} >= 5)"
SHARES = {"dien": "dien", "duong": "duong", "truong": "truong", "y_te": "y_te"}
MORE = {
    "hamlets_surveyed": BY.format("count(*)", HAMLETS, LATEST),
    **{f"share_{key}": BY.format(f"100.0 * avg(({key} = 'co')::int)", HAMLETS, LATEST) for key in SHARES},
    "minority_areas": BY.format("count(*)", "minority_areas", RECORDED),
    "minority_poverty": BY.format(
        "sum(poverty_rate * households) / sum(households)", "minority_areas",
        f"{RECORDED} AND hamlet_id IS NULL AND poverty_rate IS NOT NULL AND households IS NOT NULL",
    ),
    "sites_unsafe": BY.format("coalesce(sum((condition IN ('hu_hong', 'nguy_hiem'))::int), 0)", SITES, RECORDED),
    "projects": BY.format("count(*)", PROJECTS, RECORDED),
    "project_households": BY.format(PEOPLE.format("households_affected"), PROJECTS, RECORDED),
    "report_households": BY.format(PEOPLE.format("households_affected"), REPORTS, OBSERVED),
    "activity_households": BY.format(PEOPLE.format("households_reached"), ACTIVITIES, IN_Q3.format("done_on")),
    "model_households": BY.format(PEOPLE.format("households_reached"), MODELS, BY_Q3.format("registered_on")),
    "models_recognised": BY.format(
        "100.0 * avg((recognised_on IS NOT NULL AND recognised_on < '2026-10-01')::int)", MODELS,
        BY_Q3.format("registered_on"),
    ),
    "checks": BY.format("count(*)", "democracy_checks", IN_Q3.format("checked_on")),
    "households_moved": BY.format(
        "100.0 * sum(households_moved) / sum(households_affected)", PROJECTS,
        f"{RECORDED} AND households_moved NOT BETWEEN 1 AND 4 AND households_affected NOT BETWEEN 1 AND 4",
    ),
    "plots_ready": BY.format(
        "100.0 * sum(plots_ready) FILTER (WHERE plots_total IS NOT NULL)"
        " / sum(plots_total) FILTER (WHERE plots_ready IS NOT NULL)", PROJECTS, RECORDED,
    ),
}  # fmt: skip
QUERIES = INDEPENDENT | MORE
NEITHER = {"–", "ẩn", "chờ duyệt", "chưa có thời hạn"}


@dataclass
class Made:
    """The report of the third quarter, its file read back, and how long all of it took."""

    session: Session
    actor: Actor
    report: Any
    document: Any
    file: Path
    seconds: float

    @property
    def said(self) -> str:
        return "\n".join(paragraph.text for paragraph in self.document.paragraphs)


@pytest.fixture(scope="module")
def officer(province: Province) -> Actor:
    with province.engine.connect() as connection:
        row = connection.execute(
            text("SELECT a.id, a.unit_id, a.office_id FROM accounts a WHERE username = 'chuyenvien'")
        ).one()
    return Actor(row.id, "chuyenvien", Role.OFFICER, row.unit_id, 0, row.office_id)


@pytest.fixture(scope="module")
def web(province: Province) -> Iterator[Engine]:
    engine = create_engine(province.urls.web)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def made(web: Engine, officer: Actor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Never committed: others find the province as it was."""
    folder = tmp_path_factory.mktemp("report")
    with ScopedSession(web) as session:
        session.act_as(officer)
        begun = time.monotonic()
        report = writing.create(session, officer, "general", Q3, "party", MEASURED, TODAY)
        writing.freeze(session, officer, report, TODAY)
        found = writing.figures_of(session, report)
        picture = mapping.draw(session, officer, report, found, TODAY, FONTS, folder / "map.png")
        composed = composing.compose(report, found, "Tỉnh Lâm Đồng", Q3.last)
        word.write(composed, picture, folder / "report.docx")
        seconds = time.monotonic() - begun
        out = folder / "report.docx"
        yield Made(session, officer, report, Document(str(out)), out, seconds)
        session.rollback()


def shifted(query: str, row: str) -> str:
    """The query for another period: every day at once, since one period's end is another's beginning."""
    for n, day in enumerate(DAYS.get(row, {})):
        query = query.replace(day, f"<{n}>")
    for n, day in enumerate(DAYS.get(row, {}).values()):
        query = query.replace(f"<{n}>", day)
    return query


def whole(query: str) -> str:
    return query.replace("SELECT commune_id, ", "SELECT ", 1).replace(" GROUP BY 1", "")


def late(connection: Connection, until: dt.date) -> dict[int, int]:
    """Overdue requests by commune, by a plain reckoning of working days."""
    asked = text(
        "SELECT commune_id, request, received_on, answered_on FROM religious_sites WHERE observed_on <= :until"
    )
    days = {row.category: row.days for row in connection.execute(text("SELECT category, days FROM service_standards"))}
    found: dict[int, int] = {}
    for row in connection.execute(asked, {"until": until}):
        found.setdefault(row.commune_id, 0)
        if row.request in (None, "khong") or row.received_on is None or row.received_on > until:
            continue
        if row.request not in days:
            continue  # nobody has set a deadline: nothing is late
        due = working_days.PLAIN.after(row.received_on, days[row.request])
        found[row.commune_id] += due < until and (row.answered_on is None or row.answered_on > until)
    return found


def columns(document: Any) -> dict[str, dict[str, str]]:
    """Title of a figure with its unit → row → what its cell says, from the tables of the file."""
    found: dict[str, dict[str, str]] = {}
    for table in document.tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if rows[0][:2] == ["TT", "Đơn vị"]:
            for place, title in enumerate(rows[0][2:], start=2):
                found[title] = {row[1]: row[place] for row in rows[1:]}
    return found


def test_every_figure_in_the_file_equals_an_independent_query(made: Made, province: Province) -> None:
    told = columns(made.document)
    subject = outline.named("general")
    wanted = subject.figures(made.actor, Q3)
    assert len(wanted) == len(told) == 33
    checked = 0
    with province.engine.connect() as connection:
        names = {
            row.id: f"{row.kind.capitalize()} {row.name}"
            for row in connection.execute(text("SELECT id, kind, name FROM units WHERE level = 3"))
        }
        for figure in wanted:
            cells = told[f"{figure.title} ({figure.unit})"]
            assert len(cells) == 124 + 3
            for row in ("Tỉnh Lâm Đồng", *DAYS):
                until = dt.date.fromisoformat(DAYS.get(row, {}).get("2026-09-30", "2026-09-30"))
                if figure.key == "site_requests_late":
                    total: Any = sum(late(connection, until).values())
                else:
                    total = connection.scalar(text(shifted(whole(QUERIES[figure.key]), row)))
                if cells[row] in NEITHER:
                    assert not total, (figure.key, row)
                else:
                    assert cells[row] == number(float(total), figure.decimals), (figure.key, row)
                checked += 1
            if figure.key == "site_requests_late":
                requests = late(connection, Q3.last)
                by_commune = {unit: float(n) for unit, n in requests.items() if cells["Tỉnh Lâm Đồng"] not in NEITHER}
            else:
                rows = connection.execute(text(QUERIES[figure.key]))
                by_commune = {row[0]: float(row[1]) for row in rows if row[1] is not None}
            expected = {names[unit]: number(value, figure.decimals) for unit, value in by_commune.items()}
            shown = {name: said for name, said in cells.items() if name in names.values() and said not in NEITHER}
            assert shown == expected, figure.key
            checked += len(cells) - 3
    assert checked == 33 * 127


def test_the_drafted_words_hold_the_same_totals(made: Made, province: Province) -> None:
    said = made.said
    with province.engine.connect() as connection:
        for key in ("reports", "reports_open", "sites", "activities", "models_kept", "projects", "checks"):
            figure = figures.named(key)
            total = connection.scalar(text(whole(QUERIES[key])))
            assert f"{number(float(total or 0))} {figure.unit}" in said, key
    assert "so với kỳ trước" in said
    assert "so với cùng kỳ năm trước" in said
    assert "quy chế của tỉnh (sửa được)" in said  # the source of the deadlines quoted


def test_a_deadline_stands_with_its_source(made: Made) -> None:
    (table,) = [table for table in made.document.tables if table.cell(0, 1).text == "Việc"]
    rows = [[cell.text for cell in row.cells] for row in table.rows][1:]
    assert len(rows) >= 10
    assert all(row[2].endswith("ngày làm việc") and row[4] for row in rows)


def test_it_is_made_within_thirty_seconds_with_its_map(made: Made) -> None:
    assert made.seconds <= 30
    assert len(made.document.inline_shapes) == 1
    descriptions = [shape._inline.docPr.get("descr") for shape in made.document.inline_shapes]
    assert descriptions == ["Bản đồ. Tỷ lệ thôn có đủ nước sạch, quý III năm 2026"]


def test_drafted_words_pass_the_screening_that_written_ones_pass(made: Made) -> None:
    for key, words in made.report.drafted.items():
        assert screening.find(words) == [], key
    assert screening.find(made.report.title) == []
    assert (
        screening.find(rolling.said(rolling.coverage(rolling.communes(made.session, made.actor, "general", Q3)))) == []
    )


def test_a_later_correction_shows_beside_the_frozen_figure(made: Made) -> None:
    found = writing.figures_of(made.session, made.report)
    assert correcting.since(made.session, made.actor, made.report, found, TODAY) == []
    commune = found["models_new"].lines[0].unit
    with made.session.begin_nested() as savepoint:
        made.session.execute(
            text("UPDATE community_models SET registered_on = '2026-08-15' WHERE id IN (SELECT id FROM community_models"
                 " WHERE registered_on < '2026-07-01' LIMIT 1)")
        )  # fmt: skip
        told = correcting.since(made.session, made.actor, made.report, found, TODAY)
        savepoint.rollback()
    changed = {one.unit for one in told if one.figure == figures.named("models_new").title}
    assert correcting.WHOLE in changed
    assert len(changed) == 2
    total = next(one for one in told if one.unit == correcting.WHOLE and one.figure.startswith("Mô hình đăng ký"))
    assert int(total.now) == int(total.frozen) + 1
    assert commune is not None
    assert composing.amount(found["models_new"].figure, found["models_new"].total()) == total.frozen


def test_what_a_person_wrote_outlives_new_figures(made: Made) -> None:
    session, report = made.session, made.report
    with session.begin_nested() as savepoint:
        words = "Tình hình chung ổn định."
        writing.rewrite(session, report, "1.1", words, writing.mark(report.texts["1.1"]))
        writing.freeze(session, made.actor, report, TODAY)
        assert report.texts["1.1"] == words
        assert report.texts["1.4"] == report.drafted["1.4"]
        writing.redraft(session, report, "1.1")
        assert report.texts["1.1"] == report.drafted["1.1"] != words
        writing.take_back(session, report, "1.1")
        assert report.texts["1.1"] == words
        with pytest.raises(writing.ReportChanged):
            writing.rewrite(session, report, "1.1", "khác", writing.mark("đã thấy bản cũ"))
        with pytest.raises(InvalidValue):
            writing.rewrite(session, report, "1.1", "Trưởng ban Nguyễn Văn An đề nghị", writing.mark(words))
        savepoint.rollback()
    session.refresh(report)


def test_no_subjects_figures_may_not_be_seen_together(officer: Actor) -> None:
    for subject in outline.SUBJECTS:
        for kind in periods.REPORTED:
            found = subject.figures(officer, periods.holding(kind, TODAY))
            outline.refuse(found)
            for part in subject.parts:
                outline.refuse_beside([one for one in found if one.key in part.figures])
    faith, cube = figures.named("sites"), figures.CUBE[0]
    with pytest.raises(IncompatibleLayers):
        outline.refuse([faith, cube])
    with pytest.raises(IncompatibleLayers):
        outline.refuse([faith, figures.named("reports")], by_hamlet=[figures.named("reports")])
    with pytest.raises(IncompatibleLayers):
        outline.refuse_beside([faith, figures.named("reports")])
    general = outline.named("general").figures(officer, Q3)
    assert "reports" not in outline.by_hamlet(general)
    assert "reports" in outline.by_hamlet(outline.named("service").figures(officer, Q3))


def test_restricted_figures_are_the_cubes_and_only_of_a_quarter(web: Engine, officer: Actor) -> None:
    with ScopedSession(web) as session:
        session.act_as(officer)
        for code, cells in (("2026-Q3", 4), ("2026-H1", 0), ("2026-9M", 0)):
            report = writing.create(session, officer, "land", periods.named(code), "state", MEASURED, TODAY)
            writing.freeze(session, officer, report, TODAY)
            found = [one for one in writing.figures_of(session, report).values() if one.figure.restricted]
            assert len(found) == cells
            for one in found:
                cube = dict(
                    session.execute(
                        text("SELECT commune_id, n FROM restricted_counts WHERE quarter = :q AND category = :c"),
                        {"c": one.figure.category, "q": Q3.first},
                    ).all()
                )  # fmt: skip
                assert {line.unit.id: one.value(line) for line in one.lines} == cube
                assert one.total() == sum(n for n in cube.values() if n)
        session.rollback()


def reported(session: Session, officer: Actor, how_many: int) -> list[int]:
    """So many communes report on democracy and have it approved; their ids."""
    leader = session.scalar(text("SELECT id FROM accounts WHERE username = 'lanhdao'"))
    places = rolling.communes(session, officer, "democracy", Q3)[:how_many]
    for place in places:
        own = replace(officer, commune_id=place.unit.id)
        apply_settings(session.connection(), own)
        made = writing.create(session, own, "democracy", Q3, "party", MEASURED, TODAY)
        writing.freeze(session, own, made, TODAY)
        steps.take(session, own, made, steps.SUBMIT)
        head = replace(own, account_id=leader or 0, role=Role.LEADER)
        steps.approve(session, head, made, 1, TODAY)
    apply_settings(session.connection(), officer)
    return [place.unit.id for place in places]


def test_115_of_124_reports_are_summed_and_the_nine_are_named(
    province: Province, officer: Actor, tmp_path: Path
) -> None:
    with province.undone() as connection, Session(connection, join_transaction_mode="create_savepoint") as session:
        apply_settings(connection, officer)
        there = reported(session, officer, 115)
        report = writing.create(session, officer, "democracy", Q3, "party", ROLLED, TODAY)
        writing.freeze(session, officer, report, TODAY)
        names = {
            row.id: f"{row.kind.capitalize()} {row.name}"
            for row in connection.execute(
                text("SELECT id, kind, name FROM units WHERE level = 3 AND province_id = :p AND valid_to IS NULL"),
                {"p": officer.province_id},
            )
        }  # fmt: skip
        nine = {name for id_, name in names.items() if id_ not in there}
        assert len(nine) == 9
        word.write(composing.compose(report, writing.figures_of(session, report), "Tỉnh Lâm Đồng", Q3.last), None,
                   tmp_path / "a.docx")  # fmt: skip
        document = Document(str(tmp_path / "a.docx"))
        said = "\n".join(paragraph.text for paragraph in document.paragraphs)
        assert "115/124" in said
        assert all(name in said for name in nine)
        asked = text(f"{QUERIES['checks'].replace(' GROUP BY 1', '')} AND commune_id = ANY(:there) GROUP BY 1")
        sums = {row[0]: row[1] for row in connection.execute(asked, {"there": there})}
        cells = columns(document)["Lượt kiểm tra dân chủ ở cơ sở (lượt)"]
        assert cells["Tỉnh Lâm Đồng"] == number(sum(sums.values()))
        assert {name for name, said in cells.items() if said == "chưa báo cáo"} == nine
        every = connection.scalar(text(whole(QUERIES["checks"])))
        assert sum(sums.values()) < (every or 0)  # the nine have some: they are in no total
        share = columns(document)["Tỷ lệ nội dung dân chủ đã làm (%)"]["Tỉnh Lâm Đồng"]
        asked = text(f"{whole(QUERIES['checks_done'])} AND commune_id = ANY(:there)")
        assert share == number(float(connection.scalar(asked, {"there": there}) or 0), 1)


def test_without_a_deadline_nothing_is_told_to_be_late(made: Made) -> None:
    found = writing.figures_of(made.session, made.report)
    part = next(one for one in outline.named("general").parts if "site_requests_late" in one.figures)
    known = [one for one in made.report.standards if one["list"] == "report_categories"]
    said = drafting.part(part, found, known)
    assert "Chưa có thời hạn trả lời đề nghị của cơ sở tôn giáo nên không tính quá hạn." in said
    assert "để quá hạn" not in said
    assert "Thời hạn trả lời tính theo" not in said
    part = next(one for one in outline.named("general").parts if "reports_overdue" in one.figures)
    assert "để quá hạn" not in drafting.part(part, found, [])
    said = drafting.part(part, found, [{"list": "report_categories", "source": "Nghị quyết 1"}])
    assert "để quá hạn" in said
    assert said.count("Thời hạn trả lời tính theo: Nghị quyết 1.") == 1


def test_a_sentence_is_silent_about_what_it_does_not_know(made: Made) -> None:
    found = writing.figures_of(made.session, made.report)
    one = found["reports"]
    nothing = replace(one, lines=(), outside=(None, None, None))
    part = outline.Part("1.4", "", ("reports",))
    said = drafting.part(part, {"reports": nothing}, ())
    assert said == "Chưa có số liệu trong kỳ về: phản ánh nhận trong kỳ."
    alone = replace(one, lines=tuple(replace(line, parts=(line.parts[0], None, None)) for line in one.lines),
                    outside=(one.outside[0], None, None))  # fmt: skip
    assert "so với" not in drafting.sentence(alone)
