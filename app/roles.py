"""The database and its login roles: made once by an administrator's login, then only checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from app import embedded, keys
from app.config import Config
from app.startup_problems import (
    DatabaseUnreachable,
    LoginTooWeak,
    NotPrepared,
    NotRunning,
    PostgisMissing,
    PostgisTooOld,
    PostgresTooOld,
)
from geodata import crs
from surveys import wall_clock

DATABASE = "diaban"
LOGINS = ("diaban_owner", "diaban_web", "diaban_worker")
# Owns the functions that look past row-level security; nobody can log in as it.
DEFINER = "diaban_definer"
EXTENSIONS = ("postgis", "unaccent", "pg_trgm")
OLDEST_POSTGRES = 15
OLDEST_POSTGIS = (3, 3)
# "diaban" in ASCII: one preparation at a time in a whole cluster, since roles belong to all its databases.
LOCK = 0x64696162616E


@dataclass(frozen=True)
class Urls:
    """SQLAlchemy addresses of one database, by login role."""

    owner: str = field(repr=False)
    web: str = field(repr=False)
    worker: str = field(repr=False)


def prepare(admin_url: str, secrets: Path, *, own_cluster: bool = False) -> Urls:
    """Makes or completes roles, database, extensions and the VN-2000 reference systems; harmless to repeat.

    The database is the one `admin_url` names, made if missing; `postgres` stands for `diaban`. `own_cluster` allows
    what only a cluster of ours should have: `&&` marked leakproof, so its index works under row-level security.
    """
    given = make_url(admin_url)
    target = _target(given)
    name = str(target.database)
    with _connected(_maintenance(given, target)) as connection, _locked(connection):
        _check_version(connection)
        # A login that may not make roles is fine where the administrator made them, passwords included.
        for role in LOGINS:
            _make_role(connection, role, keys.kept(secrets, role), target)
        _make_definer(connection)
        _make_database(connection, name)
        with _connected(target) as inside:
            _adopt(inside, name)
            _add_extensions(inside)
            _add_reference_systems(inside)
            if own_cluster:
                inside.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF")
        for role in LOGINS:
            _live_here(target.set(username=role, password=keys.kept(secrets, role)))
    return _urls(target, secrets)


def make_empty(admin_url: str) -> None:
    """Drops the prepared database and makes it anew with nothing in it, for an archive that brings everything."""
    given = make_url(admin_url)
    target = _target(given)
    with _connected(_maintenance(given, target)) as connection, _locked(connection):
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(target.database))))
        _make_database(connection, str(target.database))


def urls(config: Config) -> Urls:
    """The addresses as last prepared, without asking the database. Raises NotPrepared before the first init."""
    if config.database_url is not None:
        return _urls(_target(make_url(config.database_url)), config.secrets)
    admin = embedded.address(config)
    if admin is None:
        raise NotPrepared(folder=config.secrets)
    return _urls(_target(make_url(admin.url)), config.secrets)


def _target(given: URL) -> URL:
    return given.set(database=DATABASE) if given.database in (None, "", "postgres") else given


def require_reachable(url: str) -> None:
    """Raises NotRunning where nobody answers at that address."""
    parsed = make_url(url)
    try:
        psycopg.connect(_dsn(parsed), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise NotRunning(address=_shown(parsed), reason=_first_line(error)) from None


def _urls(target: URL, secrets: Path) -> Urls:
    found = []
    for role in LOGINS:
        password = keys.read(secrets, role)
        if password is None:
            raise NotPrepared(folder=secrets)
        url = target.set(drivername="postgresql+psycopg", username=role, password=password)
        found.append(url.render_as_string(hide_password=False))
    return Urls(*found)


@contextmanager
def _connected(url: URL) -> Iterator[psycopg.Connection]:
    """An autocommitting connection; every refusal comes out as a problem a person can act on."""
    try:
        connection = psycopg.connect(_dsn(url), autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(address=_shown(url), reason=_first_line(error)) from None
    try:
        yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise LoginTooWeak(login=url.username, reason=_first_line(error)) from None
    finally:
        connection.close()


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _shown(url: URL) -> str:
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database}"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _maintenance(given: URL, target: URL) -> URL:
    """Where to work from: `postgres`, where a lock is seen by all; the wanted database where that one is closed."""
    first = given.set(database="postgres")
    try:
        psycopg.connect(_dsn(first), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        if "does not exist" in str(error) or "permission denied for database" in str(error) or "pg_hba" in str(error):
            return target
        raise DatabaseUnreachable(address=_shown(target), reason=_first_line(error)) from None
    return first


@contextmanager
def _locked(connection: psycopg.Connection) -> Iterator[None]:
    connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
    yield  # closing the connection lets go


def _check_version(connection: psycopg.Connection) -> None:
    major = connection.info.server_version // 10000
    if major < OLDEST_POSTGRES:
        raise PostgresTooOld(found=major, needed=OLDEST_POSTGRES)


def _make_role(connection: psycopg.Connection, role: str, password: str, target: URL) -> None:
    named, secret = sql.Identifier(role), sql.Literal(password)
    if not _role_exists(connection, role):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}").format(named, secret))
    elif not _opens(target.set(username=role, password=password)):
        # The secrets folder is what counts: it was lost, or this database came from elsewhere.
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(named, secret))
    _weaken(connection, role)


def _weaken(connection: psycopg.Connection, role: str) -> None:
    """Takes from a role whatever lets it step around row-level security.

    NOINHERIT: a policy of the definer would else hold for the owner too, who is its member.
    """
    if role in too_strong(connection):
        cure = "ALTER ROLE {} NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION NOINHERIT"
        connection.execute(sql.SQL(cure).format(sql.Identifier(role)))


def too_strong(connection: psycopg.Connection) -> list[str]:
    """Those of our roles that hold more than the rights given to them one by one."""
    rows = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
        " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit) ORDER BY 1",
        ([*LOGINS, DEFINER],),
    )
    return [name for (name,) in rows]


def _opens(url: URL) -> bool:
    try:
        psycopg.connect(_dsn(url), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        # Whether the password was right is decided before whether the database exists or may be entered.
        return "does not exist" in str(error) or "permission denied for database" in str(error)
    return True


def _live_here(url: URL) -> None:
    """`current_date` is the day people here live by, also on a server that keeps another zone.

    Each login sets it for itself: that needs no right an administrator's login may lack.
    """
    with _connected(url) as connection:
        if connection.execute("SHOW TimeZone").fetchone() != (wall_clock.HERE.key,):
            zone = sql.Literal(wall_clock.HERE.key)
            connection.execute(sql.SQL("ALTER ROLE CURRENT_USER SET TimeZone = {}").format(zone))


def _role_exists(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is not None


def _make_definer(connection: psycopg.Connection) -> None:
    if not _role_exists(connection, DEFINER):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(sql.Identifier(DEFINER)))
    _weaken(connection, DEFINER)
    member = connection.execute("SELECT pg_has_role('diaban_owner', %s, 'MEMBER')", (DEFINER,)).fetchone()
    if member is None or not member[0]:
        connection.execute(sql.SQL("GRANT {} TO diaban_owner").format(sql.Identifier(DEFINER)))


def _make_database(connection: psycopg.Connection, name: str) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    # Byte order by default (fast, and never changed by a system upgrade); lists for people ask for COLLATE "vi-x-icu".
    make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
    connection.execute(make.format(sql.Identifier(name)))


def _adopt(inside: psycopg.Connection, name: str) -> None:
    """The owner role owns the database, and nobody else enters it but the three logins."""
    row = inside.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", (name,)).fetchone()
    database = sql.Identifier(name)
    if row is None or row[0] != "diaban_owner":
        inside.execute(sql.SQL("ALTER DATABASE {} OWNER TO diaban_owner").format(database))
    inside.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    inside.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO diaban_web, diaban_worker").format(database))
    # Loads and imports stage their rows in temporary tables.
    inside.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO diaban_worker").format(database))
    inside.execute("GRANT USAGE ON SCHEMA public TO diaban_web, diaban_worker, diaban_definer")
    # Said outright, grant option included: what comes through `pg_database_owner` isn't inherited.
    query = "SELECT has_schema_privilege('diaban_owner', 'public', 'CREATE WITH GRANT OPTION')"
    if inside.execute(query).fetchone() != (True,):
        inside.execute("GRANT ALL ON SCHEMA public TO diaban_owner WITH GRANT OPTION")


def _add_extensions(inside: psycopg.Connection) -> None:
    offered = inside.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    if offered is None:
        raise PostgisMissing(server=inside.info.server_version // 10000)
    for extension in EXTENSIONS:
        inside.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    row = inside.execute("SELECT extversion FROM pg_extension WHERE extname = 'postgis'").fetchone()
    found = row[0] if row else offered[0]
    if not is_postgis_new_enough(found):
        raise PostgisTooOld(found=found, needed=".".join(map(str, OLDEST_POSTGIS)))


def is_postgis_new_enough(version: str) -> bool:
    """Whether a version such as `3.3.2` or `3.4.0dev` is one we know to work."""
    return tuple(int(part) for part in version.split(".")[:2]) >= OLDEST_POSTGIS


def _add_reference_systems(inside: psycopg.Connection) -> None:
    """VN-2000 zones PostGIS lacks, and ours with the pinned shift; `spatial_ref_sys` belongs to the administrator."""
    columns = ("srid", "auth_name", "auth_srid", "srtext", "proj4text")
    wanted = {row["srid"]: tuple(row[column] for column in columns) for row in crs.spatial_ref_sys_rows()}
    query = f"SELECT {', '.join(columns)} FROM spatial_ref_sys WHERE srid = ANY(%s)"  # noqa: S608  columns above
    there = {row[0]: row for row in inside.execute(query, (list(wanted),)).fetchall()}
    # Asked first, as a login that may not write here is good enough once an administrator's did.
    missing = [row for srid, row in wanted.items() if there.get(srid) != row]
    with inside.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (srid) DO UPDATE SET auth_name = excluded.auth_name, auth_srid = excluded.auth_srid,"
            " srtext = excluded.srtext, proj4text = excluded.proj4text",
            missing,
        )
