"""Reminders by e-mail through a real mail server: once a working day, counts and a link, nothing of any case."""

import asyncio
import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import Engine, insert, text

from app import mail
from app.config import Config, MailServer
from app.startup_problems import ConfigProblem
from surveys import case_counting
from surveys.layers import named
from surveys.restricted import RestrictedReport
from surveys.wall_clock import HERE
from tests.rows import feature

MONDAY = dt.datetime(2026, 11, 23, 8, 0, tzinfo=HERE)
SECRETS = ("Giếng cạn", "Bàu Sen", "Đắk Mil", "108.05", "dat_dai", "nuoc")


@dataclass
class Post:
    """What a mail server took; addresses in `refused` it doesn't know."""

    taken: list[EmailMessage] = field(default_factory=list)
    refused: tuple[str, ...] = ()
    down: bool = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: ARG002, N802  the library's names
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802
        if self.down:
            return "451 try again later"
        self.taken.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def post() -> Iterator[tuple[Post, MailServer]]:
    """A mail server of its own on this machine, and where it is."""
    box, loop = Post(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(10)
    yield box, MailServer("127.0.0.1", server.sockets[0].getsockname()[1], "none", "dia-ban@example.vn")
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(autouse=True)
def due(worker: Engine) -> Iterator[None]:
    """Two cases overdue, one due tomorrow, a restricted one overdue; two officers have an address."""
    layer = named("situation_reports")
    days = (dt.date(2026, 11, 2), dt.date(2026, 11, 20), dt.date(2026, 11, 24))
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM situation_reports"))
        connection.execute(insert(layer.table), [feature(layer, 11, due_on=on) for on in days])
        connection.execute(
            insert(RestrictedReport),
            {
                "province_id": 1, "commune_id": 11, "office_id": 2, "observed_on": dt.date(2026, 10, 1),
                "category": "dat_dai_boi_thuong", "what_happened": "Bàu Sen", "urgency": "gap", "state": "mo",
                "happened_on": dt.date(2026, 10, 1), "due_on": dt.date(2026, 11, 1),
            },
        )  # fmt: skip
        for name in ("answering", "officer"):
            set_ = text("UPDATE accounts SET email = :e WHERE username = :n")
            connection.execute(set_, {"e": f"{name}@example.vn", "n": name})
    case_counting.refresh_all(worker)
    yield
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET email = NULL"))
        for table in ("reminders_sent", "situation_reports", "restricted_reports"):
            connection.execute(text(f"DELETE FROM {table}"))
    case_counting.refresh_all(worker)


def test_each_officer_gets_counts_and_a_link_once_a_day(
    cluster: Config, worker: Engine, post: tuple[Post, MailServer]
) -> None:
    box, server = post
    config = replace(cluster, mail=server, url="https://dia-ban.example.vn")
    assert mail.remind(config, worker, MONDAY) == 2
    assert mail.remind(config, worker, MONDAY + dt.timedelta(hours=1)) == 0
    assert sorted(str(one["To"]) for one in box.taken) == ["answering@example.vn", "officer@example.vn"]
    for one in box.taken:
        assert one["Subject"] == "Địa Bàn: 2 vụ việc quá hạn, 1 sắp đến hạn"
        body = one.get_content()
        assert "https://dia-ban.example.vn/cases/" in body
        assert "Phòng Kinh tế" in body
        assert not [secret for secret in SECRETS if secret in one.as_string() or secret in body]
    assert mail.remind(config, worker, MONDAY + dt.timedelta(days=2)) == 2  # the 24th is a holiday


@pytest.fixture
def other_office(worker: Engine) -> Iterator[int]:
    """Another office that answers; what is changed of accounts goes with it."""
    with worker.begin() as connection:
        made = connection.scalar(
            text(
                "INSERT INTO offices (name, unit_id, valid_from) VALUES ('Phòng Hạ tầng', 1, '2025-07-01') RETURNING id"
            )
        )
        connection.execute(text("INSERT INTO office_categories VALUES (:o, 'nuoc')"), {"o": made})
    yield int(made or 0)
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM situation_reports"))
        connection.execute(text("UPDATE accounts SET office_id = NULL WHERE role <> 'officer'"))
        connection.execute(text("UPDATE accounts SET unit_id = 1 WHERE username = 'officer'"))
        connection.execute(text("DELETE FROM offices WHERE id = :o"), {"o": made})


def test_each_is_told_of_the_own_office_and_place_alone(
    cluster: Config, worker: Engine, post: tuple[Post, MailServer], other_office: int
) -> None:
    box, server = post
    layer, late = named("situation_reports"), dt.date(2026, 11, 2)
    with worker.begin() as connection:
        connection.execute(insert(layer.table), feature(layer, 12, due_on=late, office_id=other_office))
        connection.execute(insert(layer.table), feature(layer, 21, due_on=late))  # of another province
        connection.execute(text("UPDATE accounts SET unit_id = 12 WHERE username = 'officer'"))
    case_counting.refresh_all(worker)
    assert mail.remind(replace(cluster, mail=server), worker, MONDAY) == 2
    told = {str(one["To"]).partition("@")[0]: one for one in box.taken}
    assert {name: one["Subject"] for name, one in told.items()} == {
        "answering": "Địa Bàn: 2 vụ việc quá hạn, 1 sắp đến hạn",
        "officer": "Địa Bàn: 1 vụ việc quá hạn, 0 sắp đến hạn",
    }
    assert "Hạ tầng" not in told["answering"].get_content()
    assert "Kinh tế" not in told["officer"].get_content()


def test_nobody_but_officers_is_written_to(
    cluster: Config, worker: Engine, post: tuple[Post, MailServer], other_office: int
) -> None:
    box, server = post
    with worker.begin() as connection:
        every = (
            "UPDATE accounts SET email = username || '@example.vn', office_id = coalesce(office_id, 2) WHERE id < 100"
        )
        connection.execute(text(every))
    assert mail.remind(replace(cluster, mail=server), worker, MONDAY) == 2
    assert sorted(str(one["To"]) for one in box.taken) == ["answering@example.vn", "officer@example.vn"]


@pytest.mark.parametrize(
    "moment", [MONDAY.replace(hour=6), MONDAY - dt.timedelta(days=1), MONDAY.replace(month=9, day=2)]
)
def test_nobody_is_reminded_at_night_on_sundays_and_holidays(
    cluster: Config, worker: Engine, post: tuple[Post, MailServer], moment: dt.datetime
) -> None:
    box, server = post
    assert mail.remind(replace(cluster, mail=server), worker, moment) == 0
    assert box.taken == []


def test_without_a_mail_server_nothing_is_sent_and_nothing_marked(cluster: Config, worker: Engine) -> None:
    assert mail.remind(cluster, worker, MONDAY) == 0
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM reminders_sent")) == 0


def test_what_the_server_could_not_take_is_sent_later_and_a_wrong_address_stops_nobody(
    cluster: Config, worker: Engine, post: tuple[Post, MailServer]
) -> None:
    box, server = post
    config = replace(cluster, mail=server)
    box.down = True
    with pytest.raises(Exception, match="451"):
        mail.remind(config, worker, MONDAY)
    box.down, box.refused = False, ("officer@example.vn",)
    assert mail.remind(config, worker, MONDAY) == 1
    assert [str(one["To"]) for one in box.taken] == ["answering@example.vn"]
    assert mail.remind(config, worker, MONDAY) == 0


def test_an_account_that_has_nothing_due_or_is_locked_gets_none(
    cluster: Config, worker: Engine, post: tuple[Post, MailServer]
) -> None:
    box, server = post
    config, locking = replace(cluster, mail=server), text("UPDATE accounts SET active = :on WHERE username = 'officer'")

    def due(on: str) -> None:
        with worker.begin() as connection:
            connection.execute(text("UPDATE situation_reports SET due_on = :on"), {"on": on})
        case_counting.refresh_all(worker)

    due("2027-06-01")
    assert mail.remind(config, worker, MONDAY) == 0
    due("2026-11-02")
    try:
        with worker.begin() as connection:
            connection.execute(locking, {"on": False})
        assert mail.remind(config, worker, MONDAY) == 1
    finally:
        with worker.begin() as connection:
            connection.execute(locking, {"on": True})
    assert [str(one["To"]) for one in box.taken] == ["answering@example.vn"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("smtps://a%40b:p%2Fw@mail.vn?from=x@y.vn", MailServer("mail.vn", 465, "tls", "x@y.vn", "a@b", "p/w")),
        ("smtp://mail.vn?from=x@y.vn", MailServer("mail.vn", 587, "starttls", "x@y.vn")),
        ("smtp://localhost:1025?from=x@y.vn", MailServer("localhost", 1025, "none", "x@y.vn")),
        ("smtp://u:kin@localhost:1025?from=x@y.vn", MailServer("localhost", 1025, "starttls", "x@y.vn", "u", "kin")),
    ],
)
def test_one_setting_says_where_mail_goes(given: str, read: MailServer) -> None:
    config = Config.from_environment({"DIABAN_SMTP_URL": given, "DIABAN_HOME": "/tmp/diaban-never-made"})
    assert config.mail == read
    assert read.password not in repr(config) or not read.password


@pytest.mark.parametrize(
    "given",
    ["mail.vn", "https://mail.vn?from=x@y.vn", "smtp://mail.vn", "smtp://?from=x@y.vn", "smtp://mail.vn?from=xy.vn",
     "smtp://mail.vn:99999?from=x@y.vn", "smtp://mail.vn?from=x@y.vn%0d%0aBcc:%20z@y.vn"],
)  # fmt: skip
def test_a_wrong_setting_stops_the_start_and_is_not_repeated(given: str) -> None:
    with pytest.raises(ConfigProblem) as raised:
        Config.from_environment({"DIABAN_SMTP_URL": given, "DIABAN_HOME": "/tmp/diaban-never-made"})
    assert raised.value.facts["variable"] == "DIABAN_SMTP_URL"
    assert given not in str(raised.value)
