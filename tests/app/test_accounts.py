"""Accounts from the command line, and the list of them."""

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from app import accounts, cli, embedded, passwords
from app.commands import token, user
from app.config import Config
from app.roles import Urls
from geodata.problems import Conflict, NotFound
from tests.app.conftest import PASSWORD
from tests.world import World


@pytest.fixture
def diaban(cluster: Config, urls: Urls) -> Callable[..., Result]:
    """Runs a command of `user` or `token` on the test database, as an administrator would."""
    admin = embedded.address(cluster)
    assert admin is not None
    database = make_url(admin.url).set(database=make_url(urls.web).database)
    environment = {
        "DIABAN_HOME": str(cluster.home),
        "DATABASE_URL": database.set(drivername="postgresql").render_as_string(hide_password=False),
    }

    def run(*words: str, typed: str = "") -> Result:
        commands = {"user": user.command, "token": token.command}
        return CliRunner(env=environment).invoke(commands[words[0]], words[1:], input=typed, catch_exceptions=True)

    return run


@pytest.fixture
def made(worker: Engine) -> object:
    """Removes what the test adds."""
    yield
    with worker.begin() as connection:
        for table in ("special_verbs", "tokens", "sign_ins"):
            connection.execute(text(f"DELETE FROM {table} WHERE account_id > 100"))
        connection.execute(text("DELETE FROM accounts WHERE id > 100"))


def test_an_account_is_added_listed_disabled_and_enabled(
    diaban: Callable[..., Result], made: object, browser: Callable[..., FlaskClient], worker: Engine
) -> None:
    words = ("user", "add", "moi", "--role", "officer", "--unit", "68", "--office", "Phòng Kinh tế")
    assert diaban(*words, typed=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 0
    assert re.search(r"^moi +officer +tỉnh Lâm Đồng +Phòng Kinh tế", diaban("user", "list").output, re.M)
    client = browser("moi")
    assert client.get("/").status_code == 200
    assert diaban("user", "disable", "moi").exit_code == 0
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sign_ins WHERE account_id > 100")) == 0
    assert "đã khóa" in diaban("user", "list").output
    assert diaban("user", "enable", "moi").exit_code == 0
    assert browser("moi").get("/").status_code == 200


def test_an_empty_password_makes_a_random_one_shown_once(diaban: Callable[..., Result], made: object) -> None:
    shown = diaban("user", "add", "ngaunhien", "--role", "field", "--unit", "24700", typed="\n\n").output
    found = re.search(r"shown this once: (\S{16})", shown)
    assert found is not None
    again = diaban("user", "password", "ngaunhien").output
    assert found.group(1) not in again


def test_refusals_name_the_problem(diaban: Callable[..., Result], made: object) -> None:
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    unknown = diaban("user", "add", "x", "--role", "gis", "--unit", "99", typed=typed)
    assert isinstance(unknown.exception, NotFound)
    weak = diaban("user", "add", "x", "--role", "gis", "--unit", "68", typed="ngan\nngan\n")
    assert isinstance(weak.exception, passwords.PasswordWeak)
    assert isinstance(diaban("user", "disable", "khong-co").exception, accounts.AccountUnknown)
    taken = diaban("user", "add", "gis", "--role", "gis", "--unit", "68", typed=typed)
    assert isinstance(cli.known(taken.exception), Conflict)


def test_a_hamlet_is_no_scope(worker: Engine, world: World) -> None:
    with pytest.raises(accounts.UnitNotForAccounts), worker.begin() as connection:
        accounts.create(connection, "thon", PASSWORD, "field", world.hamlets[0])


def test_a_special_verb_takes_two_administrators_and_never_goes_to_one(
    diaban: Callable[..., Result], made: object, worker: Engine
) -> None:
    diaban("user", "add", "moi", "--role", "officer", "--unit", "68", typed="\n\n")
    good = ("user", "grant", "moi", "read_restricted", "--by", "admin", "--second", "admin2")
    assert diaban(*good).exit_code == 0
    for words in (
        ("user", "grant", "moi", "read_restricted", "--by", "admin", "--second", "admin"),
        ("user", "grant", "admin", "read_restricted", "--by", "admin", "--second", "admin2"),
        ("user", "grant", "gis", "read_restricted", "--by", "admin", "--second", "admin2"),
        ("user", "grant", "moi", "read_restricted", "--by", "admin", "--second", "officer"),
    ):
        assert diaban(*words).exit_code != 0, words
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM special_verbs WHERE account_id <> 3")) == 1


def test_a_token_from_the_command_line_opens(
    diaban: Callable[..., Result], browser: Callable[..., FlaskClient]
) -> None:
    made_token = diaban("token", "create", "gis", "--days", "5").output.strip()
    assert browser().get("/account/", headers={"Authorization": f"Bearer {made_token}"}).status_code == 200


def test_the_administrator_sees_the_accounts_of_the_province_only(
    browser: Callable[..., FlaskClient], worker: Engine, made: object
) -> None:
    with worker.begin() as connection:
        accounts.create(connection, "nguoi-tinh-ban", PASSWORD, "gis", 2)
    page = browser("admin").get("/admin/").text
    assert "answering" in page
    assert "Phòng Kinh tế" in page
    assert "nguoi-tinh-ban" not in page
    assert browser("officer").get("/admin/").status_code == 403


def test_accounts_are_unbound_from_the_sign_in_service_by_command(
    diaban: Callable[..., Result], worker: Engine, world: World
) -> None:
    with worker.begin() as connection:
        for id_ in (world.officer, world.gis):
            connection.execute(
                text("INSERT INTO account_subjects VALUES (:id, 'https://sso.example.vn', :s)"), {"id": id_, "s": id_}
            )
    assert re.search(r"^officer .* 1 lần$", diaban("user", "list").output, re.M)
    assert isinstance(diaban("user", "unbind", "officer", "leader").exception, NotFound)  # all or none
    assert diaban("user", "unbind", "officer", "gis").exit_code == 0
    assert "1 lần" not in diaban("user", "list").output
    with worker.connect() as connection:
        last = connection.execute(text("SELECT verb, detail FROM audit ORDER BY id DESC LIMIT 2")).all()
    assert [tuple(row) for row in last] == [("subject_cleared", {"account": id_}) for id_ in (world.gis, world.officer)]
