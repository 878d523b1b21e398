"""Requests of religious sites: which office must answer what, one site's requests, and buildings in need or danger."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import fault_words, form_values, languages, reads, sessions, small_map
from geodata.units import Unit
from surveys import showing, site_requests, wall_clock
from surveys.access import Role
from surveys.field_faults import FieldsRefused, refuse
from surveys.layers.religious_sites import ReligiousSite, layer

blueprint = Blueprint("site_requests", __name__, url_prefix="/site-requests")
READERS = (Role.OFFICER, Role.LEADER)
FACTS = ("land_paper", "heritage_rank", "condition", "hazards", "road_access")
_KINDS = text(
    "SELECT DISTINCT ON (position, code) code FROM code_lists WHERE list = 'site_requests' AND code <> 'khong'"
    " ORDER BY position, code, valid_from"
)
_OFFICES = text(
    "SELECT id, name FROM offices WHERE unit_id IN (:province, :commune) AND valid_from <= :today"
    ' AND (valid_to IS NULL OR valid_to > :today) ORDER BY name COLLATE "vi-x-icu", id'
)


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """Offices with what they still have to answer, the requests, and those no office was given yet."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    page = render_template(
        "site_requests/index.html", offices=site_requests.by_office(session, actor, today),
        rows=site_requests.still_open(session, actor, today), loose=site_requests.loose(session, actor),
        kinds=_kinds(), today=today, most=site_requests.MOST, place=actor.commune_id or actor.province_id,
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    return page


@blueprint.get("/condition")
@sessions.only(*READERS)
def condition() -> str:
    """Buildings that need repair, or lie where water or slopes endanger them."""
    session, actor = sessions.session(), sessions.actor()
    only = request.args.get("only", "both")
    only = only if only in ("damaged", "exposed", "both") else "both"
    labels = showing.labels(session, languages.current())
    page = render_template(
        "site_requests/condition.html", counts=site_requests.conditions(session, actor), only=only,
        rows=site_requests.endangered(session, actor, only), labels=labels, most=site_requests.MOST,
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    return page


@blueprint.get("/<uuid:site_id>")
@sessions.only(*READERS)
def one(site_id: uuid.UUID) -> str:
    """One site as a public place: its paper, condition and hazards, and what it asked of which office."""
    found = site_requests.site(sessions.session(), sessions.actor(), site_id)
    page = _page(found, {}, {}, "")
    reads.note(sessions.actor(), layer.key, found.commune_id)
    sessions.commit()
    return page


@blueprint.post("/<uuid:site_id>")
@sessions.only(Role.OFFICER)
def receive(site_id: uuid.UUID) -> Response | tuple[str, int]:
    """Stores a request and the office that answers it."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    try:
        given, faults = form_values.read(form, days=("received_on",))
        refuse(faults)
        given |= {"kind": form.get("kind", ""), "office_id": form_values.number(form, "office_id")}
        site_requests.receive(session, actor, site_id, given, wall_clock.today())
    except FieldsRefused as refused:
        return _again(site_id, form, refused, "receive")
    return _done(site_id, _("Đã ghi đề nghị và giao cơ quan trả lời."))


@blueprint.post("/<uuid:site_id>/<int(max=9223372036854775807):request_id>")
@sessions.only(Role.OFFICER)
def act(site_id: uuid.UUID, request_id: int) -> Response | tuple[str, int]:
    """Stores the answer, takes it back, or hands the request on to another office."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    wanted, today = form.get("act", ""), wall_clock.today()
    try:
        if wanted == "reopen":
            site_requests.reopen(session, actor, site_id, request_id)
            said = _("Đã mở lại: cơ quan phải trả lời lại, hạn giữ nguyên.")
        elif wanted == "hand_on":
            office = form_values.number(form, "office_id")
            site_requests.hand_on(session, actor, site_id, request_id, office, today)
            said = _("Đã chuyển cơ quan khác. Hạn trả lời giữ nguyên.")
        else:
            given, faults = form_values.read(form, days=("answered_on",))
            written, unfit = form_values.texts(form, {"document": site_requests.LONGEST_DOCUMENT})
            refuse([*faults, *unfit])
            given |= written | {"outcome": form.get("outcome", "")}
            site_requests.answer(session, actor, site_id, request_id, given, today)
            said = _("Đã ghi trả lời.")
    except FieldsRefused as refused:
        return _again(site_id, form, refused, f"{wanted or 'answer'}-{request_id}")
    return _done(site_id, said)


def _done(site_id: uuid.UUID, said: str) -> Response:
    sessions.commit()
    flash(said)
    return redirect(url_for(".one", site_id=site_id), 303)


def _again(site_id: uuid.UUID, form: Mapping[str, str], refused: FieldsRefused, which: str) -> tuple[str, int]:
    session = sessions.session()
    session.rollback()
    wrong = fault_words.said(refused.facts["faults"], {})
    return _page(site_requests.site(session, sessions.actor(), site_id), form, wrong, which), 422


def _page(found: ReligiousSite, typed: Mapping[str, str], wrong: dict[str, list[str]], which: str) -> str:
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    language, commune = languages.current(), session.get(Unit, found.commune_id)
    labels = showing.labels(session, language)
    where = {"province": found.province_id, "commune": found.commune_id, "today": today}
    offices: dict[int, Any] = {row.id: row.name for row in session.execute(_OFFICES, where)}
    rows = site_requests.of_site(session, found.id)
    names = offices | {
        row.id: row.name
        for row in session.execute(
            text("SELECT id, name FROM offices WHERE id = ANY(:ids)"), {"ids": [row.office_id for row in rows]}
        )
    }
    return render_template(
        "site_requests/one.html", site=found, place=f"{commune.kind.capitalize()} {commune.name}" if commune else "",
        facts=[
            (f.label_en if language == "en" else f.label, showing.shown(f, getattr(found, f.key), labels, language))
            for f in layer.fields if f.key in FACTS
        ],
        rows=rows, offices=offices, names=names, kinds=_kinds(), outcomes=_outcomes(), today=today,
        picture=small_map.draw(session, actor, layer, found.id), typed=typed, wrong=wrong, which=which,
        writes=actor.role is Role.OFFICER,
    )  # fmt: skip


def _kinds() -> dict[str, str]:
    session = sessions.session()
    labels = showing.labels(session, languages.current())
    return {code: labels.get(("site_requests", code), code) for code in session.scalars(_KINDS)}


def _outcomes() -> dict[str, str]:
    return {"dap_ung": _("đáp ứng"), "mot_phan": _("đáp ứng một phần"), "khong": _("không đáp ứng, có nêu lý do")}
