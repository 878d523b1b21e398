"""Signing in, the second step, signing out."""

from typing import Any

import flask
from flask import Blueprint, redirect, render_template, request, url_for

from app import errors, languages, sessions, signing_in
from app.subjects import OtherPerson
from app.throttle import TooManyTries
from geodata.problems import Problem

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/login")
@sessions.open_to_all
def form() -> Any:
    """The form; who is signed in already goes on."""
    target = signing_in.safe_next(request.args.get("next"))
    return (
        redirect(target) if sessions.asker() else render_template("sign_in.html", next=target, said=None, username="")
    )


@blueprint.post("/login")
@sessions.open_to_all
def enter() -> Any:
    """Name and password."""
    username = request.form.get("username", "")
    target = signing_in.safe_next(request.form.get("next"))
    try:
        done = signing_in.with_password(username, request.form.get("password", ""))
    except (signing_in.SignInFailed, TooManyTries) as problem:
        return refused("sign_in.html", problem, next=target, username=username)
    return redirect(target if done else url_for("sign_in.code_form", next=target))


@blueprint.get("/login/code")
@sessions.open_to_all
def code_form() -> Any:
    """The second step's form; only after the right password."""
    target = signing_in.safe_next(request.args.get("next"))
    if signing_in.half_signed_in() is None:
        return redirect(url_for("sign_in.form", next=target))
    return render_template("sign_in_code.html", next=target, said=None)


@blueprint.post("/login/code")
@sessions.open_to_all
def code_enter() -> Any:
    """The code of the phone, or a recovery code."""
    target = signing_in.safe_next(request.form.get("next"))
    half = signing_in.half_signed_in()
    if half is None:
        return redirect(url_for("sign_in.form", next=target))
    try:
        signing_in.with_code(half, request.form.get("code", ""))
    except (signing_in.CodeWrong, TooManyTries, OtherPerson) as problem:
        return refused("sign_in_code.html", problem, next=target)
    return redirect(target)


@blueprint.post("/logout")
@sessions.open_to_all
def leave() -> Any:
    """Signs this browser out; harmless when it already is."""
    signing_in.sign_out()
    return redirect(url_for("sign_in.form"))


def refused(template: str, problem: Problem, **facts: Any) -> Any:
    """The page again, with what is wrong."""
    status = errors.of(problem).status
    page = render_template(template, said=errors.sentence(problem, languages.current()), **facts)
    response = flask.make_response(page, status)
    if status == 429:
        response.headers["Retry-After"] = str(60 * problem.facts["minutes"])
    return response
