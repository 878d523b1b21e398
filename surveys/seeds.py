"""The first rows of code lists, standards, stage rules and offices, from the files beside this module."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text
from sqlalchemy.dialects import postgresql

from surveys.check_tables import ChecklistItem
from surveys.code_lists import Code
from surveys.complaints import ComplaintDeadline
from surveys.offices import OfficeCategory, ServiceStandard
from surveys.resettlement_tables import StageRule

_FOLDER = Path(__file__).parent / "data"
REFORM = dt.date(2025, 7, 1)


def load(connection: Connection) -> None:
    """Adds the codes, standards and stage rules that are missing, as the worker role; what an admin changed stays."""
    for table, rows in (
        (Code, code_rows()), (ServiceStandard, service_standard_rows()), (StageRule, stage_rule_rows()),
        (ChecklistItem, checklist_item_rows()), (ComplaintDeadline, complaint_deadline_rows()),
    ):  # fmt: skip
        # By key and first day: a code that an admin has ended or renamed isn't brought back.
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)


def load_offices(connection: Connection, province_id: int) -> int:
    """Gives a province without offices its first ones, every report category answered by one. Returns how many."""
    if connection.scalar(text("SELECT EXISTS (SELECT FROM offices WHERE unit_id = :unit)"), {"unit": province_id}):
        return 0
    rows = office_rows()
    for row in rows:
        office = connection.scalar(
            text("INSERT INTO offices (name, unit_id, valid_from) VALUES (:name, :unit, :on) RETURNING id"),
            {"name": row["name"], "unit": province_id, "on": REFORM},
        )
        for category in row["categories"].split():
            connection.execute(insert(OfficeCategory).values(office_id=office, category=category))
    return len(rows)


def liaison_office() -> str:
    """The name of the liaison office: the one whose people review what comes in."""
    return next(row["name"] for row in office_rows() if row["liaison"] == "1")


def code_rows() -> list[dict[str, Any]]:
    """Rows for `code_lists`; what came from memory says so in `status`, for the office to check."""
    return [
        {**row, "position": int(row["position"]), "valid_from": dt.date.fromisoformat(row["valid_from"])}
        for row in _rows("code_lists.csv")
    ]


def service_standard_rows() -> list[dict[str, Any]]:
    """Rows for `service_standards`: days to answer, by category."""
    return [
        {**row, "days": int(row["days"]), "valid_from": dt.date.fromisoformat(row["valid_from"])}
        for row in _rows("service_standards.csv")
    ]


def stage_rule_rows() -> list[dict[str, Any]]:
    """Rows for `resettlement_rules`: how the days of a project's stages are bound to each other."""
    return [
        {
            **row,
            "days": int(row["days"]),
            "valid_from": dt.date.fromisoformat(row["valid_from"]),
            "valid_to": dt.date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        }
        for row in _rows("resettlement_rules.csv")
    ]


def checklist_item_rows() -> list[dict[str, Any]]:
    """Rows for `checklist_items`: what a checklist asks."""
    return [
        {**row, "position": int(row["position"]), "valid_from": dt.date.fromisoformat(row["valid_from"])}
        for row in _rows("checklist_items.csv")
    ]


def complaint_deadline_rows() -> list[dict[str, Any]]:
    """Rows for `complaint_deadlines`: the law's deadlines, by kind and step."""
    numbers = ("days", "days_complex", "days_remote", "days_remote_complex")
    return [
        {
            **row,
            **{key: int(row[key]) if row[key] else None for key in numbers},
            "position": int(row["position"]),
            "working": row["working"] == "1",
            "valid_from": dt.date.fromisoformat(row["valid_from"]),
        }
        for row in _rows("complaint_deadlines.csv")
    ]


def office_rows() -> list[dict[str, str]]:
    """Name, liaison (1 or 0) and categories (separated by spaces) of a province's first offices."""
    return _rows("offices.csv")


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
