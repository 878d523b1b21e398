"""What problems are in words, by code; `app.errors` joins the tables of these modules."""

from typing import NamedTuple


class Said(NamedTuple):
    """`vi` and `en` are format strings over the problem's facts: what happened, and what to do."""

    status: int
    vi: str
    en: str
