"""`diaban up`: everything at once, until Ctrl-C."""

import os
import signal
import subprocess
import sys

import click

from app import embedded, furnishing, keys, startup, supervised, web_server
from app.config import Config
from app.startup_problems import ChildDied, ClusterDied, NotReady

ACCOUNTS = (
    ("canbo", "cán bộ đi khảo sát", "field officer"),
    ("chuyenvien", "chuyên viên, duyệt và phân công", "officer: reviews, assigns"),
    ("tiepdan", "chuyên viên cơ quan trả lời", "officer of an answering office"),
    ("lanhdao", "lãnh đạo", "leader"),
    ("gis", "kỹ thuật viên GIS", "GIS technician"),
    ("quantri", "quản trị", "administrator"),
)
PLACES = (
    ("/survey/", "canbo", "điền phiếu khảo sát trên điện thoại", "fill a survey on the phone"),
    ("/review/", "chuyenvien", "duyệt những gì vừa gửi về", "review what came in"),
    ("/map/", "lanhdao", "xem bản đồ các lớp", "see the layered map"),
)
READY_WITHIN_S = 60


@click.command("up")
def command() -> None:
    """Khởi động tất cả | Start everything: database, web server, worker; Ctrl-C stops it all."""
    config = Config.from_environment(os.environ)
    web_server.require_free_port(config)
    # Also where a script started us in the background with SIGINT ignored; but nohup is taken at its word.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _leave)
    try:
        _serve(config)
    except _Left:
        click.echo("\nĐã dừng | Stopped.")


class _Left(BaseException):
    """Asked to stop by a signal; a BaseException, so that no handler on the way takes it for an error."""


def _leave(*_: object) -> None:
    raise _Left


def _serve(config: Config) -> None:
    with startup.database(config) as urls:
        startup.migrate(urls)
        furnishing.furnish(config, urls)
        startup.refuse_demo_in_public(config, urls)
        if config.demo and not startup.has_demo_accounts(urls):
            _load_demo()
        children: list[supervised.Child] = []
        try:
            # Not through `diaban web`: what it checks has just been done, and loading it takes a second.
            children.append(supervised.start("web", web_server.command(config)))
            children.append(supervised.start("worker", supervised.diaban("worker")))
            _await(config, children)
            _greet(config)
            supervised.wait(children, lambda: _require_cluster(config))
        finally:
            # From here on another Ctrl-C must not leave half of it running.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            supervised.stop(children)


def _require_cluster(config: Config) -> None:
    """The private cluster isn't our child, so it's watched from outside; a given server is watched where it runs."""
    if config.database_url is None and not embedded.is_running(config):
        raise ClusterDied(log=config.cluster / "log")


def _load_demo() -> None:
    done = subprocess.run(supervised.diaban("demo", "load"), check=False)
    if done.returncode != 0:
        raise ChildDied(name="demo load", status=done.returncode)


def _await(config: Config, children: list[supervised.Child]) -> None:
    for _ in range(READY_WITHIN_S):
        if web_server.answers(config, within_s=1):
            return
        for child in children:
            if (status := child.process.poll()) is not None:
                raise ChildDied(name=child.name, status=status)
    raise NotReady(address=config.url, seconds=READY_WITHIN_S)


def _greet(config: Config) -> None:
    lines = [f"Địa Bàn: {config.url}   (Ctrl-C để dừng | to stop)", f"Dữ liệu ở | data in: {config.home}"]
    if config.demo:
        password = keys.read(config.secrets, "demo_password")
        lines += ["", f"Tài khoản thử nghiệm, chung một mật khẩu | demo accounts, one password: {password}"]
        lines += [f"  {name:<11} {vi} | {en}" for name, vi, en in ACCOUNTS]
        lines += ["", "Ba nơi nên xem | three places to look:"]
        lines += [f"  {config.url}{path:<9} {name:<11} {vi} | {en}" for path, name, vi, en in PLACES]
    click.echo("\n".join(lines))
    sys.stdout.flush()
