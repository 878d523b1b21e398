"""`diaban demo load`: the demo province, once."""

import os
import time
from collections import Counter

import click
from sqlalchemy import NullPool, create_engine

from app import furnishing, keys, passwords, startup
from app.config import Config
from geodata.centroids import Wrong
from surveys import demo, wall_clock

PASSWORD = "demo_password"  # noqa: S105  the name under which it is kept, not the password


@click.group("demo")
def command() -> None:
    """Dữ liệu thử nghiệm | Demo data."""


@command.command("load")
@click.option(
    "--seed", default=68, show_default=True, help="Số gieo: cùng số, cùng ngày thì cùng dữ liệu | same seed, same data."
)
def load(seed: int) -> None:
    """Tỉnh thử nghiệm Lâm Đồng | The demo province: units, hamlets, accounts, eight layers; once."""
    config = Config.from_environment(os.environ)
    begun = time.monotonic()
    with startup.database(config) as urls:
        startup.migrate(urls)
        furnishing.furnish(config, urls)
        engine = create_engine(urls.worker, poolclass=NullPool)
        with engine.begin() as connection:
            if demo.loaded(connection):
                click.echo("Dữ liệu thử nghiệm đã có | The demo data is there already.")
                return
            password = _password(config)
            made = demo.load(
                connection,
                password_hash=passwords.hashed(password),
                media=config.media,
                today=wall_clock.today(),
                seed=seed,
            )
    for line in _report(made):
        click.echo(line)
    click.echo(f"Mật khẩu chung của các tài khoản thử nghiệm | demo accounts' password: {password}")
    click.echo(f"{time.monotonic() - begun:.1f} s")


def _password(config: Config) -> str:
    """The one from the environment, else a random one; kept, so that each later start can show it."""
    given = config.demo_password
    if given is None:
        return keys.kept(config.secrets, PASSWORD, length=9)
    keys.replace(config.secrets, PASSWORD, given)
    return given


def _report(made: demo.Made) -> list[str]:
    lines = ["Dữ liệu thử nghiệm | demo data:"]
    lines += [f"  {count:>7,} {table}" for table, count in made.rows.items()]
    new = [item for item in made.dropped if not item.unit.old]
    old = Counter(item.reason for item in made.dropped if item.unit.old)
    lines.append(f"Tâm xã sai, không dùng | wrong centroids of today's communes, dropped: {len(new)}")
    lines += [f"  {_wrong(item)}" for item in new]
    counted = ", ".join(f"{reason} {count}" for reason, count in old.items())
    return [*lines, f"Tâm xã cũ không dùng | of old communes: {sum(old.values())} ({counted})"]


def _wrong(item: Wrong) -> str:
    away = "" if item.km is None else f", {item.km:.0f} km"
    return f"{item.unit.code} {item.unit.kind} {item.unit.name}: {item.reason}{away}"
