"""Every layer's form, generated, passes ODK Validate and asks what the layer declares."""

import datetime as dt
import io
import re

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys import form_versions, xforms, xlsforms
from surveys.code_lists import Code
from surveys.form_definition import Definition, parse
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named
from surveys.layers.minority_areas import SMALL_GROUPS
from surveys.layers.situation_reports import RESTRICTED
from surveys.seeds import code_rows


@pytest.fixture(scope="module")
def codes() -> dict[str, list[Code]]:
    lists: dict[str, list[Code]] = {}
    for row in code_rows():
        lists.setdefault(row["list"], []).append(Code(**row))
    return lists


def made(layer: Layer, codes: dict[str, list[Code]]) -> tuple[str, Definition]:
    content = xlsforms.sheets(layer, codes)
    xform = xforms.convert(xlsforms.sheets(layer, codes, xforms.version_of(content)))
    return xform, parse(xform, layer.key)


@pytest.mark.parametrize("layer", CATALOGUE, ids=lambda layer: layer.key)
def test_odk_validate_passes_the_form_and_it_asks_every_field(layer: Layer, codes: dict[str, list[Code]]) -> None:
    xform, definition = made(layer, codes)
    xforms.validate(xform)
    asked = {field.key for field in layer.fields if field.asked}
    known = {*definition.saved} | ({layer.label} if definition.label == layer.label else set())
    assert known == asked | {"commune", "hamlet", "observed_on", "geometry"}
    assert {"name", "label"}.isdisjoint(definition.saved)
    assert definition.label == layer.label
    asked_first = ["commune", "hamlet", "observed_on"]
    of_visits = ["visited", "new_id"] if layer.visited else []
    assert list(definition.questions)[: 4 + len(of_visits)] == ["not_taken_here", *of_visits, *asked_first]
    assert ("photo" in definition.questions) == layer.photos
    assert definition.saved["geometry"].kind == ("geopoint" if layer.shape == "POINT" else "geoshape")
    assert f'dataset="{layer.key}"' in xform
    for field in layer.fields:
        assert (f"<value>{field.label}" in xform) == field.asked
        if field.asked and field.list and field.list != "ethnic_groups":
            assert definition.questions[field.key].choices == {code.code for code in codes[field.list]}


@pytest.mark.parametrize("layer", CATALOGUE, ids=lambda layer: layer.key)
def test_a_form_updates_what_is_visited_again(layer: Layer, codes: dict[str, list[Code]]) -> None:
    xform, definition = made(layer, codes)
    entity = re.search(r"<entity [^>]*>", xform)
    assert entity is not None
    assert ("baseVersion=" in entity[0]) == layer.visited
    assert ('create="1"' in entity[0], 'update="1"' in entity[0]) == (True, layer.visited)
    if not layer.visited:
        assert layer.key == "situation_reports"
        assert "visited" not in definition.questions
        return
    assert definition.questions["visited"].kind == definition.questions["new_id"].kind == "entity"
    assert f'<instance id="{layer.key}" src="jr://file-csv/{layer.key}.csv"/>' in xform
    # ODK Collect fills in what the list tells; free text of reports and documents are in no list.
    filled = set(re.findall(r'<setvalue ref="/data/(\w+)" event="xforms-value-changed"', xform))
    told = {field.key for field in layer.fields if field.asked and field.leaves and field.kind != "document"}
    assert filled == told | {"commune", "hamlet", "geometry"}
    place = re.search(r'<bind nodeset="/data/geometry"[^>]*>', xform)
    assert place is not None
    assert ("required=\" /data/visited  = ''\"" in place[0]) == layer.geometry_required


def test_odk_validate_does_refuse() -> None:
    survey = [
        {"type": "text", "name": "a", "label": "A", "relevant": "${b} = 1"},
        {"type": "text", "name": "b", "label": "B"},
    ]
    broken = {"survey": survey, "settings": [{"form_title": "x", "form_id": "x"}]}
    xform = xforms.convert(broken).replace("/data/b  = 1", "/data/b = = 1")
    with pytest.raises(xforms.FormNotConvertible):
        xforms.validate(xform)


def test_restricted_categories_ask_no_place_and_no_photo(codes: dict[str, list[Code]]) -> None:
    xform, _ = made(named("situation_reports"), codes)
    for name in ("geometry", "photo"):
        bind = re.search(f'<bind nodeset="/data/{name}"[^>]*>', xform)
        assert bind is not None
        for code in RESTRICTED:
            assert f"!= '{code}'" in bind[0]


def test_very_small_groups_are_not_offered(codes: dict[str, list[Code]]) -> None:
    _, definition = made(named("minority_areas"), codes)
    offered = definition.questions["ethnic_groups"].choices
    assert offered
    assert offered.isdisjoint(SMALL_GROUPS)
    assert len(offered) == len(codes["ethnic_groups"]) - len(SMALL_GROUPS)


def test_the_form_says_what_is_not_taken_here(codes: dict[str, list[Code]]) -> None:
    for layer in CATALOGUE:
        xform, _ = made(layer, codes)
        assert "Đơn tố cáo người cụ thể" in xform


def test_limits_become_constraints(codes: dict[str, list[Code]]) -> None:
    xform, _ = made(named("hamlet_profiles"), codes)
    assert 'nodeset="/data/households" type="int" constraint=". &gt;= 0 and . &lt;= 5000"' in xform
    activities, _ = made(named("joint_activities"), codes)
    assert re.search(r'nodeset="/data/done_on"[^>]*constraint=". &lt;= today\(\)"', activities)
    assert not re.search(r'nodeset="/data/planned_on"[^>]*constraint', activities)
    projects, _ = made(named("resettlement_projects"), codes)
    assert '/data/money_paid" type="decimal"' in projects  # more đồng than fit 32 bits


def test_the_version_changes_with_the_form_and_only_then(codes: dict[str, list[Code]]) -> None:
    layer = named("religious_sites")
    first = xforms.version_of(xlsforms.sheets(layer, codes))
    assert re.fullmatch(r"[0-9]{10}", first)
    assert xforms.version_of(xlsforms.sheets(layer, dict(reversed(codes.items())))) == first
    fewer = {**codes, "land_papers": codes["land_papers"][:-1]}
    assert xforms.version_of(xlsforms.sheets(layer, fewer)) != first


def test_a_generated_form_can_be_had_as_a_spreadsheet(codes: dict[str, list[Code]]) -> None:
    content = xlsforms.sheets(named("democracy_checks"), codes, "1")
    data = xlsforms.workbook(content)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["survey", "choices", "settings", "entities"]
    assert parse(xforms.convert(data), None) == parse(xforms.convert(content), None)


def test_publishing_twice_changes_nothing_and_an_old_version_stays_readable(background: Session) -> None:
    day = dt.date(2026, 1, 1)
    form_versions.publish(background, day)
    assert form_versions.publish(background, day) == []
    query = text("SELECT version FROM forms WHERE form_id = 'religious_sites' AND state = 'live'")
    old = background.scalar(query)
    background.execute(
        text("UPDATE code_lists SET valid_to = '2025-12-31' WHERE list = 'land_papers' AND code = 'thue_dat'")
    )
    assert form_versions.publish(background, day) == ["religious_sites"]
    new = background.scalar(query)
    assert new != old
    for version, offered in ((old, True), (new, False)):
        definition = form_versions.definition(background, "religious_sites", version)
        choices = definition.questions["land_paper"].choices
        assert choices is not None
        assert ("thue_dat" in choices) == offered
    background.execute(text("UPDATE code_lists SET valid_to = NULL WHERE list = 'land_papers'"))
    assert form_versions.publish(background, day) == ["religious_sites"]
    assert background.scalar(query) == old


def test_the_office_says_how_exact_a_point_is_wanted(background: Session) -> None:
    day = dt.date(2026, 11, 21)
    form_versions.publish(background, day)
    changed = form_versions.publish(background, day, accuracy_m=8)
    assert "religious_sites" in changed
    assert "resettlement_projects" not in changed, "an area has no such limit"
    live = text("SELECT xform FROM forms WHERE form_id = 'religious_sites' AND state = 'live'")
    assert 'accuracyThreshold="8"' in str(background.scalar(live))
    assert "religious_sites" in form_versions.publish(background, day), "and back again"
