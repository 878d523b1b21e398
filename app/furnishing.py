"""What a migrated database needs before anyone signs in: code lists, service standards and the layers' forms."""

from sqlalchemy import NullPool, create_engine

from app.roles import Urls
from surveys import form_versions, seeds


def furnish(urls: Urls) -> None:
    """Adds what is missing or new in this version of the program; repeating it changes nothing."""
    with create_engine(urls.worker, poolclass=NullPool).begin() as connection:
        seeds.load(connection)
        form_versions.publish(connection)
