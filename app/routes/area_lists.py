"""Published lists of minority and mountainous areas: handed in with the decision, confirmed by a second officer."""

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import area_uploading, languages, reads, sessions
from geodata.problems import InvalidValue, NotFound
from surveys import area_classes, area_lists, media, showing, wall_clock
from surveys.access import Actor, Role
from surveys.area_judging import MOST_TOLD
from surveys.area_lists import ListRefused

blueprint = Blueprint("area_lists", __name__, url_prefix="/area-lists")
READERS = (Role.OFFICER, Role.LEADER)


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """The list in force, those that wait, those of before, and the form for a new one."""
    return _index(None, {})


@blueprint.post("/")
@sessions.only(Role.OFFICER)
def upload() -> Response | tuple[str, int]:
    """A list with its decision, as a draft to look at; with rows that can't be used nothing is kept."""
    session, actor = sessions.session(), sessions.actor()
    files = {key: request.files.get(key) for key in ("file", "document")}
    for key, one in files.items():
        if one is None or not one.filename:
            raise InvalidValue(
                field=_("Tệp danh sách") if key == "file" else _("Tệp quyết định"), value="", reason="thiếu | missing"
            )
    (file, document) = ((one.filename or "", one.stream.read) for one in files.values() if one is not None)
    try:
        id_ = area_uploading.take(session, actor, sessions.config().home, request.form, file, document)
    except ListRefused as refused:
        session.rollback()
        return _index(refused, request.form), 422
    sessions.commit()
    return redirect(url_for(".one", list_id=id_), 303)


@blueprint.get("/<uuid:list_id>")
@sessions.only(*READERS)
def one(list_id: uuid.UUID) -> str:
    """What a list says and what was left out of its file; what may be done with it next."""
    session, actor = sessions.session(), sessions.actor()
    found = area_lists.find(session, actor, list_id)
    labels = showing.labels(session, languages.current())
    page = render_template(
        "areas/one.html", found=found, rows=area_classes.of_list(session, actor, list_id), most=area_classes.MOST,
        classes={code: said for (list_, code), said in labels.items() if list_ == "area_classes"}, told=MOST_TOLD,
        states=_states(), reasons=_reasons(), mine=found.entered_by == actor.account_id, writes=_writes(actor),
        may_undo=area_lists.may_undo(session, actor, found), today=wall_clock.today(),
    )  # fmt: skip
    reads.note(actor, area_lists.LAYER)
    sessions.commit()
    return page


@blueprint.post("/<uuid:list_id>")
@sessions.only(Role.OFFICER)
def act(list_id: uuid.UUID) -> Response:
    """Sends, withdraws, confirms, rejects or undoes the whole list."""
    session, actor, reason = sessions.session(), sessions.actor(), request.form.get("reason")
    match request.form.get("act"):
        case "send":
            area_lists.send(session, actor, list_id)
            said = _("Đã gửi. Danh sách có hiệu lực khi một chuyên viên khác xác nhận.")
        case "withdraw":
            area_lists.withdraw(session, actor, list_id)
            said = _("Đã bỏ danh sách này. Không có gì thay đổi.")
        case "confirm":
            area_lists.confirm(session, actor, list_id)
            said = _("Đã xác nhận cả danh sách.")
        case "reject":
            area_lists.reject(session, actor, list_id, reason)
            said = _("Đã từ chối cả danh sách. Không có gì thay đổi.")
        case "undo":
            area_lists.undo(session, actor, list_id, reason)
            said = _("Đã hoàn tác cả danh sách; danh sách trước đó lại có hiệu lực.")
        case _:
            abort(400)
    sessions.commit()
    flash(said)
    return redirect(url_for(".one", list_id=list_id), 303)


@blueprint.get("/<uuid:list_id>/document")
@sessions.only(*READERS)
def document(list_id: uuid.UUID) -> Response:
    """The decision as it was published, to compare the list with."""
    found = area_lists.find(sessions.session(), sessions.actor(), list_id)
    path = media.path(sessions.config().home, found.document)
    if not path.is_file():
        raise NotFound(what="file", id=str(list_id))
    answer = send_file(path, "application/octet-stream", as_attachment=True, download_name=found.document_name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _index(refused: ListRefused | None, given: object) -> str:
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    rows = area_lists.listed(session, actor)
    page = render_template(
        "areas/index.html", rows=rows, refused=refused.judged if refused else None, given=given, states=_states(),
        reasons=_reasons(), writes=_writes(actor), most_mb=area_uploading.MOST_LIST >> 20, told=MOST_TOLD,
        listed=area_classes.listed(session, actor, today), today=today,
        waiting=[one for one in rows if one.state == "waiting" and one.entered_by != actor.account_id],
    )  # fmt: skip
    reads.note(actor, area_lists.LAYER)
    sessions.commit()
    return page


def _writes(actor: Actor) -> bool:
    return actor.role is Role.OFFICER and not actor.commune_id


def _states() -> dict[str, str]:
    return {
        "draft": _("chưa gửi"), "waiting": _("chờ người thứ hai xác nhận"), "withdrawn": _("đã bỏ"),
        "confirmed": _("đã xác nhận"), "rejected": _("bị từ chối"), "undone": _("đã hoàn tác"),
    }  # fmt: skip


def _reasons() -> dict[str, str]:
    """Why a row isn't taken."""
    return {
        "no_code": _("thiếu mã đơn vị"),
        "class_unreadable": _("không đọc được khu vực (xã: I, II, III; thôn: đặc biệt khó khăn)"),
        "unknown_code": _("không có đơn vị nào mang mã này"),
        "two_classes": _("hai dòng ghi hai khu vực khác nhau"),
        "twice": _("đã có ở dòng khác, cùng khu vực"),
        "no_class": _("không ghi khu vực"),
        "split": _("xã cũ đã chia về nhiều xã: danh sách không nói xã nào"),
        "not_whole": _("xã mới còn gồm nơi khác mà danh sách không ghi cùng khu vực"),
        "hamlet_ended": _("thôn này không còn"),
    }
