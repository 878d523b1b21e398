"""Alembic's environment: migrates the connection it is given, as the owner of the tables."""

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import create_engine

import surveys.catalogue_tables
from geodata.tables import Base

target = Base.metadata
assert surveys.catalogue_tables.TABLES  # every declared table is in the metadata before it is compared


def ours(obj, name, kind, reflected, compare_to):  # type: ignore[no-untyped-def]
    """Skip tables that aren't declared here (PostGIS's, the job queue's)."""
    if kind == "table":
        return name in target.tables
    return bool(alembic_helpers.include_object(obj, name, kind, reflected, compare_to))


def migrate(connection) -> None:  # type: ignore[no-untyped-def]
    """Runs on one connection, all migrations in one transaction, waiting at most 5 s for a lock."""
    context.configure(connection=connection, target_metadata=target, include_object=ours, compare_type=True)
    with context.begin_transaction():
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with create_engine(context.config.get_main_option("sqlalchemy.url") or "").connect() as own:
        migrate(own)
        own.commit()
