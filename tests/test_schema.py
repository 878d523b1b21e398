"""The migrated database is the declared one, and its migrations go down and up again."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import Engine, create_engine, inspect

from app.config import Config
from geodata.tables import Base
from surveys.catalogue_tables import TABLES
from tests.conftest import migrate, new_database

DECLARED = {table.__tablename__ for table in TABLES}


def test_the_migrated_database_is_the_declared_one(owner: Engine) -> None:
    def ours(obj, name, kind, reflected, other):  # type: ignore[no-untyped-def]
        if kind == "table":
            return name in DECLARED
        return alembic_helpers.include_object(obj, name, kind, reflected, other)

    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(cluster: Config) -> None:
    urls = new_database(cluster, "diaban_test_migrations")
    migrate(urls.owner)
    migrate(urls.owner, "base")
    engine = create_engine(urls.owner)
    assert DECLARED.isdisjoint(inspect(engine).get_table_names())
    migrate(urls.owner)
    assert set(inspect(engine).get_table_names()) >= DECLARED
    engine.dispose()
