"""Two people visit one place again, both without signal: merged where they differ in fields, asked where they don't."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, insert, select, text

from app.config import Config
from surveys import applying, review, updates
from surveys.layers import CATALOGUE, named
from surveys.seeds import code_rows
from tests.browser.conftest import Desk
from tests.browser.phone import Phone
from tests.rows import DAY, feature
from tests.world import World

Phones = Callable[[str], Phone]
SITE = {"condition": "tot", "road_access": "o_to", "land_paper": "thue_dat"}


@pytest.fixture
def phone_of(chromium: Browser, address: str, cluster: Config) -> Iterator[Phones]:
    """`phone_of("field")`: that account's phone, a browser profile of its own, signed in, standing in commune 11."""
    made: list[Phone] = []

    def make(name: str) -> Phone:
        context = chromium.new_context(
            viewport={"width": 360, "height": 640},
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
            permissions=["geolocation"],
        )
        phone = Phone(context, context.new_page(), address, cluster.secrets)
        phone.watch()
        phone.sign_in(name)
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.context.close()
        assert phone.errors == []


@pytest.fixture
def site(worker: Engine, address: str) -> uuid.UUID:
    """An approved religious site of commune 11, at version 1."""
    layer = named("religious_sites")
    row = feature(layer, 11, hamlet=111, name=f"Chùa Linh Sơn {uuid.uuid4().hex[:6]}", **SITE)
    with worker.begin() as connection:
        connection.execute(insert(layer.table), row)
    return uuid.UUID(str(row["id"]))


def goes_offline_with(phone: Phone, site: uuid.UUID) -> None:
    """The list is on the phone; then there is no network."""
    fetches(phone)
    phone.page.evaluate("location.hash = '#/tham/religious_sites'")
    phone.page.locator("[data-screen=features][data-ready]").wait_for()
    phone.context.set_offline(True)
    phone.page.locator("[data-search]").fill("linh son")
    phone.page.locator(f"[data-feature='{site}']").click()
    phone.page.locator("[data-screen=feature][data-ready]").wait_for()


WHOLE = """async () => {
  const open = indexedDB.open('diaban');
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const rowsOf = (store) => new Promise((done) => {
    const all = db.transaction(store).objectStore(store).getAll();
    all.onsuccess = () => done(all.result);
  });
  const [things, facts] = [await rowsOf('things'), await rowsOf('facts')];
  db.close();
  const whole = facts.some(({ key, value }) => key.startsWith('package ') && value.at);
  return whole && things.some(({ hash }) => hash.startsWith('features ') && hash.endsWith(' religious_sites'));
}"""


def fetches(phone: Phone) -> None:
    """The forms and the lists are there, as after any start with signal, and the app works without."""
    for _ in range(300):
        if phone.page.evaluate(WHOLE):
            break
        phone.page.wait_for_timeout(200)
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => {})")


def answers_anew(phone: Phone, **answers: str) -> None:
    """Opens the form with the answers as they stand, changes some, and finishes it; it waits on the phone."""
    phone.page.locator("[data-action=visit]").click()
    phone.page.locator("[data-visit]").wait_for()
    for question, answer in SITE.items():
        expect(phone.question(question).locator(f"input[value={answer}]")).to_be_checked()
    for question, answer in answers.items():
        phone.question(question).locator(f"input[value={answer}]").check()
    phone.page.locator("[data-action=send]").click()
    phone.page.locator("[data-screen=finished], [data-screen=receipt]").wait_for()


def gets_signal(phone: Phone, worker: Engine) -> None:
    phone.context.set_offline(False)
    phone.page.locator("[data-all-sent]").wait_for(timeout=30_000)
    while applying.apply_batch(worker):
        pass


def waiting(worker: Engine, site: uuid.UUID) -> list[Any]:
    with worker.connect() as connection:
        found = "SELECT * FROM proposals WHERE feature_id = :id AND state = 'waiting' ORDER BY created_at"
        return list(connection.execute(text(found), {"id": site}))


def stored(worker: Engine, site: uuid.UUID) -> Any:
    with worker.connect() as connection:
        return connection.execute(text("SELECT * FROM religious_sites WHERE id = :id"), {"id": site}).one()


def history(worker: Engine, site: uuid.UUID) -> list[Any]:
    with worker.connect() as connection:
        found = (
            "SELECT version, row ->> 'condition', row ->> 'road_access' FROM versions WHERE id = :id ORDER BY version"
        )
        return [tuple(row) for row in connection.execute(text(found), {"id": site})]


def state_of(page: Page, field: str) -> str | None:
    return page.locator(f"[data-field={field}]").get_attribute("data-state")


def test_two_people_edit_one_site_offline_and_nothing_is_overwritten_in_silence(
    phone_of: Phones, at_desk: Callable[..., Desk], address: str, worker: Engine, site: uuid.UUID
) -> None:
    one, other = phone_of("field"), phone_of("answering")
    for phone in (one, other):
        goes_offline_with(phone, site)
    answers_anew(one, condition="hu_hong", land_paper="gcn_da_cap")
    answers_anew(other, condition="xuong_cap", road_access="xe_may")
    assert waiting(worker, site) == []
    gets_signal(one, worker)
    gets_signal(other, worker)
    first, second = waiting(worker, site)
    assert [(p.action, p.base_version, p.flags) for p in (first, second)] == [("update", 1, []), ("update", 1, [])]
    assert (first.created_by, second.created_by) == (1, 3)

    desk = at_desk(address, "officer")
    desk.goes_to(f"/review/{first.id}")
    expect(desk.page.locator("[data-conflict]")).to_have_count(0)
    assert (state_of(desk.page, "condition"), state_of(desk.page, "road_access")) == ("taken", "same")
    desk.page.get_by_role("button", name="Duyệt", exact=True).click()
    assert (stored(worker, site).version, stored(worker, site).condition) == (2, "hu_hong")

    desk.goes_to(f"/review/{second.id}")
    expect(desk.page.locator("[data-conflict]")).to_contain_text("1 mục cần chọn")
    assert [state_of(desk.page, field) for field in ("condition", "road_access", "land_paper")] == [
        "conflict", "taken", "kept",
    ]  # fmt: skip
    card = desk.page.locator("[data-field=condition]")
    expect(card).to_contain_text("Hư hỏng nặng")
    expect(card).to_contain_text("field (cán bộ cơ sở, Đắk Mil)")
    expect(card).to_contain_text("Xuống cấp")
    expect(card).to_contain_text("answering (chuyên viên, Phòng Kinh tế)")
    desk.sees_nothing_cut()
    # Without a choice nothing is sent; and a request that leaves it out is refused.
    desk.page.get_by_role("button", name="Duyệt", exact=True).click()
    expect(desk.page.locator("[data-conflict]")).to_be_visible()
    desk.page.evaluate("document.querySelectorAll('[name^=pick-]').forEach((one) => one.remove())")
    desk.page.get_by_role("button", name="Duyệt", exact=True).click()
    expect(desk.page.locator("body")).to_contain_text("Người khác đã sửa cùng một mục")
    assert (stored(worker, site).version, len(waiting(worker, site))) == (2, 1)
    desk.complaints.clear()  # the browser's own note of the refusal

    desk.goes_to(f"/review/{second.id}")
    desk.page.locator("input[name=pick-condition][value=sent]").check()
    desk.page.get_by_role("button", name="Duyệt", exact=True).click()
    after = stored(worker, site)
    assert (after.version, after.condition, after.road_access, after.land_paper) == (
        3, "xuong_cap", "xe_may", "gcn_da_cap",
    )  # fmt: skip
    assert history(worker, site) == [(1, "tot", "o_to"), (2, "hu_hong", "o_to")]
    desk.asked_nobody_else()


def test_different_fields_are_merged_without_asking(
    phone_of: Phones, at_desk: Callable[..., Desk], address: str, worker: Engine, site: uuid.UUID
) -> None:
    one, other = phone_of("field"), phone_of("answering")
    for phone in (one, other):
        goes_offline_with(phone, site)
    answers_anew(one, condition="hu_hong")
    answers_anew(other, road_access="xe_may")
    gets_signal(one, worker)
    gets_signal(other, worker)
    desk = at_desk(address, "officer")
    for at, proposal in enumerate(waiting(worker, site)):
        desk.goes_to(f"/review/{proposal.id}")
        expect(desk.page.locator("[data-conflict]")).to_have_count(0)
        expect(desk.page.locator("[data-merged]")).to_have_count(at)
        desk.page.get_by_role("button", name="Duyệt", exact=True).click()
    after = stored(worker, site)
    assert (after.version, after.condition, after.road_access) == (3, "hu_hong", "xe_may")
    assert history(worker, site) == [(1, "tot", "o_to"), (2, "hu_hong", "o_to")]


def whole_row(key: str) -> dict[str, Any]:
    """A row of a layer with something in every field that may go to a phone."""
    layer = named(key)
    row = feature(layer, 11, hamlet=111)
    row |= {"nuoc": "co"} if key == "hamlet_profiles" else {}  # where there's none its quality isn't asked
    for one in layer.fields:
        choices = {code["code"] for code in code_rows() if code["list"] == one.list and code["mark"] != "small"}
        if one.kind in ("choice", "choices") and not row.get(one.key):
            first = sorted(choices - {"khong"})[:2]
            row[one.key] = first if one.kind == "choices" else first[0]
        elif one.kind in ("integer", "money") and row.get(one.key) is None:
            row[one.key] = 30
        elif row.get(one.key) is None and one.kind != "document":
            row[one.key] = {"decimal": 12.25, "boolean": True, "date": DAY}.get(one.kind, "Ghi chú & “ngoặc” <1>")
    return row


@pytest.mark.parametrize("key", [layer.key for layer in CATALOGUE if layer.visited and layer.key != "minority_areas"])
def test_a_visit_that_changes_nothing_changes_nothing(
    phone_of: Phones, worker: Engine, as_actor: Any, world: World, key: str
) -> None:
    row = whole_row(key)
    with worker.begin() as connection:
        connection.execute(insert(named(key).table), row)
    phone = phone_of("field")
    fetches(phone)
    phone.page.evaluate("key => { location.hash = key }", f"#/tham/{key}/{row['id']}")
    phone.page.locator("[data-action=visit]").click()
    phone.page.locator("[data-visit]").wait_for()
    phone.page.locator("[data-action=send]").click()
    phone.page.locator("[data-screen=finished], [data-screen=receipt]").wait_for()
    gets_signal(phone, worker)
    (proposal,) = waiting(worker, row["id"])
    assert proposal.flags == []
    actor = world.actor("officer")
    with as_actor(actor) as session:
        compared = updates.compare(session, actor, review.proposal(session, actor, proposal.id))
        assert (compared.merged.taken, compared.merged.kept, compared.merged.conflicts) == ({}, (), ())
        review.approve(session, actor, proposal.id)
    with worker.connect() as connection:
        table = named(key).table.__table__
        after = connection.execute(select(table).where(table.c.id == row["id"])).mappings().one()
    assert {name: after[name] for name in row if name not in ("geom", "origin")} == {
        name: value for name, value in row.items() if name not in ("geom", "origin", "observed_on")
    } | {"observed_on": after["observed_on"]}
    assert (after["version"], after["entered_by"]) == (2, world.field)


def test_what_is_kept_of_features_is_no_plain_text(phone_of: Phones, worker: Engine, site: uuid.UUID) -> None:
    name = stored(worker, site).name
    phone = phone_of("field")
    goes_offline_with(phone, site)
    assert name in phone.page.locator("h1").inner_text()
    dump = phone.page.evaluate(
        """async () => {
          const open = indexedDB.open('diaban');
          const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
          let text = '';
          for (const store of db.objectStoreNames) {
            const all = db.transaction(store).objectStore(store).getAll();
            const rows = await new Promise((done) => (all.onsuccess = () => done(all.result)));
            for (const row of rows) {
              text += JSON.stringify(row);
              for (const value of Object.values(row)) {
                if (value instanceof Uint8Array) text += new TextDecoder().decode(value);
              }
            }
          }
          for (const key of await caches.keys()) {
            for (const request of await (await caches.open(key)).keys()) text += request.url;
          }
          return text;
        }"""
    )
    assert "features" in dump
    assert name not in dump
    assert "/survey/api/features" not in dump.split('"features ')[0]
