"""The people around a case, each signed in at their own desk; what the others are refused; what the audit holds."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import holidays
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Engine, text

from app.config import Config
from surveys import applying, wall_clock
from tests.browser.conftest import Desk
from tests.browser.outpost import packed
from tests.browser.phone import PASSWORD, Phone

REFUSED = (403, 404)
# What Vietnam's law gives free; the days themselves are the calendar's, how they are counted is not.
DAYS_OFF = set(holidays.country_holidays("VN", years=range(2024, wall_clock.today().year + 4)))

ANSWERED = "fetch('/healthz', {cache: 'no-store'}).then(() => true, () => false)"


@dataclass
class People:
    """Desks by account name; `told` is what the audit must hold of all they did and tried: (who, verb), in order."""

    sits_down: Callable[[], Desk]  # a desk nobody is signed in at
    desks: dict[str, Desk] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # what the forms of their pages carry
    told: list[tuple[str, str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Desk:
        return self.desks[name]

    def sign_in(self, *names: str) -> None:
        """Each with a session of their own, begun without looking at a page; again: a new one."""
        for name in names:
            desk = self.sits_down()
            given = {"username": name, "password": PASSWORD, "csrf_token": _token(desk, "/login")}
            assert desk.page.request.post(f"{desk.address}/login", form=given, max_redirects=0).status == 302
            self.desks[name], self.tokens[name] = desk, _token(desk, "/account/")

    def posted(self, name: str, path: str, **form: str) -> int:
        """The status of the answer to a form sent by that person, as if a page of theirs had offered it."""
        desk, given = self.desks[name], {**form, "csrf_token": self.tokens[name]}
        return desk.page.request.post(desk.address + path, form=given, max_redirects=0).status

    def refused_to_all_but(self, allowed: set[str], path: str, **form: str) -> None:
        """Everybody else who sends that form, with their own session and its token, is refused."""
        for name in self._others(allowed):
            status = self.posted(name, path, **form)
            assert status in REFUSED, f"{name} got {status} at {path}"
            self.told.append((name, "refused"))

    def closed_to_all_but(self, allowed: set[str], path: str) -> None:
        """The page opens for these alone."""
        for name in self.desks:
            status = opened(self.desks[name], path)
            assert (status == 200) if name in allowed else (status in REFUSED), f"{name} got {status} at {path}"
            if name not in allowed:
                self.told.append((name, "refused"))

    def did(self, *acts: tuple[str, str]) -> None:
        """Notes what the audit must hold next."""
        self.told.extend(acts)

    def _others(self, allowed: set[str]) -> Iterator[str]:
        assert allowed <= {*self.desks, "field"}
        return (name for name in self.desks if name not in allowed)


def opened(desk: Desk, path: str) -> int:
    """The status of the answer to an address that person asks for."""
    return desk.page.request.get(desk.address + path, max_redirects=0).status


def counted(start: dt.date, days: int) -> dt.date:
    """The day on which so many working days have passed: all days after the start that are worked, in a row."""
    calendar = (start + dt.timedelta(days=n) for n in range(1, 3 * days + 60))
    return [day for day in calendar if day.strftime("%a") not in ("Sat", "Sun") and day not in DAYS_OFF][days - 1]


def next_holiday(after: dt.date) -> dt.date:
    """The first public holiday after a day that takes a day from the week's work."""
    return min(day for day in DAYS_OFF if day > after and day.strftime("%a") not in ("Sat", "Sun"))


def enough_to_pass(holiday: dt.date, start: dt.date) -> int:
    """So many working days that they pass that holiday, and a weekend too."""
    return next(days for days in range(6, 300) if counted(start, days) > holiday + dt.timedelta(days=1))


@contextmanager
def a_second_office(worker: Engine, category: str, name: str) -> Iterator[int]:
    """An office that answers that category too, and `works`, an officer of it; both gone at the end."""
    with worker.begin() as connection:
        made = connection.execute(
            text("INSERT INTO offices (name, unit_id, valid_from) VALUES (:n, 1, '2025-07-01') RETURNING id"),
            {"n": name},
        ).scalar_one()
        connection.execute(text("INSERT INTO office_categories VALUES (:o, :c)"), {"o": made, "c": category})
        connection.execute(
            text(
                "INSERT INTO accounts (username, role, unit_id, office_id, password)"
                " SELECT 'works', 'officer', 1, :o, password FROM accounts WHERE username = 'answering'"
            ),
            {"o": made},
        )
    yield int(made)
    with worker.begin() as connection:
        # Answers and steps go with the reports.
        for query in (
            "DELETE FROM situation_reports", "DELETE FROM restricted_reports",
            *(f"DELETE FROM {table} WHERE account_id IN (SELECT id FROM accounts WHERE office_id = :o)"
              for table in ("sign_ins", "special_requests", "special_verbs")),
            "DELETE FROM accounts WHERE office_id = :o", "DELETE FROM office_categories WHERE office_id = :o",
            "DELETE FROM offices WHERE id = :o",
        ):  # fmt: skip
            connection.execute(text(query), {"o": made} if ":o" in query else {})


@contextmanager
def a_phone(chromium: Browser, address: str, config: Config) -> Iterator[Phone]:
    """The field officer's, with good GPS in Thôn 1 and the service worker that starts the app without a network."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        geolocation={"latitude": 11.95, "longitude": 108.05, "accuracy": 7},
        permissions=["geolocation"],
    )
    made = Phone(context, context.new_page(), address, config.secrets)
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    made.sign_in("field")
    yield made
    context.close()
    assert made.errors == []


def fills_a_report(phone: Phone, words: str, category: str, instead_of: str = "") -> None:
    """Every answer of a report in Thôn 1; with `instead_of` another category was chosen first, and a point taken."""
    phone.opens("situation_reports")
    phone.picks("hamlet", "thon 1")
    if instead_of:
        phone.picks("category", instead_of)
        phone.takes_point()
    phone.picks("category", category)
    if instead_of:
        expect(phone.question("geometry")).to_have_count(0)
    else:
        phone.takes_point()
    phone.page.get_by_label("Nội dung sự việc").fill(words)
    phone.question("urgency").locator("[data-choice=gap]").click()
    phone.question("happened_on").locator("[data-action=today]").click()


def sends_without_signal(phone: Phone, worker: Engine, fill: Callable[[], None]) -> str:
    """Begun anew, filled and finished with no network at all; handed over when there is one. The record's id."""
    before = _received(worker)
    packed(phone)
    phone.context.set_offline(True)
    phone.comes_back()
    fill()
    phone.sends()
    phone.shows("kept")
    assert phone.page.evaluate(ANSWERED) is False
    assert _received(worker) == before
    phone.context.set_offline(False)
    for _ in range(600):
        if handed := phone.ledger():
            break
        phone.page.wait_for_timeout(100)
    assert len(handed) == 1
    assert _received(worker) == before + 1
    while applying.apply_batch(worker):  # the background process, which doesn't run here
        pass
    return next(iter(handed))


def own_record(phone: Phone, instance: str) -> Locator:
    """The record on the phone's list of own records, as the server tells it now."""
    phone.goes_home()
    phone.page.locator("[data-action=mine]").click()
    phone.page.locator("[data-screen=mine][data-renewed=true]").wait_for()
    return phone.page.locator(f'[data-record="{instance}"]')


def step(page: Page, key: str) -> Locator:
    """The form of a step, where the page offers it."""
    return page.locator(f"[data-step={key}]")


def done(page: Page, said: str) -> None:
    """The page says so after an act."""
    expect(page.locator(".notice.good").get_by_text(said)).to_be_visible()


def calendar(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.date], None]:
    """`turn_to = calendar(monkeypatch)`: after `turn_to(day)` it is that day for the server."""
    return lambda day: monkeypatch.setattr(wall_clock, "today", lambda: day)


def audited(worker: Engine, after: int) -> list[tuple[str, str]]:
    """(who, verb) of every audit row since that one, but signing in and reads: those are one in ten minutes."""
    with worker.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.username, r.verb FROM audit r LEFT JOIN accounts a ON a.id = r.account_id"
                " WHERE r.id > :after AND r.verb NOT IN ('sign_in', 'read') ORDER BY r.id"
            ),
            {"after": after},
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def last_audited(worker: Engine) -> int:
    """The number of the audit's last row."""
    with worker.connect() as connection:
        return int(connection.scalar(text("SELECT coalesce(max(id), 0) FROM audit")) or 0)


def proposal_of(worker: Engine, instance: str) -> tuple[str, str, dt.date]:
    """The proposal a record became, the feature it asks for, and the day it was received in Vietnam."""
    with worker.connect() as connection:
        row = connection.execute(
            text(
                "SELECT id, feature_id, (created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS received"
                " FROM proposals WHERE submission_id = :i"
            ),
            {"i": instance},
        ).one()
    return str(row.id), str(row.feature_id), row.received


def _token(desk: Desk, path: str) -> str:
    page = desk.page.request.get(desk.address + path).text()
    return page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


def _received(worker: Engine) -> int:
    with worker.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM submissions")) or 0)
