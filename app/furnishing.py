"""What a migrated database needs before anyone signs in: the country's units, code lists, standards and forms."""

from sqlalchemy import NullPool, create_engine

from app.config import Config
from app.roles import Urls
from geodata import national_units
from surveys import form_versions, seeds


def furnish(config: Config, urls: Urls) -> None:
    """Adds what is missing or new in this version of the program; repeating it changes nothing."""
    with create_engine(urls.worker, poolclass=NullPool).begin() as connection:
        if not national_units.loaded(connection):
            national_units.load(connection)
        seeds.load(connection)
        form_versions.publish(connection, accuracy_m=config.point_accuracy_m)
