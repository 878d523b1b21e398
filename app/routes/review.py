"""Review: what waits, one proposal with its flags and photos, and the decision."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select, text
from werkzeug import Response

from app import languages, sessions, update_card
from app.routes import imports
from geodata.fields import Field
from geodata.problems import NotFound
from geodata.units import Unit
from surveys import (
    area_lists,
    audit,
    corrections,
    faces,
    media,
    quarantine,
    review,
    screening,
    showing,
    unmapped,
    unplaced,
    updates,
)
from surveys.access import Role, Verb
from surveys.layer import Layer
from surveys.layers import CATALOGUE, KEYS, named, situation_reports
from surveys.proposals import Proposal

blueprint = Blueprint("review", __name__, url_prefix="/review")
PAGE = 50
REPORTS = (situation_reports.layer.key, review.RESTRICTED)
SHORTEST_REASON, LONGEST_REASON = 5, 200  # letters; the form asks for as many

FLAGS = {
    "swapped": "Kinh độ và vĩ độ bị đảo",
    "null_island": "Tọa độ 0,0",
    "metres_as_degrees": "Tọa độ tính bằng mét, không phải độ",
    "outside_country": "Ngoài lãnh thổ Việt Nam",
    "outside_province": "Ngoài tỉnh",
    "outside_commune": "Vị trí không nằm trong xã đã chọn",
    "fix_valid": "Sửa hình tự cắt",
    "fix_cut": "Cắt phần chồng lên vùng khác",
    "fix_snap": "Khớp cạnh với vùng bên cạnh",
    "fix_archive": "Trùng với bản ghi khác: xin đưa vào lưu trữ",
    "fix_rehome": "Xếp lại vào xã chứa vị trí",
    "fix_flip": "Đảo lại kinh độ và vĩ độ",
    "unit_split": "Xã đã chọn nay được chia tách",
    "far_from_hamlet": "Cách thôn đã chọn hơn 5 km",
    "placed_by_hand": "Vị trí chấm trên bản đồ, không đo bằng GPS",
    "weak_accuracy": "Vị trí kém chính xác hơn mức phiếu yêu cầu",
    "clock_ahead": "Đồng hồ điện thoại sai: ngày ở tương lai",
    "tradition_assumed": "Tôn giáo tạm ghi theo cách gọi thường dùng",
    "masked": "Đã che thông tin về người trong phần chữ",
    "vouched": "Nhận theo cam kết của cán bộ",
    "clock_off": "Đồng hồ điện thoại sai",
    "point_cut": "Đã bỏ vị trí (lĩnh vực hạn chế)",
    "photo_cut": "Đã bỏ ảnh (lĩnh vực hạn chế)",
    "feature_deleted": "Bản ghi đã bị xoá sau khi phiếu bắt đầu",
    "corrects_approved": "Sửa bản ghi đã duyệt",
}
STATES = {
    "approved": "đã duyệt",
    "returned": "đã trả lại",
    "rejected": "đã từ chối",
    "superseded": "đã có bản sửa thay thế",
    "withdrawn": "người gửi đã rút lại",
}


@blueprint.get("/")
@sessions.only(Role.OFFICER)
def index() -> str:
    """What waits, oldest first, by layer."""
    session, actor = sessions.session(), sessions.actor()
    layer = request.args.get("layer", "")
    reviewable = [one for one in CATALOGUE if actor.may(Verb.REVIEW, one.grants)]
    waiting = select(Proposal).where(
        Proposal.state == "waiting", Proposal.province_id == actor.province_id, Proposal.import_id.is_(None)
    )
    if layer in KEYS:
        waiting = waiting.where(Proposal.layer == layer)
    rows = session.scalars(waiting.order_by(Proposal.created_at, Proposal.id).limit(PAGE)).all()
    labels = showing.labels(session)
    counts = dict(
        session.execute(
            select(Proposal.layer, func.count())
            .where(Proposal.state == "waiting", Proposal.province_id == actor.province_id, Proposal.import_id.is_(None))
            .group_by(Proposal.layer)
        ).all()
    )
    return render_template(
        "review/index.html", rows=_lines(rows, labels), layers=reviewable, counts=counts, chosen=layer,
        total=sum(counts.values()), page=PAGE, kept=quarantine.count(session, actor),
        imports=[] if layer else imports.cards(),
        unplaced=unplaced.count(session, actor), area_lists=area_lists.waiting(session, actor),
    )  # fmt: skip


@blueprint.get("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def one(id_: uuid.UUID) -> str:
    """One proposal: answers, place, flags, photos; of a restricted one the question why it is to be opened."""
    wanted = review.proposal(sessions.session(), sessions.actor(), id_)
    if wanted.restricted:
        return render_template("review/reason.html", id=id_)
    return _page(wanted)


@blueprint.post("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def act(id_: uuid.UUID) -> Response | str:
    """Opens a restricted proposal with a reason, or takes the decision of the form."""
    # At the address that asks for the reason: in a link, a reload or the history there is nothing that opens it.
    return _opened(id_) if request.form.get("decision") == "open" else _decided(id_)


def _opened(id_: uuid.UUID) -> str:
    """A restricted proposal, once; the reason travels in the body only, and into the audit."""
    session, actor = sessions.session(), sessions.actor()
    wanted = review.proposal(session, actor, id_)
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    if not wanted.restricted or len(reason) < SHORTEST_REASON:
        return one(id_)
    purpose, _found = screening.mask(reason)
    audit.record(
        session, actor, "open_restricted", area=wanted.commune_id, purpose=purpose, detail={"proposal": str(id_)}
    )
    sessions.commit()
    return _page(review.proposal(session, actor, id_))


def _page(wanted: Proposal) -> str:
    session, actor = sessions.session(), sessions.actor()
    labels = showing.labels(session)
    place = session.execute(
        text(
            "SELECT ST_X(p) AS lon, ST_Y(p) AS lat FROM (SELECT ST_PointOnSurface(geom) AS p FROM proposals"
            " WHERE id = :id AND province_id = :province) q WHERE p IS NOT NULL"
        ),
        {"id": wanted.id, "province": actor.province_id},
    ).first()
    photos = session.execute(
        text(
            "SELECT name, state, sha256_kept, media_type LIKE 'image/%' AS picture FROM attachments"
            " WHERE instance_id = :i AND state <> 'cut' ORDER BY name"
        ),
        {"i": wanted.submission_id},
    ).all()
    marks = faces.boxes_of(session, [photo.sha256_kept for photo in photos])
    waits = wanted.state == "waiting"
    compared = updates.compare(session, actor, wanted) if wanted.action == "update" and waits else None
    return render_template(
        "review/one.html",
        card=update_card.of(session, wanted, compared, place, labels) if compared else None,
        sent_at=wanted.created_at.astimezone(languages.HERE).strftime("%d/%m/%Y %H:%M"),
        proposal=wanted,
        line=_lines([wanted], labels)[0],
        answers=[(f.label, showing.shown(f, wanted.values.get(f.key), labels)) for f in _fields(wanted)],
        beside=[] if wanted.restricted else unmapped.of_submission(session, wanted.submission_id),
        place=place,
        photos=photos,
        marks={photo.name: marks[photo.sha256_kept] for photo in photos if photo.sha256_kept in marks},
        communes=_communes() if wanted.commune_id is None else [],
        waiting=waits,
        decided=STATES.get(wanted.state, wanted.state),
        earlier=_earlier(wanted, labels),
    )


def _earlier(wanted: Proposal, labels: showing.Labels) -> dict[str, Any] | None:
    """What a corrected proposal said before: the values that changed, the place, the photos, and what was asked for."""
    session = sessions.session()
    replaced = corrections.before(session, wanted)
    if not replaced:
        return None
    last = replaced[0]
    return {
        "values": {
            f.label: showing.shown(f, last.values.get(f.key), labels)
            for f in _fields(wanted)
            if last.values.get(f.key) != wanted.values.get(f.key)
        },
        "moved_m": corrections.moved(session, wanted, last),
        "same_photos": corrections.same_photos(session, wanted, last),
        "comments": [(languages.day(one.reviewed_at), one.comment) for one in replaced if one.reviewed_at],
    }


def _decided(id_: uuid.UUID) -> Response:
    """The decision of the form: approve, return, reject or place."""
    session, actor = sessions.session(), sessions.actor()
    comment = request.form.get("comment", "")
    match request.form.get("decision"):
        case "approve":
            reported = review.proposal(session, actor, id_).layer in REPORTS
            review.approve(
                session, actor, id_, photos=frozenset(request.form.getlist("photo")), comment=comment.strip() or None,
                picks={key[5:]: pick for key, pick in request.form.items() if key.startswith("pick-")},
                seen=request.form.get("seen", type=int),
            )  # fmt: skip
            message = (
                _("Đã duyệt. Phản ánh đã giao cho cơ quan trả lời, theo dõi ở trang Vụ việc.")
                if reported
                else _("Đã duyệt. Bản ghi đã vào lớp dữ liệu.")
            )
        case "return":
            review.send_back(session, actor, id_, comment)
            message = _("Đã trả lại kèm ý kiến.")
        case "reject":
            review.reject(session, actor, id_, comment)
            message = _("Đã từ chối kèm lý do.")
        case "place":
            review.place(session, actor, id_, request.form.get("commune", type=int) or 0, None)
            message = _("Đã chọn xã.")
        case _:
            abort(400)
    sessions.commit()
    flash(message)
    again = request.form.get("decision") == "place"
    return redirect(url_for("review.one", id_=id_) if again else url_for("review.index"))


@blueprint.get("/<uuid:id_>/photos/<name>")
@sessions.only(Role.OFFICER)
def photo(id_: uuid.UUID, name: str) -> Response:
    """A re-encoded photo, for the reviewer who must say that it shows no face and no document with a name."""
    session, actor = sessions.session(), sessions.actor()
    wanted = review.proposal(session, actor, id_)
    kept = session.scalar(
        text(
            "SELECT sha256_kept FROM attachments WHERE instance_id = :i AND name = :n"
            " AND state IN ('clean', 'passed', 'refused') AND media_type LIKE 'image/%'"
        ),
        {"i": wanted.submission_id, "n": name},
    )
    if kept is None:
        raise NotFound(what="photo")
    return send_file(media.path(sessions.config().home, bytes(kept).hex()), mimetype="image/jpeg")


def _fields(wanted: Proposal) -> tuple[Field, ...]:
    return tuple(f for f in _layer(wanted).fields if f.asked)


def _lines(wanted: Sequence[Proposal], labels: showing.Labels) -> list[dict[str, Any]]:
    """What the list shows of proposals; of a restricted one only its category and commune (S5)."""
    ids = {unit for one in wanted for unit in (one.commune_id, one.hamlet_id) if unit is not None}
    units = dict(sessions.session().execute(select(Unit.id, Unit.name).where(Unit.id.in_(ids))).all())
    return [_line(one, units, labels) for one in wanted]


def _line(wanted: Proposal, units: dict[int, str], labels: showing.Labels) -> dict[str, Any]:
    layer = _layer(wanted)
    return {
        "id": wanted.id,
        "title": layer.title,
        "restricted": wanted.restricted,
        "name": showing.shown(layer.field(layer.label), wanted.values.get(layer.label), labels),
        "commune": units.get(wanted.commune_id or 0, ""),
        "hamlet": "" if wanted.restricted else units.get(wanted.hamlet_id or 0, ""),
        "observed_on": showing.day(wanted.observed_on),
        "flags": [FLAGS.get(flag, flag) for flag in wanted.flags],
        "action": wanted.action,
    }


def _layer(wanted: Proposal) -> Layer:
    return situation_reports.layer if wanted.restricted else named(wanted.layer)


def _communes() -> list[Any]:
    return list(
        sessions.session().execute(
            text(
                "SELECT id, name FROM units WHERE level = 3 AND valid_to IS NULL AND province_id = :p"
                ' ORDER BY name COLLATE "vi-x-icu"'
            ),
            {"p": sessions.actor().province_id},
        )
    )
