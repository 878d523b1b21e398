"""Runs the SQL text of a migration as it stands."""

from alembic import op


def run(text: str) -> None:
    """Executes `text`, one or many statements, on the migration's connection."""
    # Straight to psycopg, without parameters: neither ':' nor '%' means anything then.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(text)
