"""`diaban units import FILE…` and `diaban units undo`: boundaries and reforms of units, all or nothing."""

import datetime as dt
import uuid
from pathlib import Path

import click

from app.commands import reforming
from app.commands.reforming import FILE


@click.group("units")
def command() -> None:
    """Đơn vị hành chính | Administrative units."""


@command.command("import")
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--layer", help="Lớp trong tệp có nhiều lớp | the layer, where the file has several.")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    help="Ngày hiệu lực của cải cách; không có: chỉ sửa ranh giới | the day a reform takes effect; else a correction.",
)
@click.option("--act", help="Văn bản | the legal act.")
@click.option("--preview", is_flag=True, help="Chỉ xem sẽ thay đổi gì | only show what would change.")
def import_(files: tuple[Path, ...], layer: str | None, on: dt.datetime | None, act: str | None, preview: bool) -> None:
    """Ranh giới, đổi tên, chia tách, sáp nhập từ FILES | Boundaries, renames, splits, mergers from FILES; all or none.

    GeoPackage, GeoJSON, shapefile: areas. CSV, XLSX: new names and kinds by code, or old codes → new codes.
    """
    reforming.run(files, on, act, layer, preview=preview)


@command.command("undo")
@click.argument("reform", type=click.UUID, required=False)
def undo(reform: uuid.UUID | None) -> None:
    """Hoàn tác một đợt (mặc định: đợt cuối) | Takes a reform back, the last one by default."""
    reforming.undo(reform)
