"""`diaban user`: accounts from the command line, where the first administrator comes from."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Connection, NullPool, create_engine, text

from app import accounts, bulk_accounts, credentials, startup, subjects
from app.config import Config
from geodata.problems import Forbidden, NotFound
from geodata.units import COMMUNE, PROVINCE
from surveys import audit
from surveys.access import APPROVE_FORM, READ_RESTRICTED, Role


@contextmanager
def background() -> Iterator[Connection]:
    """A transaction of the worker role; committed at the end, rolled back on an error."""
    with startup.database(Config.from_environment(os.environ)) as urls:
        engine = create_engine(urls.worker, poolclass=NullPool)
        with engine.begin() as connection:
            yield connection


@click.group("user")
def command() -> None:
    """Tài khoản | Accounts."""


@command.command("add")
@click.argument("username")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]), help="vai trò | role")
@click.option("--unit", required=True, help="mã tỉnh (2 số) hoặc mã xã (5 số) | code of a province or a commune")
@click.option("--office", help="tên cơ quan | name of the office")
def add(username: str, role: str, unit: str, office: str | None) -> None:
    """Thêm tài khoản; hỏi mật khẩu | Add an account; asks for the password (empty: a random one)."""
    password = click.prompt(
        "Mật khẩu, để trống để tạo ngẫu nhiên | password, empty for a random one",
        default="",
        show_default=False,
        hide_input=True,
        confirmation_prompt=True,
        err=True,
    )
    made = password or secrets.token_urlsafe(12)
    with background() as connection:
        id_ = accounts.create(
            connection, username, made, role, _unit(connection, unit), _office(connection, unit, office)
        )
        audit.record(connection, None, "account_added", detail={"account": id_, "role": role})
    click.echo(f"Đã thêm tài khoản {username} | added account {username}.")
    if not password:
        click.echo(f"Mật khẩu, chỉ hiện lần này | password, shown this once: {made}")


@command.command("list")
def list_() -> None:
    """Mọi tài khoản | Every account."""
    with background() as connection:
        for row in accounts.listing(connection):
            marks = [
                mark
                for mark, on in (
                    ("2 bước", row.two_steps),
                    ("1 lần", row.bound),
                    ("demo", row.demo),
                    ("đã khóa", not row.active),
                )
                if on
            ]
            click.echo(
                f"{row.username:<16} {row.role:<8} {row.unit:<28} {row.office or '':<32} {' '.join(marks)}".rstrip()
            )


@command.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """Khóa tài khoản, hiệu lực trong 30 giây | Disable an account; signed out everywhere within 30 s."""
    _switch(username, active=False)
    click.echo(f"Đã khóa tài khoản {username} | disabled account {username}.")


@command.command("enable")
@click.argument("username")
def enable(username: str) -> None:
    """Mở lại tài khoản | Enable an account again."""
    _switch(username, active=True)
    click.echo(f"Đã mở lại tài khoản {username} | enabled account {username}.")


@command.command("password")
@click.argument("username")
def password(username: str) -> None:
    """Đặt mật khẩu ngẫu nhiên mới, tắt xác thực hai bước | Set a new random password, switch the second step off."""
    made = secrets.token_urlsafe(12)
    with background() as connection:
        id_ = accounts.id_of(connection, username)
        accounts.reset(connection, id_, username, made)
        audit.record(connection, None, "password_reset", detail={"account": id_})
    click.echo(f"Mật khẩu mới của {username}, chỉ hiện lần này | new password, shown this once: {made}")


@command.command("unbind")
@click.argument("usernames", nargs=-1, required=True)
def unbind(usernames: tuple[str, ...]) -> None:
    """Bỏ gắn tài khoản với người ở máy chủ đăng nhập một lần | Unbind accounts from the sign-in service."""
    with background() as connection:
        for username in usernames:
            id_ = accounts.id_of(connection, username)
            if not subjects.clear(connection, id_):
                raise NotFound(what="subject", id=username)
            accounts.end_sign_ins(connection, id_)
            audit.record(connection, None, "subject_cleared", detail={"account": id_})
    click.echo(f"Đã bỏ gắn {', '.join(usernames)} | unbound, and signed out everywhere.")


@command.command("grant")
@click.argument("username")
@click.argument("verb", type=click.Choice([READ_RESTRICTED, APPROVE_FORM]))
@click.option("--by", required=True, help="quản trị thứ nhất | first administrator")
@click.option("--second", required=True, help="quản trị thứ hai | second administrator")
@click.option("--days", default=365, type=click.IntRange(1, 366), help="số ngày | days", show_default=True)
def grant(username: str, verb: str, by: str, second: str, days: int) -> None:
    """Cấp quyền đặc biệt, cần hai quản trị | Grant a special verb; takes two administrators."""
    with background() as connection:
        id_, first_id, second_id = (accounts.id_of(connection, name) for name in (username, by, second))
        accounts.grant_special(connection, id_, verb, first_id, second_id, days)
        audit.record(connection, None, "special_granted", detail={"account": id_, "verb": verb, "days": days})
    click.echo(f"Đã cấp {verb} cho {username} trong {days} ngày | granted for {days} days.")


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "username", required=True, help="quản trị thực hiện | administrator who does this")
@click.option("--apply", "do", is_flag=True, help="thực hiện; không có thì chỉ xem trước | do it; else only a preview")
def import_(file: Path, username: str, do: bool) -> None:
    """Cơ quan, tài khoản từ bảng tính, tất cả hoặc không gì | Offices and accounts of a workbook, all or nothing."""
    with background() as connection:
        actor = credentials.actor_of(connection, accounts.id_of(connection, username))
        if actor is None or actor.role is not Role.ADMIN:
            raise Forbidden(verb="bulk", layer="accounts", role=username)
        made = bulk_accounts.plan(connection, actor, file.read_bytes())
        if do and not made.faults:
            bulk_accounts.carry_out(connection, actor, made)
    for fault in made.faults:
        click.echo(f"{fault.sheet}!{fault.cell}: {fault.said}", err=True)
    if made.faults:
        sys.exit(1)
    for what, name, how in made.steps:
        click.echo(f"{what:<16} {name:<28} {how}")
    for name, password in made.passwords if do else ():
        click.echo(f"Mật khẩu của {name}, chỉ hiện lần này | password, shown this once: {password}")


def _switch(username: str, *, active: bool) -> None:
    with background() as connection:
        id_ = accounts.id_of(connection, username)
        accounts.switch(connection, id_, active=active)
        audit.record(connection, None, "account_enabled" if active else "account_disabled", detail={"account": id_})


def _unit(connection: Connection, code: str) -> int:
    level = PROVINCE if len(code) == 2 else COMMUNE
    found: int | None = connection.scalar(
        text("SELECT id FROM units WHERE level = :level AND code = :code AND valid_to IS NULL"),
        {"level": level, "code": code},
    )
    if found is None:
        raise NotFound(what="unit", id=code)
    return found


def _office(connection: Connection, code: str, name: str | None) -> int | None:
    if name is None:
        return None
    found: int | None = connection.scalar(
        text(
            "SELECT o.id FROM offices o JOIN units u ON u.id = o.unit_id WHERE o.name = :name AND o.valid_to IS NULL"
            " AND u.province_id = (SELECT province_id FROM units WHERE id = :unit)"
        ),
        {"name": name, "unit": _unit(connection, code)},
    )
    if found is None:
        raise NotFound(what="office", id=name)
    return found
