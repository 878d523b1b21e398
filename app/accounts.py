"""Accounts made, listed, disabled and given special verbs; what commands, the demo and the account page call."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from app import passwords, second_factor
from geodata.problems import Forbidden, Problem
from geodata.units import COMMUNE, PROVINCE


class AccountUnknown(Problem):
    """No account has that name; facts: username."""

    code = "account_unknown"


class UnitNotForAccounts(Problem):
    """An account's scope is a province or a commune that holds today; facts: unit."""

    code = "unit_not_for_accounts"


@dataclass(frozen=True)
class Listed:
    """One line of the list of accounts."""

    id: int
    username: str
    role: str
    unit: str
    office: str | None
    active: bool
    demo: bool
    two_steps: bool
    bound: bool  # to a person at the province's sign-in service


def create(
    connection: Connection,
    username: str,
    password: str | None,
    role: str,
    unit_id: int,
    office_id: int | None = None,
    demo: bool = False,
) -> int:
    """Adds an account in the caller's transaction, as the worker role; its id.

    Raises PasswordWeak (a demo account's password is taken as it is), UnitNotForAccounts, and by constraint Conflict.
    """
    username = username.strip().lower()
    if password is not None and not demo:
        passwords.require_good(password, username)
    _require_scope(connection, unit_id)
    made: int = connection.execute(
        text(
            "INSERT INTO accounts (username, password, role, unit_id, office_id, demo)"
            " VALUES (:username, :password, :role, :unit, :office, :demo) RETURNING id"
        ),
        {
            "username": username,
            "password": None if password is None else passwords.hashed(password),
            "role": role,
            "unit": unit_id,
            "office": office_id,
            "demo": demo,
        },
    ).scalar_one()
    return made


def _require_scope(connection: Connection, unit_id: int) -> None:
    row = connection.execute(
        text("SELECT level, name FROM units WHERE id = :id AND valid_to IS NULL"), {"id": unit_id}
    ).one_or_none()
    if row is None or row.level not in (PROVINCE, COMMUNE):
        raise UnitNotForAccounts(unit=row.name if row else unit_id)


def grant_special(
    connection: Connection, account_id: int, verb: str, granted_by: int, seconded_by: int, days: int = 365
) -> None:
    """`read_restricted` or `approve_form` for an account from today, by two administrators.

    Raises Forbidden where they aren't; constraints see to two different ones, not the account itself, ≤ 12 months.
    """
    admins = text("SELECT count(*) FROM accounts WHERE id IN (:first, :second) AND role = 'admin'")
    if connection.scalar(admins, {"first": granted_by, "second": seconded_by}) != len({granted_by, seconded_by}):
        raise Forbidden(verb="grant")
    connection.execute(
        text(
            "INSERT INTO special_verbs (account_id, verb, granted_on, expires_on, granted_by, seconded_by)"
            " VALUES (:account, :verb, current_date, current_date + :days, :first, :second)"
            " ON CONFLICT (account_id, verb, granted_on) DO UPDATE SET expires_on = excluded.expires_on,"
            " granted_by = excluded.granted_by, seconded_by = excluded.seconded_by"
        ),
        {"account": account_id, "verb": verb, "days": days, "first": granted_by, "second": seconded_by},
    )


def id_of(connection: Connection, username: str) -> int:
    """The account of that name, active or not; raises AccountUnknown."""
    found: int | None = connection.scalar(
        text("SELECT id FROM accounts WHERE username = :name"), {"name": username.strip().lower()}
    )
    if found is None:
        raise AccountUnknown(username=username)
    return found


def switch(connection: Connection, account_id: int, *, active: bool) -> None:
    """Disables or enables an account; one that is disabled is signed out everywhere (worker role)."""
    connection.execute(
        text("UPDATE accounts SET active = :active WHERE id = :id"), {"active": active, "id": account_id}
    )
    if not active:
        end_sign_ins(connection, account_id)


def set_password(connection: Connection, account_id: int, username: str, password: str) -> None:
    """Stores a new password and signs the account out everywhere; raises PasswordWeak."""
    passwords.require_good(password, username)
    connection.execute(
        text("UPDATE accounts SET password = :hash WHERE id = :id"),
        {"hash": passwords.hashed(password), "id": account_id},
    )
    end_sign_ins(connection, account_id)


def reset(connection: Connection, account_id: int, username: str, password: str) -> None:
    """A new password for who lost theirs, and no second step: the phone may be lost too (worker role)."""
    set_password(connection, account_id, username, password)
    second_factor.switch_off(connection, account_id)


def end_sign_ins(connection: Connection, account_id: int) -> None:
    """Signs an account out of every browser."""
    connection.execute(text("DELETE FROM sign_ins WHERE account_id = :id"), {"id": account_id})


def listing(connection: Connection, province_id: int | None = None) -> list[Listed]:
    """Every account (of a province), by role and name."""
    rows = connection.execute(
        text(
            "SELECT a.id, a.username, a.role, u.kind || ' ' || u.name AS unit, o.name AS office, a.active, a.demo,"
            " a.tf_primary_method IS NOT NULL AS two_steps,"
            " s.account_id IS NOT NULL AS bound"
            " FROM accounts a JOIN units u ON u.id = a.unit_id LEFT JOIN offices o ON o.id = a.office_id"
            " LEFT JOIN account_subjects s ON s.account_id = a.id"
            " WHERE CAST(:province AS int) IS NULL OR u.province_id = :province"
            " ORDER BY a.active DESC, a.role, a.username"
        ),
        {"province": province_id},
    )
    return [Listed(**row._mapping) for row in rows]
