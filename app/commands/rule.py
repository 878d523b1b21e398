"""`diaban rule`: stages, deadlines, checklist items and days of work, each from a day on."""

import click

from app.commands.dated import AS, FROM, SOURCE, as_account, first_day
from app.commands.user import background
from app.database import ScopedSession
from geodata.problems import InvalidValue
from surveys import rule_kinds, rules, wall_clock, working_days
from surveys.field_faults import FieldsRefused

KIND = click.argument("kind", type=click.Choice([*rule_kinds.NAMED]))


@click.group("rule")
def command() -> None:
    """Quy định có ngày hiệu lực | Rules with dates: stages, deadlines, checklist items, days of work."""


@command.command("list")
@click.argument("kind", type=click.Choice([*rule_kinds.NAMED, "day"]))
def list_(kind: str) -> None:
    """Các dòng của một loại | The rows of a kind, or the days decided otherwise."""
    with background() as connection, ScopedSession(connection) as session:
        if kind == "day":
            for day in working_days.decided(session):
                click.echo(f"{day.day} {'làm việc | works' if day.works else 'nghỉ | free':<18} {day.source}")
            return
        of, today = rules.kind(kind), wall_clock.today()
        for row in rules.rows(session, of, today):
            said = " ".join(f"{part.key}={getattr(row, part.key)}" for part in of.says)
            checked = "" if row.status == rule_kinds.SOURCED else " (chưa đối chiếu | unchecked)"
            click.echo(f"{rules.key(of, row)} … {row.valid_to or ''} {said}: {row.source}{checked}")


@command.command("add")
@KIND
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE…")
@click.option("--checked", is_flag=True, help="đã đối chiếu văn bản | the document was read")
@FROM
@SOURCE
@AS
def add(kind: str, fields: tuple[str, ...], checked: bool, day: str | None, source: str, username: str) -> None:
    """Thêm một dòng; dòng trước cùng việc kết thúc | Add a row; the former one of the same rule ends."""
    of = rules.kind(kind)
    given = dict(field.partition("=")[::2] for field in fields)
    unknown = sorted(set(given) - {part.key for part in of.parts})
    if unknown:
        raise InvalidValue(field=unknown[0][:40], value="", reason=", ".join(part.key for part in of.parts))
    given |= {
        "day": first_day(day).isoformat(), "source": source,
        "status": rule_kinds.SOURCED if checked else rule_kinds.FROM_MEMORY,
    }  # fmt: skip
    with as_account(username) as (session, actor):
        try:
            rules.add(session, actor, of, given, wall_clock.today())
        except FieldsRefused as refused:
            raise _first(refused) from None
    click.echo(f"{kind}: + {' '.join(fields)}, {given['day']}")


@command.command("end")
@KIND
@click.argument("row")
@FROM
@AS
def end(kind: str, row: str, day: str | None, username: str) -> None:
    """Kết thúc dòng ROW như `list` in ra | End a row, named as `list` prints it."""
    with as_account(username) as (session, actor):
        try:
            rules.end(session, actor, rules.kind(kind), row, first_day(day).isoformat(), wall_clock.today())
        except FieldsRefused as refused:
            raise _first(refused) from None
    click.echo(f"{kind}: {row} → {first_day(day)}")


@command.command("day")
@click.argument("day")
@click.argument("state", type=click.Choice(["works", "free"]))
@SOURCE
@AS
def decide(day: str, state: str, source: str, username: str) -> None:
    """Ngày DAY làm việc hay nghỉ | Whether offices work on DAY, yyyy-mm-dd."""
    on = first_day(day)
    with as_account(username) as (session, actor):
        try:
            working_days.decide(session, actor, on, state == "works", source, wall_clock.today())
        except FieldsRefused as refused:
            raise _first(refused) from None
    click.echo(f"{on}: {state}")


def _first(refused: FieldsRefused) -> InvalidValue:
    """The first fault as one line says it."""
    fault = refused.facts["faults"][0]
    told = ", ".join([fault.code, *(str(fact) for fact in fault.facts.values())])
    return InvalidValue(field=fault.field, value="", reason=told)
