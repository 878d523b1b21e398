"""Forms made by staff: what passes, what is refused and why, and that nobody approves their own."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from surveys import form_versions, uploaded_forms, xlsforms
from surveys.access import Actor, Role
from surveys.layers import named
from surveys.layers.situation_reports import SERVICE_ONLY
from surveys.xlsforms import Row, Sheets
from tests.surveys import long_form
from tests.world import World


def own(background: Session, layer: str = "religious_sites") -> Sheets:
    """The generated form of a layer as an office would start its own from it."""

    content = xlsforms.sheets(named(layer), xlsforms.codes_on(background, dt.date(2026, 1, 1)), "1")
    content["settings"][0]["form_id"] = "rieng"
    return content


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
def test_what_the_safeguards_forbid_is_refused(
    background: Session, world: World, layer: str, spoil: Callable[[Sheets], object]
) -> None:
    content = own(background, layer)
    uploaded_forms.add(background, world.actor("officer"), xlsforms.workbook(content))
    content["settings"][0]["version"] = "2"
    spoil(content)
    with pytest.raises((uploaded_forms.FormRefused, uploaded_forms.xforms.FormNotConvertible)):
        uploaded_forms.add(background, world.actor("officer"), xlsforms.workbook(content))


def test_field_staff_upload_no_forms(background: Session, world: World) -> None:
    with pytest.raises(uploaded_forms.FormRefused):
        uploaded_forms.add(background, world.actor("field"), long_form.xlsx())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"name,label\n"])
def test_what_is_no_spreadsheet_is_refused(background: Session, world: World, data: bytes) -> None:
    with pytest.raises(uploaded_forms.xforms.FormNotConvertible):
        uploaded_forms.add(background, world.actor("officer"), data)
