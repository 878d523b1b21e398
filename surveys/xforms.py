"""XLSForm rows or files to XForms, with pyxform; checked with ODK Validate where Java is at hand."""

import hashlib
import io
import json
import tempfile
from pathlib import Path
from typing import ClassVar

import pyxform
from pyxform.errors import PyXFormError
from pyxform.validators import odk_validate
from pyxform.xls2xform import convert as pyxform_convert

from geodata.problems import Problem
from surveys.xlsforms import Sheets


class FormNotConvertible(Problem):
    """An XLSForm pyxform or ODK Validate refuses; facts: reason."""

    code: ClassVar[str] = "form_not_convertible"


def convert(source: Sheets | bytes) -> str:
    """The XForm of an XLSForm given as rows or as an XLSX file. Raises FormNotConvertible."""
    try:
        given = io.BytesIO(source) if isinstance(source, bytes) else _with_headers(source)
        made: str = pyxform_convert(given, form_name="data").xform
    except (PyXFormError, ValueError, KeyError, TypeError) as error:
        raise FormNotConvertible(reason=str(error).strip()[:500]) from error
    return made


def _with_headers(content: Sheets) -> dict[str, object]:
    # Given rows alone, pyxform takes the first one's columns for all of the sheet's.
    headers = {
        f"{name}_header": [dict.fromkeys(column for row in rows for column in row)] for name, rows in content.items()
    }
    return {**content, **headers}


def validate(xform: str) -> None:
    """Runs ODK Validate (Java, from pyxform's wheel). Raises FormNotConvertible with its complaint."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "form.xml"
        file.write_text(xform, encoding="utf-8")
        try:
            odk_validate.check_xform(str(file))
        except odk_validate.ODKValidateError as error:
            raise FormNotConvertible(reason=str(error).strip()[:500]) from error
        except OSError as error:
            raise FormNotConvertible(reason=f"ODK Validate: {error}") from error


def version_of(content: Sheets) -> str:
    """A version that changes when the form does and only then: ten digits of a hash, without a date."""
    facts = json.dumps([pyxform.__version__, content], sort_keys=True, ensure_ascii=False)
    return str(int(hashlib.sha256(facts.encode()).hexdigest(), 16))[:10]
