"""One photo of a proposal with what the detector proposes, and rectangles to make unrecognisable."""

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app import sessions
from geodata.problems import InvalidValue
from surveys import blurring, faces
from surveys.access import Role
from surveys.faces import Box

blueprint = Blueprint("photo_blur", __name__, url_prefix="/review")
BLANK = 3  # rectangles to fill in where no script draws them


@blueprint.get("/<uuid:id_>/photos/<name>/blur")
@sessions.only(Role.OFFICER)
def page(id_: uuid.UUID, name: str) -> str:
    """The photo, the proposed rectangles, and empty ones."""
    return _page(id_, name)


@blueprint.post("/<uuid:id_>/photos/<name>/blur")
@sessions.only(Role.OFFICER)
def blur(id_: uuid.UUID, name: str) -> Any:
    """Blurs the rectangles of the form, for good."""
    try:
        blurring.blur(sessions.session(), sessions.actor(), sessions.config().home, id_, name, _boxes())
    except InvalidValue:
        return _page(id_, name, _("Chưa có khung nào: vẽ lên ảnh, hoặc ghi bốn con số của một khung.")), 422
    sessions.commit()
    flash(_("Đã che. Ảnh cũ bị xóa hẳn; hãy xem lại ảnh rồi mới đánh dấu."))
    return redirect(url_for("review.one", id_=id_))


def _page(id_: uuid.UUID, name: str, said: str = "") -> str:
    session = sessions.session()
    found = blurring.photo(session, sessions.actor(), id_, name)
    marks = faces.boxes_of(session, [found.sha256_kept])
    proposed = marks.get(bytes(found.sha256_kept))
    return render_template(
        "review/blur.html", id=id_, name=name, proposed=proposed or [], said=said,
        looked=bytes(found.sha256_kept) in marks, failed=bytes(found.sha256_kept) in marks and proposed is None,
        rows=[*(proposed or []), *([("", "", "", "")] * BLANK)],
    )  # fmt: skip


def _boxes() -> list[Box]:
    """The rectangles whose four numbers (per cent) are all there."""
    columns = [request.form.getlist(key) for key in ("x", "y", "w", "h")]
    boxes: list[Box] = []
    for row in zip(*columns, strict=False):
        try:
            x, y, w, h = (round(10 * float(value.replace(",", "."))) for value in row)
        except (ValueError, OverflowError):
            continue
        boxes.append((x, y, w, h))
    return boxes
