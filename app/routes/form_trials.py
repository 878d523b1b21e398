"""A form tried in the phone's own screens before anybody approves it: nothing is stored, nothing can be sent."""

from flask import Blueprint, Response, jsonify, render_template, url_for
from werkzeug.exceptions import NotFound

from app import sessions
from app.routes.forms import people
from surveys import form_files, unit_lists, uploaded_forms, xform_questions, xform_rules

blueprint = Blueprint("form_trials", __name__, url_prefix="/forms/try")


@blueprint.get("/<form_id>/<version>/")
def page(form_id: str, version: str) -> str:
    """The page that shows the form as a phone would."""
    row = uploaded_forms.find(sessions.session(), people(), form_id, version)
    return render_template("forms/try.html", form=row)


@blueprint.get("/<form_id>/<version>/form.json")
def form(form_id: str, version: str) -> Response:
    """What the page needs: title, XForm, and the addresses of the form's files by name."""
    session, actor = sessions.session(), people()
    row = uploaded_forms.find(session, actor, form_id, version)
    names = {*form_files.listed(session, form_id, version), *unit_lists.of(session, actor).files}
    wanted = {name for name in names if name in row.xform}
    return jsonify(
        {
            "form": {"id": form_id, "version": version, "title": row.title},
            "account": {"id": actor.account_id, "username": actor.username, "role": str(actor.role)},
            "xform": row.xform,
            "files": {n: url_for(".file", form_id=form_id, version=version, name=n) for n in sorted(wanted)},
            "missing": sorted(xform_rules.files(xform_questions.opened(row.xform)) - names),
        }
    )


@blueprint.get("/<form_id>/<version>/files/<name>")
def file(form_id: str, version: str, name: str) -> Response:
    """A list of units of the account's scope, or one of the form's own files."""
    session, actor = sessions.session(), people()
    uploaded_forms.find(session, actor, form_id, version)
    lists = unit_lists.of(session, actor).files
    if name in lists:
        return Response(lists[name], content_type="text/csv; charset=utf-8")
    found = form_files.found(session, form_id, version, name)
    if found is None:
        raise NotFound
    return Response(found[0], content_type=found[1])
