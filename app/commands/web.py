"""`diaban web`: the web server alone, on a database that already runs."""

import os
import sys

import click

from app import roles, startup, web_server
from app.config import Config


@click.command("web")
def command() -> None:
    """Chỉ máy chủ web | The web server alone (gunicorn)."""
    config = Config.from_environment(os.environ)
    urls = roles.urls(config)
    roles.require_reachable(urls.web)
    startup.refuse_demo_in_public(config, urls)
    web_server.require_free_port(config)
    # Becoming gunicorn, instead of starting it, leaves one process to stop and to signal.
    os.execv(sys.executable, web_server.command(config))  # noqa: S606  a fixed program
