"""Whoever follows every link from their home is refused nothing, and each page says what to do next, empty or full."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import Engine, text

from surveys.layers import CATALOGUE
from tests.rows import one_of_each
from tests.world import World

Browser = Callable[..., FlaskClient]
NAMES = ("officer", "leader")  # those who work with cases, reports and the fields of work
# The phone's app says for itself what to do next; the others leave, or change the language.
ELSEWHERE = ("/survey/", "/lang/", "/logout")
KIND = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")


@pytest.fixture(scope="module")
def full(worker: Engine, world: World) -> None:
    """One of everything in each commune."""
    with worker.begin() as connection:
        one_of_each(connection, (*world.communes, world.other_commune))


@pytest.mark.parametrize("name", NAMES)
def test_on_the_first_day_every_link_leads_on(browser: Browser, name: str, worker: Engine) -> None:
    with worker.connect() as connection:
        assert not any(connection.scalar(text(f"SELECT EXISTS (SELECT FROM {one.key})")) for one in CATALOGUE)
    seen, wrong = walked(browser(name))
    assert wrong == {}
    assert seen >= 30


@pytest.mark.parametrize("name", NAMES)
def test_on_any_other_day_every_link_leads_on(browser: Browser, name: str, full: None) -> None:
    seen, wrong = walked(browser(name))
    assert wrong == {}
    assert seen >= 40


def walked(client: FlaskClient) -> tuple[int, dict[str, str]]:
    """How many kinds of addresses were followed from the home on; what was wrong with which, and what offered it."""
    waiting, kinds, wrong = deque([("/", "/")]), {kind_of("/")}, dict[str, str]()
    while waiting:
        address, offered_by = waiting.popleft()
        answer = client.get(address, headers={"Accept": "text/html,*/*"}, buffered=True)
        if not 200 <= answer.status_code < 400:
            wrong[address] = f"{answer.status_code}, offered by {offered_by}"
            continue
        if answer.mimetype != "text/html" or address.startswith(ELSEWHERE):
            continue
        page = html.fromstring(answer.text)
        if page.find(".//main") is None:
            continue  # a part fetched into a page
        if said := lacking(page):
            wrong[address] = f"{said}, offered by {offered_by}"
        for link in links(page, address):
            if (kind := kind_of(link)) not in kinds:
                kinds.add(kind)
                waiting.append((link, address))
    return len(kinds), wrong


def links(page: html.HtmlElement, address: str) -> Iterator[str]:
    """What the page offers: addresses of this system, without the place within the page."""
    for one in page.xpath("//main//a[@href] | //nav//a[@href]"):
        parts = urlsplit(urljoin(f"http://here{address}", one.get("href")))
        if parts.netloc == "here" and not parts.path.startswith(("/lang/", "/logout")):
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def kind_of(link: str) -> str:
    """The same for the pages of two projects, and for two months of one page."""
    parts = urlsplit(link)
    return KIND.sub("#", parts.path) + "?" + "&".join(sorted(parse_qs(parts.query, keep_blank_values=True)))


def lacking(page: html.HtmlElement) -> str:
    """What stops a reader of the page: no heading, an emptiness that isn't explained, nothing to follow or press."""
    main = page.find(".//main")
    if len(main.xpath(".//h1")) != 1:
        return "no heading"
    explained = 0
    for empty in main.xpath(".//*[contains(concat(' ', @class, ' '), ' empty ')]"):
        # That there is nothing, and how something comes to be there.
        sentences = [one for one in re.split(r"(?<=[.!?])\s+", empty.text_content().strip()) if one]
        if len(sentences) < 2 and not empty.xpath(".//a[@href]"):
            return f"nothing said of what comes next: {empty.text_content().strip()}"
        explained += 1
    return "" if explained or main.xpath(".//a[@href] | .//button | .//select") else "nothing to follow or press"
