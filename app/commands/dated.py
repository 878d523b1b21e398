"""`diaban dated`: codes, service standards and periods, each from a day on."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import NullPool, create_engine

from app import accounts, credentials, startup
from app.commands.user import background
from app.config import Config
from app.database import ScopedSession, acting
from geodata.problems import Forbidden
from surveys import catalogue_tables as _  # noqa: F401  a session needs every table that another one points to
from surveys import dated_rows, keeping, wall_clock
from surveys.access import Actor

AS = click.option("--as", "username", required=True, help="quản trị thực hiện | administrator who does this")
FROM = click.option("--from", "day", help="từ ngày, mặc định hôm nay | from, yyyy-mm-dd, default today")
SOURCE = click.option("--source", required=True, help="văn bản, quyết định | document it comes from")


@contextmanager
def as_account(username: str) -> Iterator[tuple[ScopedSession, Actor]]:
    """A session of the web role as that account: its rights count, also from the command line."""
    with startup.database(Config.from_environment(os.environ)) as urls:
        with create_engine(urls.worker, poolclass=NullPool).connect() as connection:
            actor = credentials.actor_of(connection, accounts.id_of(connection, username))
        if actor is None:
            raise Forbidden(verb="dated", layer="", role=username)
        with acting(create_engine(urls.web, poolclass=NullPool), actor) as session:
            yield session, actor


def first_day(given: str | None) -> dt.date:
    try:
        return dt.date.fromisoformat(given) if given else wall_clock.today()
    except ValueError:
        raise click.BadParameter("yyyy-mm-dd", param_hint="--from") from None


@click.group("dated")
def command() -> None:
    """Danh mục và thời hạn có ngày hiệu lực | Code lists, service standards and periods, dated."""


@command.command("list")
@click.argument("name", required=False)
def list_(name: str | None) -> None:
    """Thời hạn, hoặc các mã của danh mục NAME | Standards and periods, or the codes of a list."""
    with background() as connection, ScopedSession(connection) as session:
        if name is not None:
            for row in dated_rows.codes(session, name):
                click.echo(f"{row.code:<28} {row.valid_from} {row.valid_to or '':<10} {row.label_vi} | {row.label_en}")
            return
        for row in dated_rows.standards(session):
            click.echo(f"{row.category:<28} {row.valid_from} {row.days:>4} ngày làm việc | working days: {row.source}")
        for row in dated_rows.periods(session):
            click.echo(f"{row.kind:<28} {row.valid_from} {row.length:>4}: {row.source}")
        click.echo("Danh mục | lists: " + ", ".join(dated_rows.lists(session)))


@command.command("code")
@click.argument("name")
@click.argument("code")
@click.argument("label_vi")
@click.argument("label_en")
@FROM
@SOURCE
@AS
def code(name: str, code: str, label_vi: str, label_en: str, day: str | None, source: str, username: str) -> None:
    """Thêm mã vào danh mục NAME | Add a code to a list."""
    with as_account(username) as (session, actor):
        dated_rows.add_code(session, actor, name, code, first_day(day), label_vi, label_en, source)
    click.echo(f"{name}: + {code}")


@command.command("end")
@click.argument("name")
@click.argument("code")
@FROM
@AS
def end(name: str, code: str, day: str | None, username: str) -> None:
    """Không dùng mã này nữa | A code isn't offered any more."""
    with as_account(username) as (session, actor):
        dated_rows.end_code(session, actor, name, code, first_day(day))
    click.echo(f"{name}: {code} → {first_day(day)}")


@command.command("standard")
@click.argument("category")
@click.argument("days", type=int)
@FROM
@SOURCE
@AS
def standard(category: str, days: int, day: str | None, source: str, username: str) -> None:
    """Số ngày làm việc để trả lời một lĩnh vực | Working days to answer a category."""
    with as_account(username) as (session, actor):
        dated_rows.add_standard(session, actor, category, first_day(day), days, source)
    click.echo(f"{category}: {days}, {first_day(day)}")


@command.command("period")
@click.argument("kind", type=click.Choice(keeping.KINDS))
@click.argument("length", type=int)
@FROM
@SOURCE
@AS
def period(kind: str, length: int, day: str | None, source: str, username: str) -> None:
    """Thời hạn lưu giữ | How long something is kept."""
    with as_account(username) as (session, actor):
        dated_rows.add_period(session, actor, kind, first_day(day), length, source)
    click.echo(f"{kind}: {length}, {first_day(day)}")
