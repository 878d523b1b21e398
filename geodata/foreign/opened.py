"""A layer as it is read: columns of raw cells and geometries, some thousand rows at a time."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BATCH = 2000


class Batch(NamedTuple):
    """`columns`: by position, text as bytes, days and times as ISO text. `shapes`: shapely geometries as in the file,
    None where there is none. `numbers`: of the rows. `problems`: (row in the batch, code, facts)."""

    numbers: list[int]
    columns: list[list[Any]]
    shapes: NDArray[np.object_]
    problems: list[tuple[int, str, dict[str, Any]]]


@dataclass
class Layer(ABC):
    """`names`: raw bytes, as text cells are; `kinds`: as `sources.Field.kind`. `unicode`: text is UTF-8 by its format;
    `said`: what the file declares about its text. `system`: WKT, PROJJSON or a code, None for none. `standard`: WGS 84
    by the format; `degrees`: a table says so. `left`: columns of kinds that aren't read; `places`:
    columns that say where."""

    layer: str
    geometry: str
    rows: int
    names: list[bytes]
    kinds: list[str]
    unicode: bool
    said: str | None = None
    system: str | None = None
    standard: bool = False
    degrees: bool = False
    left: list[str] = field(default_factory=list)
    places: tuple[int, ...] = ()

    @abstractmethod
    def batches(self) -> Iterator[Batch]:
        """Every row in the file's order."""
