"""`make bench`: every measurement in one run, one table at the end; nothing of it stays."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache

from tests.bench import (
    applying,
    atlas,
    cases,
    export,
    import_layer,
    importing,
    ogc,
    phone,
    phone_blocks,
    pyramid,
    stage,
    submissions,
    tiles,
)
from tests.bench.table import Row, show

SECONDS = 15.0


def _exports(rows: int) -> list[Row]:
    return [row for count in (rows // 10, rows) for row in export.compare(count)]


def main() -> int:
    """Runs what was asked for; 1 where a budget was missed or something couldn't be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="features in one province (1000000)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long each load lasts (15)")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="phone, blocks, submissions, applying, pyramid, atlas, tiles, tiles-http, figures, map, export, ogc,"
        " cases, import",
    )
    given = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "phone": lambda: phone.measure(served()),
        "blocks": lambda: phone_blocks.measure(served()),
        "submissions": lambda: submissions.measure(served(), given.seconds),
        "applying": lambda: applying.measure(served(), int(200 * given.seconds)),
        "pyramid": lambda: pyramid.measure(served(), given.seconds),
        "atlas": lambda: atlas.measure(served()),
        "tiles": lambda: tiles.measure(province()),
        "figures": lambda: tiles.figured(province()),
        "tiles-http": lambda: tiles.over_http(province()),
        "map": lambda: tiles.page(province()),
        "export": lambda: _exports(given.rows),
        "ogc": lambda: ogc.measure(given.rows),
        "cases": lambda: cases.measure(given.rows),
        "import": lambda: [importing.compare(given.rows // 10), *import_layer.measure(given.rows // 10)],
    }
    unknown = set(given.only or ()) - set(parts)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    with ExitStack() as kept:
        # Made by the first that needs it, and shared.
        served = cache(lambda: kept.enter_context(stage.made()))
        province = cache(lambda: kept.enter_context(tiles.filled(given.rows)))
        rows = _measured({name: part for name, part in parts.items() if name in (given.only or parts)})
    print(show(rows))
    return 1 if any(row.met is False for row in rows) else 0


def _measured(parts: dict[str, Callable[[], list[Row]]]) -> list[Row]:
    """The rows of all parts; one that fails is a row that says so."""
    rows: list[Row] = []
    for name, measure in parts.items():
        begun = time.monotonic()
        print(f"{name} … (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)", file=sys.stderr, flush=True)
        try:
            rows += measure()
        except Exception as error:
            rows.append(Row(name, f"failed: {type(error).__name__}: {str(error)[:80]!r}", met=False))
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
