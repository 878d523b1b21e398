"""Briefings: what is seen on the map kept as pages of a meeting, in order, with notes and decisions."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import languages, map_asked, map_settings, sessions
from geodata.problems import InvalidValue
from surveys import briefings, decisions, programmes
from surveys.access import Role
from surveys.map_pages import asked, telling
from surveys.map_pages.asked import Asked

blueprint = Blueprint("briefings", __name__, url_prefix="/briefings")
READERS = (Role.LEADER, Role.OFFICER)
OFFICES = text(
    "SELECT id, name FROM offices WHERE valid_to IS NULL AND unit_id IN"
    ' (SELECT id FROM units WHERE province_id = :province AND valid_to IS NULL) ORDER BY name COLLATE "vi-x-icu", id'
)
STEPS = {"up": -1, "down": 1}


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """The briefings of the place, and how to make one."""
    session, actor = sessions.session(), sessions.actor()
    return render_template(
        "briefings/index.html", rows=briefings.listed(session, actor), today=map_asked.today()
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(*READERS)
def create() -> Response:
    """A new briefing."""
    id_ = _new()
    sessions.commit()
    return redirect(url_for("briefings.one", briefing_id=id_), 303)


@blueprint.get("/<int(max=2147483647):briefing_id>")
@sessions.only(*READERS)
def one(briefing_id: int) -> str:
    """Its pages in order, what was decided on each, and what became of earlier decisions."""
    session, actor = sessions.session(), sessions.actor()
    offices = session.execute(OFFICES, {"province": actor.province_id}).all()
    today = map_asked.today()
    return render_template(
        "briefings/one.html", view=briefings.find(session, actor, briefing_id), offices=offices, today=today,
        programmes=programmes.choices(session, actor, today),
    )  # fmt: skip


@blueprint.get("/save")
@sessions.only(*READERS)
def save_form() -> str:
    """Which briefing the map that was seen goes into."""
    session, actor = sessions.session(), sessions.actor()
    state, clash = map_asked.state().allowed()
    return render_template(
        "briefings/save.html", state=state, why=map_settings.why() if clash else "", today=map_asked.today(),
        rows=briefings.listed(session, actor), chosen=request.args.get("briefing", ""),
    )  # fmt: skip


@blueprint.post("/save")
@sessions.only(*READERS)
def save() -> Response:
    """Keeps what was seen as a page."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    id_ = _number("briefing") if form.get("briefing") else _new("meeting")
    page = Asked(_number("unit"), form.get("query", ""), form.get("title", ""), form.get("note", ""))
    if not page.title.strip():
        told = telling.name_of(asked.state(actor, page, map_asked.today()), languages.current())
        page = replace(page, title=told[: asked.LONGEST_NAME])
    briefings.add_page(session, actor, id_, page, map_asked.today())
    sessions.commit()
    flash(_("Đã lưu thành trang của buổi giao ban."))
    return redirect(url_for("briefings.one", briefing_id=id_), 303)


@blueprint.post("/<int(max=2147483647):briefing_id>/pages/<int(max=2147483647):page_id>")
@sessions.only(*READERS)
def change(briefing_id: int, page_id: int) -> Response:
    """Moves a page, writes it anew, takes it out, or puts it back."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    act = form.get("act", "")
    if act in STEPS:
        briefings.move(session, actor, briefing_id, page_id, STEPS[act])
    elif act == "write":
        briefings.rewrite(session, actor, briefing_id, page_id, form.get("title", ""), form.get("note", ""))
    elif act in ("remove", "restore"):
        briefings.take_out(session, actor, briefing_id, page_id, removed=act == "remove")
    else:
        raise InvalidValue(field="act", value=act[:20], reason="up, down, write, remove, restore")
    sessions.commit()
    after = f"?removed={page_id}" if act == "remove" else f"#p{page_id}"
    return redirect(url_for("briefings.one", briefing_id=briefing_id) + after, 303)


@blueprint.post("/<int(max=2147483647):briefing_id>/decisions")
@sessions.only(*READERS)
def decide(briefing_id: int) -> Response:
    """Writes a decision on a page, or on the meeting as a whole."""
    page = _number("page") if request.form.get("page") else None
    decisions.write(sessions.session(), sessions.actor(), briefing_id, page, dict(request.form), map_asked.today())
    sessions.commit()
    return redirect(url_for("briefings.one", briefing_id=briefing_id) + (f"#p{page}" if page else "#decisions"), 303)


@blueprint.post("/decisions/<int(max=2147483647):decision_id>")
@sessions.only(*READERS)
def settle(decision_id: int) -> Response:
    """Says what became of a decision; back to the briefing it was looked at in."""
    session, actor = sessions.session(), sessions.actor()
    written_in = decisions.settle(session, actor, decision_id, request.form.get("state", ""), map_asked.today())
    sessions.commit()
    seen_in = _number("seen") if request.form.get("seen") else written_in
    return redirect(url_for("briefings.one", briefing_id=seen_in) + "#decisions", 303)


def _new(field: str = "title") -> int:
    form = request.form
    held_on = decisions.day("held_on", form.get("held_on", ""))
    return briefings.create(sessions.session(), sessions.actor(), form.get(field, ""), held_on)


def _number(name: str) -> int:
    given: Any = request.form.get(name, "")
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise InvalidValue(field=name, value=given[:20], reason="0, 1, 2 …")
    return int(given)
