"""Whose rights count on the command line: the account named, or the only technician."""

from typing import ClassVar

from sqlalchemy import Connection, NullPool, create_engine, text

from app import accounts, credentials
from app.roles import Urls
from geodata.problems import Forbidden, Problem
from surveys.access import Actor, Role, Verb
from surveys.layer import Layer


class AccountUnclear(Problem):
    """Several accounts might be meant, or none has the right; facts: names."""

    code: ClassVar[str] = "account_unclear"


def actor(urls: Urls, username: str | None, verb: Verb, layer: Layer) -> Actor:
    """The account named; without a name the only GIS account, if there is one. Raises AccountUnclear, Forbidden."""
    engine = create_engine(urls.worker, poolclass=NullPool)
    with engine.begin() as connection:
        found = credentials.actor_of(connection, accounts.id_of(connection, username or _only(connection)))
    if found is None:
        raise Forbidden(verb=str(verb), layer=layer.key, role="")
    found.must(verb, layer.key, layer.grants)
    return found


def _only(connection: Connection) -> str:
    names = connection.scalars(
        text("SELECT username FROM accounts WHERE active AND role = :role ORDER BY 1"), {"role": str(Role.GIS)}
    ).all()
    if len(names) != 1:
        raise AccountUnclear(names=", ".join(names) or "–")
    return str(names[0])
