"""The private PostGIS cluster under the home folder: made, started, found running, stopped."""

import errno
import fcntl
import os
import shlex
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from app import cluster_log, cluster_processes, cluster_programs, cluster_settings, keys
from app.cluster_programs import Account, Programs
from app.cluster_settings import ROOM_TO_MAKE_MB, ROOM_TO_RUN_MB
from app.config import Config
from app.startup_problems import DiskFull, FolderNotWritable, WrongOwner

SUPERUSER = "diaban_admin"
PATIENCE_S = 600  # replaying the log after a crash may take minutes


@dataclass(frozen=True)
class Admin:
    """The superuser's way into the cluster."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    dbname: str = "postgres"

    @property
    def url(self) -> str:
        """As a SQLAlchemy address."""
        return f"postgresql+psycopg://{self.user}:{quote(self.password)}@{self.host}:{self.port}/{self.dbname}"


@contextmanager
def running(config: Config) -> Iterator[Admin]:
    """A running cluster for as long as the block lasts; the last program to leave stops it.

    Each holds a shared lock, which the kernel takes from a killed one: what that left running, the next one stops.
    """
    _make_folder(config)
    with _open(config.cluster / "hold") as hold:
        fcntl.flock(hold, fcntl.LOCK_SH)
        try:
            yield start(config)
        finally:
            if _is_last(hold):
                stop(config)


def start(config: Config) -> Admin:
    """Starts the cluster (made first if there is none) or finds it running. Raises StartupProblems."""
    _make_folder(config)
    with _open(config.cluster / "start.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        data = config.cluster / "data"
        account = cluster_programs.account_for(data)
        if (admin := address(config)) is not None and _answers(admin, data):
            return admin
        programs = cluster_programs.find(data)
        cluster_programs.check_reachable(account, config.cluster)
        password = keys.kept(config.secrets, SUPERUSER)
        if not (data / "PG_VERSION").exists():
            _require_room(config.cluster, ROOM_TO_MAKE_MB)
            _make(config, programs, account, password)
        _require_room(config.cluster, ROOM_TO_RUN_MB)
        return _launch(config, programs, account, password)


def stop(config: Config) -> None:
    """Stops the cluster if it runs: open transactions are rolled back, everything acknowledged is on the disk."""
    data = config.cluster / "data"
    if not (data / "postmaster.pid").exists():
        return
    account = cluster_programs.account_for(data)
    programs = cluster_programs.find(data)
    for mode in ("fast", "immediate"):
        command = (programs.folder / "pg_ctl", "stop", "-D", data, "-m", mode, "-w", "-t", "60", "-s")
        if cluster_programs.run(account, command, folder=config.cluster).returncode == 0 or not is_running(config):
            return


def is_running(config: Config) -> bool:
    """Whether the cluster's main process lives, asked of the system, not of the database."""
    return cluster_processes.is_alive(config.cluster / "data")


def address(config: Config) -> Admin | None:
    """Where the cluster was last started, running or not; None where it never was."""
    password = keys.read(config.secrets, SUPERUSER)
    port = _recorded_port(config)
    return None if password is None or port is None else Admin("127.0.0.1", port, SUPERUSER, password)


def _make_folder(config: Config) -> None:
    try:
        for folder in (config.home, config.cluster):
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)  # another program may start at this very moment
                folder.chmod(0o755)  # the server's user passes through; what is secret inside is closed by itself
        if not os.access(config.cluster, os.W_OK | os.X_OK):
            raise PermissionError
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(folder=config.home, free_mb=0, needed_mb=ROOM_TO_MAKE_MB) from None
        raise FolderNotWritable(folder=config.home, us=cluster_programs.our_name()) from None


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("ab")
    except PermissionError:
        raise WrongOwner(folder=path.parent, owner=path.owner(), us=cluster_programs.our_name()) from None


def _is_last(hold: IO[bytes]) -> bool:
    """Whether nobody else holds it; whoever comes from now on waits until we are gone, and then starts it anew."""
    try:
        fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _answers(admin: Admin, data: Path) -> bool:
    """Whether the server at the recorded address is ours: another may have taken the port meanwhile."""
    try:
        with _connect(admin) as connection:
            row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and Path(row[0]) == data


def _connect(admin: Admin) -> psycopg.Connection:
    return psycopg.connect(admin.url.replace("+psycopg", "", 1), connect_timeout=5)


def _require_room(folder: Path, needed_mb: int) -> None:
    free_mb = shutil.disk_usage(folder).free // cluster_settings.MB
    if free_mb < needed_mb:
        raise DiskFull(folder=folder, free_mb=free_mb, needed_mb=needed_mb)


def _make(config: Config, programs: Programs, account: Account, password: str) -> None:
    """initdb into a side folder, renamed when whole: a kill or a full disk half way leaves no half-made data."""
    _sweep(config)
    side = Path(tempfile.mkdtemp(prefix="making-", dir=config.cluster))
    try:
        os.chown(side, account.uid, account.gid)
        secret = side / "password"
        secret.touch(0o600)
        os.chown(secret, account.uid, account.gid)
        secret.write_text(password)
        settings = ("-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums")
        command = (programs.folder / "initdb", "-D", side / "data", "-U", SUPERUSER, f"--pwfile={secret}", *settings)
        done = cluster_programs.run(account, command, folder=side)
        if done.returncode != 0:
            raise cluster_log.explained(config.cluster, done.stdout)
        secret.unlink()
        (side / "data").rename(config.cluster / "data")
        keys.sync(config.cluster)
    finally:
        _sweep(config)


def _sweep(config: Config) -> None:
    """Removes what a killed start left half made; done before and after, as its initdb may outlive it by a moment."""
    for side in config.cluster.glob("making-*"):
        shutil.rmtree(side, ignore_errors=True)


def _launch(config: Config, programs: Programs, account: Account, password: str) -> Admin:
    log = config.cluster / "log"
    log.mkdir(exist_ok=True)
    os.chown(log, account.uid, account.gid)
    log.chmod(0o700)
    data = config.cluster / "data"
    began, port, said = time.monotonic(), _recorded_port(config), ""
    while time.monotonic() - began < PATIENCE_S:
        cluster_processes.drop_stale_pid(data)
        port = port or _free_port()
        (config.cluster / "port").write_text(str(port))
        conf = cluster_settings.write(config.cluster, data, port)
        options = "-c config_file=" + shlex.quote(str(conf))  # pg_ctl hands it to a shell
        waiting = ("-w", "-t", str(PATIENCE_S), "-s")
        command = (programs.folder / "pg_ctl", "start", "-D", data, "-l", log / "start.log", *waiting, "-o", options)
        before = cluster_log.sizes(log)
        done = cluster_programs.run(account, command, folder=config.cluster)
        if done.returncode == 0:
            return Admin("127.0.0.1", port, SUPERUSER, password)
        said = cluster_log.said_since(log, before) or done.stdout
        if "Address already in use" in said:
            port = None
        elif "pre-existing shared memory block" in said or "is another postmaster" in said.lower():
            # After kill -9 of the server its children need a moment to notice; a second start then succeeds.
            if time.monotonic() - began > 30:
                break
            time.sleep(0.3)
        else:
            break
    raise cluster_log.explained(config.cluster, said)


def _recorded_port(config: Config) -> int | None:
    try:
        return int((config.cluster / "port").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
