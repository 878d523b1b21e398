"""A briefing's pages with everything on them, for the screen."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import errors, languages
from geodata.problems import Problem
from surveys.access import Actor
from surveys.briefings import View
from surveys.decisions import DONE, DROPPED, OPEN, Told
from surveys.map_pages import asked, content, screen


def made(
    session: Session, actor: Actor, view: View, today: dt.date, language: str
) -> tuple[dict[str, Any], set[tuple[str, int]]]:
    """The data, and what of it was read: (layer, unit). A page that may not be shown any more says so in its place."""
    pages = screen.Pages()
    read: set[tuple[str, int]] = set()
    for page in view.pages:
        decided = [told(one, today) for one in view.decided if one.page_id == page.id]
        try:
            state = asked.state(actor, page.asked, today)
            found = content.read(session, actor, state, today, screen.plane, language)
        except Problem as problem:
            pages.say(
                page.title or _("Trang không mở được"), errors.sentence(problem, language), {"decisions": decided}
            )
            continue
        pages.add(found, name=page.title, note=page.note, more={"decisions": decided})
        read |= {(key, state.unit) for key in state.keys}
    general = [told(one, today) for one in view.decided if one.page_id is None]
    if view.earlier or general:
        rows = [told(one, today) for one in view.earlier]
        pages.say(_("Kết luận của các buổi trước") if rows else _("Kết luận"), "", {"decisions": rows + general})
    data = pages.data()
    data |= {"name": view.title, "made": today.isoformat(), "expires": None, "language": language}
    return data, read


def told(one: Told, today: dt.date) -> dict[str, Any]:
    """A decision in words."""
    states = {OPEN: _("đang làm"), DONE: _("đã xong"), DROPPED: _("thôi")}
    return {
        "said": one.said, "office": one.office, "due": languages.day(one.due_on), "programme": one.programme,
        "state": _("quá hạn") if one.late(today) else states[one.state], "late": one.late(today),
        "meeting": one.meeting, "held": languages.day(one.held_on),
    }  # fmt: skip
