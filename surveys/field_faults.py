"""What is wrong with what somebody entered, field by field: refused before it is stored, or stored and flagged."""

from collections.abc import Sequence
from typing import Any, ClassVar

from geodata.problems import Problem


class Fault:
    """One field and what is wrong with it: a code with plain facts, which the application says in words."""

    def __init__(self, field: str, code: str, **facts: Any) -> None:
        self.field, self.code, self.facts = field, code, facts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.field, self.code))

    def __repr__(self) -> str:
        return f"Fault({self.field!r}, {self.code!r}, {self.facts!r})"


class FieldsRefused(Problem):
    """Nothing was stored; facts: fields (their names), faults (a tuple of Fault)."""

    code: ClassVar[str] = "fields_refused"


def refuse(faults: Sequence[Fault]) -> None:
    """Raises FieldsRefused where there are any."""
    if faults:
        fields = ", ".join(dict.fromkeys(fault.field for fault in faults))
        raise FieldsRefused(fields=fields, faults=tuple(faults))
