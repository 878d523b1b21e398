"""`diaban layer`: layers out as a file; what comes in is layer_import's."""

import os
import sys
from pathlib import Path

import click
from sqlalchemy import text

from app import exporting, layer_template, startup
from app.commands import account_named, layer_import
from app.commands.user import background
from app.config import Config
from geodata.outgoing import formats, lossreport
from geodata.problems import NotFound
from surveys import catalogue_tables as _  # noqa: F401  a session needs every table that another one points to
from surveys import exchange, selections, wall_clock
from surveys.access import Verb
from surveys.layers import named


@click.group("layer")
def command() -> None:
    """Lớp dữ liệu | Layers."""


@command.command("export")
@click.argument("keys", nargs=-1, required=True)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="tệp .zip | the zip to write"
)
@click.option("--as", "username", help="tài khoản | the account whose rights count")
@click.option(
    "--format", "form", type=click.Choice([each.key for each in formats.FORMATS]), default="shapefile",
    show_default=True, help="định dạng | format",
)  # fmt: skip
@click.option("--epsg", type=int, help="hệ tọa độ, mặc định múi của tỉnh | system, default the province's zone")
@click.option("--unit", type=int, help="id đơn vị, nay hoặc cũ | id of a unit of today or of before")
@click.option("--from", "begins", help="ghi nhận từ ngày | observed from, yyyy-mm-dd")
@click.option("--to", "ends", help="đến ngày | until, yyyy-mm-dd")
@click.option("--state", help="mã tình trạng | code of the state")
@click.option("--filter", "cql2", help="bộ lọc CQL2 | CQL2 filter")
@click.option("--column", "columns", multiple=True, help="LỚP.CỘT, lặp lại được | LAYER.COLUMN, may be repeated")
@click.option("--purpose", default="Xuất từ dòng lệnh", show_default=True, help="mục đích | what for")
def export(
    keys: tuple[str, ...], out: Path, username: str | None, form: str, epsg: int | None, unit: int | None,
    begins: str | None, ends: str | None, state: str | None, cql2: str | None, columns: tuple[str, ...], purpose: str,
) -> None:  # fmt: skip
    """Xuất một hoặc nhiều lớp thành một tệp zip | One or several layers as one zip."""
    chosen: dict[str, list[str]] = {}
    for name in columns:
        chosen.setdefault(name.partition(".")[0], []).append(name.partition(".")[2])
    selection = selections.read(
        {
            "layers": list(keys), "format": form, "epsg": epsg, "unit": unit, "from": begins, "to": ends,
            "state": state, "filter": cql2, "columns": chosen or None,
        }
    )  # fmt: skip
    with startup.database(Config.from_environment(os.environ)) as urls:
        actor = account_named.actor(urls, username, Verb.EXPORT, named(keys[0]))
        made = exporting.export(urls, actor, selection, exchange.purpose_of(purpose), lambda _: out.absolute(), _tell)
    written, rows = (sum(getattr(each, what) for each in made.reports) for what in ("written", "rows"))
    click.echo(f"{out}: {written}/{rows} dòng | rows, {made.plan.used.said}, {actor.username}")
    for kind, count in made.losses.items():
        click.echo(f"  {lossreport.heading(kind)}: {count}")
    for line in made.plan.masked:
        click.echo(f"  {line}")


@command.command("sheet")
@click.argument("key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--province", required=True, help="mã tỉnh | code of the province")
def sheet(key: str, file: Path, province: str) -> None:
    """Ghi bảng tính để điền cho lớp KEY ra FILE.xlsx | Write a workbook to fill in for a layer."""
    with background() as connection:
        unit = connection.scalar(
            text("SELECT id FROM units WHERE level = 1 AND code = :code AND valid_to IS NULL"), {"code": province}
        )
        if unit is None:
            raise NotFound(what="unit", id=province)
        file.write_bytes(layer_template.workbook(connection, named(key), unit, wall_clock.today()))
    click.echo(str(file))


command.add_command(layer_import.command)


def _tell(done: int, total: int) -> None:
    if total and sys.stderr.isatty():
        click.echo(f"\r{done}/{total} ({done * 100 // total} %)", nl=done >= total, err=True)
