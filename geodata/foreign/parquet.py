"""GeoParquet, by Arrow's own reader: Debian's GDAL has no driver for it, nor has the one in the wheel."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from geodata.foreign import refusals
from geodata.foreign.kinds import Found
from geodata.foreign.opened import BATCH, Batch, Layer

_CRS84 = "OGC:CRS84"


@dataclass
class ParquetLayer(Layer):
    file: Path = Path()
    name: str = ""
    wanted: tuple[str, ...] = ()
    shape: str = ""

    def batches(self) -> Iterator[Batch]:
        number = 0
        columns = [*self.wanted, *([self.shape] if self.shape else [])]
        try:
            with pq.ParquetFile(self.file) as file:
                for batch in file.iter_batches(batch_size=BATCH, columns=columns, use_threads=False):
                    shapes, problems = self._shapes(batch)
                    cells = [
                        _cells(batch.column(each), kind) for each, kind in zip(self.wanted, self.kinds, strict=True)
                    ]
                    yield Batch(list(range(number + 1, number + batch.num_rows + 1)), cells, shapes, problems)
                    number += batch.num_rows
        except pa.ArrowMemoryError:
            raise refusals.TooMuchMemory(self.name) from None
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise refusals.Unreadable(self.name, reason=f"Parquet: {error}"[:200]) from None

    def _shapes(self, batch: pa.RecordBatch) -> tuple[Any, list[tuple[int, str, dict[str, Any]]]]:
        if not self.shape:
            return np.full(batch.num_rows, None, dtype=object), []
        raw = np.array(batch.column(self.shape).to_pylist(), dtype=object)
        shapes = shapely.from_wkb(raw, on_invalid="ignore")
        lost = [row for row, (a, b) in enumerate(zip(raw, shapes, strict=True)) if a is not None and b is None]
        return shapes, [(row, "geometry_unreadable", {}) for row in lost]


def layers(found: Found, name: str) -> list[ParquetLayer]:
    """The table of the file. Raises Unreadable, SaveOtherwise."""
    try:
        with pq.ParquetFile(found.file) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
        geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
        shape = str(geo.get("primary_column", "")) if isinstance(geo, dict) else ""
        about = dict(geo["columns"][shape]) if shape else {}
        kinds = {field.name: _kind(field.type) for field in schema if field.name != shape}
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise refusals.Unreadable(name, reason=f"Parquet: {error}"[:200]) from None
    if about.get("encoding", "WKB") != "WKB":
        raise refusals.SaveOtherwise(name, kind=f"GeoParquet ({about['encoding']})"[:40], instead="GeoParquet (WKB)")
    wanted = {each: kind for each, kind in kinds.items() if kind}
    crs = about.get("crs", _CRS84)
    return [
        ParquetLayer(
            layer="",
            geometry="MIXED" if shape else "",
            rows=rows,
            names=[each.encode() for each in wanted],
            kinds=list(wanted.values()),
            unicode=True,
            system=json.dumps(crs) if isinstance(crs, dict) else crs,
            standard="crs" not in about and bool(shape),
            left=[each for each, kind in kinds.items() if not kind],
            file=found.file,
            name=name,
            wanted=tuple(wanted),
            shape=shape,
        )
    ]


def _kind(sort: pa.DataType) -> str:
    if pa.types.is_dictionary(sort):
        sort = sort.value_type
    for known, kind in (
        (pa.types.is_boolean, "boolean"), (pa.types.is_integer, "integer"), (pa.types.is_floating, "decimal"),
        (pa.types.is_decimal, "decimal"), (pa.types.is_date, "date"), (pa.types.is_timestamp, "datetime"),
        (pa.types.is_string, "text"), (pa.types.is_large_string, "text"), (pa.types.is_time, "text"),
    ):  # fmt: skip
        if known(sort):
            return kind
    return ""


def _cells(column: pa.Array, kind: str) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if kind == "text":
        return [None if value is None else str(value).encode() for value in column.to_pylist()]
    if kind in ("date", "datetime"):
        return [None if value is None else value.isoformat() for value in column.to_pylist()]
    if kind == "decimal":
        values = pc.cast(column, pa.float64()).to_pylist()
        return [None if value is None or value != value else value for value in values]
    return list(column.to_pylist())
