"""Problems: what can go wrong, as a code and facts; sentences and statuses belong to the application."""

from typing import Any, ClassVar


class Problem(Exception):
    """Base of every expected error; subclasses name a `code`, instances carry plain facts as keywords."""

    code: ClassVar[str] = "problem"

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(f"{self.code}: " + ", ".join(f"{k}={v!r}" for k, v in facts.items()))


class NotFound(Problem):
    """The thing asked for isn't there, or isn't in the asker's scope: the two are told apart nowhere."""

    code = "not_found"


class Forbidden(Problem):
    """The asker's role doesn't hold the verb for this layer."""

    code = "forbidden"


class InvalidValue(Problem):
    """A value can't be read or isn't allowed; facts: field, value (shortened), reason."""

    code = "invalid_value"


class Conflict(Problem):
    """Another state of the thing is already stored; facts: what, id."""

    code = "conflict"


def every(of: type[Problem] = Problem) -> list[type[Problem]]:
    """All Problem classes imported so far, the base included, sorted by code."""
    found = {of}
    for child in of.__subclasses__():
        found.update(every(child))
    return sorted(found, key=lambda kind: kind.code)
