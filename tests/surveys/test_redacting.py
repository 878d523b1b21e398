"""A closed restricted report loses its text when its period is over, wherever it is kept."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, text

from surveys import redacting
from surveys.proposals import Proposal
from surveys.restricted import RestrictedReport
from surveys.restricted_cases import RestrictedStep
from tests.rows import DAY
from tests.world import KNOWN

SECRET = "Chậm chi trả tiền đền bù lô đất trước cổng chợ"
CLOSED = dt.date(2024, 1, 31)
# Every column of text about restricted reports: emptied, or harmless by its kind.
EMPTIED = {"what_happened", "words"}
HARMLESS = {"category", "urgency", "state", "step", "state_before", "state_after"}


@pytest.fixture(autouse=True)
def _nothing_kept(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM versions WHERE layer = 'restricted_reports'"))
        connection.execute(text("DELETE FROM restricted_reports"))
        connection.execute(text("DELETE FROM proposals"))
        connection.execute(text("DELETE FROM submissions"))
        connection.execute(text("DELETE FROM safeguard_periods WHERE source = 'test'"))


def report(worker: Engine, state: str = "dong", *, decided: str = "approved", on: dt.date = CLOSED) -> uuid.UUID:
    """A restricted report as it stands after its life, with a correction before it; its id."""
    id_ = uuid.uuid4()
    first, last = f"uuid:{uuid.uuid4()}", f"uuid:{uuid.uuid4()}"
    with worker.begin() as connection:
        for instance, origin in ((first, None), (last, first)):
            row = {
                "i": instance, "x": f"<data>{SECRET}</data>", "h": hashlib.sha256(instance.encode()).digest(),
                "o": origin, "d": origin, "c": instance[-14:],
            }  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO submissions (instance_id, form_id, form_version, account_id, province_id, commune_id,"
                    " sha256_received, sha256_kept, xml, code, restricted, state, origin_id, deprecated_id)"
                    " VALUES (:i, 'situation_reports', '1', 1, 1, 11, :h, :h, :x, :c, true, 'applied', :o, :d)"
                ),
                row,
            )
            proposal = {
                "layer": "restricted_reports", "restricted": True, "submission_id": instance, "feature_id": id_,
                "values": {"category": "dat_dai_boi_thuong", "what_happened": SECRET}, "comment": SECRET,
                "province_id": 1, "commune_id": 11, "observed_on": DAY, "created_by": KNOWN.field,
                "reviewed_by": KNOWN.answering, "reviewed_at": dt.datetime.combine(on, dt.time(3), dt.UTC),
                "state": decided if instance == last else "superseded", "office_id": KNOWN.answering_office,
            }  # fmt: skip
            connection.execute(insert(Proposal), proposal)
        if decided == "approved":
            row = {
                "id": id_, "province_id": 1, "commune_id": 11, "office_id": KNOWN.answering_office, "observed_on": on,
                "category": "dat_dai_boi_thuong", "what_happened": SECRET, "urgency": "gap", "happened_on": on,
                "state": state, "due_on": on, "answered_on": on,
            }  # fmt: skip
            connection.execute(insert(RestrictedReport), row)
            connection.execute(
                text("UPDATE restricted_reports SET closed_on = :on WHERE id = :id AND state = 'dong'"),
                {"id": id_, "on": on},
            )
            connection.execute(
                text(
                    "INSERT INTO versions (layer, id, version, province_id, commune_id, row)"
                    " VALUES ('restricted_reports', :id, 1, 1, 11,"
                    " jsonb_build_object('what_happened', cast(:s AS text)))"
                ),
                {"id": id_, "s": SECRET},
            )
    return id_


def sent(worker: Engine, received: str, *, corrects: str | None = None, restricted: bool = True) -> str:
    """A record that was set aside: it has text and no proposal; its id."""
    instance = f"uuid:{uuid.uuid4()}"
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO submissions (instance_id, form_id, form_version, account_id, province_id, commune_id,"
                " sha256_received, sha256_kept, xml, code, restricted, state, deprecated_id, received_at)"
                " VALUES (:i, 'situation_reports', '1', 1, 1, 11, '', '', :x, :c, :r, 'quarantined', :d, :at)"
            ),
            {"i": instance, "x": f"<data>{SECRET}</data>", "c": instance[-14:], "r": restricted, "d": corrects,
             "at": received},
        )  # fmt: skip
    return instance


def told(worker: Engine) -> list[str]:
    """The tables that still hold the secret, wherever in a row."""
    with worker.connect() as connection:
        tables = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
            )
        ).all()
        held = []
        for table in tables:
            if connection.scalar(text("SELECT has_table_privilege(:t, 'SELECT')"), {"t": table}):
                query = f"SELECT count(*) FROM {table} t WHERE to_jsonb(t)::text LIKE :s"
                if connection.scalar(text(query), {"s": f"%{SECRET}%"}):
                    held.append(table)
    return held


def test_the_text_goes_from_every_table_on_its_day_and_not_before(worker: Engine) -> None:
    id_ = report(worker)
    assert redacting.redact(worker, dt.date(2026, 1, 30)) == 0
    assert set(told(worker)) >= {"restricted_reports", "proposals", "submissions", "versions"}
    assert redacting.redact(worker, dt.date(2026, 1, 31)) == 1
    assert told(worker) == []
    with worker.connect() as connection:
        row = connection.execute(text("SELECT * FROM restricted_reports WHERE id = :i"), {"i": id_}).one()
        sent = connection.execute(text("SELECT * FROM submissions")).all()
        audited = connection.execute(
            text("SELECT area, layer FROM audit WHERE verb = 'redact' AND detail ->> 'feature' = :i"), {"i": str(id_)}
        ).all()
    assert (row.category, row.commune_id, row.closed_on, row.redacted_on) == (
        "dat_dai_boi_thuong", 11, CLOSED, dt.date(2026, 1, 31),
    )  # fmt: skip
    assert all(one.sha256_received == hashlib.sha256(one.instance_id.encode()).digest() for one in sent)
    assert all(one.sha256_kept == hashlib.sha256(b"").digest() for one in sent)
    assert [tuple(one) for one in audited] == [(11, "restricted_reports")]
    assert redacting.redact(worker, dt.date(2026, 1, 31)) == 0  # once


def test_what_offices_wrote_about_it_goes_with_its_text(worker: Engine) -> None:
    id_ = report(worker)
    step = {
        "report_id": id_, "step": "answer", "state_before": "mo", "state_after": "da_tra_loi", "words": SECRET,
        "office_id": KNOWN.answering_office, "account_id": KNOWN.answering,
    }  # fmt: skip
    with worker.begin() as connection:
        connection.execute(insert(RestrictedStep), step)
    assert "restricted_steps" in told(worker)
    assert redacting.redact(worker, dt.date(2026, 1, 31)) == 1
    assert told(worker) == []
    with worker.connect() as connection:
        assert connection.scalars(text("SELECT step FROM restricted_steps")).all() == ["answer"]


def test_the_period_runs_from_the_day_it_was_closed_on(worker: Engine) -> None:
    id_ = report(worker)
    with worker.begin() as connection:
        later = text("UPDATE restricted_reports SET closed_on = '2024-06-30' WHERE id = :i")
        connection.execute(later, {"i": id_})
    assert redacting.redact(worker, dt.date(2026, 6, 29)) == 0
    assert redacting.redact(worker, dt.date(2026, 6, 30)) == 1


def test_a_correction_that_was_set_aside_goes_with_what_it_corrects(worker: Engine) -> None:
    report(worker)
    with worker.connect() as connection:
        last = connection.scalar(text("SELECT instance_id FROM submissions WHERE origin_id IS NOT NULL"))
    sent(worker, "2026-01-30 08:00+07", corrects=last)
    assert redacting.redact(worker, dt.date(2026, 1, 31)) == 1
    assert told(worker) == []


def test_what_was_set_aside_goes_after_as_long_and_a_service_report_stays(worker: Engine) -> None:
    instance = sent(worker, "2024-01-31 08:00+07")
    service = sent(worker, "2024-01-31 08:00+07", restricted=False)
    assert redacting.redact(worker, dt.date(2026, 1, 30)) == 0
    assert redacting.redact(worker, dt.date(2026, 2, 1)) == 1
    with worker.connect() as connection:
        kept = dict(connection.execute(text("SELECT instance_id, xml <> '' FROM submissions")).all())
        audited = text("SELECT area FROM audit WHERE verb = 'redact' AND detail ->> 'submission' = :i")
        assert connection.scalars(audited, {"i": instance}).all() == [11]
    assert kept == {instance: False, service: True}


def test_a_returned_record_whose_correction_waits_keeps_its_text(worker: Engine) -> None:
    id_ = report(worker, decided="returned")
    waiting = {
        "layer": "restricted_reports", "restricted": True, "feature_id": id_, "province_id": 1, "commune_id": 11,
        "values": {"category": "dat_dai_boi_thuong", "what_happened": SECRET}, "observed_on": DAY,
        "created_by": KNOWN.field, "office_id": KNOWN.answering_office,
    }  # fmt: skip
    with worker.begin() as connection:
        connection.execute(insert(Proposal), waiting)
    assert redacting.redact(worker, dt.date(2030, 1, 1)) == 0
    assert "proposals" in told(worker)


def test_what_is_still_worked_on_keeps_its_text(worker: Engine) -> None:
    for state in ("mo", "dang_xu_ly", "mo_lai"):
        report(worker, state)
    assert redacting.redact(worker, dt.date(2030, 1, 1)) == 0


def test_an_answered_one_that_nobody_closed_is_not_kept_for_ever(worker: Engine) -> None:
    report(worker, "da_tra_loi")
    assert redacting.redact(worker, dt.date(2026, 2, 1)) == 1
    assert told(worker) == []


@pytest.mark.parametrize("decided", ["rejected", "returned", "superseded"])
def test_what_never_became_a_report_goes_too(worker: Engine, decided: str) -> None:
    report(worker, decided=decided)
    with worker.begin() as connection:  # by itself, not for the sake of what it took the place of
        connection.execute(text("DELETE FROM proposals WHERE state <> :s"), {"s": decided})
    assert redacting.redact(worker, dt.date(2026, 1, 30)) == 0
    assert redacting.redact(worker, dt.date(2026, 2, 1)) >= 1
    assert told(worker) == []


def test_a_new_period_holds_from_its_day(worker: Engine) -> None:
    report(worker)
    with worker.begin() as connection:
        connection.execute(text("INSERT INTO safeguard_periods VALUES ('restricted_months', '2025-01-01', 6, 'test')"))
    assert redacting.redact(worker, dt.date(2024, 12, 31)) == 0
    assert redacting.redact(worker, dt.date(2025, 1, 1)) == 1


def test_closing_and_opening_again_keep_the_day_by_themselves(worker: Engine) -> None:
    id_ = report(worker, "da_tra_loi")
    days = []
    for state in ("dong", "mo_lai", "dong"):
        with worker.begin() as connection:
            connection.execute(text("UPDATE restricted_reports SET state = :s WHERE id = :i"), {"s": state, "i": id_})
            days.append(
                connection.scalar(
                    text(
                        "SELECT closed_on = (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM restricted_reports"
                        " WHERE id = :i"
                    ),
                    {"i": id_},
                )
            )
    assert days == [True, None, True]


def test_every_column_of_text_about_restricted_reports_is_thought_of(worker: Engine) -> None:
    with worker.connect() as connection:
        columns = connection.scalars(
            text(
                "SELECT DISTINCT column_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name IN ('restricted_reports', 'restricted_steps') AND data_type IN ('text', 'jsonb')"
            )
        ).all()
    assert set(columns) <= EMPTIED | HARMLESS
