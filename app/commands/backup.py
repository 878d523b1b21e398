"""`diaban backup`: the database and its files into a folder, and old backups out of it."""

import os
from pathlib import Path

import click

from app import backups, startup
from app.config import Config


@click.command("backup")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="thư mục chứa | folder to put it in")
def command(to: Path | None) -> None:
    """Sao lưu; bản quá hạn (35 ngày) bị xóa | Back up; backups past their time (35 days) are removed.

    Mật khẩu và khóa không nằm trong bản sao lưu: xem DOC-TOI.txt trong đó | secrets aren't in it: see the note inside.
    """
    config = Config.from_environment(os.environ)
    with startup.database(config) as urls:
        made = backups.make(config, urls, None if to is None else to.absolute())
    click.echo(f"{made.folder}: {made.bytes // 1024} kB, {made.files} tệp | files")
    if made.aged_out:
        click.echo(f"Đã xóa {made.aged_out} bản quá hạn | removed {made.aged_out} past their time.")
    click.echo(f"Nhớ chép riêng thư mục bí mật | keep a copy of the secrets apart: {config.secrets}")
