"""`diaban succession import FILE`: which old commune went into which new one."""

import os
from pathlib import Path

import click
from sqlalchemy import NullPool, create_engine

from app import startup
from app.commands.units import FILE
from app.config import Config
from geodata import succession_import
from geodata.succession_import import SuccessionRefused
from surveys import audit


@click.group("succession")
def command() -> None:
    """Đơn vị cũ → mới | Old units to new ones."""


@command.command("import")
@click.argument("file", type=FILE)
def import_(file: Path) -> None:
    """Bảng xã cũ → xã mới từ FILE (CSV, toàn bộ hay một phần) | Old to new communes from FILE (CSV, whole or part)."""
    config = Config.from_environment(os.environ)
    with startup.database(config) as urls:
        try:
            with create_engine(urls.worker, poolclass=NullPool).begin() as connection:
                report = succession_import.load(connection, file)
                detail = {"rows": report.rows, "added": report.added, "changed": report.changed}
                audit.record(connection, None, "succession_import", detail=detail)
        except SuccessionRefused as refused:
            for number, reason, what in refused.facts["rows"]:
                click.echo(f"  {number}: {what}: {reason}", err=True)
            raise
    click.echo(
        f"{report.rows} dòng | rows: thêm | added {report.added}, sửa | changed {report.changed}, "
        f"như cũ | same {report.same}; chỉ có trong hệ thống | only ours: {report.not_in_file}"
    )
