"""The atlas of all communes by the real job under `diaban up`: how long it takes, and the worker's largest memory."""

import time
from contextlib import suppress
from pathlib import Path

from app.database import acting
from surveys import jobs
from tests.bench.stage import Stage, connect, one_engine
from tests.bench.table import Row
from tests.faults import site as sites

BUDGET_S, BUDGET_MB = 360, 1000
PATIENCE_S = 1800
# Points, areas, a figure and its hatchings: what a page of a meeting's atlas holds.
QUERY = "layers=hamlet_profiles,resettlement_projects,joint_activities&figure=no_nuoc&period=2026-Q3"


def measure(stage: Stage) -> list[Row]:
    """One row. Progress is looked at each second: a job that never told how far it is fails."""
    with stage.serving() as site:
        begun, told, peak = time.monotonic(), set(), 0.0
        id_ = _ask(stage)
        while True:
            state, done, total, result, error = _job(stage, id_)
            told.add(done)
            pids = sites.processes(site) - sites.server_processes(site)
            peak = max([peak, *(_resident_mb(pid) for pid in pids)])
            if state not in ("queued", "running"):
                break
            if time.monotonic() - begun > PATIENCE_S:
                raise TimeoutError(f"{done} of {total} pages after {PATIENCE_S} s")
            time.sleep(1)
        took = time.monotonic() - begun
    if state != "done":
        raise RuntimeError(f"{state}: {error}")
    return [
        Row(
            f"atlas of {result['pages']} communes",
            f"{took:.0f} s, {peak:.0f} MB, a file of {result['bytes'] / 1e6:.1f} MB",
            f"progress told {len(told)} times",
            budget=f"≤ {BUDGET_S // 60} min, ≤ {BUDGET_MB} MB",
            met=took <= BUDGET_S and peak <= BUDGET_MB and len(told) > 2,
        )
    ]


def _ask(stage: Stage) -> str:
    """Queues the job as the leader's page would."""
    leader = stage.actor("lanhdao")
    page = {"unit": stage.province, "query": QUERY, "title": "", "note": ""}
    given = {"pages": [page], "paper": "A4", "landscape": True, "name": "Tập bản đồ", "language": "vi"}
    with acting(one_engine(stage.urls.web), leader) as session:
        return str(jobs.submit(session, leader, "map_atlas", given, "đo tốc độ"))


def _job(stage: Stage, id_: str) -> tuple[str, int, int | None, dict[str, int], object]:
    with connect(stage.urls.worker) as connection:
        row = connection.execute("SELECT state, done, total, result, error FROM jobs WHERE id = %s", (id_,)).fetchone()
    assert row is not None
    return row  # type: ignore[return-value]


def _resident_mb(pid: int) -> float:
    """The most a process ever held."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1000
    return 0.0
