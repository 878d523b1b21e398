"""Submissions of a 250-question form through gunicorn, with and without a photo, beside what the disk alone allows."""

import os
import tempfile
import threading
import time
import uuid
from pathlib import Path

from tests.bench import load
from tests.bench.stage import Stage, connect
from tests.bench.table import Row
from tests.faults import site as sites
from tests.surveys import long_form

BUDGET, BUDGET_PHOTO = 500.0, 150.0
PHOTO_BYTES = 100_000
# What the load client doesn't vary is remembered as harmless after the first; this text is another one each time.
TEXT = "Đường dây hạ thế qua xóm bị cây đổ làm đứt lần thứ {{randInt}}, bà con chưa có điện từ tối qua, xin cho thợ lên"


def measure(stage: Stage, seconds: float) -> list[Row]:
    """Rows of receiving, each with the plain commits or fsyncs of the same disk beside it."""
    with stage.serving() as site, tempfile.TemporaryDirectory() as folder:
        measured = []
        for photo in (0, PHOTO_BYTES):
            form = Path(folder) / f"{photo}.xml"
            form.write_text(_instance(stage, photo=bool(photo)))
            run = load.run(
                f"{site.config.url}/openrosa/submission",
                site.token,
                form,
                seconds=seconds,
                photo=photo,
                trees=_trees(site),
            )
            measured.append(run)
            _drained(stage)
        ceiling = commits(stage, len(form.read_bytes()), load.CONNECTIONS, min(seconds, 8))
        disk = fsyncs(site.config.home, PHOTO_BYTES, min(seconds, 5))
    plain, photos = measured
    return [
        Row(
            "submissions, 250 questions",
            _told(plain),
            f"bare INSERT + commit of the same XML {ceiling:.0f}/s",
            plain.rate / ceiling,
            f"≥ {BUDGET:.0f}/s",
            plain.rate >= BUDGET,
        ),
        Row(
            "… with a 100 kB photo",
            _told(photos),
            f"write + fsync of 100 kB, one after another {disk:.0f}/s",
            photos.rate / disk,
            f"≥ {BUDGET_PHOTO:.0f}/s",
            photos.rate >= BUDGET_PHOTO,
        ),
    ]


def commits(stage: Stage, size: int, connections: int, seconds: float) -> float:
    """Transactions each second that only insert `size` bytes of text under a new id, on as many connections."""
    with connect(stage.urls.owner) as owner:
        owner.execute("CREATE TABLE bench_plain (id text PRIMARY KEY, xml text NOT NULL)")
    done = [0] * connections
    text = (_instance(stage, photo=False) * 2)[:size]
    end = time.monotonic() + seconds

    def write(number: int) -> None:
        with connect(stage.urls.owner) as connection:
            connection.autocommit = True
            while time.monotonic() < end:
                connection.execute("INSERT INTO bench_plain VALUES (%s, %s)", (str(uuid.uuid4()), text))
                done[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connect(stage.urls.owner) as owner:
        owner.execute("DROP TABLE bench_plain")
    return sum(done) / seconds


def fsyncs(folder: Path, size: int, seconds: float) -> float:
    """New files of `size` bytes each second, written, fsynced and renamed one after another."""
    data, done = os.urandom(size), 0
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(dir=folder) as name:
        parent = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        while time.monotonic() < end:
            file = os.open(f"{name}/new", os.O_WRONLY | os.O_CREAT, 0o600)
            os.write(file, data)
            os.fsync(file)
            os.close(file)
            os.rename(f"{name}/new", f"{name}/{done}")
            os.fsync(parent)
            done += 1
        os.close(parent)
    return done / seconds


def _instance(stage: Stage, *, photo: bool) -> str:
    xml = long_form.instance(stage.commune, stage.hamlet, photo=photo)
    begin, end = xml.index("<what_happened>") + len("<what_happened>"), xml.index("</what_happened>")
    return xml[:begin] + TEXT + xml[end:]


def _trees(site: sites.Site) -> dict[str, int]:
    """The processes whose CPU counts: all of `diaban up`, and the database server."""
    data = site.config.cluster / "data/postmaster.pid"
    assert site.program is not None
    return {"app": site.program.pid, "database": int(data.read_text().split("\n", 1)[0])}


def _drained(stage: Stage) -> None:
    """Waits until the background process has applied what came, so that it doesn't slow the next measurement."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with connect(stage.urls.worker) as connection:
            waiting = connection.execute(
                "SELECT EXISTS (SELECT FROM submissions WHERE state = 'received')"
                " OR EXISTS (SELECT FROM attachments WHERE state = 'received' AND NOT undecodable)"
            ).fetchone()
        if waiting == (False,):
            return
        time.sleep(1)


def _told(run: load.Load) -> str:
    told = f"{run.rate:.0f}/s, p95 {run.p95:.0f} ms"
    if run.trees:
        told += f"; CPU each: app {run.cpu_ms('app'):.1f} ms, database {run.cpu_ms('database'):.1f} ms"
    return told
