"""The day and hour people here live by: Vietnam's, whatever zone the server or the database keeps."""

import datetime as dt
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> dt.datetime:
    """The moment it is, as clocks in Vietnam show it."""
    return dt.datetime.now(HERE)


def today() -> dt.date:
    """The day it is in Vietnam."""
    return dt.datetime.now(HERE).date()


def day(moment: dt.datetime) -> dt.date:
    """The day in Vietnam of a moment that knows its zone. Raises ValueError for one that doesn't."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone has no day")
    return moment.astimezone(HERE).date()
