"""The first rows of code lists and service standards, from the files beside this module."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data"


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


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
