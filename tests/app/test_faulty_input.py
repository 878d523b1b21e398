"""What can't be is refused or flagged in words, by field, on every way in, and isn't stored: numbers, days, markings.

The phone says it before sending: its form's constraints are read from the layer's declaration, and here from the form.
"""

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document
from flask import request
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import Connection, Engine, insert, text

from app import area_uploading, create_app, import_forms
from app.config import Config
from app.roles import Urls
from surveys import import_report, marked_files, seeds, wall_clock
from surveys.answer_problems import SubmissionClassified
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named
from tests.app import phone
from tests.rows import feature
from tests.surveys import photos
from tests.surveys.filled import fill
from tests.surveys.import_acts import Judged
from tests.world import World

Machine = Callable[..., FlaskClient]
TODAY = wall_clock.today()
TOMORROW, LATER = TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=3)
PAGES = (
    ("resettlement", "resettlement_projects"), ("activities", "joint_activities"), ("site-requests", "religious_sites"),
)  # fmt: skip
TABLES = (
    "resettlement_progress", "resettlement_steps", "resettlement_projects", "joint_activities", "site_requests",
    "religious_sites", "resettlement_rules",
)  # fmt: skip
MARKED = ("Văn bản MẬT số 3", "Tài liệu đóng dấu TỐI MẬT", "TUYỆT MẬT")


@dataclass(frozen=True)
class Wrong:
    """Answers that can't be: the field blamed, and the other one its sentence names."""

    layer: str
    answers: dict[str, str]
    field: str
    other: str = ""


def is_day(layer: Layer, key: str) -> bool:
    return layer.field(key).kind == "date"


PARTS = [
    Wrong(
        layer.key, {few: "2026-10-02", many: "2026-10-01"} if is_day(layer, few) else {few: "11", many: "10"}, few, many
    )
    for layer in CATALOGUE
    for few, many in layer.never_more
]
AHEAD = [
    Wrong(layer.key, {field.key: LATER.isoformat()}, field.key)
    for layer in CATALOGUE
    for field in layer.fields
    if field.kind == "date" and not field.future and field.asked
]
EVERY = [pytest.param(wrong, id=f"{wrong.field}-{wrong.other or 'ahead'}") for wrong in (*PARTS, *AHEAD)]


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    def empty() -> None:
        with worker.begin() as connection:
            for table in TABLES:
                connection.execute(text(f"DELETE FROM {table}"))

    empty()
    yield
    empty()


def asked(wrong: Wrong) -> dict[str, str]:
    """The answers with whatever else must stand so that the questions are asked at all."""
    more = {"request": "gcn_dat"} if wrong.layer == "religious_sites" else {}
    # The other pairs of parts and wholes fit.
    more |= {few: "1" for few, _ in named(wrong.layer).never_more if not is_day(named(wrong.layer), few)}
    return {**more, **wrong.answers}


@pytest.mark.parametrize("wrong", EVERY)
def test_the_phone_says_it_before_sending(published: Any, table: Connection, wrong: Wrong) -> None:
    definition = phone.form(table, wrong.layer)
    xform = table.scalar(
        text("SELECT xform FROM forms WHERE form_id = :f AND version = :v"), {"f": wrong.layer, "v": definition.version}
    )
    root = etree.fromstring(xform.encode())
    (bind,) = [one for one in root.iter("{*}bind") if one.get("nodeset", "").endswith(f"/{wrong.field}")]
    constraint = bind.get("constraint", "")
    said = bind.get("{http://openrosa.org/javarosa}constraintMsg", "")
    assert said, "a sentence in the language of the phone"
    if wrong.other:
        tight, whole = constraint.replace(" ", ""), f"/data/{wrong.other}"
        assert re.search(rf"{whole}=''or.*<=(decimal-date-time\()?{whole}", tight), constraint
        assert named(wrong.layer).field(wrong.other).label in xform
    else:
        assert ". <= today()" in constraint


@pytest.mark.parametrize("wrong", EVERY)
def test_the_server_says_it_of_what_another_client_sends(
    published: Any, machine: Machine, table: Connection, wrong: Wrong
) -> None:
    """Also where it is a correction of something sent before: the same way in."""
    for meta in ("", f"<deprecatedID>{phone.new_id()}</deprecatedID>"):
        instance = phone.new_id()
        xml = fill(phone.form(table, wrong.layer), asked(wrong), instance=instance, meta=meta)
        answer = phone.send(machine("officer"), xml)
        assert answer.status_code == 422, answer.text
        assert f"“{wrong.field}”" in answer.text
        assert named(wrong.layer).field(wrong.field).label in answer.text
        assert phone.problem(answer) == ("answer_more_than" if wrong.other else "answer_day_ahead")
        kept = phone.row(table, instance)
        assert kept is None or kept.state == "quarantined"
    assert table.scalar(text(f"SELECT count(*) FROM {wrong.layer}")) == 0


ROWS = (
    ("Chùa A,11.95,108.05,Cấp giấy chứng nhận đất,02/10/2026,01/10/2026", ("rule", "answered")),
    (f"Chùa B,11.951,108.051,Cấp giấy chứng nhận đất,{LATER:%d/%m/%Y},", ("value", "Ngày nhận đề nghị: ngày chưa đến")),
    ("Chùa C,11.952,108.052,Cấp giấy chứng nhận đất,32/10/2026,", ("value", "Ngày nhận đề nghị")),
    ("Chùa D,11.953,108.053,Cấp giấy chứng nhận đất,01/10/2026,02/10/2026", None),
)


def test_an_import_says_it_of_each_row_and_takes_the_others(worker: Engine, world: World, tmp_path: Path) -> None:
    file = tmp_path / "co_so.csv"
    header = "place_name,lat,lon,Đề nghị đang chờ,Ngày nhận đề nghị,Ngày trả lời"
    file.write_text("\n".join([header, *(row for row, _ in ROWS)]) + "\n", encoding="utf-8")
    with worker.connect() as connection, connection.begin() as outer:
        judged = Judged.of(connection, world.actor("gis"), named("religious_sites"), file)
        outer.rollback()
    assert len(judged.rows) == len(ROWS)
    for row, (_, said) in zip(judged.rows, ROWS, strict=True):
        if said is None:
            assert row.doubts == []
        else:
            assert any(doubt[0] == said[0] and said[1] in doubt[1] for doubt in row.doubts), row.doubts
            assert said[0] != "rule" or said[1] in import_report.RULES


def test_an_office_page_says_it_beside_the_field_and_stores_nothing(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    with worker.begin() as connection:
        connection.execute(insert(seeds.StageRule), seeds.stage_rule_rows())
        rows = {
            key: feature(named(key), 11) for key in ("resettlement_projects", "joint_activities", "religious_sites")
        }
        for key, row in rows.items():
            connection.execute(insert(named(key).table), [row])
    client, ahead, on = machine("officer"), LATER.isoformat(), TODAY.isoformat()
    project, activity, site = (f"/{page}/{rows[key]['id']}" for page, key in PAGES)
    pages: list[tuple[str, dict[str, str], str, str]] = [
        (f"{project}/figures", {"on": on, "households_affected": "40", few: "41", **more}, few, "không được lớn hơn")
        for few, more in (
            ("households_approved", {}), ("households_paid", {}), ("households_moved", {}),
            ("plots_ready", {"plots_total": "40"}), ("money_paid", {"money_approved": "40"}),
        )
    ]  # fmt: skip
    pages += [
        (f"{project}/figures", {"on": ahead, "households_affected": "40"}, "figures-on", ""),
        (f"{project}/steps", {"stage": "niem_yet_phuong_an", "began_on": on}, "stage", ""),
        (f"{project}/steps", {"stage": "ke_hoach", "began_on": ahead}, "began_on", ""),
        (f"{project}/steps", {"stage": "ke_hoach", "began_on": on, "document": "Quyết định MẬT số 3"}, "document", ""),
        (activity, {"act": "held", "done_on": ahead}, "done_on", ""),
        (activity, {"act": "held", "done_on": on, "result": "Văn bản TỐI MẬT số 4"}, "result", ""),
        (site, {"kind": "gcn_dat", "received_on": ahead, "office_id": "2"}, "received_on", ""),
    ]
    for path, given, field, words in pages:
        answer = client.post(path, data=given)
        assert answer.status_code == 422, (path, given)
        said = re.search(rf'id="[a-z-]*{field}-wrong">([^<]+)<', answer.text)
        assert words in (said[1] if said else "nothing"), (path, given)
        assert said
    for name in ("resettlement_progress", "resettlement_steps", "site_requests"):
        assert table.scalar(text(f"SELECT count(*) FROM {name}")) == 0
    assert table.execute(text("SELECT done_on, result FROM joint_activities")).one() == (None, None)


@pytest.mark.parametrize("words", MARKED)
def test_a_marking_is_refused_in_a_text_a_name_and_a_document(
    published: Any, machine: Machine, table: Connection, words: str
) -> None:
    definition = phone.form(table, "religious_sites")
    for answers, files in (
        ({"name": words}, {}),
        ({"photo": f"{words}.jpg"}, {f"{words}.jpg": photos.jpeg()}),
        ({"photo": "a.docx"}, {"a.docx": docx(words)}),
        ({"photo": "a.xlsx"}, {"a.xlsx": xlsx(words)}),
        ({"photo": "a.txt"}, {"a.txt": words.encode()}),
    ):
        instance = phone.new_id()
        answer = phone.send(machine("officer"), fill(definition, answers, instance=instance), files)
        assert (answer.status_code, phone.problem(answer)) == (422, "submission_classified"), (answers, answer.text)
        assert phone.row(table, instance) is None
    assert not marked_files.marked("bao_cao.docx", docx("Rừng rậm rạp, mật ong thơm"))


@pytest.mark.parametrize("name", ["Danh sách MẬT.docx", "danh_sach.docx"])
def test_a_published_list_with_a_marking_is_not_taken_for_an_import(cluster: Config, urls: Urls, name: str) -> None:
    web = create_app(cluster, urls)
    given = {"document_number": "QĐ 1/QĐ-UBND", "document_date": "01/10/2026"}
    data = docx("TỐI MẬT" if name[0] == "d" else "Danh sách")
    sent = {**given, "document": (io.BytesIO(data), name)}
    asked = web.test_request_context(method="POST", data=sent, content_type="multipart/form-data")
    with asked, pytest.raises(SubmissionClassified) as refused:
        import_forms._document(given, request.files["document"], cluster.home)
    assert refused.value.facts["field"] == "Tệp văn bản"
    with pytest.raises(SubmissionClassified):
        area_uploading._paper((name, lambda _most: data))


def docx(words: str) -> bytes:
    """A document with the words in its header, in two pieces as Word writes them."""
    document, out = Document(), io.BytesIO()
    document.add_paragraph("Danh sách các thôn")
    line = document.sections[0].header.paragraphs[0]
    line.add_run(words[:4])
    line.add_run(words[4:])
    document.save(out)
    return out.getvalue()


def xlsx(words: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Thôn 1", words])
    book.save(out)
    return out.getvalue()
