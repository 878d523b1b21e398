"""The home of the signed-in role: the few things that person does here, with what waits for them."""

from typing import Any

from flask import Blueprint, render_template

from app import home_figures, sessions

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> Any:
    """The tasks of the role, with counts."""
    actor = sessions.actor()
    return render_template("home.html", actor=actor, **home_figures.of(sessions.session(), actor))
