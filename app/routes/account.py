"""One's own account: password, second step, personal tokens."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text

from app import accounts, errors, languages, passwords, personal_tokens, second_factor, sessions, signing_in, throttle
from geodata.problems import NotFound, Problem
from surveys import audit
from surveys.access import Actor

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/")
def show() -> Any:
    """The page of one's own account."""
    return _page()


@blueprint.post("/password")
def change_password() -> Any:
    """A new password; every other browser is signed out."""
    actor = sessions.actor()
    new = request.form.get("new", "")
    try:
        _require_password(actor)
        if new != request.form.get("again", ""):
            return _page(said=_("Hai lần nhập mật khẩu mới không giống nhau."), status=422)
        with sessions.engine().begin() as connection:
            accounts.set_password(connection, actor.account_id, actor.username, new)
            signing_in.again(connection, actor.account_id)
    except (signing_in.SignInFailed, passwords.PasswordWeak, throttle.TooManyTries) as problem:
        return _refused(problem)
    return _page(done=_("Đã đổi mật khẩu. Các thiết bị khác đã được đăng xuất."))


@blueprint.post("/two-steps")
def propose_two_steps() -> Any:
    """A new secret to scan; nothing changes until a code of it is shown."""
    actor = sessions.actor()
    try:
        _require_password(actor)
        with sessions.engine().begin() as connection:
            second_factor.propose(connection, sessions.config(), actor.account_id)
            audit.record(connection, actor, "two_steps_proposed")
    except (signing_in.SignInFailed, throttle.TooManyTries) as problem:
        return _refused(problem)
    return redirect(url_for("account.scan"))


@blueprint.get("/two-steps")
def scan() -> Any:
    """The QR code and the first code."""
    return _scan()


@blueprint.get("/two-steps.svg")
def picture() -> Response:
    """The QR code of a secret not confirmed yet: a file of its own, for the content policy allows no inline image."""
    actor = sessions.actor()
    with sessions.engine().begin() as connection:
        secret = second_factor.proposed(connection, sessions.config(), actor.account_id)
    if secret is None:
        raise NotFound(what="two_steps")
    return Response(second_factor.picture(secret, actor.username), mimetype="image/svg+xml")


@blueprint.post("/two-steps/confirm")
def confirm_two_steps() -> Any:
    """Switches the second step on; shows the recovery codes, once."""
    actor = sessions.actor()
    throttle.begin(sessions.engine(), f"code {actor.username}", request.remote_addr or "?")
    with sessions.engine().begin() as connection:
        code = request.form.get("code", "").replace(" ", "")
        codes = second_factor.confirm(connection, sessions.config(), actor.account_id, code)
        if codes is not None:
            throttle.succeeded(connection, f"code {actor.username}", request.remote_addr or "?")
            audit.record(connection, actor, "two_steps_on")
    if codes is None:
        return _scan(errors.sentence(signing_in.CodeWrong(), languages.current()), 422)
    return render_template("two_steps_codes.html", codes=codes)


@blueprint.post("/two-steps/off")
def switch_off_two_steps() -> Any:
    """Back to password alone."""
    actor = sessions.actor()
    try:
        _require_password(actor)
        with sessions.engine().begin() as connection:
            second_factor.switch_off(connection, actor.account_id)
            audit.record(connection, actor, "two_steps_off")
    except (signing_in.SignInFailed, throttle.TooManyTries) as problem:
        return _refused(problem)
    return _page(done=_("Đã tắt xác thực hai bước."))


@blueprint.post("/tokens")
def make_token() -> Any:
    """A new personal token, shown in the answer and never again."""
    actor = sessions.actor()
    days = request.form.get("days", "", type=str)
    try:
        _require_password(actor)
        with sessions.engine().begin() as connection:
            chosen = int(days) if days.isdecimal() and len(days) < 4 else personal_tokens.LONGEST_DAYS
            token = personal_tokens.create(connection, actor.account_id, request.form.get("label", ""), chosen)
            audit.record(connection, actor, "token_created")
    except (signing_in.SignInFailed, throttle.TooManyTries) as problem:
        return _refused(problem)
    return _page(token=token)


@blueprint.post("/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Any:
    """Ends a token of one's own."""
    actor = sessions.actor()
    with sessions.engine().begin() as connection:
        if not personal_tokens.revoke(connection, actor.account_id, token_id):
            raise NotFound(what="token", id=token_id)
        audit.record(connection, actor, "token_revoked", detail={"token": token_id})
    sessions.known().forget(actor.account_id)
    return _page(done=_("Đã thu hồi mã truy cập."))


def _require_password(actor: Actor) -> None:
    """A browser left open isn't enough for what outlives it. Raises SignInFailed, TooManyTries."""
    address = request.remote_addr or "?"
    throttle.begin(sessions.engine(), actor.username, address)
    with sessions.engine().begin() as connection:
        stored = connection.scalar(text("SELECT password FROM accounts WHERE id = :id"), {"id": actor.account_id})
    if not passwords.matches(request.form.get("current", ""), stored):
        raise signing_in.SignInFailed
    with sessions.engine().begin() as connection:
        throttle.succeeded(connection, actor.username, address)


def _refused(problem: Problem) -> Any:
    said = errors.of(problem)
    # Signed in, but the password typed for this step is wrong: 401 would send machines to sign in again.
    return _page(said=errors.sentence(problem, languages.current()), status=422 if said.status == 401 else said.status)


def _page(said: str | None = None, done: str | None = None, token: str | None = None, status: int = 200) -> Any:
    actor = sessions.actor()
    with sessions.engine().begin() as connection:
        tokens = personal_tokens.listing(connection, actor.account_id)
        two_steps = connection.scalar(
            text("SELECT tf_primary_method FROM accounts WHERE id = :id"), {"id": actor.account_id}
        )
    page = render_template(
        "account.html",
        actor=actor,
        tokens=tokens,
        two_steps=two_steps is not None,
        said=said,
        done=done,
        token=token,
        shortest=passwords.SHORTEST,
    )
    return page, status


def _scan(said: str | None = None, status: int = 200) -> Any:
    actor = sessions.actor()
    with sessions.engine().begin() as connection:
        secret = second_factor.proposed(connection, sessions.config(), actor.account_id)
    if secret is None:
        return redirect(url_for("account.show"))
    return render_template("two_steps.html", secret=secret.pretty_key(), said=said), status
