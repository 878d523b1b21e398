"""`diaban migrate`: brings the tables to this version of the program."""

import os

import click

from app import startup
from app.config import Config


@click.command("migrate")
@click.argument("revision", default="head")
def command(revision: str) -> None:
    """Nâng cấp bảng dữ liệu | Bring the tables to REVISION (default: the newest; `base` or `-1` goes down)."""
    with startup.database(Config.from_environment(os.environ)) as urls:
        startup.migrate(urls, revision)
    click.echo(f"Bảng dữ liệu ở phiên bản {revision} | Tables are at revision {revision}.")
