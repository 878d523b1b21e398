"""A reviewer draws a rectangle over a photo, by pointer and by keyboard, and the photo is another one from then on."""

import base64
import io
import uuid
from collections.abc import Callable

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import expect
from sqlalchemy import Engine, text

from app import create_app, personal_tokens
from app.config import Config
from app.roles import Urls
from surveys import applying, faces, media
from tests.app.phone import form, new_id, send
from tests.browser import axe
from tests.browser.conftest import Desk
from tests.surveys.filled import fill
from tests.world import World


@pytest.fixture
def reviewed(cluster: Config, urls: Urls, worker: Engine, world: World, address: str) -> str:
    """The proposal of a report whose photo is noise: wherever a rectangle is blurred, it shows."""
    out = io.BytesIO()
    Image.effect_noise((800, 600), 90).convert("RGB").save(out, "JPEG", quality=95)
    instance = new_id()
    with worker.begin() as connection:
        xml = fill(form(connection, "situation_reports"), {"category": "nuoc", "photo": "p.jpg"}, instance=instance)
        token = personal_tokens.create(connection, world.field, f"ảnh {uuid.uuid4()}")
    web = create_app(cluster, urls)
    client = web.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(f"field:{token}".encode()).decode()
    assert send(client, xml, {"p.jpg": out.getvalue()}).status_code == 201
    for pool in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[pool].dispose()
    while applying.apply_batch(worker):
        pass
    while media.clean_batch(worker, cluster.home):
        pass
    while faces.look_batch(worker, cluster.home):
        pass
    with worker.connect() as connection:
        asked = text("SELECT id FROM proposals WHERE submission_id = :i")
        return str(connection.scalar(asked, {"i": instance}))


@pytest.mark.parametrize("screen", [(1920, 1080), (360, 640)], ids=["projector", "phone"])
def test_a_rectangle_is_drawn_put_right_by_keyboard_and_blurred(
    at_desk: Callable[..., Desk], address: str, reviewed: str, screen: tuple[int, int]
) -> None:
    desk = at_desk(address, "officer", screen=screen)
    page = desk.page
    desk.goes_to(f"/review/{reviewed}")
    page.get_by_role("link", name="Che mặt, giấy tờ").click()
    assert axe.violations(page) == []
    box = page.locator("[data-canvas]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.75, steps=4)
    page.mouse.up()
    expect(page.locator("[data-canvas] svg rect")).to_have_count(1)
    width = page.locator("[data-boxes] [name=w]")
    assert 30 <= float(width.input_value()) <= 40
    width.fill("50")
    expect(page.locator("[data-canvas] svg rect")).to_have_attribute("width", "500")
    assert axe.violations(page) == []
    desk.sees_nothing_cut()
    before = _rough(desk, reviewed)
    page.get_by_role("button", name="Che các khung này").click()
    page.wait_for_url(f"{address}/review/{reviewed}**")
    assert _rough(desk, reviewed) < before / 3
    desk.asked_nobody_else()


def _rough(desk: Desk, proposal: str) -> float:
    """How rough the middle of the photo is that the reviewer is shown now."""
    answer = desk.page.context.request.get(f"{desk.address}/review/{proposal}/photos/p.jpg")
    assert answer.ok
    picture = Image.open(io.BytesIO(answer.body())).convert("L")
    w, h = picture.size
    return float(ImageStat.Stat(picture.crop((w * 35 // 100, h * 35 // 100, w * 65 // 100, h * 65 // 100))).stddev[0])
