"""`diaban audit`: whether the audit trail is whole."""

import os
import sys

import click
from sqlalchemy import NullPool, create_engine, text

from app import keys, startup
from app.config import Config
from surveys import sealing


@click.group("audit")
def command() -> None:
    """Nhật ký | Audit trail."""


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
