"""Joint activities as an iCalendar feed (RFC 5545): all-day events that any calendar program subscribes to."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from icalendar import Calendar, Event, vDuration, vText, vUri
from sqlalchemy import Row

TYPE = "text/calendar"
REFRESHED = dt.timedelta(hours=6)


def written(
    rows: Iterable[Row[Any]], name: str, words: Callable[[Row[Any]], str], address: Callable[[str], str]
) -> bytes:
    """The calendar; `words` says kind and agencies of a row, `address` gives the page of an id.

    Results and numbers of households stay on the page: a feed is copied onto phones.
    """
    made = Calendar()
    made.add("prodid", "-//Địa Bàn//Hoạt động phối hợp//VI")
    made.add("version", "2.0")
    made.add("x-wr-calname", vText(name))
    made.add("refresh-interval", vDuration(REFRESHED), {"VALUE": "DURATION"})
    for row in rows:
        made.add_component(_event(row, words(row), address(str(row.id))))
    return bytes(made.to_ical())


def _event(row: Row[Any], said: str, page: str) -> Event:
    event = Event()
    day = row.done_on or row.planned_on
    event.add("uid", f"{row.id}@diaban")
    event.add("dtstamp", row.updated_at)
    event.add("created", row.created_at)
    event.add("last-modified", row.updated_at)
    event.add("sequence", row.version - 1)
    event.add("dtstart", day)
    event.add("dtend", day + dt.timedelta(days=1))
    event.add("summary", f"✓ {row.name}" if row.done_on else row.name)
    event.add("description", said)
    event.add("location", ", ".join(part for part in (row.hamlet, f"{row.unit_kind} {row.commune}") if part))
    event.add("url", vUri(page))
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if row.lat is not None:
        event.add("geo", (row.lat, row.lon))
    return event
