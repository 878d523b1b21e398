"""`diaban units import FILE`: real boundaries of communes, all or nothing."""

import os
from pathlib import Path

import click
from sqlalchemy import NullPool, create_engine

from app import startup
from app.config import Config
from geodata import unit_import
from geodata.boundaries import BoundariesRefused
from geodata.rehoming import Rehomed
from geodata.unit_import import Report
from surveys import audit
from surveys.layers import CATALOGUE

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("units")
def command() -> None:
    """Đơn vị hành chính | Administrative units."""


@command.command("import")
@click.argument("file", type=FILE)
@click.option("--layer", help="Lớp trong tệp có nhiều lớp | the layer, where the file has several.")
def import_(file: Path, layer: str | None) -> None:
    """Ranh giới xã từ FILE (GeoPackage, GeoJSON, shapefile) | Boundaries of communes from FILE; all rows or none."""
    config = Config.from_environment(os.environ)
    with startup.database(config) as urls:
        try:
            with create_engine(urls.worker, poolclass=NullPool).begin() as connection:
                report = unit_import.load(connection, file, [one.key for one in CATALOGUE], layer)
                detail = {"communes": report.communes, "moved": {one.layer: one.moved for one in report.rehomed}}
                audit.record(connection, None, "units_import", detail=detail)
        except BoundariesRefused as refused:
            for row in refused.facts["rows"]:
                click.echo(f"  {row.row}: {row.code} {row.name}: {row.reason} {row.detail}".rstrip(), err=True)
            raise
    for line in _report(report):
        click.echo(line)


def _report(report: Report) -> list[str]:
    real = f"{report.communes} xã có ranh giới thật | communes given real boundaries: {', '.join(report.provinces)}"
    head = ("tổng | all", "giữ | kept", "chuyển | moved", "ngoài | outside", "không vị trí | no place")
    lines = [
        f"{real} ({report.were_approximate} gần đúng trước đó | were approximate)",
        f"Sửa hình | repaired: {len(report.repaired)}",
        *(f"  {row.row}: {row.code} {row.name}: {row.repaired}" for row in report.repaired),
        f"Chưa có trong tệp | not in the file: {len(report.missing)}",
        *(f"  {name}" for name in report.missing),
        " " * 24 + "".join(f"{title:>{len(title) + 3}}" for title in head),
        *(_counts(one, [len(title) + 3 for title in head]) for one in report.rehomed),
    ]
    return [*lines, f"Điểm trùng hai xã | points two communes claim, logged: {report.ties}"]


def _counts(one: Rehomed, widths: list[int]) -> str:
    numbers = (one.total, one.kept, one.moved, one.outside, one.without_place)
    line = f"  {one.layer:22}" + "".join(f"{n:>{width}}" for n, width in zip(numbers, widths, strict=True))
    return line + (f"   {one.elsewhere} có thôn ở xã khác | name a hamlet of another commune" if one.elsewhere else "")
