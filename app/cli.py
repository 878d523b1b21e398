"""The `diaban` command: finds the subcommand, and turns every known problem into one line."""

import importlib
import os
import sys

import click

from app.startup_problems import StartupProblem
from geodata.problems import Problem

# name → what it does. Each lives in app/commands/<name>.py as `command`, imported only when it's called.
COMMANDS = (
    ("up", "Khởi động tất cả | Start everything: database, web server, worker"),
    ("init", "Chuẩn bị cơ sở dữ liệu | Prepare the database: roles, extensions, tables"),
    ("migrate", "Nâng cấp bảng dữ liệu | Bring the tables to this version, or to another revision"),
    ("web", "Chỉ máy chủ web | The web server alone"),
    ("worker", "Chỉ tiến trình nền | The background worker alone"),
    ("doctor", "Kiểm tra máy và dữ liệu | Check machine, database and settings"),
    ("demo", "Dữ liệu thử nghiệm | Demo data"),
    ("user", "Tài khoản | Accounts: add, list, disable, import"),
    ("token", "Mã truy cập cho máy | Personal tokens for machines"),
    ("units", "Đơn vị hành chính | Administrative units: import boundaries"),
    ("succession", "Đơn vị cũ → mới | Old units to new ones: import"),
    ("layer", "Lớp dữ liệu | Layers: export, import, sheet"),
    ("classification", "Phân định khu vực | Published lists of minority areas: import"),
    ("form", "Biểu mẫu | Forms: add, list"),
    ("report", "Báo cáo định kỳ | Periodic reports: make"),
    ("dated", "Danh mục, thời hạn | Code lists, standards, periods: list, code, end, standard, period"),
    ("rule", "Quy định có ngày | Dated rules: list, add, end, day"),
    ("jobs", "Việc chạy nền | Jobs: list"),
    ("audit", "Nhật ký | Audit trail: list, verify"),
    ("backup", "Sao lưu | Back up database, files and seals"),
    ("restore", "Phục hồi | Restore a backup into an empty home"),
)


class Commands(click.Group):
    """The subcommands of COMMANDS, imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in dict(COMMANDS):
            return None
        command: click.Command = importlib.import_module(f"app.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def diaban() -> None:
    """Địa Bàn: khảo sát thực địa và bản đồ | field survey and mapping."""


def main() -> None:
    """Runs the command line; a Problem becomes one line on stderr and exit status 1."""
    try:
        sys.exit(diaban.main(prog_name="diaban", standalone_mode=False))
    except click.ClickException as refusal:
        refusal.show()
        sys.exit(refusal.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        problem = known(error)
        if problem is None:
            raise
        print(f"diaban: {sentence(problem)}", file=sys.stderr)
        sys.exit(1)


def known(error: Exception) -> Problem | None:
    """The problem behind an error, also where PostgreSQL refused; None for a fault, which keeps its traceback."""
    if isinstance(error, Problem):
        return error
    from sqlalchemy.exc import DBAPIError  # not at the top: --help needs neither

    from app import constraints

    return constraints.problem_of(error) if isinstance(error, DBAPIError) else None


def sentence(problem: Problem) -> str:
    """One line in the language of the terminal: English where the locale says so, else Vietnamese."""
    english = language(os.environ) == "en"
    if isinstance(problem, StartupProblem):
        return (problem.en if english else problem.vi).format(**problem.facts)
    from app import errors  # not at the top: starting must not need the web's table

    return errors.sentence(problem, "en" if english else "vi")


def language(environ: "os._Environ[str] | dict[str, str]") -> str:
    """`en` where the terminal's locale is an English one, else `vi`."""
    chosen = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "en" if chosen.startswith("en") else "vi"


if __name__ == "__main__":
    main()
