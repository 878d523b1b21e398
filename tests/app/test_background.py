"""What the safeguards promise by a day is looked for by the background process itself, not only when somebody asks."""

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, text

from app import backups
from app import worker as background
from app.config import Config
from surveys import keeping, wall_clock
from surveys.restricted import RestrictedReport
from tests.world import KNOWN

LONG_AGO = dt.date(2020, 1, 31)
INSTANCE = "uuid:rut-lai"


@pytest.fixture(autouse=True)
def _nothing_left(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        for table in ("withdrawals", "submissions", "restricted_reports"):
            connection.execute(text(f"DELETE FROM {table}"))


def looked_for(config: Config, worker: Engine, name: str) -> int:
    """Does what the process does under that name, once."""
    ticks = {tick.name: tick for tick in background.ticks(config, worker)}
    return ticks[name].run()


def test_text_goes_when_its_period_is_over(cluster: Config, worker: Engine) -> None:
    row = {
        "province_id": 1, "commune_id": 11, "office_id": KNOWN.answering_office, "observed_on": LONG_AGO,
        "category": "dat_dai_boi_thuong", "what_happened": "Chậm chi trả", "urgency": "gap", "happened_on": LONG_AGO,
        "state": "da_tra_loi", "due_on": LONG_AGO, "answered_on": LONG_AGO,
    }  # fmt: skip
    with worker.begin() as connection:
        connection.execute(insert(RestrictedReport), row)
    assert looked_for(cluster, worker, "redaction") == 1
    with worker.connect() as connection:
        found = connection.execute(text("SELECT what_happened, redacted_on FROM restricted_reports")).one()
    assert tuple(found) == ("", wall_clock.today())


def test_an_ordered_withdrawal_is_carried_out(cluster: Config, worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO submissions (instance_id, form_id, form_version, account_id, province_id, commune_id,"
                " sha256_received, sha256_kept, xml, code, state)"
                " VALUES (:i, 'religious_sites', '1', 1, 1, 11, '', '', '<data/>', 'AAAA-BBBB-CCCC', 'applied')"
            ),
            {"i": INSTANCE},
        )
        connection.execute(
            text(
                "INSERT INTO withdrawals (instance_id, account_id, province_id, commune_id, form_id, restricted,"
                " received_at, asked_by, due_on, state, ordered_by, ordered_at)"
                " VALUES (:i, 1, 1, 11, 'religious_sites', false, now(), 1, current_date, 'ordered', 2, now())"
            ),
            {"i": INSTANCE},
        )
    assert looked_for(cluster, worker, "withdrawals") == 1
    with worker.connect() as connection:
        found = connection.execute(text("SELECT state, xml FROM submissions WHERE instance_id = :i"), {"i": INSTANCE})
        assert tuple(found.one()) == ("withdrawn", "")


def test_a_backup_past_its_time_goes(cluster: Config, worker: Engine) -> None:
    folder = cluster.backups / "diaban-cu"
    folder.mkdir(parents=True)
    made_at = dt.datetime.now(dt.UTC) - dt.timedelta(days=keeping.MOST_BACKUP_DAYS)
    (folder / backups.MANIFEST).write_text(json.dumps({"made_at": made_at.isoformat()}))
    assert looked_for(cluster, worker, "old backups") == 1
    assert not folder.exists()
