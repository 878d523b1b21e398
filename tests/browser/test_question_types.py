"""Every kind of question on the phone: what its control offers, and what then stands in the XML that is sent."""

import re
from collections.abc import Iterator

import pytest
from lxml import etree
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine

from app.config import Config
from surveys import uploaded_forms, xlsforms
from surveys.access import Actor, Role
from tests.browser import kitchen_sink
from tests.browser.phone import Phone
from tests.world import World


@pytest.fixture(scope="module")
def published(address: str, worker: Engine, world: World) -> str:
    """The kitchen sink, uploaded by an officer and approved by a second account."""
    approver = Actor(world.admin, "admin", Role.ADMIN, world.province, special=frozenset({"approve_form"}))
    with worker.begin() as connection:
        book = xlsforms.workbook(kitchen_sink.rows())
        form, version = uploaded_forms.add(connection, world.actor("officer"), book, files=kitchen_sink.files())
        uploaded_forms.approve(connection, approver, form, version)
    return address


@pytest.fixture
def phone(chromium: Browser, published: str, cluster: Config) -> Iterator[Phone]:
    """The field officer of commune 11 with the kitchen sink open."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="America/New_York",  # the phone's own zone must not matter
        geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
        permissions=["geolocation"],
        service_workers="block",  # what it sends can't be held back by the test
    )
    made = Phone(context, context.new_page(), published, cluster.secrets)
    made.watch()
    made.sign_in("field")
    made.opens(kitchen_sink.FORM)
    yield made
    context.close()
    assert made.errors == []


def fills_required(phone: Phone) -> None:
    phone.picks("hamlet", "thon 1")
    phone.question("category").locator("[data-choice=dien]").click()
    phone.page.get_by_label("Nội dung").fill("Mất điện")
    phone.question("urgency").locator("[data-choice=thuong]").click()
    phone.page.get_by_label("Ngày xảy ra").fill("2026-11-20")
    phone.page.get_by_label("Số hộ").fill("12")
    phone.question("hu_gi").first.locator("input").fill("Cống")


def sent(phone: Phone) -> dict[str, list[str]]:
    """Path → values of the last submission."""
    phone.sends()
    phone.shows("receipt-code")
    found: dict[str, list[str]] = {}
    tree = etree.fromstring(phone.xml().encode())
    for element in tree.iter():
        if len(element) == 0:
            path = "/".join(
                etree.QName(step).localname for step in [*reversed(list(element.iterancestors())), element]
            ).removeprefix("data/")
            found.setdefault(path, []).append(element.text or "")
    return found


def test_answers_of_every_kind_stand_in_the_xml_as_odk_writes_them(phone: Phone) -> None:
    fills_required(phone)
    page, ask = phone.page, phone.question
    page.get_by_label("Mấy giờ có điện").fill("14:05")
    page.get_by_label("Mất điện lúc").fill("2026-11-20T21:30")
    for _ in range(2):
        ask("diem").locator("[data-action=more]").click()
    ask("le").locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    ask("sao").locator("input").nth(3).check(force=True)
    ask("chon_so").locator("select").select_option(label="7")
    ask("thu_tu").locator("[data-choice=tram] [data-by='-1']").click()
    ask("tieng").locator("[data-file=record]").set_input_files(
        [{"name": "ghi.m4a", "mimeType": "audio/mp4", "buffer": b"tieng"}]
    )
    ask("tep").locator("[data-file=choose]").set_input_files(
        [{"name": "so.xlsx", "mimeType": "application/zip", "buffer": b"PK"}]
    )
    phone.picks("gon", "kha")
    ask("thang").locator("[data-choice='4']").click()
    ask("cot").locator("[data-choice=m7]").click()
    phone.picks("tim", "so 12")
    ask("nhieu_muc").locator("[data-action=open-picker]").click()
    for value in ("m3", "m2"):
        page.locator(f"dialog [data-choice={value}]").click()
    page.locator("dialog [data-action=close]").click()
    ask("muc_hai").locator("[data-choice=yeu]").click()
    page.get_by_label("Diện tích (ha)").fill("1.234,5")
    page.get_by_label("Mô tả").fill("Dòng một\nDòng hai")
    page.get_by_label("Tháng nào").fill("2026-05")
    page.get_by_label("Năm nào").fill("2025")
    ask("da_doc").locator("input").check()
    ask("bang_a").locator("[data-choice=tot]").click()
    page.get_by_label("Số điểm đo").fill("2")
    expect(ask("do_sau")).to_have_count(2)
    ask("do_sau").nth(1).locator("input").fill("0,75")
    values = sent(phone)
    assert {name: values[name] for name in (
        "gio", "luc", "diem", "le", "sao", "chon_so", "thu_tu", "gon", "thang", "cot", "tim", "nhieu_muc", "muc_hai",
        "goi_y", "dien_tich", "mo_ta", "thang_nao", "nam_nao", "da_doc", "bang/bang_a", "so_ho", "gap_doi",
        "chi_doc", "an", "diem_do/do_sau", "nguon_nuoc",
    )} == {
        "gio": ["14:05:00.000+07:00"],
        "luc": ["2026-11-20T21:30:00.000+07:00"],
        "diem": ["6"],  # from the middle of 0…10 in twos, 4, one step up
        "le": ["2.0"],
        "sao": ["4"],
        "chon_so": ["7"],
        "thu_tu": ["duong tram truong"],
        "gon": ["kha"],
        "thang": ["4"],
        "cot": ["m7"],
        "tim": ["m12"],
        "nhieu_muc": ["m2 m3"],
        "muc_hai": ["yeu"],
        "goi_y": ["mức yeu"],
        "dien_tich": ["1234.5"],
        "mo_ta": ["Dòng một\nDòng hai"],
        "thang_nao": ["2026-05-01"],
        "nam_nao": ["2025-01-01"],
        "da_doc": ["OK"],
        "bang/bang_a": ["tot"],
        "so_ho": ["12"],
        "gap_doi": ["24"],
        "chi_doc": ["có sẵn"],
        "an": ["kín"],
        "diem_do/do_sau": ["", "0.75"],
        "nguon_nuoc": [""],
    }  # fmt: skip
    assert re.fullmatch(r"tep-[\w-]+\.m4a", values["tieng"][0])
    assert re.fullmatch(r"tep-[\w-]+\.xlsx", values["tep"][0])
    assert "nhom/vi_sao" not in values  # not relevant, so not sent
    assert b"tieng" in phone.files().values()


def test_the_choice_that_stands_alone_puts_the_others_away(phone: Phone) -> None:
    water = phone.question("nguon_nuoc")
    for value in ("gieng", "suoi"):
        water.locator(f"[data-choice={value}]").click()
    water.locator("[data-choice=khong]").click()
    assert water.locator("input:checked").evaluate_all("all => all.map(e => e.value)") == ["khong"]
    water.locator("[data-choice=may]").click()
    assert water.locator("input:checked").evaluate_all("all => all.map(e => e.value)") == ["may"]


def test_wrong_answers_are_told_in_the_forms_words(phone: Phone) -> None:
    households = phone.page.get_by_label("Số hộ")
    households.fill("1.000")
    households.blur()
    expect(phone.question("so_ho").locator("[data-error]")).to_have_text("Từ 0 đến 999")
    households.fill("")
    phone.page.locator("[data-action=send]").click()
    expect(phone.question("so_ho").locator("[data-error]")).to_have_text("Cần số hộ")
    assert "Số hộ" in phone.shows("summary")


def test_repeats_are_added_and_removed_after_asking(phone: Phone) -> None:
    spots = phone.page.locator("[data-repeat=diem_hu]")
    spots.locator("[data-action=add-repeat]").click()
    expect(spots.locator("[data-count]")).to_have_text("2 mục")
    phone.question("hu_gi").nth(0).locator("input").fill("Cống")
    phone.question("hu_gi").nth(1).locator("input").fill("Cầu")
    spots.locator("[data-action=remove-repeat]").first.click()
    phone.page.locator("[data-action=ask-no]").click()
    expect(spots.locator("[data-count]")).to_have_text("2 mục")
    spots.locator("[data-action=remove-repeat]").first.click()
    phone.page.locator("[data-action=ask-yes]").click()
    expect(spots.locator("[data-count]")).to_have_text("1 mục")
    expect(phone.question("hu_gi").locator("input")).to_have_value("Cầu")
    # The form counts this one itself.
    expect(phone.page.locator("[data-repeat=diem_do] button")).to_have_count(0)


def test_markdown_is_shown_as_text_and_never_as_a_link(phone: Phone) -> None:
    note = phone.question("chao")
    expect(note.locator("strong")).to_have_text("Chú ý")
    expect(note.locator("em")).to_have_text("kỹ")
    expect(note.locator("li")).to_have_count(2)
    expect(phone.question("dien_tich").locator("strong")).to_have_text("sổ")
    expect(phone.page.locator("form a")).to_have_count(0)


def test_a_form_speaks_its_languages(phone: Phone) -> None:
    expect(phone.question("gio").locator("label")).to_have_text("Mấy giờ có điện")
    phone.page.get_by_label("Ngôn ngữ của phiếu").select_option(kitchen_sink.EN)
    expect(phone.question("gio").locator("label")).to_have_text("Hour of power")
    expect(phone.question("thang").locator("[data-choice='2']")).to_contain_text("Level 2")
    phone.page.get_by_label("Ngôn ngữ của phiếu").select_option(kitchen_sink.VI)
    expect(phone.question("gio").locator("label")).to_have_text("Mấy giờ có điện")


def test_a_forms_pictures_are_shown_and_its_voice_is_played(phone: Phone) -> None:
    expect(phone.question("sao").locator("img")).to_have_js_property("complete", value=True)
    assert phone.question("sao").locator("img").evaluate("image => image.naturalWidth") == 60
    expect(phone.question("tranh").locator("[data-choice] img")).to_have_count(2)
    listen = phone.question("diem").locator("[data-action=listen]")
    assert (listen.bounding_box() or {})["height"] >= 48
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "false")


def test_groups_come_and_go_with_their_condition(phone: Phone) -> None:
    expect(phone.question("vi_sao")).to_have_count(0)
    phone.question("urgency").locator("[data-choice=gap]").click()
    phone.question("vi_sao").locator("input").fill("Sắp bão")
    expect(phone.page.locator("[data-group=nhom] h2")).to_have_text("Nhóm chỉ hiện khi gấp")
    phone.question("urgency").locator("[data-choice=thuong]").click()
    expect(phone.question("vi_sao")).to_have_count(0)


def test_what_is_read_only_cannot_be_changed_and_what_is_hidden_is_not_shown(phone: Phone) -> None:
    expect(phone.question("chi_doc").locator("input")).to_have_count(0)
    expect(phone.question("chi_doc").locator("[data-value]")).to_have_text("có sẵn")
    expect(phone.question("an")).to_have_count(0)
    expect(phone.page.locator(".notice.warn", has_text="chưa hiện được")).to_have_count(0)
