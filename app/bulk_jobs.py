"""The job that checks a workbook of offices and accounts, and the one that does what it asks for."""

import io
from typing import Any

import openpyxl
from sqlalchemy import Connection, NullPool, create_engine, text

from app import bulk_accounts, bulk_sheet
from app.bulk_accounts import Plan
from app.job_context import Context
from geodata.problems import Conflict, Forbidden
from surveys.access import Role

CHECK, APPLY = "bulk_check", "bulk_apply"
PASSWORDS = "mat_khau.xlsx"
MOST_TOLD = 500
_FILE = text("SELECT data FROM form_uploads WHERE job_id = cast(:id AS uuid) AND position = 0")
_DROP = text("DELETE FROM form_uploads WHERE job_id = cast(:id AS uuid)")


def check(context: Context) -> dict[str, Any]:
    """The kind `bulk_check`: {faults: [[sheet, cell, words]], steps: [[what, name, how]], n}. Changes nothing."""
    with _connected(context) as connection:
        made = _planned(context, connection, str(context.id))
        connection.rollback()
    return _told(made)


def apply(context: Context) -> dict[str, Any]:
    """The kind `bulk_apply`: all of the file that `of` checked, or nothing; the new passwords go into a file."""
    of = context.parameters["of"]
    with _connected(context) as connection:
        made = _planned(context, connection, of)
        if not made.faults:
            bulk_accounts.carry_out(connection, context.actor, made)
            connection.execute(_DROP, {"id": of})
            if made.passwords:
                _hand_out(context, made)
            connection.commit()
    return _told(made) | {"passwords": len(made.passwords) if not made.faults else 0}


def _planned(context: Context, connection: Connection, of: str) -> Plan:
    if context.actor.role is not Role.ADMIN:
        raise Forbidden(verb="bulk", layer="accounts", role=str(context.actor.role))
    data = connection.scalar(_FILE, {"id": of})
    if data is None:
        raise Conflict(what="bulk", id=of)  # done before
    return bulk_accounts.plan(connection, context.actor, bytes(data))


def _connected(context: Context) -> Connection:
    return create_engine(context.urls.worker, poolclass=NullPool).connect()


def _told(made: Plan) -> dict[str, Any]:
    return {
        "faults": [[one.sheet, one.cell, one.said] for one in made.faults[:MOST_TOLD]],
        "steps": [list(step) for step in made.steps[:MOST_TOLD]],
        "n": len(made.steps),
    }


def _hand_out(context: Context, made: Plan) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    bulk_sheet.head(sheet, ("Tên đăng nhập", "Mật khẩu ban đầu"))
    for pair in made.passwords:
        sheet.append(pair)
    out = io.BytesIO()
    book.save(out)
    (context.folder / PASSWORDS).write_bytes(out.getvalue())
