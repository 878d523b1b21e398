"""Inbox, dashboard and figures of cases with a tenth of the rows and with all: `python -m tests.bench --only cases`."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, text

from app import create_app, embedded, personal_tokens
from app.config import Config
from app.roles import Urls
from surveys import case_counting, wall_clock
from tests import world as worlds
from tests.app.homes import new_home
from tests.bench.table import Row, percentile
from tests.conftest import migrate, new_database

MOST_MS, MOST_RATIO, TIMES = 300.0, 1.5, 40
COMMUNES, OFFICES = 124, 11
# Two years of cases in 124 communes of 11 offices; one in twenty-five waits, most of the others are closed.
MAKE = """
INSERT INTO situation_reports (province_id, commune_id, observed_on, origin, category, what_happened, urgency,
    happened_on, state, due_on, answered_on, office_id, received_on, acknowledged_on, reopened_on)
SELECT 1, 5000 + n % :communes, on_, 'demo', 'nuoc', 'Giếng cạn',
       CASE WHEN n % 97 = 0 THEN 'khan_cap' ELSE 'thuong' END, on_,
       CASE WHEN n % 25 = 0 THEN 'dang_xu_ly' WHEN n % 25 = 1 THEN 'da_tra_loi' ELSE 'dong' END, on_ + 21,
       CASE WHEN n % 25 > 0 THEN on_ + (n * 7919 % 60)::int END,
       CASE WHEN n / :communes % 12 = 0 THEN :answering ELSE 5000 + (n / :communes) % :offices END,
       on_, on_ + (n % 12)::int, CASE WHEN n % 31 = 0 THEN on_ + 70 END
FROM (SELECT n, CAST(:today AS date) - ((n * 104729) % 730)::int AS on_
      FROM generate_series(CAST(:low AS bigint) + 1, CAST(:high AS bigint)) n) AS s
"""
# Page → whose it is, and its address.
PAGES = {
    "inbox": ("leader", "/cases/"),
    "inbox, closed": ("leader", "/cases/?list=closed"),
    "inbox of the liaison office": ("officer", "/cases/"),
    "inbox of an answering office": ("answering", "/cases/"),
    "its closed ones": ("answering", "/cases/?list=closed"),
    "dashboard": ("leader", "/"),
    "dashboard of the liaison office": ("officer", "/"),
    "dashboard of an answering office": ("answering", "/"),
    "figures by office": ("leader", "/cases/figures/?by=office"),
    "figures by commune": ("leader", "/cases/figures/?by=unit"),
    "figures by month": ("leader", "/cases/figures/?by=month"),
    "figures by commune, one office": ("leader", "/cases/figures/?by=unit&office=5003"),
    "figures by office, one commune": ("leader", "/cases/figures/?by=office&unit=5003"),
    "open business": ("leader", "/map/business"),
}


@dataclass(frozen=True)
class Filled:
    """A database full of cases, and its users' browsers."""

    worker: Engine
    clients: dict[str, FlaskClient]


def measure(rows: int = 1_000_000) -> list[Row]:
    """One row for each page, and one for making the sums anew after a case changed."""
    with new_home() as config:
        embedded.start(config)
        tenth, whole = _filled(config, rows // 10), _filled(config, rows)
        took = _pages((tenth, whole))
        renewed = [_renewed(made.worker) for made in (tenth, whole)]
        for made in (tenth, whole):
            made.worker.dispose()
    found = [
        Row(
            f"{name}, {rows:,} cases", f"p95 {percentile(large, 0.95):.0f} ms",
            f"of {rows // 10:,} {percentile(small, 0.95):.0f} ms",
            ratio := statistics.median(large) / statistics.median(small), f"≤ {MOST_MS:.0f} ms, ≤ {MOST_RATIO}×",
            percentile(large, 0.95) <= MOST_MS and ratio <= MOST_RATIO,
        )
        for name, (small, large) in took.items()
    ]  # fmt: skip
    small, large = renewed
    return [
        *found, Row(f"sums after a step, {rows:,} cases", f"{large:.0f} ms", f"of {rows // 10:,} {small:.0f} ms",
                    large / small),
    ]  # fmt: skip


def _filled(config: Config, rows: int) -> Filled:
    urls = new_database(config, f"diaban_bench_cases_{rows}")
    migrate(urls.owner)
    worker = create_engine(urls.worker)
    clients = _clients(config, urls, worker)
    _fill(urls, worker, rows)
    return Filled(worker, clients)


def _clients(config: Config, urls: Urls, worker: Engine) -> dict[str, FlaskClient]:
    """Everybody of PAGES, signed in, of a province of many communes and offices."""
    worlds.build(worker)
    with worker.begin() as connection:
        given = {"communes": COMMUNES - 1, "offices": OFFICES - 1}
        connection.execute(
            text(
                "INSERT INTO units (id, level, code, name, kind, parent_id, province_id, valid_from)"
                " SELECT 5000 + n, 3, 'B' || n, 'Xã số ' || n, 'xã', 1, 1, '2025-07-01'"
                " FROM generate_series(0, :communes) n"
            ),
            given,
        )
        connection.execute(
            text(
                "INSERT INTO offices (id, name, unit_id, valid_from) SELECT 5000 + n, 'Cơ quan số ' || n, 1,"
                " '2025-07-01' FROM generate_series(0, :offices) n"
            ),
            given,
        )
        names = {name for name, _ in PAGES.values()}
        tokens = {name: personal_tokens.create(connection, getattr(worlds.KNOWN, name), "bench") for name in names}
    app, found = create_app(config, urls), {}
    for name, token in tokens.items():
        found[name] = app.test_client()
        found[name].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        found[name].environ_base["HTTP_ACCEPT"] = "text/html"
    return found


def _fill(urls: Urls, worker: Engine, rows: int) -> None:
    values: dict[str, Any] = {"communes": COMMUNES, "offices": OFFICES, "today": wall_clock.today()}
    values["answering"] = worlds.KNOWN.answering_office
    with worker.begin() as connection:
        connection.execute(text(MAKE), values | {"low": 0, "high": rows})
    case_counting.refresh_all(worker)
    with create_engine(urls.owner, isolation_level="AUTOCOMMIT").connect() as owner:
        tables = "situation_reports, case_sums, case_open, case_due, case_changes"
        owner.execute(text(f"VACUUM ANALYZE {tables}"))


def _pages(made: Sequence[Filled]) -> dict[str, tuple[list[float], ...]]:
    """Page → for each database the ms of whole requests, after two that fill the caches.

    By turns: what else the machine does meanwhile slows all alike.
    """
    found: dict[str, tuple[list[float], ...]] = {name: tuple([] for _ in made) for name in PAGES}
    for turn in range(TIMES + 2):
        for name, (who, path) in PAGES.items():
            for one, took in zip(made, found[name], strict=True):
                ms = _timed(lambda one=one.clients[who], path=path: _asked(one, path))  # type: ignore[misc]
                if turn > 1:
                    took.append(ms)
    return found


def _asked(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")


def _renewed(worker: Engine) -> float:
    """Milliseconds until the sums hold one changed case, the median of several."""
    took = []
    for n in range(5):
        with worker.begin() as connection:
            one = text(
                "UPDATE situation_reports SET state = 'dong', answered_on = :on WHERE id ="
                " (SELECT id FROM situation_reports WHERE state = 'dang_xu_ly' AND office_id = :o LIMIT 1)"
            )
            connection.execute(one, {"on": wall_clock.today(), "o": 5000 + n})
        took.append(_timed(lambda: case_counting.refresh(worker)))
    return statistics.median(took)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)
