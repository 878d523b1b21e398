"""`diaban report`: periodic reports made from the command line, as the account named would make them."""

import os
import shutil
import tempfile
import uuid
from pathlib import Path

import click
from sqlalchemy import NullPool, create_engine

from app import accounts, credentials, report_files, startup
from app.config import Config
from app.database import acting
from app.job_context import Context
from app.roles import Urls
from geodata.problems import Forbidden
from surveys import catalogue_tables as _  # noqa: F401  a session needs every table that another one points to
from surveys import exchange, periods, wall_clock
from surveys.access import Actor, Role
from surveys.reports import letterheads, outline, writing
from surveys.reports.tables import MEASURED, ROLLED


@click.group("report")
def command() -> None:
    """Báo cáo định kỳ | Periodic reports."""


@command.command("make")
@click.argument("period")
@click.option("--as", "username", required=True, help="tài khoản lập báo cáo | account that makes it")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="tệp .docx | the file")
@click.option(
    "--subject",
    default="general",
    show_default=True,
    type=click.Choice([one.key for one in outline.SUBJECTS]),
    help="nội dung | what about",
)
@click.option(
    "--layout",
    default=letterheads.PARTY,
    show_default=True,
    type=click.Choice(letterheads.LAYOUTS),
    help="thể thức | layout",
)
@click.option("--rolled", is_flag=True, help="cộng từ báo cáo xã | the sum of the communes' approved reports")
@click.option("--purpose", default="Báo cáo từ dòng lệnh", show_default=True, help="mục đích | what for")
def make(
    period: str, username: str, out: Path, subject: str, layout: str, rolled: bool, purpose: str
) -> None:  # fmt: skip
    """Lập báo cáo của PERIOD (2026-Q3, 2026-9M, 2026-W36 …), hoặc mở bản đã có, rồi ghi tệp Word.

    Make the report of PERIOD, or take the one that is there, and write it as a Word file.
    """
    asked = periods.named(period)
    config = Config.from_environment(os.environ)
    with startup.database(config) as urls:
        worker = create_engine(urls.worker, poolclass=NullPool)
        with worker.begin() as connection:
            actor = credentials.actor_of(connection, accounts.id_of(connection, username))
        if actor is None or actor.role not in (Role.LEADER, Role.OFFICER):
            raise Forbidden(verb="report", layer="reports", role="" if actor is None else str(actor.role))
        web = create_engine(urls.web, poolclass=NullPool)
        with acting(web, actor) as session:
            report = writing.existing(session, actor, subject, asked)
            if report is None:
                basis = ROLLED if rolled else MEASURED
                report = writing.create(session, actor, subject, asked, layout, basis, wall_clock.today())
                writing.freeze(session, actor, report, wall_clock.today(), _tell)
                writing.note(session, actor, report, "measure")
            id_, title, state = report.id, report.title, report.state
        with tempfile.TemporaryDirectory() as folder:
            made = report_files.file(_context(config, urls, actor, id_, exchange.purpose_of(purpose), Path(folder)))
            shutil.copyfile(Path(folder) / made["file"], out)
    click.echo(f"{out}: {title}, {state}, {out.stat().st_size // 1024} kB, {actor.username}")


def _context(config: Config, urls: Urls, actor: Actor, report: int, purpose: str, folder: Path) -> Context:
    return Context(uuid.uuid4(), actor, {"report": report}, purpose, config, urls, folder, _tell)


def _tell(done: int, total: int | None) -> None:
    if total and os.isatty(2):
        click.echo(f"\r{done}/{total}", nl=done >= total, err=True)
