"""`diaban jobs`: what runs and ran in the background."""

import click
from sqlalchemy import text

from app.commands.user import background
from surveys import wall_clock


@click.group("jobs")
def command() -> None:
    """Việc chạy nền | Jobs."""


@command.command("list")
@click.option("--state", type=click.Choice(["queued", "running", "done", "failed", "cancelled"]), help="tình trạng")
def list_(state: str | None) -> None:
    """Việc mới nhất trước | The newest first."""
    with background() as connection:
        rows = connection.execute(
            text(
                "SELECT j.created_at, a.username, j.kind, j.state, j.done, j.total, j.error ->> 'code' AS error"
                " FROM jobs j JOIN accounts a ON a.id = j.account_id WHERE cast(:state AS text) IS NULL"
                " OR j.state = :state ORDER BY j.created_at DESC LIMIT 200"
            ),
            {"state": state},
        ).all()
    for row in rows:
        at = row.created_at.astimezone(wall_clock.HERE).strftime("%Y-%m-%d %H:%M")
        part = f"{row.done}/{row.total}" if row.total else ""
        click.echo(f"{at} {row.username:<16} {row.kind:<14} {row.state:<10} {part:<12} {row.error or ''}".rstrip())
