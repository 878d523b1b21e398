"""`diaban init`: prepares the database, so that a later start only has to use it."""

import os

import click

from app import furnishing, startup
from app.config import Config


@click.command("init")
def command() -> None:
    """Chuẩn bị cơ sở dữ liệu | Prepare the database: cluster, roles, extensions, tables."""
    config = Config.from_environment(os.environ)
    with startup.database(config) as urls:
        startup.migrate(urls)
        furnishing.furnish(config, urls)
    click.echo("Cơ sở dữ liệu đã sẵn sàng | The database is ready.")
