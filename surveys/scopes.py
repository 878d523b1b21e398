"""Scopes that name units: accounts, offices and the places where forms are published follow a reform."""

import uuid
from typing import Any

from sqlalchemy import Connection, text

# Relation → the column that tells a person which row it is.
_NAMED = {"accounts": "username", "offices": "name"}


def follow(connection: Connection, reform: uuid.UUID) -> list[dict[str, Any]]:
    """Accounts and offices of a unit that went whole into another are of that one now; others wait for an admin.

    Needs the temporary table `ended`. Returns each: relation, name, was, now (None: an administrator chooses),
    candidates.
    """
    found: list[dict[str, Any]] = []
    for relation, name in _NAMED.items():
        rows = connection.execute(text(TOLD.format(relation=relation, name=name))).mappings()
        found += [dict(row) for row in rows]
        for statement in (WRITE, WAIT, MOVE):
            connection.execute(text(statement.format(relation=relation)), {"reform": reform})
    return found


def forms_follow(connection: Connection, reform: uuid.UUID) -> int:
    """A form published in a unit that ended is published in all that came of it; returns how many places were added."""
    connection.execute(text(FORM_PROVINCES_TOLD), {"reform": reform})
    connection.execute(text(FORM_PROVINCES))
    connection.execute(text(FORMS_TOLD), {"reform": reform})
    added: int = connection.execute(text(FORMS_ADDED)).rowcount
    connection.execute(text(FORMS_ENDED))
    return added


def back(connection: Connection, reform: uuid.UUID) -> dict[str, int]:
    """Puts scopes back as before a reform, but those given another unit since; new ones go to the former unit."""
    done = {}
    for relation in _NAMED:
        done[relation] = connection.execute(text(BACK.format(relation=relation)), {"reform": reform}).rowcount
        connection.execute(text(ADDED_SINCE.format(relation=relation)), {"reform": reform})
    for statement in (FORMS_GONE, FORMS_OPEN, FORM_PROVINCES_BACK):
        connection.execute(text(statement), {"reform": reform})
    return done


TOLD = """
SELECT '{relation}' AS relation, a.{name} AS name, o.name AS was, n.name AS now,
       ARRAY(SELECT u.name FROM units u WHERE u.id = ANY(e.candidates) ORDER BY u.code) AS candidates
FROM {relation} a JOIN ended e ON e.id = a.unit_id JOIN units o ON o.id = a.unit_id LEFT JOIN units n ON n.id = e.heir
ORDER BY 2
"""
WRITE = """
INSERT INTO reform_moves (reform_id, relation, key, how, unit_before, unit_after)
SELECT :reform, '{relation}', a.id::text, 'succession', a.unit_id, e.heir
FROM {relation} a JOIN ended e ON e.id = a.unit_id WHERE e.heir IS NOT NULL
"""
WAIT = """
INSERT INTO unplaced (reform_id, relation, key, province_id, unit_id, candidates, why)
SELECT :reform, '{relation}', a.id::text, e.province_id, a.unit_id, e.candidates, 'without_place'
FROM {relation} a JOIN ended e ON e.id = a.unit_id WHERE e.heir IS NULL AND e.candidates <> '{{}}'
ON CONFLICT (relation, key) WHERE settled_at IS NULL DO NOTHING
"""
MOVE = "UPDATE {relation} a SET unit_id = e.heir FROM ended e WHERE e.id = a.unit_id AND e.heir IS NOT NULL"
BACK = """
UPDATE {relation} a SET unit_id = m.unit_before FROM reform_moves m
WHERE m.reform_id = :reform AND m.relation = '{relation}' AND m.key = a.id::text AND a.unit_id = m.unit_after
"""
# Of several former units the first: the smallest scope that is surely within the new one.
ADDED_SINCE = """
UPDATE {relation} a SET unit_id = s.old_id
FROM (SELECT new_id, min(old_id) AS old_id FROM reform_pairs WHERE reform_id = :reform AND whole IS NULL GROUP BY 1) s
JOIN reform_units r ON r.unit_id = s.new_id AND r.reform_id = :reform AND r.added
WHERE a.unit_id = s.new_id
"""
FORM_PROVINCES_TOLD = """
INSERT INTO reform_moves (reform_id, relation, key, how, province_before, province_after)
SELECT :reform, 'forms', f.form_id || ' ' || f.version, 'succession', f.province_id, e.heir
FROM forms f JOIN ended e ON e.id = f.province_id WHERE e.heir IS NOT NULL
"""
FORM_PROVINCES = (
    "UPDATE forms f SET province_id = e.heir FROM ended e WHERE e.id = f.province_id AND e.heir IS NOT NULL"
)
FORM_PROVINCES_BACK = """
UPDATE forms f SET province_id = m.province_before FROM reform_moves m
WHERE m.reform_id = :reform AND m.relation = 'forms' AND m.key = f.form_id || ' ' || f.version
"""
OPEN = "(p.valid_to IS NULL OR p.valid_to > current_date)"
FORMS_TOLD = f"""
INSERT INTO reform_moves (reform_id, relation, key, how, unit_before)
SELECT :reform, 'form_units', p.form_id || ' ' || p.unit_id || ' ' || p.valid_from, 'succession', p.unit_id
FROM form_units p JOIN ended e ON e.id = p.unit_id WHERE {OPEN} AND e.candidates <> '{{}}'
"""  # noqa: S608  the text above
FORMS_ADDED = f"""
INSERT INTO form_units (form_id, unit_id, published_by)
SELECT DISTINCT ON (p.form_id, c.id) p.form_id, c.id, p.published_by
FROM form_units p JOIN ended e ON e.id = p.unit_id CROSS JOIN LATERAL unnest(e.candidates) AS c(id)
WHERE {OPEN} ORDER BY p.form_id, c.id, p.valid_from
ON CONFLICT (form_id, unit_id, valid_from) DO NOTHING
"""  # noqa: S608  the same
FORMS_ENDED = f"""
UPDATE form_units p SET valid_to = greatest(current_date, p.valid_from) FROM ended e
WHERE e.id = p.unit_id AND {OPEN} AND e.candidates <> '{{}}'
"""  # noqa: S608  the same
FORMS_GONE = """
DELETE FROM form_units p USING reform_units r
WHERE r.reform_id = :reform AND r.added AND r.unit_id = p.unit_id
"""
FORMS_OPEN = """
UPDATE form_units p SET valid_to = NULL FROM reform_moves m
WHERE m.reform_id = :reform AND m.relation = 'form_units'
    AND m.key = p.form_id || ' ' || p.unit_id || ' ' || p.valid_from
"""
