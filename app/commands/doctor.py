"""`diaban doctor`: says what is in order and what to do about the rest."""

import contextlib
import os
import sys

import click

from app import doctor, embedded, roles
from app.config import Config


@click.command("doctor")
def command() -> None:
    """Kiểm tra máy và dữ liệu | Check machine, database and settings; exit status 1 if something is to be done."""
    config = Config.from_environment(os.environ)
    # Without preparing: what is broken shall be seen, not mended on the way.
    roles.urls(config)
    own = config.database_url is None
    with embedded.running(config) if own else contextlib.nullcontext():
        urls = roles.urls(config)
        roles.require_reachable(urls.owner)
        findings = [*doctor.machine(config), *doctor.provider(config), *doctor.database(urls, own_cluster=own)]
    for finding in findings:
        click.echo(f"{'✓' if finding.good else '✗'} {finding.what}" + ("" if finding.good else f" → {finding.do}"))
    if not all(finding.good for finding in findings):
        sys.exit(1)
