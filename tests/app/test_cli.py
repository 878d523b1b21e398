"""The `diaban` command: every subcommand explains itself, every problem is one line and a status."""

import os
import socket
import string
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from app import cli, startup_problems
from app.startup_problems import StartupProblem
from geodata import problems
from tests.app.homes import ROOT, new_home


def diaban(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """The real command in an environment without any of our variables but the given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DIABAN_", "DATABASE_", "L"))}
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**kept, **environ}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", [name for name, _ in cli.COMMANDS])
def test_every_command_explains_itself(name: str) -> None:
    said = diaban(name, "--help")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(f"Usage: diaban {name}")


def test_help_names_every_command_without_loading_any() -> None:
    said = diaban("--help")
    for name, _ in cli.COMMANDS:
        assert f"\n  {name} " in said.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    said = diaban("dance")
    assert said.returncode == 2
    assert "dance" in said.stderr


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"DIABAN_PORT": "x"}, "DIABAN_PORT"),
        ({"DIABAN_HOST": "0.0.0.0"}, "DIABAN_TLS_CERT"),
        ({"DIABAN_HOST": "0.0.0.0", "DIABAN_TRUSTED_PROXY": "10.0.0.1", "DIABAN_DEMO": "1"}, "DIABAN_DEMO=0"),
        ({"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/d", "DIABAN_HOME": "/tmp/diaban-never"}, "127.0.0.1:1/d"),
        ({"DIABAN_HOME": "/proc/diaban"}, "DIABAN_HOME"),
    ],
)
@pytest.mark.parametrize("locale", ["en_GB.UTF-8", ""])
def test_what_stops_a_start_is_one_line(environ: dict[str, str], names: str, locale: str) -> None:
    said = diaban("up", **{"DIABAN_PORT": str(free_port()), **environ}, LANG=locale)
    assert said.returncode == 1
    assert said.stdout == ""
    assert names in said.stderr
    assert said.stderr.count("\n") == 1
    assert said.stderr.isascii() == (locale != "")


def test_a_taken_web_port_is_said_with_a_free_one_to_use_instead() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = diaban("up", DIABAN_PORT=str(port), LANG="en_GB.UTF-8")
    assert said.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in said.stderr
    assert "DIABAN_PORT=" in said.stderr


def test_commands_on_an_unprepared_home_say_what_to_run_first() -> None:
    with new_home() as config:
        for name in ("web", "worker", "doctor"):
            said = diaban(name, DIABAN_HOME=str(config.home), LANG="en_GB.UTF-8")
            assert (said.returncode, said.stderr.count("\n")) == (1, 1)
            assert "run `diaban init` first" in said.stderr
        assert not config.home.exists()


def test_init_then_doctor_then_migrate_down_and_up() -> None:
    with new_home() as config:
        home = {"DIABAN_HOME": str(config.home)}
        assert diaban("init", **home).returncode == 0
        assert "✗" not in diaban("doctor", **home).stdout
        assert diaban("migrate", "--down", "base", **home).returncode == 0
        sick = diaban("doctor", **home)
        assert sick.returncode == 1
        assert "→ diaban migrate" in sick.stdout
        assert diaban("migrate", **home).returncode == 0
        assert diaban("doctor", **home).returncode == 0
        assert not (config.cluster / "data/postmaster.pid").exists()


def test_two_inits_at_the_same_moment_make_the_tables_once() -> None:
    with new_home() as config, ThreadPoolExecutor(2) as both:
        said = list(both.map(lambda _: diaban("init", DIABAN_HOME=str(config.home)), range(2)))
        assert [one.returncode for one in said] == [0, 0], [one.stderr for one in said]


def test_every_startup_problem_has_two_sentences_of_one_line_over_the_same_facts() -> None:
    kinds = [kind for kind in problems.every(StartupProblem) if kind.__module__ == startup_problems.__name__]
    assert len(kinds) > 15
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert issubclass(kind, StartupProblem)
        vi, en = (slots(text) for text in (kind.vi, kind.en))
        assert {name.removesuffix("_vi") for name in vi} == {name.removesuffix("_en") for name in en}, kind
        assert "\n" not in kind.vi + kind.en


def slots(text: str) -> set[str]:
    """Names of the facts a sentence shows."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
