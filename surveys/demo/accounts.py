"""The demo accounts: one for each role, named after the job and never after a person."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, text

from surveys.access import APPROVE_FORM, READ_RESTRICTED, Role

# Where `canbo` works: Xã Di Linh.
FIELD_COMMUNE = "25000"


@dataclass(frozen=True)
class Demo:
    """A demo account; `office` is "liaison", a report category it answers, or nothing."""

    username: str
    role: Role
    office: str = ""
    one_commune: bool = False


ACCOUNTS = (
    Demo("canbo", Role.FIELD, one_commune=True),
    Demo("chuyenvien", Role.OFFICER, office="liaison"),
    Demo("tiepdan", Role.OFFICER, office="dat_dai_boi_thuong"),
    Demo("lanhdao", Role.LEADER),
    Demo("gis", Role.GIS),
    Demo("quantri", Role.ADMIN),
    Demo("quantri2", Role.ADMIN),  # a special verb needs two admins
)

# Two people: who opens restricted reports isn't who lets forms go live; and a leader uploads none.
SPECIAL = {"tiepdan": READ_RESTRICTED, "lanhdao": APPROVE_FORM}


def add(
    connection: Connection, province_id: int, offices: dict[str, int], password_hash: str, today: dt.date
) -> dict[str, int]:
    """Makes the accounts, all `demo`, one password: username → id. `offices` is category (or "liaison") → id."""
    commune = connection.scalar(
        text("SELECT id FROM units WHERE level = 3 AND code = :code AND province_id = :province AND valid_to IS NULL"),
        {"code": FIELD_COMMUNE, "province": province_id},
    )
    made = {
        wanted.username: connection.execute(
            text(
                "INSERT INTO accounts (username, password, role, unit_id, office_id, demo)"
                " VALUES (:username, :password, :role, :unit, :office, true) RETURNING id"
            ),
            {
                "username": wanted.username,
                "password": password_hash,
                "role": str(wanted.role),
                "unit": commune if wanted.one_commune else province_id,
                "office": offices.get(wanted.office),
            },
        ).scalar_one()
        for wanted in ACCOUNTS
    }
    connection.execute(
        text("INSERT INTO special_verbs VALUES (:account, :verb, :on, :until, :first, :second)"),
        [
            {
                "account": made[username],
                "verb": verb,
                "on": today,
                "until": today + dt.timedelta(days=365),
                "first": made["quantri"],
                "second": made["quantri2"],
            }
            for username, verb in SPECIAL.items()
        ],
    )
    return made
