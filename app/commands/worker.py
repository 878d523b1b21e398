"""`diaban worker`: the background worker alone, on a database that already runs."""

import os

import click

from app import roles
from app.config import Config


@click.command("worker")
def command() -> None:
    """Chỉ tiến trình nền | The background worker alone."""
    config = Config.from_environment(os.environ)
    roles.require_reachable(roles.urls(config).worker)
    from app import worker  # not at the top: it loads the whole application

    worker.run(config)
