"""How far the tile pyramid stays behind the rows while 400 are written each second, under `diaban up`."""

import threading
import time

from tests.bench.stage import Stage, connect
from tests.bench.table import Row, percentile

WRITES_S, BUDGET_S = 400, 2.0
WRITERS = 4
WRITE = """
INSERT INTO joint_activities (province_id, commune_id, hamlet_id, observed_on, origin, name, kind, planned_on, geom)
VALUES (%(province)s, %(commune)s, NULL, '2026-01-01', 'demo', 'Hoạt động đo', 'tinh_nguyen', '2026-01-01',
        ST_SetSRID(ST_Point(108.0 + random() * 0.2, 11.5 + random() * 0.2), 4326))
"""
# What was written but isn't counted yet.
WAITING = "SELECT max(id), min(id) FROM tile_deltas"


def measure(stage: Stage, seconds: float) -> list[Row]:
    """One row: the oldest change not yet counted, seen ten times a second."""
    with stage.serving():
        lags, done = _watch(stage, seconds)
    rate = done / seconds
    most = percentile(lags, 0.95)
    return [
        Row(
            f"pyramid behind {rate:.0f} writes/s",
            f"p95 {most:.2f} s, at most {max(lags):.2f} s",
            f"{WRITES_S} commits/s of one row",
            budget=f"≤ {BUDGET_S:.0f} s",
            met=max(lags) <= BUDGET_S if rate >= 0.95 * WRITES_S else None,
        )
    ]


def _watch(stage: Stage, seconds: float) -> tuple[list[float], int]:
    """(seconds behind at each look, rows written)."""
    end = time.monotonic() + seconds
    done = [0] * WRITERS

    def write(number: int) -> None:
        begun = time.monotonic()
        with connect(stage.urls.worker) as connection:
            connection.autocommit = True
            while (now := time.monotonic()) < end:
                due = begun + done[number] * WRITERS / WRITES_S
                if due > now:
                    time.sleep(due - now)
                connection.execute(WRITE, {"province": stage.province, "commune": stage.commune})
                done[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    lags = []
    first_seen: dict[int, float] = {}
    with connect(stage.urls.worker) as connection:
        connection.autocommit = True
        while time.monotonic() < end:
            now = time.monotonic()
            newest = connection.execute(WAITING).fetchone()
            assert newest is not None
            if newest[0] is None:
                first_seen.clear()
                lags.append(0.0)
            else:
                # The moment an id was first the newest is when it came, to within one look.
                first_seen.setdefault(int(str(newest[0])), now)
                oldest = int(str(newest[1]))
                first_seen = {seen: at for seen, at in first_seen.items() if seen >= oldest}
                lags.append(now - min(first_seen.values()))
            time.sleep(0.05)
    for thread in threads:
        thread.join()
    return lags, sum(done)
