"""Forms made by staff: what passes, what is refused and why, and that nobody approves their own."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys import form_checking, form_units, form_versions, uploaded_forms, xform_support, xlsforms
from surveys.access import Actor, Role
from surveys.form_limits import Row
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named
from surveys.layers.situation_reports import SERVICE_ONLY
from surveys.xforms import FormNotConvertible
from surveys.xlsforms import Sheets
from tests.surveys import long_form
from tests.world import World


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What one test's rolled-back forms were doesn't reach the next."""
    form_versions._DEFINITIONS.clear()
    form_versions._WITHDRAWN["all"] = (-1e9, frozenset())


def own(background: Session, layer: str = "religious_sites") -> Sheets:
    """The generated form of a layer as an office would start its own from it."""

    content = xlsforms.sheets(named(layer), xlsforms.codes_on(background, dt.date(2026, 1, 1)), "1")
    content["settings"][0]["form_id"] = "rieng"
    return content


def check(background: Session, data: bytes, name: str = "rieng.xlsx") -> form_checking.Checked:
    """The check without its own process."""
    lists = xlsforms.codes_on(background, dt.date(2026, 1, 1))
    return form_checking.check(data, name, {}, {key: {code.code for code in codes} for key, codes in lists.items()})


def approver(world: World, *special: str) -> Actor:
    return Actor(world.admin, "admin", Role.ADMIN, world.province, special=frozenset(special))


def test_a_form_goes_live_only_when_a_second_account_approves_it(background: Session, world: World) -> None:
    officer = world.actor("officer")
    form_id, version = uploaded_forms.add(background, officer, xlsforms.workbook(own(background)))
    assert (form_id, version) == ("rieng", "1")
    with pytest.raises(form_versions.UnknownForm):
        form_versions.definition(background, form_id, version)
    assert "rieng" not in [form.form_id for form in form_versions.listed(background, officer)]
    for nobody in (
        officer,
        Actor(officer.account_id, "o", Role.OFFICER, 1, special=frozenset({"approve_form"})),
        approver(world),
    ):
        with pytest.raises(uploaded_forms.FormNeedsSecondAccount):
            uploaded_forms.approve(background, nobody, form_id, version)
    uploaded_forms.approve(background, approver(world, "approve_form"), form_id, version)
    assert form_versions.definition(background, form_id, version).layer == "religious_sites"
    assert form_versions.listed(background, officer)[-1].form_id == "rieng"
    with pytest.raises(uploaded_forms.FormRefused):
        uploaded_forms.add(background, officer, xlsforms.workbook(own(background)))


def test_a_form_is_listed_where_it_is_published_and_until_it_runs_out(background: Session, world: World) -> None:
    officer, field = world.actor("officer"), world.actor("field")
    data = xlsforms.workbook(own(background, "hamlet_profiles"))
    form = uploaded_forms.add(background, officer, data)
    second = approver(world, "approve_form")
    uploaded_forms.approve(background, second, *form, units=[world.communes[1]])
    elsewhere = Actor(field.account_id, "field", Role.FIELD, world.other_province)

    def lists(actor: Actor) -> bool:
        return form in [(one.form_id, one.version) for one in form_versions.listed(background, actor)]

    assert lists(officer)
    assert not lists(field)
    assert not lists(elsewhere)
    with pytest.raises(form_units.UnitNotForForm):
        uploaded_forms.publish(background, second, *form, units=[world.other_commune])
    with pytest.raises(form_units.UnitNotForForm):
        uploaded_forms.publish(background, second, *form, units=[])
    uploaded_forms.publish(background, second, *form, units=[world.communes[0]])
    assert lists(field)
    assert form_units.of(background, form[0]) == [world.communes[0]]
    background.execute(text("UPDATE forms SET expires_on = current_date WHERE form_id = 'rieng'"))
    assert not lists(field)
    assert form_versions.definition(background, *form).layer == "hamlet_profiles"  # what comes late is still read
    uploaded_forms.renew(background, second, *form)
    assert lists(field)
    uploaded_forms.withdraw(background, officer, *form)
    assert not lists(field)
    assert form_versions.withdrawn(background, *form)
    assert not form_versions.withdrawn(background, form[0], "2")
    with pytest.raises(form_versions.UnknownForm):
        uploaded_forms.renew(background, second, *form)


def test_a_new_version_closes_the_one_before_and_stays_where_that_was(background: Session, world: World) -> None:
    officer, second = world.actor("officer"), approver(world, "approve_form")
    content = own(background, "hamlet_profiles")
    first = uploaded_forms.add(background, officer, xlsforms.workbook(content))
    uploaded_forms.approve(background, second, *first, units=[world.communes[0]])
    content["settings"][0]["version"] = "2"
    other = uploaded_forms.add(background, officer, xlsforms.workbook(content))
    uploaded_forms.add(background, officer, xlsforms.workbook(content))  # one's own draft may be given anew
    uploaded_forms.approve(background, second, *other)
    versions = [one.version for one in form_versions.listed(background, world.actor("field")) if one.form_id == "rieng"]
    assert versions == ["2"]
    assert uploaded_forms.find(background, officer, *first).state == "closed"
    assert form_versions.definition(background, *first).version == "1"


def test_what_was_looked_at_is_what_is_approved(background: Session, world: World) -> None:
    form = uploaded_forms.add(background, world.actor("officer"), xlsforms.workbook(own(background)))
    with pytest.raises(uploaded_forms.FormChanged):
        uploaded_forms.approve(background, approver(world, "approve_form"), *form, md5="of another draft")


def test_a_form_waits_for_the_files_it_names(background: Session, world: World) -> None:
    table = "| survey |\n| | type | name | label |\n| | select_one_from_file cho.csv | a | Chợ |\n".encode()
    officer, second = world.actor("officer"), approver(world, "approve_form")
    form = uploaded_forms.add(background, officer, table, "cho.md")
    with pytest.raises(uploaded_forms.FormFilesMissing):
        uploaded_forms.approve(background, second, *form)
    people = "name,label,so_dien_thoai\n1,Chợ,0912345678\n".encode()
    with pytest.raises(uploaded_forms.FormRefused):
        uploaded_forms.add(background, officer, table, "cho.md", {"cho.csv": people})
    markets = {"cho.csv": "name,label\n1,Chợ Đắk Mil\n".encode()}
    with pytest.raises(uploaded_forms.FormRefused):
        uploaded_forms.add(background, officer, table, "cho.md", {**markets, "a.exe": b"MZ"})
    assert uploaded_forms.add(background, officer, table, "cho.md", markets) == form
    uploaded_forms.approve(background, second, *form)


def test_the_long_form_of_the_bench_is_a_lawful_one(background: Session, world: World) -> None:
    form_id, version = uploaded_forms.add(background, world.actor("officer"), long_form.xlsx())
    uploaded_forms.approve(background, approver(world, "approve_form"), form_id, version)
    definition = form_versions.definition(background, form_id, version)
    assert len([path for path in definition.questions if not path.startswith("meta/")]) == 250


def question(content: Sheets, name: str) -> Row:
    return next(row for row in content["survey"] if row["name"] == name)


def change(name: str, **values: str) -> Callable[[Sheets], object]:
    return lambda content: question(content, name).update(values)


def extra(**row: str) -> Callable[[Sheets], object]:
    return lambda content: content["survey"].append({"label::Tiếng Việt (vi)": "Câu thêm", **row})


REFUSED = [
    ("religious_sites", extra(type="text", name="ten_chuc_sac", **{"label::Tiếng Việt (vi)": "Họ tên trụ trì"})),
    ("religious_sites", extra(type="text", name="ghi_chu")),
    ("religious_sites", extra(type="start-geopoint", name="noi")),
    ("religious_sites", lambda content: content["survey"].remove(question(content, "tradition"))),
    ("religious_sites", lambda content: content["settings"][0].update(form_id="religious_sites")),
    ("religious_sites", lambda content: content["entities"][0].update(list_name="people")),
    ("religious_sites", lambda content: content.pop("entities")),
    ("hamlet_profiles", extra(type="image", name="anh")),
    ("hamlet_profiles", extra(type="geopoint", name="noi_khac")),
    ("hamlet_profiles", extra(type="text", name="khac", save_to="nickname")),
    ("hamlet_profiles", change("households", type="text")),
    ("hamlet_profiles", lambda content: content["choices"].append({"list_name": "mobile_signals", "name": "vo_tuyen"})),
    ("situation_reports", change("geometry", relevant="")),
    ("situation_reports", change("photo", relevant=f"{SERVICE_ONLY} or true()")),
    ("situation_reports", change("photo", relevant=SERVICE_ONLY.replace("!= 'mau_thuan_cong_dong'", "!= 'khac'"))),
]


@pytest.mark.parametrize(("layer", "spoil"), REFUSED)
def test_what_the_safeguards_forbid_is_refused_where_it_stands(
    background: Session, layer: str, spoil: Callable[[Sheets], object]
) -> None:
    content = own(background, layer)
    assert check(background, xlsforms.workbook(content)).faults == []
    spoil(content)
    faults = check(background, xlsforms.workbook(content)).faults
    assert faults
    assert all(fault.words for fault in faults)


@pytest.mark.parametrize("layer", CATALOGUE, ids=lambda layer: layer.key)
def test_the_template_of_every_layer_is_taken_as_it_is(background: Session, world: World, layer: Layer) -> None:
    content = own(background, layer.key)
    form_id, version = uploaded_forms.add(background, world.actor("officer"), xlsforms.workbook(content))
    row = uploaded_forms.find(background, world.actor("officer"), form_id, version)
    assert (row.state, row.layer, row.title) == ("draft", layer.key, layer.title)
    assert [note for note in row.notes if "chỉ hiện khi duyệt" in note] == []


def test_headers_by_other_names_hide_nothing(background: Session) -> None:
    table = "| survey |\n| | command | TAG | Caption |\n| | text | q1 | {} |\n"
    assert check(background, table.format("Tên cầu").encode(), "a.md").faults == []
    (fault,) = check(background, table.format("Ông bà theo tôn giáo nào?").encode(), "a.md").faults
    assert (fault.sheet, fault.row, fault.about) == ("survey", 2, "Ông bà theo tôn giáo nào?")
    assert "tôn giáo" in fault.words


def test_answers_that_go_into_no_layer_are_named(background: Session) -> None:
    content = own(background, "hamlet_profiles")
    content["survey"].append({"type": "text", "name": "ghi_them", "label::Tiếng Việt (vi)": "Ghi thêm về đường"})
    notes = check(background, xlsforms.workbook(content)).notes
    assert notes == ["Câu không ghi vào lớp, chỉ hiện khi duyệt: ghi_them."]


def test_functions_the_phone_lacks_are_named(background: Session) -> None:
    table = "| survey |\n| | type | name | calculation |\n| | calculate | a | {} |\n"
    assert not [n for n in check(background, table.format("round(1.5, 0)").encode(), "a.md").notes if "hàm" in n]
    (note,) = [
        n for n in check(background, table.format("extract-signed('x', 'y')").encode(), "a.md").notes if "hàm" in n
    ]
    assert "extract-signed" in note


def test_the_functions_named_are_those_the_phones_engine_holds() -> None:
    engine = Path(__file__).parents[2] / "app/client/node_modules/@getodk/xforms-engine/dist/index.js"
    source = engine.read_text(encoding="utf-8")
    held = set(re.findall(r'new \w*Function\w*\(\s*"([a-z][\w:-]*)"', source))
    held |= set(re.findall(r'math\w*Alias\(\s*"([a-z][\w-]*)"', source))
    assert held == xform_support.FUNCTIONS


def test_pyxforms_errors_are_told_by_sheet_row_and_column(background: Session) -> None:
    table = "| survey |\n| | type | name | label | relevant |\n| | text | a | A | |\n| | text | b | B | ${c} = 1 |\n"
    (fault,) = check(background, table.encode(), "a.md").faults
    assert (fault.kind, fault.sheet, fault.row, fault.column) == ("conversion", "survey", 3, "relevant")
    assert fault.words == "Tham chiếu tới câu “c” không có trong trang survey."
    assert "Could not find the name 'c'" in fault.original


def test_odk_validates_errors_are_told_by_row(background: Session, world: World) -> None:
    table = "| survey |\n| | type | name | label | relevant |\n| | text | a | A | |\n| | text | b | B | ${a} = = 1 |\n"
    with pytest.raises(FormNotConvertible) as refused:
        uploaded_forms.add(background, world.actor("officer"), table.encode(), "a.md")
    (fault,) = refused.value.facts["faults"]
    assert (fault["sheet"], fault["row"], fault["about"]) == ("survey", 3, "b")
    assert "relevant" in fault["words"]


def test_field_staff_upload_no_forms(background: Session, world: World) -> None:
    with pytest.raises(uploaded_forms.FormRefused):
        uploaded_forms.add(background, world.actor("field"), long_form.xlsx())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"name,label\n", b"<html/>", b"\xff\xfe\x00a"])
def test_what_is_no_spreadsheet_is_refused(background: Session, data: bytes) -> None:
    (fault,) = check(background, data).faults
    assert fault.words
