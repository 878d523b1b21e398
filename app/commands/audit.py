"""`diaban audit`: the audit trail, and whether it is whole."""

import datetime as dt
import os
import sys

import click
from sqlalchemy import NullPool, create_engine, text

from app import keys, startup
from app.commands.user import background
from app.config import Config
from surveys import sealing, wall_clock


@click.group("audit")
def command() -> None:
    """Nhật ký | Audit trail."""


@command.command("list")
@click.option("--since", help="từ ngày | from, yyyy-mm-dd (mặc định 7 ngày | default 7 days)")
@click.option("--who", help="tài khoản | account")
@click.option("--what", help="việc | act, e.g. export")
@click.option("--most", default=200, show_default=True, type=click.IntRange(1, 10_000), help="số dòng | rows")
def list_(since: str | None, who: str | None, what: str | None, most: int) -> None:
    """Các dòng mới nhất | The newest rows."""
    try:
        day = dt.date.fromisoformat(since) if since else wall_clock.today() - dt.timedelta(days=7)
    except ValueError:
        raise click.BadParameter("yyyy-mm-dd", param_hint="--since") from None
    asked = {"since": dt.datetime.combine(day, dt.time(), wall_clock.HERE), "who": who, "what": what, "most": most}
    with background() as connection:
        rows = connection.execute(
            text(
                "SELECT r.at, coalesce(a.username, '–') AS who, r.verb, coalesce(r.layer, '') AS layer, r.detail"
                " FROM audit r LEFT JOIN accounts a ON a.id = r.account_id WHERE r.at >= :since"
                " AND (cast(:who AS text) IS NULL OR a.username = :who)"
                " AND (cast(:what AS text) IS NULL OR r.verb = :what) ORDER BY r.id DESC LIMIT :most"
            ),
            asked,
        ).all()
    for row in rows:
        at = row.at.astimezone(wall_clock.HERE).strftime("%Y-%m-%d %H:%M:%S")
        detail = ", ".join(f"{key}: {value}" for key, value in (row.detail or {}).items())
        click.echo(f"{at} {row.who:<16} {row.verb:<20} {row.layer:<22} {detail}".rstrip())


@command.command("verify")
def verify() -> None:
    """Đối chiếu nhật ký với dấu niêm phong | Compare the audit trail with its seals; exit status 1 if they differ."""
    config = Config.from_environment(os.environ)
    with startup.database(config) as urls:
        engine = create_engine(urls.worker, poolclass=NullPool)
        key = keys.kept(config.secrets, "audit_seal").encode()
        found = sealing.verify(engine, key, config.home / "seals.log")
        with engine.connect() as connection:
            seals, rows = connection.execute(text("SELECT count(*), coalesce(sum(rows), 0) FROM audit_seals")).one()
    for finding in found:
        click.echo(f"dấu | seal {finding.seal}: {finding.what}")
    click.echo(
        f"{seals} dấu, {rows} dòng | {seals} seals over {rows} rows: "
        + ("KHÔNG khớp | DO NOT agree" if found else "khớp | agree")
    )
    sys.exit(1 if found else 0)
