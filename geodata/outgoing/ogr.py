"""Running Debian's ogr2ogr on PostGIS: password by file, one snapshot, progress, cancel."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from geodata.outgoing import lossreport
from geodata.outgoing.parts import Part, Work
from geodata.problems import Problem


class WriterMissing(Problem):
    """Facts: program."""

    code: ClassVar[str] = "gdal_missing"


class WriterFailed(Problem):
    """Facts: reason (what ogr2ogr said, shortened)."""

    code: ClassVar[str] = "export_failed"


# What a libpq connection may be made of here; the password goes by file, never by the command line.
_PARAMETERS = ("host", "hostaddr", "port", "user", "dbname", "sslmode", "sslrootcert", "connect_timeout")


@contextmanager
def password_file(connection: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Environment with PGPASSFILE naming a file only we can read, gone afterwards."""
    clean = {key: value for key, value in os.environ.items() if key not in ("PGPASSWORD", "PGPASSFILE", "PGSERVICE")}
    handle, name = tempfile.mkstemp(prefix="diaban-pgpass-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            escaped = re.sub(r"([\\:])", r"\\\1", str(connection.get("password") or ""))
            file.write(f"*:*:*:*:{escaped}\n")
        yield clean | {"PGPASSFILE": name}
    finally:
        Path(name).unlink(missing_ok=True)


def source_name(connection: Mapping[str, Any]) -> str:
    """The PG: name GDAL opens, without the password."""
    parts = []
    for key in _PARAMETERS:
        if connection.get(key) not in (None, ""):
            value = re.sub(r"(['\\])", r"\\\1", str(connection[key]))
            parts.append(f"{key}='{value}'")
    return "PG:" + " ".join(parts)


def translate(
    work: Work,
    part: Part,
    sql: str,
    out: Path,
    options: Sequence[str],
    report: lossreport.Writer,
    watch: Callable[[], None] = lambda: None,
) -> None:
    """Run ogr2ogr in the work's snapshot; its warnings go to the report. `watch` is called twice a second meanwhile.

    The part's prelude sets what row-level security reads. Raises WriterMissing, WriterFailed, Cancelled.
    """
    opening = ["begin isolation level repeatable read, read only", f"set transaction snapshot '{work.snapshot}'"]
    # GDAL wants the last of these to be a command: rows as the answer count as a failure to connect.
    before = "; ".join([*opening, *part.source.prelude, "set local application_name = 'diaban-ogr2ogr'"])
    with password_file(work.connection) as environment, tempfile.NamedTemporaryFile("w", suffix=".sql") as query:
        query.write(sql)
        query.flush()
        command = ["ogr2ogr", *options, str(out), source_name(work.connection), "-sql", f"@{query.name}"]
        command += ["-oo", f"PRELUDE_STATEMENTS={before}", "-oo", "LIST_ALL_TABLES=NO", "-gt", "1000000"]
        said = _run(command, environment | {"OGR_PG_CURSOR_PAGE": "2000"}, watch, work.stop_if_cancelled)
    for line in said.splitlines():
        if line.strip():
            report.add("warning", line.strip())


def _run(command: list[str], environment: dict[str, str], watch: Callable[[], None], stop: Callable[[], None]) -> str:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)
        except FileNotFoundError:
            raise WriterMissing(program=command[0]) from None
        try:
            while process.poll() is None:
                watch()
                stop()
                _wait(process, 0.5)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        said.seek(0)
        text = said.read(20_000)
    if process.returncode != 0 or "ERROR" in text:
        raise WriterFailed(reason=_first_lines(text))
    return text


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def _first_lines(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("  ->")]
    return " ".join(lines)[:500]
