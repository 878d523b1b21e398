"""Slows down guessing: tries are written down before they are judged, per account, per address and per both."""

from sqlalchemy import Connection, Engine, text

from geodata.problems import Problem

MINUTES = 15
# An address may be a whole office behind one router; an account alone must not be locked by a stranger's few tries.
BOTH, ACCOUNT, ADDRESS = 5, 30, 60


class TooManyTries(Problem):
    """Too many tries failed lately; facts: minutes to wait."""

    code = "too_many_tries"


def _whos(username: str, address: str) -> tuple[tuple[str, int], ...]:
    return (
        (f"both {username[:100]} {address}", BOTH),
        (f"account {username[:100]}", ACCOUNT),
        (f"address {address}", ADDRESS),
    )


def begin(engine: Engine, username: str, address: str) -> None:
    """Counts one try; raises TooManyTries where it is one too many. Unknown names count like known ones."""
    # Committed before the password is looked at: a hundred tries at once can't all see a low count.
    with engine.begin() as connection:
        over = [_count(connection, who) > most for who, most in _whos(username, address)]
        _forget_old(connection)
    if any(over):
        raise TooManyTries(minutes=MINUTES)


def begin_from(engine: Engine, address: str) -> None:
    """Counts one try whose account isn't known yet; raises TooManyTries where it is one too many from that address."""
    with engine.begin() as connection:
        over = _count(connection, f"address {address}") > ADDRESS
        _forget_old(connection)
    if over:
        raise TooManyTries(minutes=MINUTES)


def _forget_old(connection: Connection) -> None:
    connection.execute(text(f"DELETE FROM sign_in_failures WHERE at < now() - interval '{MINUTES} minutes'"))  # noqa: S608  a constant


def _count(connection: Connection, who: str) -> int:
    connection.execute(text("INSERT INTO sign_in_failures (who) VALUES (:who)"), {"who": who})
    found: int | None = connection.scalar(
        text(
            "SELECT count(*) FROM sign_in_failures"  # noqa: S608  a constant
            f" WHERE who = :who AND at > now() - interval '{MINUTES} minutes'"
        ),
        {"who": who},
    )
    return found or 0


def succeeded(connection: Connection, username: str, address: str) -> None:
    """Takes back the try that was the right one, and the typing errors before it."""
    both, account, _ = (who for who, _ in _whos(username, address))
    connection.execute(
        text("DELETE FROM sign_in_failures WHERE who IN (:both, :account)"), {"both": both, "account": account}
    )
    succeeded_from(connection, address)


def succeeded_from(connection: Connection, address: str) -> None:
    """Takes back the last try from that address."""
    connection.execute(
        text("DELETE FROM sign_in_failures WHERE id = (SELECT max(id) FROM sign_in_failures WHERE who = :who)"),
        {"who": f"address {address}"},
    )
