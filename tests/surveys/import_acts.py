"""What a person does with a file, without the web: put it in, look, confirm; another approves or undoes."""

import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from app.database import acting
from surveys import import_deciding, import_files, import_proposing
from surveys.access import Actor
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
