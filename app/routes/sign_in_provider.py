"""To the province's sign-in service and back."""

import logging
from typing import Any

import flask
from flask import Blueprint, render_template, request, url_for

from app import provider_signing_in, sessions, signing_in
from app.provider_client import CodeRefused, ProviderAnswerWrong
from app.provider_fetching import ProviderSilent
from app.provider_signing_in import BACK, PATH, AccountLocked, NoAccount, NotBegunHere, ProviderSaidNo
from app.routes.sign_in import refused
from app.subjects import OtherPerson
from app.throttle import TooManyTries

log = logging.getLogger("diaban.web")
blueprint = Blueprint("sign_in_provider", __name__)
FAILED = (
    ProviderSaidNo, ProviderSilent, ProviderAnswerWrong, CodeRefused, NoAccount, AccountLocked, OtherPerson,
    TooManyTries, signing_in.SignInFailed,
)  # fmt: skip


@blueprint.get(PATH)
@sessions.open_to_all
def leave() -> Any:
    """To the service. A link, not a form: where a form leads in the end is the policy's, and that stays closed."""
    target = signing_in.safe_next(request.args.get("next"))
    try:
        return provider_signing_in.begin(target)
    except (ProviderSilent, ProviderAnswerWrong) as problem:
        log.warning("the sign-in service: %s", problem)
        return refused("sign_in.html", problem, next=target, username="")


@blueprint.get(BACK)
@sessions.open_to_all
def back() -> Any:
    """Back from the service: signed in, or the second step is next, or why not."""
    try:
        carried = provider_signing_in.carried()
    except NotBegunHere as problem:
        return refused("sign_in.html", problem, next="/", username="")
    target = carried.target
    try:
        done = provider_signing_in.finish(carried.begun)
        goes_on = target if done else url_for("sign_in.code_form", next=target)
        response = flask.make_response(render_template("sign_in_done.html", target=goes_on))
    except FAILED as problem:
        if isinstance(problem, ProviderSilent | ProviderAnswerWrong | CodeRefused):
            log.warning("the sign-in service: %s", problem)
        if not isinstance(problem, TooManyTries):
            provider_signing_in.record_failure(problem)
        response = refused("sign_in.html", problem, next=target, username="")
    provider_signing_in.forget(response)
    return response
