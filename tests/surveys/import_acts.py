"""What a person does with a file, without the web: put it in, look, confirm; another approves or undoes."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import shapely
from sqlalchemy import Connection, Engine, text

from app.database import acting
from geodata import incoming
from surveys import import_checking, import_deciding, import_files, import_proposing
from surveys.access import Actor
from surveys.import_checking import Checked
from surveys.layer import Layer
from tests.world import KNOWN


class Acts:
    """One import of the small world's `gis`, decided by its `officer`."""

    def __init__(self, web: Engine, worker: Engine, home: Path) -> None:
        self.web, self.worker, self.home = web, worker, home
        self.id = uuid.uuid4()
        self.gis, self.officer = KNOWN.actor("gis"), KNOWN.actor("officer")

    def uploads(self, layer: str, file: Path, **choices: Any) -> "Acts":
        with file.open("rb") as raw:
            kept = import_files.keep(self.home, self.id, file.name, raw.read)
        with acting(self.web, self.gis) as session:
            import_proposing.begin(session, self.gis, self.id, layer, kept, choices)
        return self

    def looks(self, **choices: Any) -> dict[str, Any]:
        """The report, after new choices where some are given."""
        if choices:
            with acting(self.web, self.gis) as session:
                import_proposing.choose(session, self.gis, self.id, choices, "reading")
        with self.worker.begin() as connection:
            import_proposing.look(connection, self.gis, self.id, self.home, lambda _d, _t: None)
        return dict(self.row().report or {})

    def confirms(self, **choices: Any) -> dict[str, Any]:
        with acting(self.web, self.gis) as session:
            import_proposing.choose(session, self.gis, self.id, choices, "proposing")
        with self.worker.begin() as connection:
            return import_proposing.propose(connection, self.gis, self.id, self.home, lambda _d, _t: None)

    def approves(self, actor: Actor | None = None, **picks: Any) -> dict[str, int]:
        who = actor or self.officer
        with acting(self.web, who) as session:
            import_deciding.begin(session, who, self.id, "applying", picks.get("picks"))
            return import_deciding.approve(session, who, self.id)

    def undoes(self) -> dict[str, Any]:
        with acting(self.web, self.officer) as session:
            import_deciding.begin(session, self.officer, self.id, "undoing")
            return import_deciding.undo(session, self.officer, self.id)

    def row(self) -> Any:
        with self.worker.connect() as connection:
            return connection.execute(text("SELECT * FROM imports WHERE id = :id"), {"id": self.id}).one()


@dataclass(frozen=True)
class Judged:
    """The rows of a file as the steps before a report see them; stands in the caller's transaction, once in each."""

    checked: Checked
    rows: list[Any]

    @classmethod
    def of(cls, connection: Connection, actor: Actor, layer: Layer, file: Path, **choices: Any) -> "Judged":
        folder = file.with_name(uuid.uuid4().hex[:8])
        incoming.unpack(file, folder)
        reading = import_checking.choose(layer, incoming.inspect(connection, folder, "68"), choices)
        checked = import_checking.check(connection, actor, layer, folder, reading, choices)
        return cls(checked, list(connection.execute(text("SELECT * FROM judged ORDER BY n"))))

    @property
    def doubts(self) -> list[list[list[str]]]:
        return [row.doubts for row in self.rows]

    @property
    def reasons(self) -> list[list[str]]:
        return [[reason for reason, *_ in row.doubts] for row in self.rows]


def stored(worker: Engine, layer: str) -> dict[str, tuple[Any, ...]]:
    """Every bit of a layer's rows by id, but for the number of their version and the moment of their last change."""
    with worker.connect() as connection:
        rows = connection.execute(
            text(
                f"SELECT id::text, (to_jsonb(f) - 'version' - 'updated_at' - 'geom')::text AS row,"
                f" encode(ST_AsEWKB(geom), 'hex') AS place FROM {layer} f"
            )
        )
        return {row.id: (row.row, row.place) for row in rows}


def sites(tmp_path: Path, names: list[str], places: list[Any] | None = None, **columns: list[Any]) -> Path:
    spots = places or [shapely.Point(108.05, 11.95 - 0.003 * n) for n in range(len(names))]
    frame = geopandas.GeoDataFrame({"TEN": names, **columns}, geometry=spots, crs=4326)
    path = tmp_path / f"{uuid.uuid4().hex[:6]}.geojson"
    frame.to_file(path, driver="GeoJSON")
    return path


def areas(tmp_path: Path, count: int, size: float, **columns: list[Any]) -> Path:
    squares = [shapely.box(108.02 + n * size, 11.92, 108.02 + (n + 1) * size, 11.92 + size) for n in range(count)]
    frame = geopandas.GeoDataFrame({"TEN": [f"Khu {n}" for n in range(count)], **columns}, geometry=squares, crs=4326)
    path = tmp_path / f"{uuid.uuid4().hex[:6]}.geojson"
    frame.to_file(path, driver="GeoJSON")
    return path


def why(report: dict[str, Any]) -> dict[int, str]:
    return {row["line"]: row["why"] for row in report["samples"]["doubtful"]}


def cleared(worker: Engine) -> None:
    """Takes away what imports of an earlier test left."""
    with worker.begin() as connection:
        for table in (
            "proposals",
            "imports",
            "import_mappings",
            "religious_sites",
            "minority_areas",
            "joint_activities",
            "resettlement_projects",
        ):
            connection.execute(text(f"DELETE FROM {table}"))
