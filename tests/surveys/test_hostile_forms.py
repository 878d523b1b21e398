"""Forms made to do harm: refused with words, in bounded memory and time, by the process that would have opened them."""

import io
import unicodedata
import zipfile
from collections.abc import Callable, Iterator

import openpyxl
import pytest

from geodata import apart
from geodata.apart import Ended
from surveys import form_process, xform_questions, xform_rules
from surveys.form_checking import Checked
from surveys.screening.rules import plain

HEADER = ["type", "name", "label"]
MEMORY_KB = 512 * 1024


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[Ended]:
    """How every process of the test ended, with its peak memory."""
    seen: list[Ended] = []
    run = apart.run

    def noted(*args: object, **kwargs: object) -> Ended:
        seen.append(run(*args, **kwargs))  # type: ignore[arg-type]
        return seen[-1]

    monkeypatch.setattr(apart, "run", noted)
    return seen


def book(rows: Iterator[list[object]] | list[list[object]], header: list[str] = HEADER) -> bytes:
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet("survey")
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def changed(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part rewritten (or added)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        for name in names:
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
        if part not in names:
            new.writestr(part, change(b""))
    return out.getvalue()


PLAIN = book([["text", "cau", "Tên cầu"]])
SHEET = "xl/worksheets/sheet1.xml"
XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
)


def table(*rows: str, columns: str = "type | name | label") -> bytes:
    return "\n".join(["| survey |", f"| | {columns} |", *(f"| | {row} |" for row in rows)]).encode()


def million_rows() -> bytes:
    # Written by hand: the library takes a minute for what an attacker makes in a second.
    row = b'<row r="%d"><c t="inlineStr"><is><t>text</t></is></c><c t="inlineStr"><is><t>a%d</t></is></c></row>'
    rows = b"".join(row % (i, i) for i in range(2, 1_000_002))
    return changed(PLAIN, SHEET, lambda old: old.replace(b"</sheetData>", rows + b"</sheetData>"))


def million_empty_rows() -> bytes:
    rows = b'<row r="9"/>' * 1_000_000
    return changed(PLAIN, SHEET, lambda old: old.replace(b"</sheetData>", rows + b"</sheetData>"))


def bomb() -> bytes:
    return changed(PLAIN, "xl/media/zeros.bin", lambda _: bytes(200 << 20))


def bomb_of_text() -> bytes:
    return changed(
        PLAIN, SHEET, lambda old: old.replace(b"<sheetData>", b"<!--" + b" " * (100 << 20) + b"--><sheetData>")
    )


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "an entity in a sheet": (lambda: changed(PLAIN, SHEET, lambda old: XXE + old.partition(b"?>")[2]), "DOCTYPE"),
    "billion laughs": (lambda: changed(PLAIN, SHEET, lambda old: LAUGHS + b"]>" + old.partition(b"?>")[2]), "DOCTYPE"),
    "an entity in the names": (lambda: changed(PLAIN, "xl/workbook.xml", lambda old: XXE + old), "DOCTYPE"),
    "an entity written in UTF-16": (
        lambda: changed(PLAIN, SHEET, lambda old: (XXE + old).decode().encode("utf-16")),
        "UTF-8",
    ),
    "a zip bomb": (bomb, "quá lớn"),
    "a sheet that unpacks to 100 MB": (bomb_of_text, "quá lớn"),
    "a million rows": (million_rows, "quá nhiều dòng|5 MB|quá lớn"),
    "a million empty rows": (million_empty_rows, "quá nhiều dòng"),
    "ten thousand columns": (
        lambda: book([["text", "cau", "Tên cầu"]], [*HEADER, *(f"label::l{i}" for i in range(10_000))]),
        "cột",
    ),
    "macros": (lambda: changed(PLAIN, "xl/vbaProject.bin", lambda _: b"Attribute VB_Name"), "macro"),
    "a workbook elsewhere": (
        lambda: changed(PLAIN, "xl/externalLinks/externalLink1.xml", lambda _: b"<x/>"),
        "liên kết",
    ),
    "a formula that reaches out": (
        lambda: changed(
            PLAIN, SHEET, lambda old: old.replace(b"</row>", b"<c r=\"D1\"><f>cmd|' /C calc'!A0</f></c></row>", 1)
        ),
        "công thức",
    ),
    "a web page": (lambda: b"<html><script>alert(1)</script></html>", "XLSX"),
    "a folder above": (lambda: table("select_one_from_file ../../secrets.csv | a | Chọn"), "tệp kèm theo|Không"),
    "a file address as a picture": (
        lambda: table("note | a | Xem | file:///etc/passwd", columns="type | name | label | media::image"),
        "tệp kèm theo",
    ),
    "a picture from elsewhere": (
        lambda: table("note | a | Xem | http://evil.example/x.png", columns="type | name | label | media::image"),
        "tệp kèm theo",
    ),
    "the phone's number": (lambda: table("phonenumber | a | "), "dấu vết"),
    "the phone's id through a column": (
        lambda: table(
            "text | a | Tên cầu | property | deviceid",
            columns="type | name | label | bind::jr:preload | bind::jr:preloadParams",
        ),
        "dấu vết",
    ),
    "a place taken unseen": (lambda: table("start-geopoint | a | "), "dấu vết"),
    "sound taken unseen": (lambda: table("background-audio | a | "), "dấu vết"),
    "a trace of all that is done": (lambda: table("audit | audit | "), "dấu vết"),
    "a signature": (
        lambda: table("image | a | Xác nhận | signature", columns="type | name | label | appearance"),
        "người",
    ),
    "another server": (
        lambda: table("text | a | Tên cầu") + b"\n| settings |\n| | submission_url |\n| | https://evil.example |",
        "máy chủ khác",
    ),
    "a classified marking": (
        lambda: table("text | a | Tên cầu | TỐI MẬT", columns="type | name | label | ghi_chu"),
        "mật",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_words_and_little_memory(name: str, ended: list[Ended]) -> None:
    make, words = HOSTILE[name]
    checked = form_process.checked(make(), "a.xlsx", {}, {}, seconds=form_process.SECONDS)
    said = " ".join(fault.words for fault in checked.faults)
    assert any(word in said for word in words.split("|")), checked.faults
    assert checked.xform == ""
    assert all(process.peak_kb < MEMORY_KB and process.seconds < form_process.SECONDS for process in ended)


def test_what_needs_more_memory_or_time_is_stopped_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_process, "_CHILD", "bytearray(1 << 30)")
    assert "512 MB" in form_process.checked(PLAIN, "a.xlsx", {}, {}).faults[0].words
    monkeypatch.setattr(form_process, "_CHILD", "while True: pass")
    assert "60 giây" in form_process.checked(PLAIN, "a.xlsx", {}, {}, seconds=1).faults[0].words


def test_the_process_reaches_no_network() -> None:
    reaching = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    ended = apart.run(["python3", "-c", reaching], b"", seconds=10, megabytes=256)
    assert ended.code != 0
    assert b"unreachable" in ended.err or b"refused" in ended.err or b"not permitted" in ended.err


XFORM = (
    '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"'
    ' xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>x</h:title><model><instance><data id="x"><a/></data>'
    '</instance><instance id="other" src="{}"/><bind nodeset="/data/a"/></model></h:head>'
    '<h:body><input ref="/data/a"><label>Tên cầu</label></input></h:body></h:html>'
)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "jr://file/../x.xml",
        "http://evil.example/a.xml",
        "jr://file/a/b.csv",
        "//evil.example/x",
        "jr://file-csv/%2e%2e/x.csv",
        "ftp://x/y.csv",
    ],
)
def test_an_xform_reads_its_own_files_only(address: str) -> None:
    assert list(xform_rules.faults(xform_questions.opened(XFORM.format(address)), None, {}))
    assert not list(xform_rules.faults(xform_questions.opened(XFORM.format("jr://file/cho.xml")), None, {}))


def test_entities_of_an_xform_stay_closed() -> None:
    form = xform_questions.opened(XXE.decode() + XFORM.format("jr://file/cho.xml").replace("Tên cầu", "&e;"))
    assert all("root:" not in label for asked in xform_questions.asked(form) for label in asked.labels)


QUESTIONS = {
    "belief": [
        "Ông bà theo đạo nào?",
        "Tôn giáo của chủ hộ",
        "T/giáo của hộ",
        "Tôn.giáo",
        "tôn\u200b giáo của hộ",
        "hộ CG",
    ],
    "attendance": [
        "Số người dự lễ Chủ nhật",
        "SL giáo dân đi lễ",
        "Số TĐ tham dự",
        "Sinh hoạt điểm nhóm",
        "số ng nhóm CN",
    ],
    "opinion": [
        "Thái độ của hộ với dự án",
        "Có ủng hộ không",
        "Q/điểm về chủ trương",
        "UH hay PĐ",
        "Ý kiến: đồng ý hay không",
    ],
    "ethnicity": ["Dân tộc của người trả lời", "D.tộc", "Thuộc DTTS nào", "dân-tộc gì"],
    "person": ["Họ và tên", "h.tên", "SĐT", "NTNS", "số CMT"],
}


@pytest.mark.parametrize("sort", QUESTIONS)
def test_questions_about_people_are_refused_with_marks_without_and_in_short(sort: str) -> None:
    asked = QUESTIONS[sort]
    asked = [
        *asked,
        *(plain(unicodedata.normalize("NFC", one.lower())) for one in asked),
        *(one.upper() for one in asked),
    ]
    asked = [unicodedata.normalize("NFD", one) if at % 3 == 0 else one for at, one in enumerate(asked)]
    data = table(*(f"text | q{at} | {one}" for at, one in enumerate(asked)))
    checked: Checked = form_process.checked(data, "a.md", {}, {})
    refused = {fault.row for fault in checked.faults}
    assert [one for at, one in enumerate(asked) if at + 2 not in refused] == []
    assert all(fault.sheet == "survey" and fault.about for fault in checked.faults)


def test_harmless_questions_pass() -> None:
    asked = [
        "Tên cầu",
        "DT (ha)",
        "TG hoàn thành",
        "Số hộ dùng nước máy",
        "ĐT 725 dài bao nhiêu km",
        "Lễ hội lồng tồng",
    ]
    assert (
        form_process.checked(table(*(f"text | q{i} | {a}" for i, a in enumerate(asked))), "a.md", {}, {}).faults == []
    )
