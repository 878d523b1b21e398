"""What a record said, taken out of the places it is kept in: only the hash of what came, and the days, stay (S11)."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

# A record with those it corrects and those that correct it: they tell of the same matter.
_CHAIN = text(
    "SELECT s.instance_id FROM submissions s WHERE s.instance_id = ANY(:ids) UNION"
    " SELECT s.instance_id FROM submissions s, submissions o WHERE o.instance_id = ANY(:ids)"
    " AND s.account_id = o.account_id AND coalesce(s.origin_id, s.instance_id) = coalesce(o.origin_id, o.instance_id)"
    " UNION SELECT s.instance_id FROM submissions s WHERE s.deprecated_id = ANY(:ids)"
)
_TEXT = text("UPDATE submissions SET xml = '', sha256_kept = sha256('') WHERE instance_id = ANY(:ids) AND xml <> ''")
_DOUBLES = text(
    "DELETE FROM attachments a USING attachments b WHERE a.instance_id = ANY(:ids)"
    " AND b.instance_id = a.instance_id AND b.sha256_received = a.sha256_received AND b.name < a.name"
)
_KEPT = text("SELECT sha256_kept FROM attachments WHERE instance_id = ANY(:ids) AND sha256_kept IS NOT NULL")
# Not even a file's name stays: cameras write places into names.
_FILES = text(
    "UPDATE attachments SET state = 'cut', sha256_kept = NULL, name = encode(sha256_received, 'hex'), layer = NULL,"
    " feature_id = NULL, passed_by = NULL WHERE instance_id = ANY(:ids)"
)


def chain(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Ids of these records and of those they correct or that correct them."""
    return sorted(connection.scalars(_CHAIN, {"ids": list(ids)}))


def texts(connection: Connection, ids: Sequence[str]) -> int:
    """Empties the stored XML; how many had any."""
    return connection.execute(_TEXT, {"ids": list(ids)}).rowcount


def files(connection: Connection, ids: Sequence[str]) -> list[bytes]:
    """Forgets the attached files; the hashes of what was kept of them, for the caller to remove after the commit."""
    found = {"ids": list(ids)}
    kept = sorted({bytes(sha256) for sha256 in connection.scalars(_KEPT, found)})
    connection.execute(_DOUBLES, found)
    connection.execute(_FILES, found)
    return kept
