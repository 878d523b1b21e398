"""The audit's seals find every change the owner of the database could make."""

import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from surveys import audit, sealing
from tests.world import World

KEY = b"k" * 32


@pytest.fixture
def sealed(worker: Engine, owner: Engine, world: World, tmp_path: Path) -> Path:
    """Three sealed batches of two rows each in an otherwise empty audit."""
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE audit, audit_seals"))
    file = tmp_path / "seals.log"
    for batch in range(3):
        with worker.begin() as connection:
            for n in range(2):
                audit.record(connection, world.actor("officer"), "read", layer="religious_sites", area=batch * 2 + n)
        assert _sealed(worker, file) == 2
    return file


def _sealed(worker: Engine, file: Path, key: bytes = KEY) -> int:
    """How many rows were sealed: each waits for the oldest transaction that writes, the other test process's too."""
    for _ in range(600):
        n = sealing.seal(worker, key, file)
        if n:
            return n
        time.sleep(0.1)
    with worker.connect() as connection:
        open_ = connection.execute(
            text("SELECT datname, state, now() - xact_start, query FROM pg_stat_activity WHERE backend_xid IS NOT NULL")
        )
        raise AssertionError(f"open transactions hold every seal up: {open_.all()}")


def test_an_untouched_audit_verifies(worker: Engine, sealed: Path) -> None:
    assert sealing.verify(worker, KEY, sealed) == []
    assert sealing.seal(worker, KEY, sealed) == 0


@pytest.mark.parametrize(
    "crime",
    [
        "UPDATE audit SET area = 99 WHERE area = 1",
        "DELETE FROM audit WHERE area = 2",
        "UPDATE audit SET at = at + interval '1 second' WHERE area = 3",
        "DELETE FROM audit WHERE area IN (4, 5); DELETE FROM audit_seals WHERE id = (SELECT max(id) FROM audit_seals)",
        "DELETE FROM audit_seals WHERE id = (SELECT min(id) FROM audit_seals)",
        "DELETE FROM audit_seals; DELETE FROM audit",
        "UPDATE audit a SET account_id = 7 WHERE area = 0",
    ],
    ids=["update", "delete", "reorder", "cut tail with its seal", "cut head", "all gone", "another account"],
)
def test_a_crime_of_the_owner_is_found(owner: Engine, worker: Engine, sealed: Path, crime: str) -> None:
    with owner.begin() as connection:
        connection.execute(text(crime))
    assert sealing.verify(worker, KEY, sealed) != []


def test_a_forged_seal_needs_the_key(owner: Engine, worker: Engine, sealed: Path, tmp_path: Path) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE area = 5; DELETE FROM audit_seals"))
    assert _sealed(worker, tmp_path / "other.log", b"another key") == 5
    assert sealing.verify(worker, KEY, tmp_path / "other.log") != []


def test_a_row_of_a_running_transaction_waits_for_its_seal(worker: Engine, world: World, sealed: Path) -> None:
    with worker.connect() as slow, slow.begin():
        audit.record(slow, world.actor("officer"), "export")
        with worker.begin() as quick:
            audit.record(quick, world.actor("officer"), "read")
        assert sealing.seal(worker, KEY, sealed) == 0
    assert _sealed(worker, sealed) == 2
    assert sealing.verify(worker, KEY, sealed) == []


def test_the_web_role_can_add_but_not_read_or_change(web: Engine, world: World) -> None:
    with web.begin() as connection:
        audit.record(connection, world.actor("leader"), "read")
    for forbidden in (
        "SELECT * FROM audit",
        "UPDATE audit SET verb = 'x'",
        "DELETE FROM audit",
        "INSERT INTO audit (at, verb) VALUES (now(), 'x')",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), web.begin() as connection:
            connection.execute(text(forbidden))
