"""A database of the small world with seeded rows of every layer, and its tiles."""

import random
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine, insert

from app.config import Config
from app.database import acting
from geodata import tiles
from surveys.access import Actor
from surveys.layer import Layer
from surveys.layers import CATALOGUE
from tests import world as worlds
from tests.conftest import migrate, new_database
from tests.rows import feature


@dataclass
class Base:
    """One database with the small world: engines of the web role and of the worker."""

    web: Engine
    worker: Engine
    owner: Engine

    def tile(self, actor: Actor | None, keys: list[str], z: int, x: int, y: int) -> bytes:
        with acting(self.web, actor) as session:
            return tiles.made(session.connection(), keys, z, x, y)


def rows(seed: int, communes: tuple[int, ...] = (11, 12, 13), each: int = 40) -> dict[str, list[dict[str, Any]]]:
    """Seeded rows of every layer, scattered and in heaps, some without a place."""
    chance = random.Random(seed)
    made: dict[str, list[dict[str, Any]]] = {}
    for layer in CATALOGUE:
        made[layer.key] = []
        for commune in communes:
            west = 108.0 + (commune - 11) / 10
            for n in range(each if layer.shape == "POINT" else 5):
                row = feature(
                    layer, commune, id=uuid.UUID(int=chance.getrandbits(128)), geom=placed(chance, layer, west, n)
                )
                if layer.style.by:
                    row[layer.style.by] = chance.choice(list(layer.style.classes))
                made[layer.key].append(row)
    return made


def placed(chance: random.Random, layer: Layer, west: float, n: int) -> str | None:
    x, y = west + 0.1 * chance.random(), 11.9 + 0.1 * chance.random()
    if layer.shape == "POINT":
        if not layer.geometry_required and n % 7 == 0:
            return None
        if n % 3 == 0:
            x, y = west + 0.05, 11.95  # a heap
        return f"SRID=4326;POINT({x} {y})"
    size = chance.choice((0.00001, 0.001, 0.02))
    x, y = min(x, west + 0.1 - size), min(y, 12.0 - size)
    return f"SRID=4326;MULTIPOLYGON((({x} {y},{x + size} {y},{x + size} {y + size},{x} {y + size},{x} {y})))"


def build(cluster: Config, name: str, of: dict[str, list[dict[str, Any]]]) -> Base:
    urls = new_database(cluster, f"diaban_test_{name}_{uuid.uuid4().hex[:8]}")
    migrate(urls.owner)
    base = Base(
        create_engine(urls.web, pool_size=1, max_overflow=0), create_engine(urls.worker), create_engine(urls.owner)
    )
    worlds.build(base.worker)
    with base.worker.begin() as connection:
        for layer in CATALOGUE:
            if of[layer.key]:
                connection.execute(insert(layer.table), of[layer.key])
    tiles.refresh_all(base.worker)
    return base
