"""`diaban restore`: a backup into an empty home."""

import os
import sys
from pathlib import Path

import click

from app import restoring
from app.config import Config


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--secrets", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="bản chép thư mục bí mật | the copy of the secrets folder",
)  # fmt: skip
def command(folder: Path, secrets: Path | None) -> None:
    """Phục hồi vào DIABAN_HOME trống | Restore into an empty DIABAN_HOME; exit status 1 if something is missing."""
    config = Config.from_environment(os.environ)
    done = restoring.restore(config, folder.absolute(), secrets)
    click.echo(f"Đã phục hồi bản lập lúc | restored the backup made at {done.made_at}: {config.home}")
    click.echo(f"{done.files} tệp | files, {done.missing} thiếu | missing")
    for finding in done.findings:
        click.echo(f"nhật ký, dấu | audit, seal {finding}")
    if done.findings and secrets is None:
        click.echo("Không có khóa niêm phong cũ (--secrets) | the old seal key wasn't given (--secrets).")
    click.echo("Phiếu rút sau ngày lập bản này cần được rút lại | what was withdrawn since must be withdrawn again.")
    sys.exit(1 if done.findings or done.missing else 0)
