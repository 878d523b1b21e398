"""Programmes: what these offices live by, its term and goals, and what carries each out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import languages, sessions
from surveys import layers, offices, programmes, showing, wall_clock
from surveys.access import Role

blueprint = Blueprint("programmes", __name__, url_prefix="/programmes")
READERS = (Role.OFFICER, Role.LEADER)


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """Those of the place, with a form for a new one."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    rows = programmes.listed(session, actor)
    return render_template(
        "programmes/index.html", running=[one for one in rows if one.runs(today)],
        others=[one for one in rows if not one.runs(today)], today=today, **_form(),
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(Role.OFFICER)
def create() -> Response:
    """A new one."""
    made = programmes.write(sessions.session(), sessions.actor(), request.form, wall_clock.today())
    sessions.commit()
    flash(_("Đã ghi chương trình."))
    return redirect(url_for(".one", programme_id=made), 303)


@blueprint.get("/<int(max=2147483647):programme_id>")
@sessions.only(*READERS)
def one(programme_id: int) -> str:
    """One with its goals, what carries it out, and a form to correct it."""
    session, actor = sessions.session(), sessions.actor()
    found = programmes.find(session, actor, programme_id)
    titles = {layer.key: layer.title_en if languages.current() == "en" else layer.title for layer in layers.CATALOGUE}
    labels = showing.labels(session, languages.current())
    rounds = {code: said for (list_, code), said in labels.items() if list_ == "survey_rounds"}
    return render_template(
        "programmes/one.html", programme=found, titles=titles | {"decisions": _("Kết luận giao ban")}, rounds=rounds,
        work=programmes.work(session, actor, programme_id), most=programmes.MOST, today=wall_clock.today(),
        writes=actor.role is Role.OFFICER and actor.commune_id in (0, found.commune_id), **_form(),
    )  # fmt: skip


@blueprint.post("/<int(max=2147483647):programme_id>")
@sessions.only(Role.OFFICER)
def change(programme_id: int) -> Response:
    """Corrects one."""
    programmes.write(sessions.session(), sessions.actor(), request.form, wall_clock.today(), programme_id)
    sessions.commit()
    flash(_("Đã lưu thay đổi."))
    return redirect(url_for(".one", programme_id=programme_id), 303)


def _form() -> dict[str, object]:
    """What the form of a programme offers."""
    session, actor = sessions.session(), sessions.actor()
    return {
        "kinds": {
            "nghi_quyet": _("Nghị quyết"),
            "chi_thi": _("Chỉ thị"),
            "de_an": _("Đề án"),
            "chuong_trinh": _("Chương trình"),
            "ke_hoach": _("Kế hoạch"),
        },
        "offices": offices.in_force(session, actor, wall_clock.today()),
    }
