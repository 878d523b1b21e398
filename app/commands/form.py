"""`diaban form`: survey forms made by staff, and the spreadsheet of a generated one to start from."""

import datetime as dt
from pathlib import Path

import click
from sqlalchemy import Connection, select

from app import accounts, credentials
from app.commands.user import background
from geodata.problems import Forbidden
from surveys import form_versions, uploaded_forms, xlsforms
from surveys.access import Actor
from surveys.layers import named

AS = click.option("--as", "username", required=True, help="tài khoản thực hiện | account that does this")


@click.group("form")
def command() -> None:
    """Biểu mẫu | Forms."""


@command.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("beside", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS
def add(file: Path, beside: tuple[Path, ...], username: str) -> None:
    """Đưa XLSForm lên làm bản nháp, kèm ảnh, âm thanh, CSV | Check an XLSForm and store it as a draft."""
    files = {one.name: one.read_bytes() for one in beside}
    with background() as connection:
        actor = _actor(connection, username)
        form_id, version = uploaded_forms.add(connection, actor, file.read_bytes(), file.name, files)
    click.echo(f"{form_id} {version}: bản nháp, chờ tài khoản thứ hai duyệt | a draft until a second account approves")


@command.command("approve")
@click.argument("form_id")
@click.argument("version")
@AS
def approve(form_id: str, version: str, username: str) -> None:
    """Duyệt bản nháp FORM_ID VERSION | Approve a draft: it goes live."""
    with background() as connection:
        uploaded_forms.approve(connection, _actor(connection, username), form_id, version)
    click.echo(f"{form_id} {version}: đang dùng | live")


@command.command("list")
def list_() -> None:
    """Mọi biểu mẫu và phiên bản | Every form and version."""
    known = form_versions.TABLE.c
    with background() as connection:
        rows = connection.execute(
            select(known.form_id, known.version, known.state, known.origin, known.title).order_by(
                known.form_id, known.created_at
            )
        ).all()
    for row in rows:
        click.echo(f"{row.form_id:<24} {row.version:<12} {row.state:<7} {row.origin:<7} {row.title}")


@command.command("sheet")
@click.argument("layer")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def sheet(layer: str, file: Path) -> None:
    """Ghi XLSForm của lớp LAYER ra FILE.xlsx | Write a layer's generated XLSForm, to start an own form from."""
    with background() as connection:
        codes = xlsforms.codes_on(connection, dt.date.today())  # noqa: DTZ011 - the office's own day
    file.write_bytes(xlsforms.workbook(xlsforms.sheets(named(layer), codes)))
    click.echo(str(file))


def _actor(connection: Connection, username: str) -> Actor:
    actor = credentials.actor_of(connection, accounts.id_of(connection, username))
    if actor is None:
        raise Forbidden(verb="form", layer="", role=username)
    return actor
