"""Whether machine, settings and database are as they should be: one finding for each thing looked at."""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from app import errors, roles, startup
from app.config import Config
from app.provider_client import Client
from app.roles import Urls
from geodata import crs
from geodata.problems import Problem

STATIC = Path(__file__).parent / "static"
ROOM_MB = 1024


@dataclass(frozen=True)
class Finding:
    """Something looked at: in order or not, and if not, what to do."""

    good: bool
    what: str
    do: str = ""


def machine(config: Config) -> Iterator[Finding]:
    """Programs, room, and the closedness of the secrets."""
    for program, package in (("ogr2ogr", "gdal-bin"), ("java", "default-jre-headless")):
        yield Finding(shutil.which(program) is not None, f"{program}", f"sudo apt-get install {package}")
    built = (STATIC / "client").is_dir() and (STATIC / "vendor").is_dir()
    yield Finding(built, "ứng dụng điện thoại và tài nguyên bản đồ | phone app and map assets", "make run")
    free_mb = shutil.disk_usage(config.home).free // (1024 * 1024)
    yield Finding(free_mb >= ROOM_MB, f"còn trống | free: {free_mb} MB", f"cần | needed: {ROOM_MB} MB")
    open_secrets = [file for file in config.secrets.iterdir() if stat.S_IMODE(file.stat().st_mode) & 0o077]
    yield Finding(not open_secrets, f"{config.secrets}", "chmod 600 " + " ".join(map(str, open_secrets)))


def provider(config: Config) -> Iterator[Finding]:
    """Whether the province's sign-in service answers, where one is set."""
    if config.provider is None:
        return
    what = f"đăng nhập một lần | single sign-on: {config.provider.issuer}"
    try:
        Client(config.provider).ask()
    except Problem as problem:
        yield Finding(False, what, errors.sentence(problem) + f" ({problem.facts.get('reason')})")
    else:
        yield Finding(True, what)


def database(urls: Urls, *, own_cluster: bool) -> Iterator[Finding]:
    """Versions, settings and rights of the prepared database, asked as the owner of its tables."""
    with psycopg.connect(make_url(urls.owner).set(drivername="postgresql").render_as_string(False)) as connection:
        yield from _versions(connection)
        yield from _durability(connection)
        yield from _rights(connection)
        yield _revision(connection)
        yield _reference_systems(connection)
        if own_cluster:
            yield _leakproof(connection)


def _one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _versions(connection: psycopg.Connection) -> Iterator[Finding]:
    server = connection.info.server_version // 10000
    yield Finding(server >= roles.OLDEST_POSTGRES, f"PostgreSQL {server}", f"cần | needed: {roles.OLDEST_POSTGRES}")
    postgis = str(_one(connection, "SELECT extversion FROM pg_extension WHERE extname = 'postgis'"))
    yield Finding(roles.is_postgis_new_enough(postgis), f"PostGIS {postgis}", "ALTER EXTENSION postgis UPDATE")


def _durability(connection: psycopg.Connection) -> Iterator[Finding]:
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        value = _one(connection, f"SELECT current_setting('{name}')")
        yield Finding(value not in {"off", "local"}, f"{name} = {value}", f"ALTER SYSTEM SET {name} = on")


def _rights(connection: psycopg.Connection) -> Iterator[Finding]:
    """Row policies hold only for logins that can't step around them and tables that force them on their owner."""
    strong = roles.too_strong(connection)
    yield Finding(not strong, "quyền của các vai trò | rights of the roles", f"diaban init ({', '.join(strong)})")
    unforced = connection.execute(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
        " AND relnamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    tables = ", ".join(name for (name,) in unforced)
    yield Finding(not unforced, "chính sách theo dòng | row policies", f"FORCE ROW LEVEL SECURITY: {tables}")


def _revision(connection: psycopg.Connection) -> Finding:
    head = ScriptDirectory.from_config(startup.migrations()).get_current_head()
    made = _one(connection, "SELECT to_regclass('alembic_version')")
    now = _one(connection, "SELECT version_num FROM alembic_version") if made else None
    return Finding(now == head, f"phiên bản bảng | revision of the tables: {now}", "diaban migrate")


def _reference_systems(connection: psycopg.Connection) -> Finding:
    wanted = [row["srid"] for row in crs.spatial_ref_sys_rows()]
    found = connection.execute("SELECT count(*) FROM spatial_ref_sys WHERE srid = ANY(%s)", (wanted,)).fetchone()
    return Finding(found == (len(wanted),), f"VN-2000: {found[0] if found else 0}/{len(wanted)}", "diaban init")


def _leakproof(connection: psycopg.Connection) -> Finding:
    marked = _one(connection, "SELECT bool_and(proleakproof) FROM pg_proc WHERE proname = 'geometry_overlaps'")
    return Finding(bool(marked), "&& dùng được chỉ mục | && uses its index under row policies", "diaban init")
