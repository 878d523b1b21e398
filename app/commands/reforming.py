"""What `diaban units import` and `diaban succession import` share: one transaction, one report, and its undo."""

import datetime as dt
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy import NullPool, create_engine

from app import startup
from app.config import Config
from geodata.boundaries import BoundariesRefused
from geodata.reform_input import ReformRefused
from geodata.succession_import import SuccessionRefused
from surveys import reforms

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
COLUMNS = ("total", "kept", "moved", "hamlet", "leader", "succession", "queued", "outside", "without_place")
HEAD = (
    "tổng | all", "giữ | kept", "vị trí | place", "thôn | hamlet", "đi theo | led", "kế thừa | heir", "chờ | queued",
    "ngoài | outside", "không vị trí | no place",
)  # fmt: skip


def run(paths: Sequence[Path], on: dt.datetime | None, act: str | None, layer: str | None, *, preview: bool) -> None:
    """Applies the files, or shows what they would change, and prints the report."""
    config = Config.from_environment(os.environ)
    day = on.date() if on else None
    with startup.database(config) as urls:
        engine = create_engine(urls.worker, poolclass=NullPool)
        try:
            with engine.connect() as connection, connection.begin() as transaction:
                report = reforms.apply(connection, None, paths, day, act, layer=layer)
                if preview:
                    transaction.rollback()
        except (BoundariesRefused, ReformRefused) as refused:
            for row in refused.facts["rows"]:
                click.echo(f"  {row.row}: {row.code} {row.name}: {row.reason} {row.detail}".rstrip(), err=True)
            raise
        except SuccessionRefused as refused:
            for number, reason, what in refused.facts["rows"]:
                click.echo(f"  {number}: {what}: {reason}", err=True)
            raise
    for line in told(report.json):
        click.echo(line)
    if preview:
        click.echo("Chỉ xem trước: chưa thay đổi gì | preview: nothing was changed")


def undo(id_: uuid.UUID | None) -> None:
    """Takes the reform back (the last one without an id) and prints what came back."""
    config = Config.from_environment(os.environ)
    with startup.database(config) as urls, create_engine(urls.worker, poolclass=NullPool).begin() as connection:
        wanted = id_ or reforms.last(connection)
        if wanted is None:
            click.echo("Chưa có đợt nào để hoàn tác | nothing to undo")
            return
        done = reforms.undo(connection, None, wanted)
    click.echo(f"Đã hoàn tác | undone: {wanted}; đơn vị | units: {done.units}")
    for relation, n in done.rows.items():
        click.echo(f"  {relation:22}{n:>10}")
    click.echo(f"Đã sửa từ đó | edited since: {done.edited_count}")
    for relation, key, what in done.edited:
        click.echo(f"  {relation} {key}: {what}")


def told(report: dict[str, Any]) -> list[str]:
    """The report in lines; each relation's parts add up to its first number."""
    lines = [
        (
            f"{len(report['added'])} đơn vị mới | new units; {len(report['ended'])} kết thúc | ended; "
            f"{report['successions']} kế thừa | successions; {report['boundaries']} ranh giới | boundaries "
            f"({report['seconds']} s)"
        ),
        *_list("Đơn vị mới | new", report["added"]),
        *_list("Kết thúc | ended", report["ended"]),
        *_list("Sửa hình | repaired", report["repaired"]),
        *_list("Chưa có trong tệp | not in the file", report["missing"]),
        *_list("Chưa có ranh giới | without an area", report["without_area"]),
        " " * 24 + "".join(f"{title:>{len(title) + 3}}" for title in HEAD),
    ]
    for one in report["rehomed"]:
        numbers = "".join(f"{one[key]:>{len(title) + 3}}" for key, title in zip(COLUMNS, HEAD, strict=True))
        more = f"   {one['elsewhere']} có thôn ở xã khác | hamlet of another commune" if one["elsewhere"] else ""
        lines.append(f"  {one['layer']:22}{numbers}{more}")
    for scope in report["scopes"]:
        now = scope["now"] or "? " + " / ".join(scope["candidates"])
        lines.append(f"  {scope['relation']} {scope['name']}: {scope['was']} → {now}")
    if report["reform"]:
        lines.append(f"Hoàn tác | undo: diaban units undo {report['reform']}")
    else:
        lines.append("Không có gì thay đổi | nothing changed")
    return [*lines, f"Điểm trùng hai xã | points two communes claim, logged: {report['ties']}"]


def _list(title: str, names: list[str]) -> list[str]:
    return [f"{title}: {len(names)}", *(f"  {name}" for name in names)] if names else []
