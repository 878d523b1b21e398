"""Roles, verbs, and the actor whose scope cuts every query."""

from dataclasses import dataclass
from enum import StrEnum

from geodata.problems import Forbidden


class Role(StrEnum):
    """What an account is for; one per account."""

    FIELD = "field"
    OFFICER = "officer"
    LEADER = "leader"
    GIS = "gis"
    ADMIN = "admin"


class Verb(StrEnum):
    """What may be done with a layer."""

    READ = "read"
    SUBMIT = "submit"
    REVIEW = "review"
    EXPORT = "export"
    IMPORT = "import"


READ_RESTRICTED = "read_restricted"
APPROVE_FORM = "approve_form"

Grants = dict[Role, frozenset[Verb]]


def grant(**verbs_by_role: str) -> Grants:
    """`grant(field="read submit")` → the verbs of each role on a layer; roles not named hold none."""
    return {Role(role): frozenset(Verb(v) for v in verbs.split()) for role, verbs in verbs_by_role.items()}


@dataclass(frozen=True)
class Actor:
    """Who asks, and how far they see; `commune_id` 0 is every commune of the province."""

    account_id: int
    username: str
    role: Role
    province_id: int
    commune_id: int = 0
    office_id: int = 0
    special: frozenset[str] = frozenset()

    def may(self, verb: Verb, grants: Grants) -> bool:
        """Whether the role holds the verb in a layer's grants."""
        return verb in grants.get(self.role, frozenset())

    def must(self, verb: Verb, layer_key: str, grants: Grants) -> None:
        """Raises Forbidden unless the role holds the verb."""
        if not self.may(verb, grants):
            raise Forbidden(verb=str(verb), layer=layer_key, role=str(self.role))

    @property
    def reads_restricted(self) -> bool:
        """Whether restricted reports of the own office may be opened; never for admin or gis (S5)."""
        return READ_RESTRICTED in self.special and self.office_id > 0 and self.role not in (Role.ADMIN, Role.GIS)

    def settings(self) -> dict[str, str]:
        """The settings PostgreSQL's row policies read; set with SET LOCAL at each begin."""
        return {
            "app.account": str(self.account_id),
            "app.province": str(self.province_id),
            "app.commune": str(self.commune_id),
            "app.office": str(self.office_id),
            "app.restricted": "1" if self.reads_restricted else "0",
            "app.review": "1" if self.role is Role.OFFICER else "0",
            "app.role": str(self.role),
        }
