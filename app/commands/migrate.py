"""`diaban migrate`: brings the tables to this version of the program."""

import os

import click

from app import startup
from app.config import Config


@click.command("migrate")
@click.argument("revision", default="head")
@click.option("--down", is_flag=True, help="Về phiên bản cũ hơn | Go down to an older revision (`base`: no tables).")
def command(revision: str, down: bool) -> None:
    """Nâng cấp bảng dữ liệu | Bring the tables to REVISION (default: the newest)."""
    with startup.database(Config.from_environment(os.environ)) as urls:
        startup.migrate(urls, revision, down=down)
    click.echo(f"Bảng dữ liệu ở phiên bản {revision} | Tables are at revision {revision}.")
