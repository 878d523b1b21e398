"""Database and roles on a real cluster: made once, repeated without harm, mended after a loss, weak by design."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from app import doctor, embedded, roles, startup
from app.config import Config
from app.embedded import Admin
from app.roles import Urls
from app.startup_problems import DatabaseUnreachable, LoginTooWeak, MigrationRefused, NotPrepared, NotRunning
from surveys import wall_clock
from tests.app.homes import connect, new_home


@pytest.fixture(scope="module")
def config() -> Iterator[Config]:
    with new_home() as made:
        yield made


@pytest.fixture(scope="module")
def admin(config: Config) -> Iterator[Admin]:
    with embedded.running(config) as running:
        yield running


@pytest.fixture(scope="module")
def urls(admin: Admin, config: Config) -> Urls:
    return roles.prepare(admin.url, config.secrets, own_cluster=True)


def opened(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_preparing_again_changes_nothing_and_the_addresses_are_known_without_asking(
    admin: Admin, config: Config, urls: Urls
) -> None:
    assert roles.prepare(admin.url, config.secrets, own_cluster=True) == urls
    assert roles.urls(config) == urls
    assert "diaban_web" in urls.web
    assert urls.web.split(":")[2].split("@")[0] not in repr(urls)


def test_two_preparations_at_once_agree(admin: Admin, config: Config, urls: Urls) -> None:
    with connect(admin) as connection:
        for role in ("diaban_worker", "diaban_web"):
            connection.execute(f"ALTER ROLE {role} PASSWORD 'lost'")
    with ThreadPoolExecutor(4) as several:
        found = list(several.map(lambda _: roles.prepare(admin.url, config.secrets), range(4)))
    assert found == [urls] * 4
    opened(urls.worker).close()


def test_no_role_can_step_around_row_level_security(admin: Admin, urls: Urls) -> None:
    with connect(admin) as connection:
        rows = connection.execute(
            "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
            " FROM pg_roles WHERE rolname LIKE 'diaban%' AND rolname <> 'diaban_admin' ORDER BY 1"
        ).fetchall()
    assert rows == [
        ("diaban_definer", False, False),
        ("diaban_owner", True, False),
        ("diaban_web", True, False),
        ("diaban_worker", True, False),
    ]


def test_a_login_lives_by_the_day_of_vietnam_whatever_zone_the_server_keeps(admin: Admin, urls: Urls) -> None:
    with connect(admin) as connection:
        assert connection.execute("SHOW TimeZone").fetchone() == ("UTC",)
    for url in (urls.owner, urls.web, urls.worker):
        with opened(url) as connection:
            # In London it is still the day before.
            day = connection.execute("SELECT timestamptz '2026-10-01 17:30+00'::date").fetchone()
            assert day == (dt.date(2026, 10, 2),)
            now, today = connection.execute("SELECT now(), current_date").fetchone() or (None, None)
            assert today == wall_clock.day(now)


@pytest.mark.parametrize("login", ["web", "worker"])
def test_web_and_worker_may_not_make_tables_nor_change_the_reference_systems(urls: Urls, login: str) -> None:
    with opened(getattr(urls, login)) as connection:
        for forbidden in (
            "CREATE TABLE public.mine (n int)",
            "CREATE SCHEMA mine",
            "DELETE FROM spatial_ref_sys",
            "SET ROLE diaban_definer",
            "SET ROLE diaban_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_only_the_owner_can_give_functions_to_the_definer(urls: Urls) -> None:
    with opened(urls.owner) as connection:
        connection.execute("CREATE FUNCTION public.given() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        connection.execute("GRANT CREATE ON SCHEMA public TO diaban_definer")
        connection.execute("ALTER FUNCTION public.given() OWNER TO diaban_definer")
        connection.execute("SET ROLE diaban_definer")
        connection.execute("DROP FUNCTION public.given()")
        connection.execute("RESET ROLE")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM diaban_definer")


def test_somebody_elses_login_does_not_enter_the_database(admin: Admin, urls: Urls) -> None:
    with connect(admin) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'known'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(admin, user="stranger", password="known", dbname="diaban")


def test_the_official_shift_is_in_the_reference_systems(urls: Urls) -> None:
    with opened(urls.owner) as connection:
        query = "SELECT auth_name, proj4text FROM spatial_ref_sys WHERE srid > 900000 AND srid <> 900913"
        rows = connection.execute(query).fetchall()
    assert len(rows) >= 20
    assert all(name is None and "-191.90441429" in text for name, text in rows)


def test_bounding_boxes_are_marked_leakproof_in_our_own_cluster_only(admin: Admin, config: Config) -> None:
    query = "SELECT proleakproof FROM pg_proc WHERE oid = 'geometry_overlaps(geometry,geometry)'::regprocedure"
    for name, own in (("ours", True), ("theirs", False)):
        roles.prepare(admin.url.replace("/postgres", f"/{name}"), config.secrets, own_cluster=own)
        with connect(admin, dbname=name) as connection:
            assert connection.execute(query).fetchone() == (own,)


def test_after_an_administrators_init_the_owners_login_is_enough(admin: Admin, config: Config, urls: Urls) -> None:
    assert roles.prepare(urls.owner, config.secrets) == urls


def test_a_login_without_rights_is_told_so(admin: Admin, config: Config) -> None:
    with connect(admin) as connection:
        connection.execute("CREATE ROLE weak LOGIN PASSWORD 'weak'")
        connection.execute("DROP ROLE IF EXISTS absent")
    weak = f"postgresql+psycopg://weak:weak@127.0.0.1:{admin.port}/weakly"
    with pytest.raises(LoginTooWeak) as refused:
        roles.prepare(weak, config.secrets)
    assert refused.value.facts["login"] == "weak"


def test_an_address_nobody_answers_is_named_without_its_password(config: Config) -> None:
    with pytest.raises(DatabaseUnreachable) as refused:
        roles.prepare("postgresql+psycopg://me:topsecret@127.0.0.1:1/x", config.secrets)
    assert "127.0.0.1:1/x" in refused.value.en.format(**refused.value.facts)
    assert "topsecret" not in str(refused.value)
    with pytest.raises(NotRunning):
        roles.require_reachable("postgresql+psycopg://me:topsecret@127.0.0.1:1/x")


@pytest.mark.parametrize(
    ("version", "enough"), [("3.3.2", True), ("3.2.9", False), ("3.10.0", True), ("4.0.0dev", True), ("2.5", False)]
)
def test_postgis_versions_are_compared_as_numbers(version: str, enough: bool) -> None:
    assert roles.is_postgis_new_enough(version) is enough


def test_migrations_go_up_and_down_and_the_doctor_sees_both(admin: Admin, config: Config) -> None:
    prepared = roles.prepare(admin.url, config.secrets, own_cluster=True)

    def complaints() -> list[str]:
        return [found.do for found in doctor.database(prepared, own_cluster=True) if not found.good]

    assert complaints() == ["diaban migrate"]
    startup.migrate(prepared)
    assert complaints() == []
    with connect(admin, dbname="diaban") as connection:
        connection.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
        connection.execute("ALTER ROLE diaban_web BYPASSRLS")
    assert complaints() == ["diaban init (diaban_web)", "diaban init"]
    roles.prepare(admin.url, config.secrets, own_cluster=True)
    assert complaints() == []
    with pytest.raises(MigrationRefused, match="9999"):
        startup.migrate(prepared, "9999")
    startup.migrate(prepared, "base", down=True)
    assert complaints() == ["diaban migrate"]


def test_a_lost_secret_is_made_anew(admin: Admin, config: Config, urls: Urls) -> None:
    (config.secrets / "diaban_web").unlink()
    with pytest.raises(NotPrepared):
        roles.urls(config)
    again = roles.prepare(admin.url, config.secrets, own_cluster=True)
    assert again.web != urls.web
    opened(again.web).close()
    with pytest.raises(psycopg.OperationalError):
        opened(urls.web)


def test_a_given_server_is_used_like_our_own(admin: Admin) -> None:
    with new_home() as elsewhere:
        given = Config(home=elsewhere.home, database_url=admin.url.replace("/postgres", "/given"))
        with startup.database(given) as prepared:
            startup.migrate(prepared)
            assert prepared == roles.urls(given)
            assert prepared.web.endswith("/given")
            roles.require_reachable(prepared.web)
        assert not elsewhere.cluster.exists()
        # Left on the name every server has, ours gets a database of its own beside it.
        assert roles.urls(Config(home=elsewhere.home, database_url=admin.url)).web.endswith("/diaban")
