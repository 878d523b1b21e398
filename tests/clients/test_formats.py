"""Each layer in each format, read back by other programs: rows, every Vietnamese letter, types, nulls, places."""

import datetime as dt
import itertools
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import Engine, insert, text

from app import exporting
from app.roles import Urls
from geodata.outgoing import formats
from surveys import export_columns
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named
from surveys.selections import Selection
from tests.clients import readers
from tests.rows import feature
from tests.world import World

# Every letter with every mark, lower and upper case: 134 letters that ASCII has no place for, in two lines of a DBF.
LETTERS = "".join(
    unicodedata.normalize("NFC", base + mark)
    for base, mark in itertools.product("aăâeêioôơuưy", ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"))
) + "đ"  # fmt: skip
TEXT = "Chùa “Đắk R'Lấp” & <b>, \\ %s; " + LETTERS
UPPER = LETTERS.upper()
DAY = dt.date(2004, 2, 29)
# Readers by format; the first is GDAL's newest where it reads the format at all.
READERS: dict[str, tuple[Callable[[Path, str], list[readers.Row]], ...]] = {
    "shapefile": (readers.by_pyogrio, readers.by_ogr, readers.by_pyshp),
    "gpkg": (readers.by_pyogrio, readers.by_ogr),
    "geojson": (readers.by_pyogrio, readers.by_ogr),
    "kml": (readers.by_pyogrio, readers.by_ogr),
    "mif": (readers.by_pyogrio, readers.by_ogr),
    "fgb": (readers.by_pyogrio, readers.by_ogr),
    "parquet": (readers.by_geopandas,),
    "csv": (readers.by_csv,),
    "xlsx": (readers.by_openpyxl,),
}
# What a format has no way to say; each is named in bao_cao.txt, which the test looks for.
NO_NULL_NUMBERS = {"mif"}
NO_NULL_DATES = {"mif"}
YES_NO: dict[str, tuple[Any, Any]] = {
    "shapefile": ("C", "K"), "mif": ("C", "K"), "csv": ("Có", "Không"), "kml": ("true", "false"),
}  # fmt: skip


def test_every_format_has_readers() -> None:
    assert list(READERS) == [form.key for form in formats.FORMATS]
    assert len(LETTERS) == 73


def full(layer: Layer, **more: Any) -> dict[str, Any]:
    """A row with a value in each field that leaves, one that is awkward where there is a choice."""
    values: dict[str, Any] = {}
    for field in layer.leaving:
        if field.kind == "text" and field.key not in ("source_file", "state"):
            values[field.key] = TEXT
        elif field.kind in ("integer", "money"):
            values[field.key] = 1234
        elif field.kind == "decimal":
            values[field.key] = 12.5
        elif field.kind == "date" and field.key != "due_on":
            values[field.key] = DAY
        elif field.kind == "boolean":
            values[field.key] = True
    return {**feature(layer, 11), **values, **more}


@pytest.fixture
def rows(worker: Engine, world: World) -> Callable[[Layer], dict[str, dict[str, Any]]]:
    """Empties a layer and puts three rows into it: full, as empty as can be, and with an empty text; by id."""

    def put(layer: Layer) -> dict[str, dict[str, Any]]:
        nameable = {} if layer.field(layer.label).kind != "text" else {layer.label: UPPER}
        booleans = {field.key: False for field in layer.leaving if field.kind == "boolean"}
        made = [full(layer), feature(layer, 12), {**feature(layer, 13), **nameable, **booleans}]
        with worker.begin() as connection:
            connection.execute(text(f"DELETE FROM {layer.key}"))
            for row in made:
                connection.execute(insert(layer.table), row)
        return {str(row["id"]): row for row in made}

    return put


@pytest.fixture
def exported(urls: Urls, world: World, tmp_path: Path) -> Callable[..., tuple[Any, Path, int, str]]:
    """(loss report, folder, EPSG of the file, bao_cao.txt)."""

    def make(key: str, form: str, **more: Any) -> tuple[Any, Path, int, str]:
        made = exporting.export(
            urls, world.actor("gis"), Selection((key,), form, **more), "Kiểm tra tệp",
            lambda plan: tmp_path / plan.file_name, lambda *_: None,
        )  # fmt: skip
        with zipfile.ZipFile(made.file) as archive:
            assert archive.testzip() is None
            archive.extractall(tmp_path / "out")
        said = (tmp_path / "out" / "bao_cao.txt").read_text(encoding="utf-8-sig")
        return made.reports[0], tmp_path / "out", made.plan.used.epsg, said

    return make


@pytest.mark.parametrize("form", list(READERS))
@pytest.mark.parametrize("key", [layer.key for layer in CATALOGUE])
def test_every_layer_in_every_format_comes_back_whole(
    exported: Any, rows: Any, worker: Engine, key: str, form: str
) -> None:
    layer = named(key)
    put = rows(layer)
    report, folder, epsg, said = exported(key, form)
    assert (report.rows, report.written) == (3, 3)
    with worker.connect() as connection:
        labels = export_columns.codes(connection)
    for read in READERS[form]:
        found = {row["ID"]: row for row in read(folder, form)}
        assert set(found) == set(put), read.__name__
        for id_, row in put.items():
            check_row(layer, form, labels, row, found[id_], said, read.__name__)
            meant = shapely.from_wkt(row["geom"].split(";")[1])
            place = readers.ground(found[id_]["shape"], epsg)
            assert readers.metres_apart(place, meant) < 0.01, (read.__name__, place)


def check_row(
    layer: Layer, form: str, labels: Any, row: dict[str, Any], found: dict[str, Any], said: str, reader: str
) -> None:
    """Every field of a row as a reader gives it."""
    for field in layer.leaving:
        value, got = row.get(field.key), found.get(field.dbf)
        where = (reader, field.key, value, got)
        if isinstance(got, float) and got != got:
            got = None
        if value is None:
            check_null(field.kind, form, got, said, where)
        elif field.kind in ("choice", "choices"):
            codes = value if isinstance(value, list) else [value]
            assert got == ", ".join(dict(labels[field.list]).get(code, code) for code in codes), where
        elif field.kind == "boolean":
            yes_no = YES_NO.get(form, (True, False))
            assert got in (yes_no[not value], value), where
        elif field.kind == "date":
            assert str(got)[:10].replace("/", "-") == value.isoformat(), where
            # JSON, KML and CSV have no dates but as text.
            assert not isinstance(got, str) or form in ("csv", "kml") or reader == "by_ogr", where
        elif field.kind in ("integer", "money", "decimal"):
            assert float(got) == value, where
            assert not isinstance(got, str) or form == "csv", where
        else:
            assert unicodedata.is_normalized("NFC", got), where
            cut = form in ("shapefile", "mif") and len(value.encode()) > 254
            assert value.startswith(got) if cut else got == value, where
            assert not cut or f"{field.dbf} (" in said, where


def check_null(kind: str, form: str, got: Any, said: str, where: Any) -> None:
    """Nothing stays nothing, or the report says that this format shows something else."""
    if kind in ("integer", "money", "decimal") and form in NO_NULL_NUMBERS:
        assert got in (0, None), where
        assert "Ô số để trống" in said
    elif kind == "date" and form in NO_NULL_DATES:
        assert got is None, where
    else:
        assert got is None or (got == "" and form in ("csv", "mif", "shapefile")), where
