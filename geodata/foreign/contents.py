"""What a file would do when it is opened: XML that declares or links, databases that act, tables that name others."""

import re
import sqlite3
from pathlib import Path
from xml.parsers import expat

from geodata.foreign import refusals
from geodata.foreign.kinds import Found

_MOST_XML = 64 << 20  # bytes: the reader holds the whole document
_MOST_DEPTH = 100
_LINKS = {"networklink", "networklinkcontrol", "import", "include"}


def check(found: Found, name: str) -> None:
    """Raises Doctype, Pointing, Active, Unreadable, TooLarge."""
    match found.kind.key:
        case "kml" | "gpx":
            _check_xml(found.file, name)
        case "gpkg":
            _check_database(found.file, name)
        case "tab":
            _check_tab(found.file, name)
        case "geojson":
            _check_system(found.file, name)


_SYSTEM = re.compile(rb'"crs"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\})')
_ADDRESS = re.compile(rb'(?i)"href"|"link"|/vsi|file:|ftp:|https?:(?!//www\.opengis\.net/def/crs/)')


def _check_system(file: Path, name: str) -> None:
    """A system may be named, not fetched."""
    with file.open("rb") as raw:
        ends = raw.read(1 << 20)
        raw.seek(max(0, file.stat().st_size - (1 << 20)))
        ends += raw.read()
    for found in _SYSTEM.findall(ends):
        if _ADDRESS.search(found.replace(b"\\/", b"/")):
            raise refusals.Pointing(name, what=found.decode("latin-1")[:80])


def _check_xml(file: Path, name: str) -> None:
    """Every element is looked at by a parser that expands nothing."""
    if file.stat().st_size > _MOST_XML:
        raise refusals.TooLarge(name, megabytes=_MOST_XML >> 20)
    parser = expat.ParserCreate(namespace_separator="|")
    depth = 0

    def doctype(*_: object) -> int:
        raise refusals.Doctype(name)

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        local = tag.rsplit("|", 1)[-1].lower()
        if local in _LINKS:
            raise refusals.Pointing(name, what=tag.rsplit("|", 1)[-1])
        if depth > _MOST_DEPTH:
            raise refusals.Unreadable(name, reason=f"XML > {_MOST_DEPTH}")
        for key, value in attributes.items():
            if key.rsplit("|", 1)[-1].lower() == "schemaurl" and not value.startswith("#") and "/" in value:
                raise refusals.Pointing(name, what=value[:80])

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    parser.ExternalEntityRefHandler = doctype
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    try:
        with file.open("rb") as raw:
            parser.ParseFile(raw)
    except expat.ExpatError as error:
        raise refusals.Unreadable(name, reason=f"XML: {error}"[:200]) from None


# What GDAL and QGIS themselves put into a GeoPackage: triggers that keep its own index and counts, on writing only.
_OWN_STATEMENT = re.compile(
    r"""(?is)(?:INSERT\s+(?:OR\s+REPLACE\s+)?INTO|DELETE\s+FROM|UPDATE)\s+["']?(?:rtree_|gpkg_ogr_contents\b|gpkg_contents\b)"""
    r"|SELECT\s+RAISE\s*\("
)
_OWN_FUNCTIONS = {"lower", "raise", "strftime", "values", "in", "and", "or", "not", "when", "where", "count"}
_CALL = re.compile(r"(\w+)\s*\(")
_KNOWN_VIRTUAL = re.compile(r"(?is)^CREATE\s+VIRTUAL\s+TABLE\s+(?:\"rtree_[^\"]+\"|rtree_\S+)\s+USING\s+rtree\s*\(")
_KNOWN_VIEWS = {"st_spatial_ref_sys", "spatial_ref_sys", "st_geometry_columns", "geometry_columns"}


def _check_database(file: Path, name: str) -> None:
    """Only tables and the index GDAL makes: no view, no other trigger, no virtual table that reaches elsewhere."""
    for beside in ("-wal", "-journal", "-shm"):
        if file.with_name(file.name + beside).exists():
            raise refusals.Active(name, what=beside)
    try:
        database = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
        try:
            database.execute("PRAGMA trusted_schema = OFF")
            rows = database.execute("SELECT type, name, sql FROM sqlite_master").fetchmany(5000)
            tables = {row[1].lower() for row in rows if row[0] == "table"}
            contents = "gpkg_contents" in tables and "gpkg_geometry_columns" in tables
        finally:
            database.close()
    except (sqlite3.Error, ValueError, TypeError, UnicodeError) as error:
        raise refusals.Unreadable(name, reason=f"SQLite: {error}"[:200]) from None
    for sort, called, sql in rows:
        text = " ".join(str(sql or "").split())
        if sort == "view" and str(called).lower() not in _KNOWN_VIEWS:
            raise refusals.Active(name, what=f"VIEW {called}"[:80])
        if sort == "trigger" and not _is_own_trigger(text):
            raise refusals.Active(name, what=f"TRIGGER {called}"[:80])
        if text.upper().startswith("CREATE VIRTUAL") and not _KNOWN_VIRTUAL.match(text):
            raise refusals.Active(name, what=f"VIRTUAL TABLE {called}"[:80])
    if not contents:
        raise refusals.OtherContent(name, kind="GeoPackage")


def _is_own_trigger(text: str) -> bool:
    _, begin, body = text.partition(" BEGIN ")
    statements = [part.strip() for part in body.removesuffix(";").removesuffix("END").split(";") if part.strip()]
    calls = {call.lower() for call in _CALL.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", text))}
    return (
        bool(begin and statements)
        and all(_OWN_STATEMENT.match(statement) for statement in statements)
        and all(call in _OWN_FUNCTIONS or call.startswith("st_") for call in calls)
    )


def _check_tab(file: Path, name: str) -> None:
    """A table of its own, not a view of others, a picture or a link to a database."""
    text = file.read_bytes()[: 1 << 20].decode("latin-1").lower()
    for sign in ('isseamless" = "true"', "create view", "open table", 'file "', "odbc", "oraci"):
        if sign in text:
            raise refusals.Pointing(name, what=sign.strip())
    kind = re.search(r"^\s*type\s+(\w+)", text, re.MULTILINE)
    if not kind or kind[1] != "native":
        raise refusals.Pointing(name, what=f"Type {kind[1] if kind else '?'}")


def neutral(file: Path) -> None:
    """Takes the character set out of our copy of a MapInfo header: what it claims would be recoded, losing letters."""
    raw = file.read_bytes()
    at = len(raw) if file.suffix == ".tab" else 4000
    head = re.sub(rb'(?i)(charset\s+)"[^"\r\n]*"', rb'\1"Neutral"', raw[:at])
    if head != raw[:at]:
        file.with_suffix(".head").write_bytes(raw[:4000])
        file.write_bytes(head + raw[at:])
