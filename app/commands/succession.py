"""`diaban succession import FILE`: which old commune went into which new one."""

import datetime as dt
from pathlib import Path

import click

from app.commands import reforming
from app.commands.reforming import FILE


@click.group("succession")
def command() -> None:
    """Đơn vị cũ → mới | Old units to new ones."""


@command.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    help="Ngày hiệu lực: đơn vị mới bắt đầu, đơn vị cũ kết thúc | the day new units begin and old ones end.",
)
@click.option("--act", help="Văn bản | the legal act.")
@click.option("--preview", is_flag=True, help="Chỉ xem sẽ thay đổi gì | only show what would change.")
def import_(file: Path, on: dt.datetime | None, act: str | None, preview: bool) -> None:
    """Bảng xã cũ → xã mới từ FILE (toàn bộ hay một phần) | Old to new communes from FILE (CSV, XLSX; whole or part)."""
    reforming.run([file], on, act, None, preview=preview)
