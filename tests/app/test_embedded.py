"""The private cluster on the real PostgreSQL: made, kept, killed, found again, refused with a reason."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app import cluster_log, cluster_programs, cluster_settings, embedded
from app.config import Config
from app.startup_problems import (
    DiskFull,
    FolderClosed,
    FolderNotWritable,
    PostgresMissing,
    PostgresOtherVersion,
    PostgresTooOld,
    WrongOwner,
)
from tests.app.homes import connect, new_home, postmaster, program

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def config() -> Iterator[Config]:
    with new_home() as made:
        yield made


def test_a_new_cluster_asks_everybody_for_a_password_and_hears_only_this_machine(config: Config) -> None:
    with embedded.running(config) as admin:
        with connect(admin) as connection:
            shown = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
            rules = connection.execute("SELECT auth_method, address FROM pg_hba_file_rules").fetchall()
        assert shown["listen_addresses"] == "127.0.0.1"
        assert shown["unix_socket_directories"] == ""
        assert (shown["fsync"], shown["synchronous_commit"], shown["data_checksums"]) == ("on", "on", "on")
        assert rules == [("scram-sha-256", "127.0.0.1")]
        for other in ({"password": "wrong"}, {"user": "postgres"}):
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                connect(admin, **other)
    secret = config.secrets / embedded.SUPERUSER
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.secrets.stat().st_mode) == 0o700
    assert admin.password not in repr(admin)


def test_it_stops_at_the_end_and_keeps_its_data(config: Config) -> None:
    with embedded.running(config) as admin, connect(admin) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    with pytest.raises(psycopg.OperationalError):
        connect(admin)
    with embedded.running(config) as admin, connect(admin) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_killed_at_once_the_cluster_comes_back_with_what_was_committed(config: Config) -> None:
    with embedded.running(config) as admin:
        with connect(admin) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        os.kill(postmaster(config), signal.SIGKILL)
        with connect(embedded.start(config)) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_cluster_left_behind_by_a_killed_program_is_adopted_and_stopped_by_the_next(config: Config) -> None:
    first = program("with embedded.running(config):\n    print('up')\n    input()", config)
    assert first.stdout is not None
    assert first.stdout.readline() == "up\n"
    first.kill()
    first.communicate()
    left = postmaster(config)
    with embedded.running(config):
        assert postmaster(config) == left
    assert not (config.cluster / "data/postmaster.pid").exists()


def test_a_second_start_uses_the_running_cluster_and_leaves_it_running(config: Config) -> None:
    with embedded.running(config) as admin:
        second = program("with embedded.running(config) as admin:\n    print(admin.port)", config)
        said, wrong = second.communicate(timeout=60)
        assert said == f"{admin.port}\n", wrong
        connect(admin).close()


def test_whoever_started_it_leaves_it_to_who_still_uses_it(config: Config) -> None:
    first = program("with embedded.running(config):\n    print('up')\n    input()", config)
    assert first.stdout is not None
    assert first.stdout.readline() == "up\n"
    with embedded.running(config) as admin:
        first.communicate("\n", timeout=60)
        connect(admin).close()
    assert not embedded.is_running(config)


def test_two_starts_at_the_same_moment_make_one_cluster(config: Config) -> None:
    body = "with embedded.running(config) as admin:\n    print(admin.port)\n    input()"
    both = [program(body, config) for _ in range(2)]
    ports = {child.stdout.readline() for child in both if child.stdout}
    assert len(ports) == 1
    assert ports != {""}
    for child in both:
        child.communicate("\n", timeout=60)
    assert [child.returncode for child in both] == [0, 0]


def test_a_taken_port_is_changed_for_a_free_one(config: Config) -> None:
    with embedded.running(config) as admin:
        pass
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", admin.port))
        other.listen()
        with embedded.running(config) as again:
            assert again.port != admin.port
            connect(again).close()


def test_a_stale_pid_that_now_belongs_to_another_program_does_not_stop_the_start(config: Config) -> None:
    with embedded.running(config):
        lines = (config.cluster / "data/postmaster.pid").read_text().split("\n")
        owner = (config.cluster / "data").stat().st_uid
    other = subprocess.Popen(["sleep", "60"], user=owner if AS_ROOT else None)
    try:
        stale = config.cluster / "data/postmaster.pid"
        stale.write_text("\n".join([str(other.pid), *lines[1:]]))
        os.chown(stale, owner, -1)
        with embedded.running(config) as admin:
            connect(admin).close()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_killed_server_nobody_collects_does_not_stop_the_start(config: Config) -> None:
    """In a container without an init the ended server stays in the process table, and its number with it."""
    body = """
import ctypes, os, signal, time
from app import cluster_processes
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: its processes become ours, and we never collect them
embedded.start(config)
pid = cluster_processes.recorded_pid(config.cluster / 'data')
os.kill(pid, signal.SIGKILL)
embedded.start(config)
print(Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0], embedded.is_running(config))
"""
    said, wrong = program(body, config).communicate(timeout=90)
    assert said == "Z True\n", wrong


def test_a_server_that_ends_is_seen_to_end(config: Config) -> None:
    assert not embedded.is_running(config)
    with embedded.running(config):
        assert embedded.is_running(config)
        os.kill(postmaster(config), signal.SIGKILL)
        end = time.monotonic() + 5
        while embedded.is_running(config) and time.monotonic() < end:
            time.sleep(0.01)
        assert not embedded.is_running(config)


def test_a_kill_while_it_is_being_made_leaves_nothing_that_looks_like_data(config: Config) -> None:
    half = program("embedded.start(config)", config)
    while not list(config.cluster.glob("making-*/data/global")):
        assert half.poll() is None
        time.sleep(0.005)
    half.kill()
    half.communicate()
    assert not (config.cluster / "data").exists()
    with embedded.running(config) as admin:
        connect(admin).close()
    assert not list(config.cluster.glob("making-*"))


def test_data_of_another_user_is_refused_with_both_names(config: Config) -> None:
    with embedded.running(config):
        pass
    data = config.cluster / "data"
    if AS_ROOT:
        shutil.chown(data, "root")
    else:
        data.rename(config.cluster / "mine")
        data.symlink_to("/etc")
    with pytest.raises(WrongOwner) as refused:
        embedded.start(config)
    assert refused.value.facts["owner"] == "root"
    if not AS_ROOT:
        data.unlink()


def test_a_closed_folder_on_the_way_is_named(config: Config) -> None:
    config.home.parent.chmod(0o700 if AS_ROOT else 0o500)
    with pytest.raises(FolderClosed if AS_ROOT else FolderNotWritable) as refused:
        embedded.start(config)
    assert str(config.home).startswith(str(refused.value.facts["folder"]))
    config.home.parent.chmod(0o755)


def test_a_full_disk_is_said_before_anything_is_made(config: Config) -> None:
    config.home.mkdir()
    asked = [] if AS_ROOT else ["sudo", "-n"]
    subprocess.run([*asked, "mount", "-t", "tmpfs", "-o", "size=8m,mode=777", "tmpfs", config.home], check=True)
    try:
        with pytest.raises(DiskFull) as refused:
            embedded.start(config)
        assert refused.value.facts["free_mb"] <= 8
        assert not (config.cluster / "data").exists()
    finally:
        subprocess.run([*asked, "umount", config.home], check=True)


def test_an_ordinary_user_runs_the_cluster_as_himself(config: Config) -> None:
    """As root the test steps down to `nobody` first; otherwise it is an ordinary user already."""
    config.home.mkdir()
    user = pwd.getpwnam("nobody") if AS_ROOT else pwd.getpwuid(os.geteuid())
    os.chown(config.home, user.pw_uid, user.pw_gid)
    body = "with embedded.running(config) as admin:\n    print((config.cluster / 'data').stat().st_uid)"
    drop = f"import os\nos.setgroups([])\nos.setgid({user.pw_gid})\nos.setuid({user.pw_uid})\n" if AS_ROOT else ""
    said, wrong = program(drop + body, config).communicate(timeout=60)
    assert said == f"{user.pw_uid}\n", wrong


def test_root_runs_somebody_elses_cluster_as_its_owner(config: Config) -> None:
    config.home.mkdir()
    user = pwd.getpwnam("nobody") if AS_ROOT else pwd.getpwuid(os.geteuid())
    os.chown(config.home, user.pw_uid, user.pw_gid)
    drop = f"import os\nos.setgroups([])\nos.setgid({user.pw_gid})\nos.setuid({user.pw_uid})\n" if AS_ROOT else ""
    program(drop + "with embedded.running(config):\n    pass", config).communicate(timeout=60)
    with embedded.running(config) as admin:
        connect(admin).close()
        assert Path(f"/proc/{postmaster(config)}").stat().st_uid == user.pw_uid


def fake_programs(folder: Path, version: str) -> Path:
    """Programs that say they are of that version."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb", "pg_ctl"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_without_postgresql_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(PostgresMissing):
        cluster_programs.find(tmp_path / "data", debian=tmp_path / "none", path="")


def test_an_old_postgresql_is_refused_with_its_version(tmp_path: Path) -> None:
    fake_programs(tmp_path / "13/bin", "13.4 (Debian 13.4-1)")
    with pytest.raises(PostgresTooOld) as refused:
        cluster_programs.find(tmp_path / "data", debian=tmp_path, path="")
    assert refused.value.facts == {"found": 13, "needed": 15}


def test_the_newest_is_taken_for_new_data_and_the_maker_for_old_data(tmp_path: Path) -> None:
    for version in ("15", "17", "13"):
        fake_programs(tmp_path / version / "bin", f"{version}.1")
    data = tmp_path / "data"
    assert cluster_programs.find(data, debian=tmp_path, path="").major == 17
    data.mkdir()
    (data / "PG_VERSION").write_text("15\n")
    assert cluster_programs.find(data, debian=tmp_path, path="").major == 15
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresOtherVersion) as refused:
        cluster_programs.find(data, debian=tmp_path, path="")
    assert refused.value.facts["version"] == 16


@pytest.mark.parametrize("gigabytes", [1, 2, 8, 24, 256])
def test_memory_settings_fit_the_machine(gigabytes: int) -> None:
    chosen = cluster_settings.settings(gigabytes << 30, 2, 100 << 30)
    megabytes = {name: int(value[:-2]) for name, value in chosen.items() if value.endswith("MB")}
    assert megabytes["shared_buffers"] <= max(128, gigabytes * 1024 // 4)
    # Every thread of both web workers sorting at once still fits.
    assert megabytes["work_mem"] * 20 + megabytes["shared_buffers"] < gigabytes * 1024


def test_what_the_server_died_of_is_waited_for_when_its_log_is_written_late(tmp_path: Path) -> None:
    log = tmp_path / "postgresql.log"
    log.write_text("LOG:  of yesterday\n")
    before = cluster_log.sizes(tmp_path)
    late = threading.Timer(
        0.5, lambda: log.write_text(log.read_text() + "FATAL:  could not create any TCP/IP sockets\n")
    )
    late.start()
    assert cluster_log.said_since(tmp_path, before) == "FATAL:  could not create any TCP/IP sockets\n"
    late.join()
