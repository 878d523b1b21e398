"""Whose account it is at the province's sign-in service: bound at the first sign-in, so that a name given to somebody
else there never opens it.
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection, text

from geodata.problems import Problem


class OtherPerson(Problem):
    """The account is bound to somebody else at the service, or this person to another account; facts: username."""

    code: ClassVar[str] = "provider_other_person"


@dataclass(frozen=True)
class Subject:
    """One person as a service knows them: `subject` (OpenID's `sub`) is never given to anybody else there."""

    issuer: str
    subject: str


def require_same(connection: Connection, account_id: int, username: str, subject: Subject) -> None:
    """Raises OtherPerson where account or person is bound already, and not to each other."""
    rows = connection.execute(
        text(
            "SELECT account_id, issuer, subject FROM account_subjects"
            " WHERE account_id = :id OR (issuer = :issuer AND subject = :subject)"
        ),
        {"id": account_id, "issuer": subject.issuer, "subject": subject.subject},
    ).all()
    if any(tuple(row) != (account_id, subject.issuer, subject.subject) for row in rows):
        raise OtherPerson(username=username)


def bind(connection: Connection, account_id: int, username: str, subject: Subject) -> bool:
    """Binds account and person to each other; False where they were already. Raises OtherPerson."""
    made = connection.execute(
        text(
            "INSERT INTO account_subjects (account_id, issuer, subject) VALUES (:id, :issuer, :subject)"
            " ON CONFLICT DO NOTHING"
        ),
        {"id": account_id, "issuer": subject.issuer, "subject": subject.subject},
    )
    require_same(connection, account_id, username, subject)
    return made.rowcount == 1


def clear(connection: Connection, account_id: int) -> bool:
    """The next person the service sends under the account's name is bound to it; False where nobody was."""
    done = connection.execute(text("DELETE FROM account_subjects WHERE account_id = :id"), {"id": account_id})
    return done.rowcount == 1
