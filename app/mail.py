"""Reminders by e-mail, once a working day: counts and a link, never a word of a case, nothing of restricted ones."""

import datetime as dt
import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import urlsplit

from sqlalchemy import Engine

from app.config import Config, MailServer
from surveys import reminders, wall_clock, working_days
from surveys.reminders import SOON_WORKING_DAYS, Reminder

log = logging.getLogger(__name__)
FIRST_HOUR = 7  # nobody is reminded at night
TIMEOUT_S = 30


def remind(config: Config, engine: Engine, now: dt.datetime | None = None) -> int:
    """Sends the day's reminders that weren't sent yet, as the worker role; how many. Another try takes what failed.

    `now` is Vietnam's clock unless given.
    """
    now = now or wall_clock.now()
    today = now.date()
    if config.mail is None or now.hour < FIRST_HOUR:
        return 0
    with engine.connect() as connection:
        if not working_days.known(connection).works(today):
            return 0
        waiting = list(reminders.unsent(connection, today))
    if not waiting:
        return 0
    sent = 0
    with _connected(config.mail) as server:
        for reminder in waiting:
            with engine.begin() as connection:
                # Claimed in the transaction that sends: if the server refuses it, it is tried again later.
                if reminders.claim(connection, reminder, today):
                    sent += _send(server, message(config, config.mail, reminder))
    return sent


def message(config: Config, server: MailServer, reminder: Reminder) -> EmailMessage:
    """The reminder as it is sent; plain text in both languages."""
    made = EmailMessage()
    made["Subject"] = f"Địa Bàn: {reminder.late} vụ việc quá hạn, {reminder.soon} sắp đến hạn"
    made["From"], made["To"] = server.sender, reminder.email
    made["Date"], made["Message-ID"] = formatdate(localtime=True), make_msgid(domain=urlsplit(config.url).hostname)
    made["Auto-Submitted"] = "auto-generated"
    lines = [
        f"{row.name}: quá hạn | overdue {row.late}, đến hạn trong {SOON_WORKING_DAYS} ngày làm việc | due soon"
        f" {row.soon}, đang chờ trả lời | waiting {row.waiting}"
        for row in reminder.rows
    ]
    link = f"Mở danh sách, sau khi đăng nhập | Open the list, once signed in: {config.url}/cases/"
    made.set_content("\n".join([*lines, "", link, ""]))
    return made


def _send(server: smtplib.SMTP, made: EmailMessage) -> int:
    try:
        server.send_message(made)
    except smtplib.SMTPRecipientsRefused:
        # Its address is wrong: trying again all day would change nothing. Whoever keeps accounts reads it in the log.
        log.warning("the mail server refuses the address of an account: %s", made["To"])
        return 0
    return 1


@contextmanager
def _connected(to: MailServer) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    kind = smtplib.SMTP_SSL(to.host, to.port, timeout=TIMEOUT_S, context=context) if to.security == "tls" else None
    with kind or smtplib.SMTP(to.host, to.port, timeout=TIMEOUT_S) as server:
        if to.security == "starttls":
            server.starttls(context=context)
        if to.user:
            server.login(to.user, to.password)
        yield server
