"""Signing in by the province's own service in a real browser: its page is another site, our cookie stays Strict."""

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text
from werkzeug.serving import make_server

from app import create_app
from app.config import Config
from app.roles import Urls
from surveys import form_versions
from tests.app.sign_on import provider
from tests.app.sign_on.provider import Service
from tests.browser import axe
from tests.browser.conftest import Desk
from tests.world import World

PHONE = (360, 640)
PATIENCE_MS = 30_000  # of another site and back, on a busy machine


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with provider.running() as made:
        for who, name in (("lan", "officer"), ("tho", "field"), ("quang", "admin"), ("hoa", "chua.co")):
            made.knows(who, preferred_username=name)
        yield made


@pytest.fixture(scope="module")
def trusting(cluster: Config, urls: Urls, service: Service, worker: Engine, world: World) -> Iterator[str]:
    """The application that trusts the service, at the address 127.0.0.1, while the service is at localhost."""
    with worker.begin() as connection:
        form_versions.publish(connection)
        connection.execute(text("DELETE FROM sign_in_failures"))
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    address = f"http://127.0.0.1:{server.port}"
    web = create_app(Config(home=cluster.home, url=address, provider=service.settings()), urls)
    server.app = web
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield address
    server.shutdown()
    server.server_close()
    for pool in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        if pool in web.extensions:
            web.extensions[pool].dispose()
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM account_subjects"))
        connection.execute(text("DELETE FROM sign_ins"))


def _signs_in_there(page: Page, service: Service, who: str) -> None:
    """From our page to the service's, and what is done there."""
    # The service's page asks for a style sheet of the internet.
    page.route("https://**", lambda route: route.abort())
    page.get_by_role("button", name="Đăng nhập bằng Cổng Lâm Đồng").click()
    expect(page).to_have_url(re.compile(f"^{re.escape(service.issuer)}/oauth2/authorize"), timeout=PATIENCE_MS)
    page.locator("input[name=sub]").fill(who)
    page.get_by_role("button", name="Authorize", exact=True).click()


def _ours(desk: Desk) -> list[str]:
    """What our own pages had to complain of."""
    return [said for said in desk.complaints if said.startswith(desk.address)]


def test_an_officer_goes_there_and_comes_back_to_the_page_asked_for(
    at_desk: Callable[..., Desk], trusting: str, service: Service
) -> None:
    desk = at_desk(trusting)
    desk.goes_to("/review/?layer=hamlet_profiles")
    desk.sees_nothing_cut()
    assert axe.wrong(desk.page, set()) == []
    _signs_in_there(desk.page, service, "lan")
    # The browser comes from another site: without the page in between it wouldn't show the session's cookie.
    expect(desk.page).to_have_url(f"{trusting}/review/?layer=hamlet_profiles", timeout=PATIENCE_MS)
    expect(desk.page.get_by_role("button", name="Đăng xuất")).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in desk.page.context.cookies(trusting)}
    assert cookies["diaban"]["sameSite"] == "Strict"
    assert "diaban-provider" not in cookies
    desk.page.get_by_role("button", name="Đăng xuất").click()
    expect(desk.page.get_by_text("Đăng xuất ở đây không đăng xuất khỏi Cổng Lâm Đồng")).to_be_visible()
    desk.goes_to("/login?next=/review/")
    _signs_in_there(desk.page, service, "hoa")
    expect(desk.page.get_by_role("alert")).to_contain_text("chưa có tài khoản tên đó", timeout=PATIENCE_MS)
    assert len(_ours(desk)) == 1  # the browser notes the 403 itself
    assert desk.hosts <= {"127.0.0.1", "localhost", "cdn.jsdelivr.net"}


def test_a_field_officer_opens_the_phones_app_so(at_desk: Callable[..., Desk], trusting: str, service: Service) -> None:
    desk = at_desk(trusting, screen=PHONE)
    desk.goes_to("/survey/")
    desk.sees_nothing_cut()
    _signs_in_there(desk.page, service, "tho")
    expect(desk.page).to_have_url(f"{trusting}/survey/", timeout=PATIENCE_MS)
    desk.page.locator("[data-screen=set-pin]").wait_for()
    assert _ours(desk) == []


def test_an_administrator_sees_who_is_bound_and_clears_it(
    at_desk: Callable[..., Desk], trusting: str, service: Service, worker: Engine, world: World
) -> None:
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM account_subjects WHERE account_id = :id"), {"id": world.officer})
        connection.execute(
            text("INSERT INTO account_subjects VALUES (:id, :issuer, 'lan')"),
            {"id": world.officer, "issuer": service.issuer},
        )
    desk = at_desk(trusting)
    desk.goes_to("/admin/")
    _signs_in_there(desk.page, service, "quang")
    expect(desk.page).to_have_url(f"{trusting}/admin/", timeout=PATIENCE_MS)
    assert axe.wrong(desk.page, set()) == []
    row = desk.page.get_by_role("row").filter(has=desk.page.get_by_role("rowheader", name="officer", exact=True))
    row.get_by_role("button", name="Bỏ gắn tài khoản officer").click()
    expect(desk.page.get_by_role("status")).to_contain_text("Đã bỏ gắn và đăng xuất tài khoản", timeout=PATIENCE_MS)
    expect(row).to_contain_text("chưa gắn")
    assert _ours(desk) == []
