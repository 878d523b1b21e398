"""`diaban token`: personal tokens for machines."""

import click

from app import accounts, personal_tokens
from app.commands.user import background
from surveys import audit


@click.group("token")
def command() -> None:
    """Mã truy cập cho máy | Personal tokens for machines."""


@command.command("create")
@click.argument("username")
@click.option("--label", default="dòng lệnh", help="dùng cho việc gì | what for", show_default=True)
@click.option("--days", default=366, type=click.IntRange(1, 366), help="số ngày | days", show_default=True)
def create(username: str, label: str, days: int) -> None:
    """Tạo mã cho USERNAME, in ra một lần | Make a token for USERNAME, printed this once."""
    with background() as connection:
        id_ = accounts.id_of(connection, username)
        made = personal_tokens.create(connection, id_, label, days)
        audit.record(connection, None, "token_created", detail={"account": id_})
    click.echo(made)
