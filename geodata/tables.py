"""The declarative base: one metadata, one naming convention, one type per Python type."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Integer, MetaData, Text, Uuid
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

BIG = BigInteger()


class Base(DeclarativeBase):
    """Every table of the system."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: dict[Any, Any] = {
        str: Text(),
        int: Integer(),
        uuid.UUID: Uuid(),
        dt.date: Date(),
        dt.datetime: DateTime(timezone=True),
    }
