"""Runs the SQL text of a migration as it stands."""

from alembic import op


def run(text: str) -> None:
    """Executes `text`, one or many statements, on the migration's connection."""
    # exec_driver_sql leaves ':' and '%' alone, which op.execute's text() would not.
    op.get_bind().exec_driver_sql(text)
