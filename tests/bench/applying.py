"""Applying stored submissions of the long form, by the worker's own batches in this process."""

import time

from sqlalchemy import create_engine

from surveys import applying
from tests.bench.stage import Stage, connect
from tests.bench.table import Row
from tests.surveys import long_form

BUDGET = 500.0
COPIES = """
INSERT INTO submissions (instance_id, form_id, form_version, account_id, province_id, commune_id, sha256_received,
                         sha256_kept, xml, code)
SELECT 'uuid:' || id, 'khao_sat_dai', '1', (SELECT id FROM accounts WHERE username = 'canbo'), %(province)s,
       %(commune)s, '\\x00', '\\x00',
       replace(replace(replace(%(xml)s, '{{uuid}}', id::text), '{{randInt}}', (n %% 9999)::text),
               '{{today}}', '2026-11-01'),
       'AAAA-BBBB-CCCC'
FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, %(count)s) n) AS wanted
"""
TAKEN = (
    "SELECT count(*) FROM proposals p JOIN submissions s ON s.instance_id = p.submission_id WHERE s.state = 'applied'"
)


def measure(stage: Stage, count: int) -> list[Row]:
    """How many of `count` are applied each second, with nothing but the database beside it."""
    with stage.database() as urls:
        with connect(urls.worker) as connection:
            xml = long_form.instance(stage.commune, stage.hamlet)
            wanted = {"province": stage.province, "commune": stage.commune, "xml": xml, "count": count}
            connection.execute(COPIES, wanted)
            before = connection.execute(TAKEN).fetchone()
        engine = create_engine(urls.worker)
        applying.apply_batch(engine, limit=200)  # the form is read, the plans are made
        begun, applied = time.monotonic(), 0
        while taken := applying.apply_batch(engine, limit=200):
            applied += taken
        rate = applied / (time.monotonic() - begun)
        engine.dispose()
        with connect(urls.worker) as connection:
            after = connection.execute(TAKEN).fetchone()
        assert before is not None
        assert after is not None
        assert int(str(after[0])) - int(str(before[0])) == count, "not all became proposals"
    return [Row("applying submissions", f"{rate:.0f}/s", budget=f"≥ {BUDGET:.0f}/s", met=rate >= BUDGET)]
