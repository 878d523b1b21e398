"""Offices and accounts of a workbook: every cell checked, then all of it done in one transaction, or nothing."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from app import accounts
from app.bulk_sheet import ACCOUNTS, OFFICES, CellFault, Line, read
from geodata.problems import InvalidValue
from geodata.units import COMMUNE, PROVINCE
from surveys import audit, import_columns, screening, wall_clock
from surveys.access import READ_RESTRICTED, Actor, Role

ROLES = {
    "cán bộ cơ sở": Role.FIELD, "chuyên viên": Role.OFFICER, "lãnh đạo": Role.LEADER, "kỹ thuật viên GIS": Role.GIS,
    "quản trị": Role.ADMIN,
}  # fmt: skip
YES, NO = "có", "không"
TITLES = {role: title for title, role in ROLES.items()}


@dataclass
class Plan:
    """What a workbook asks for; nothing of it is done while there are faults."""

    faults: list[CellFault] = field(default_factory=list)
    steps: list[tuple[str, str, str]] = field(default_factory=list)  # (what, name, how), for people
    acts: list[Callable[[Connection], None]] = field(default_factory=list)
    passwords: list[tuple[str, str]] = field(default_factory=list)  # (username, password), of new accounts


@dataclass(frozen=True)
class Known:
    """What the database holds of the province already."""

    units: dict[str, int]  # code → id, of the province and its communes
    offices: dict[str, int]
    accounts: dict[str, Any]
    categories: frozenset[str]
    restricted: frozenset[int]  # accounts that may read restricted reports


def plan(connection: Connection, actor: Actor, data: bytes) -> Plan:
    """Checks a workbook against the province of the administrator; as the worker role, changing nothing."""
    lines, faults = read(data)
    made = Plan(faults=faults)
    if faults:
        return made
    known = _known(connection, actor)
    offices = {line.cells["Tên cơ quan"] for line in lines if line.sheet == OFFICES}
    _twice(made, lines, OFFICES, "Tên cơ quan")
    _twice(made, lines, ACCOUNTS, "Tên đăng nhập")
    for line in lines:
        if line.sheet == OFFICES:
            _office(made, line, known)
        else:
            _account(made, line, known, offices, actor)
    return made


def carry_out(connection: Connection, actor: Actor, made: Plan) -> None:
    """Does every step of a plan without faults in the caller's transaction, as the worker role."""
    for act in made.acts:
        act(connection)
    detail = {"steps": len(made.steps), "accounts": len(made.passwords)}
    audit.record(connection, actor, "bulk_accounts", area=actor.province_id, detail=detail)


def _office(made: Plan, line: Line, known: Known) -> None:
    name, code = line.cells["Tên cơ quan"], line.cells["Mã đơn vị"]
    before = len(made.faults)
    if not name:
        made.faults.append(line.fault("Tên cơ quan", "Thiếu tên cơ quan."))
    elif screening.mask(name)[1]:
        made.faults.append(line.fault("Tên cơ quan", "Có thông tin về người; chỉ ghi tên cơ quan."))
    unit = _unit(made, line, code, known)
    wanted = [part.strip() for part in line.cells["Lĩnh vực trả lời"].replace(",", ";").split(";") if part.strip()]
    unknown = [part for part in wanted if part not in known.categories]
    if unknown:
        made.faults.append(line.fault("Lĩnh vực trả lời", f"Không có lĩnh vực: {', '.join(unknown)}."))
    day = wall_clock.today().isoformat()
    if line.cells["Từ ngày"]:
        try:
            day = import_columns.day("Từ ngày", line.cells["Từ ngày"])
        except InvalidValue:
            made.faults.append(line.fault("Từ ngày", "Không phải ngày: ghi dạng 31/12/2026."))
    if len(made.faults) > before:
        return
    is_known = name in known.offices
    made.steps.append(("office_changed" if is_known else "office_added", name, "; ".join(wanted)))
    facts = {"name": name, "unit": unit, "day": day}

    def act(connection: Connection) -> None:
        id_ = known.offices.get(name)
        if id_ is None:
            add = text("INSERT INTO offices (name, unit_id, valid_from) VALUES (:name, :unit, :day) RETURNING id")
            id_ = connection.execute(add, facts).scalar_one()
        else:
            connection.execute(text("UPDATE offices SET unit_id = :unit WHERE id = :id"), facts | {"id": id_})
        connection.execute(text("DELETE FROM office_categories WHERE office_id = :id"), {"id": id_})
        for category in dict.fromkeys(wanted):
            connection.execute(text("INSERT INTO office_categories VALUES (:id, :c)"), {"id": id_, "c": category})

    made.acts.insert(sum(step[0].startswith("office") for step in made.steps) - 1, act)


def _account(made: Plan, line: Line, known: Known, offices: Iterable[str], actor: Actor) -> None:
    name, office = line.cells["Tên đăng nhập"].lower(), line.cells["Cơ quan"]
    before = len(made.faults)
    role = ROLES.get(line.cells["Vai trò"]) or next((r for r in Role if r == line.cells["Vai trò"]), None)
    if not name or not all(sign.isalnum() or sign in "._-" for sign in name) or len(name) > 40:
        made.faults.append(line.fault("Tên đăng nhập", "Chữ, số và dấu . _ -; nhiều nhất 40."))
    if role is None:
        made.faults.append(line.fault("Vai trò", f"Chọn một trong: {', '.join(ROLES)}."))
    unit = _unit(made, line, line.cells["Mã đơn vị"], known)
    if office and office not in known.offices and office not in offices:
        made.faults.append(line.fault("Cơ quan", "Không có cơ quan này; thêm nó ở trang cơ quan."))
    active = line.cells["Đang dùng"].lower() or YES
    if active not in (YES, NO):
        made.faults.append(line.fault("Đang dùng", f"Ghi “{YES}” hoặc “{NO}”."))
    now = known.accounts.get(name)
    if now is not None and now.id == actor.account_id and (role is not Role.ADMIN or active == NO):
        made.faults.append(line.fault("Vai trò", "Không tự khóa hay tự đổi vai trò của chính mình."))
    if now is not None and now.id in known.restricted and role in (Role.ADMIN, Role.GIS):
        made.faults.append(line.fault("Vai trò", "Tài khoản đang được đọc phản ánh hạn chế (S5)."))
    if len(made.faults) > before or role is None:
        return
    wanted = (str(role), unit, office, active == YES)
    if now is not None and (now.role, now.unit_id, now.office or "", now.active) == wanted:
        return
    made.steps.append(
        ("account_added" if now is None else "account_changed", name, f"{line.cells['Vai trò']}, {active}")
    )
    password = secrets.token_urlsafe(9)
    if now is None:
        made.passwords.append((name, password))

    def act(connection: Connection) -> None:
        at = _office_id(connection, actor, office)
        facts = {"role": str(role), "unit": unit, "office": at, "name": name}
        if now is None:
            id_ = accounts.create(connection, name, password, str(role), unit, at)
        else:
            id_ = now.id
            change = "UPDATE accounts SET role = :role, unit_id = :unit, office_id = :office WHERE username = :name"
            connection.execute(text(change), facts)
            accounts.end_sign_ins(connection, id_)  # whoever is signed in holds the scope of before
        accounts.switch(connection, id_, active=active == YES)

    made.acts.append(act)


def _unit(made: Plan, line: Line, code: str, known: Known) -> int:
    # A spreadsheet eats the nought in front of a code of two or five digits.
    found = known.units.get(code) or known.units.get(code.zfill(2)) or known.units.get(code.zfill(5))
    if found is None:
        made.faults.append(line.fault("Mã đơn vị", f"Không có tỉnh, xã mang mã “{code}” trong phạm vi của anh chị."))
    return found or 0


def _twice(made: Plan, lines: list[Line], sheet: str, column: str) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        if line.sheet == sheet and (name := line.cells[column].lower()):
            if name in seen:
                made.faults.append(line.fault(column, f"Trùng với dòng {seen[name]}."))
            seen.setdefault(name, line.row)


def _office_id(connection: Connection, actor: Actor, name: str) -> int | None:
    if not name:
        return None
    query = (
        "SELECT o.id FROM offices o JOIN units u ON u.id = o.unit_id WHERE o.name = :name AND o.valid_to IS NULL"
        " AND u.province_id = :province ORDER BY o.id LIMIT 1"
    )
    found: int = connection.execute(text(query), {"name": name, "province": actor.province_id}).scalar_one()
    return found


def _known(connection: Connection, actor: Actor) -> Known:
    province = {"p": actor.province_id}
    units = text(
        f"SELECT code, id FROM units WHERE province_id = :p AND valid_to IS NULL AND level IN ({PROVINCE}, {COMMUNE})"  # noqa: S608
    )
    offices = text(
        "SELECT o.name, o.id FROM offices o JOIN units u ON u.id = o.unit_id"
        " WHERE u.province_id = :p AND o.valid_to IS NULL ORDER BY o.id DESC"
    )
    # Of every province: a name can be taken elsewhere.
    rows = connection.execute(
        text(
            "SELECT a.id, a.username, a.role, a.unit_id, o.name AS office, a.active FROM accounts a"
            " LEFT JOIN offices o ON o.id = a.office_id"
        )
    ).all()
    return Known(
        units=dict(connection.execute(units, province).all()),
        offices=dict(connection.execute(offices, province).all()),
        accounts={row.username: row for row in rows},
        categories=frozenset(
            connection.scalars(
                text("SELECT code FROM code_lists WHERE list = 'report_categories' AND valid_to IS NULL")
            )
        ),
        restricted=frozenset(
            connection.scalars(
                text("SELECT account_id FROM special_verbs WHERE verb = :v AND expires_on > current_date"),
                {"v": READ_RESTRICTED},
            )
        ),
    )
