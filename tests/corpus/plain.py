"""The verdict to compare with: pyxform and ODK Validate as anybody runs them, without this system."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pyxform.validators.error_cleaner import ErrorCleaner
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH
from pyxform.xls2xform import convert

VALIDATE_S = 100


@dataclass(frozen=True)
class Plain:
    """`taken`, the XForm where pyxform made one, and the complaint where either refused it."""

    taken: bool
    xform: str
    complaint: str


def verdict(file: Path) -> Plain:
    """Of a form's file."""
    try:
        # By content, as what a browser uploads: one of the examples is an .xlsx that calls itself .xls.
        xform = convert(file.read_bytes(), form_name="data").xform
    except Exception as error:  # pyxform lets errors of any kind escape
        return Plain(False, "", f"pyxform: {_short(str(error) or type(error).__name__)}")
    made = file.with_suffix(".xform.xml")
    made.write_text(xform, encoding="utf-8")
    ran = subprocess.run(
        ["java", "-Djava.awt.headless=true", "-jar", ODK_VALIDATE_PATH, str(made)],
        capture_output=True, text=True, timeout=VALIDATE_S, check=False,
    )  # fmt: skip
    if ran.returncode:
        return Plain(False, xform, f"ODK Validate: {_short(str(ErrorCleaner.odk_validate(ran.stderr)))}")
    return Plain(True, xform, "")


def _short(said: str) -> str:
    return re.sub(r"\s+", " ", said).strip()[:160]
