"""`diaban layer`: layers out as a file, a table of points in as proposals."""

import datetime as dt
import os
import sys
import uuid
from collections import Counter
from pathlib import Path
from typing import ClassVar

import click
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from app import accounts, credentials, exporting, layer_template, startup
from app.commands.user import background
from app.config import Config
from app.database import acting
from app.roles import Urls
from geodata import crs, csvfiles
from geodata.outgoing import formats, lossreport
from geodata.problems import Forbidden, NotFound, Problem
from surveys import catalogue_tables as _  # noqa: F401  a session needs every table that another one points to
from surveys import exchange, imports, review, selections, wall_clock
from surveys.access import Actor, Role, Verb
from surveys.imports import REASONS, Table
from surveys.layer import Layer
from surveys.layers import named


class AccountUnclear(Problem):
    """Several accounts might be meant, or none has the right; facts: names."""

    code: ClassVar[str] = "account_unclear"


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
        actor = _account(urls, username, Verb.EXPORT, named(keys[0]))
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


@command.command("import")
@click.argument("key")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--as", "username", help="tài khoản | the account that imports")
@click.option("--approve-as", "approver", help="người duyệt, khác người nhập | a second account that approves at once")
@click.option("--tradition", help="tôn giáo khi tên không nói | tradition where the name doesn't say")
@click.option("--facility", help="loại cơ sở khi tên không nói | facility where the name doesn't say")
@click.option("--epsg", type=int, help="múi VN-2000 khi tọa độ là mét | zone of coordinates in metres")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="báo cáo từng dòng | report of every row"
)
@click.option("--yes", is_flag=True, help="không hỏi lại | don't ask")
def import_(
    key: str,
    file: Path,
    username: str | None,
    approver: str | None,
    tradition: str | None,
    facility: str | None,
    epsg: int | None,
    report: Path | None,
    yes: bool,
) -> None:
    """Nhập bảng điểm (CSV có tọa độ) vào một lớp | A table of points into a layer; doubtful rows stay out, listed."""
    config, layer = Config.from_environment(os.environ), named(key)
    with startup.database(config) as urls:
        actor = _account(urls, username, Verb.IMPORT, layer)
        second = _account(urls, approver, Verb.REVIEW, layer) if approver else None
        if second is not None and second.account_id == actor.account_id:
            raise review.OwnProposal(id=actor.username)
        engine = create_engine(urls.worker, poolclass=NullPool)
        with engine.begin() as connection:
            table = imports.read(
                connection, actor, layer, file,
                zone=crs.zone(epsg) if epsg else None, defaults=_defaults(layer, tradition, facility),
            )  # fmt: skip
            _show(table)
            written = _report(
                table,
                report or config.home / "imports" / f"{file.stem}-{dt.datetime.now(wall_clock.HERE):%Y%m%d-%H%M%S}.csv",
            )
            click.echo(f"Báo cáo từng dòng | report of every row: {written}")
            if not yes and sys.stdin.isatty():
                click.confirm("Nhập các dòng tốt? | Put the good rows in?", abort=True)
            ids = imports.propose(connection, actor, table, f"Nhập {file.name}")
        if second is None:
            click.echo(
                f"{len(ids)} đề nghị chờ người thứ hai duyệt ở /review/ | proposals wait for a second person's review."
            )
            return
        _approve(urls, engine, second, ids)
        click.echo(f"{second.username} đã duyệt | approved: {len(ids)}.")


def _defaults(layer: Layer, tradition: str | None, facility: str | None) -> dict[str, str]:
    given = {"tradition": tradition, "facility_type": facility}
    keys = {field.key for field in layer.fields}
    return {key: value for key, value in given.items() if value and key in keys}


def _approve(urls: Urls, engine: Engine, second: Actor, features: list[uuid.UUID]) -> None:
    """One transaction of the reviewer: all or none."""
    with engine.begin() as connection:
        waiting = connection.scalars(
            text("SELECT id FROM proposals WHERE feature_id = ANY(:ids) AND state = 'waiting'"), {"ids": features}
        ).all()
    web = create_engine(urls.web, poolclass=NullPool)
    with acting(web, second) as session:
        for id_ in waiting:
            review.approve(session, second, id_)


def _account(urls: Urls, username: str | None, verb: Verb, layer: Layer) -> Actor:
    """The account named; without a name the only GIS account, if there is one. Raises AccountUnclear, Forbidden."""
    engine = create_engine(urls.worker, poolclass=NullPool)
    with engine.begin() as connection:
        actor = credentials.actor_of(connection, accounts.id_of(connection, username or _only(connection)))
    if actor is None:
        raise Forbidden(verb=str(verb), layer=layer.key, role="")
    actor.must(verb, layer.key, layer.grants)
    return actor


def _only(connection: Connection) -> str:
    names = connection.scalars(
        text("SELECT username FROM accounts WHERE active AND role = :role ORDER BY 1"), {"role": str(Role.GIS)}
    ).all()
    if len(names) != 1:
        raise AccountUnclear(names=", ".join(names) or "–")
    return str(names[0])


def _show(table: Table) -> None:
    """Counts that add up to the rows read, and every doubtful row with its reasons."""
    good, doubtful = table.good, table.doubtful
    click.echo(f"{len(table.rows)} dòng | rows: {len(good)} tốt | good, {len(doubtful)} nghi ngờ | doubtful")
    for reason, count in Counter(row.doubts[0][0] for row in doubtful).most_common():
        click.echo(f"  {count:>4} {' | '.join(REASONS[reason])}")
    for row in doubtful:
        said = "; ".join(f"{REASONS[reason][0]}{f' ({what})' if what else ''}" for reason, what in row.doubts)
        click.echo(f"  dòng {row.line}: {row.name} – {said}")
    for column, why in table.columns.dropped:
        click.echo(f"Cột “{column}” bị bỏ: {why} | dropped")
    for column in table.columns.unused:
        click.echo(f"Cột “{column}” không thuộc lớp này, không nhập | not of this layer")
    if table.columns.address:
        click.echo(
            f"Cột “{table.columns.address}” chỉ dùng để đối chiếu, không lưu | compared only, not stored;"
            f" {table.address_unknown} dòng không đối chiếu được | rows not comparable"
        )
    assumed = sum("tradition_assumed" in row.flags for row in good)
    if assumed:
        click.echo(
            f"{assumed} dòng: tên không nói tôn giáo, tạm ghi theo cách gọi thường dùng, người duyệt xem lại"
            " | tradition assumed from usual naming, for the reviewer to check"
        )


def _report(table: Table, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = ["dong", "ket_luan", "ten", "vi_do", "kinh_do", "ly_do", "luu_y"]
    csvfiles.write(path, header, imports.lines(table))
    return path


def _tell(done: int, total: int) -> None:
    if total and sys.stderr.isatty():
        click.echo(f"\r{done}/{total} ({done * 100 // total} %)", nl=done >= total, err=True)
