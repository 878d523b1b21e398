"""`diaban classification import`: a published list with its decision; a second officer confirms it on its page."""

import os
from contextlib import ExitStack
from pathlib import Path

import click
from sqlalchemy import NullPool, create_engine

from app import accounts, area_uploading, credentials, startup
from app.config import Config
from app.database import acting
from geodata.problems import Forbidden
from surveys import area_lists

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("classification")
def command() -> None:
    """Phân định vùng dân tộc thiểu số và miền núi | Published lists of minority and mountainous areas."""


@command.command("import")
@click.argument("file", type=FILE)
@click.option("--decision", required=True, help="số, ký hiệu quyết định | number of the decision")
@click.option("--date", "day", required=True, help="ngày quyết định, dd/mm/yyyy | day of the decision")
@click.option("--from", "since", default="", help="hiệu lực từ ngày, mặc định ngày quyết định | holds from")
@click.option("--document", required=True, type=FILE, help="tệp quyết định | the decision as it was published")
@click.option("--as", "username", required=True, help="chuyên viên của tỉnh | the officer who enters it")
def import_(file: Path, decision: str, day: str, since: str, document: Path, username: str) -> None:
    """Nạp một danh sách đã công bố, chờ người thứ hai xác nhận | A published list, to wait for a second officer."""
    config = Config.from_environment(os.environ)
    with startup.database(config) as urls:
        with create_engine(urls.worker, poolclass=NullPool).connect() as connection:
            actor = credentials.actor_of(connection, accounts.id_of(connection, username))
        if actor is None:
            raise Forbidden(verb="write", layer="area_lists", role=username)
        given = {"decision": decision, "decided_on": day, "valid_from": since}
        with ExitStack() as opened:
            session = opened.enter_context(acting(create_engine(urls.web, poolclass=NullPool), actor))
            listed, paper = (opened.enter_context(one.open("rb")) for one in (file, document))
            id_ = area_uploading.take(
                session, actor, config.home, given, (file.name, listed.read), (document.name, paper.read)
            )
            area_lists.send(session, actor, id_)
            report = area_lists.find(session, actor, id_).report
    taken, elsewhere = report["taken"], report["elsewhere"]
    click.echo(f"{report['read']} dòng | rows; {taken} đơn vị của tỉnh | units; {elsewhere} của tỉnh khác | elsewhere")
    for where, code, reason, said in report["left_out"]:
        click.echo(f"  dòng {where}: {code} – {reason} {said}")
    for column, why in report["dropped"]:
        click.echo(f"Cột “{column}” bị bỏ: {why} | dropped")
    click.echo(f"Chờ một chuyên viên khác xác nhận ở | a second officer confirms it at: /area-lists/{id_}")
