"""Địa Bàn over HTTP: the application, wired from top to bottom."""

from datetime import timedelta
from typing import TYPE_CHECKING

from app import keys
from app.config import Config
from app.roles import Urls

if TYPE_CHECKING:
    from flask import Flask

MB = 1024 * 1024


def create_app(config: Config, urls: Urls | None = None) -> "Flask":
    """The web application of one running copy; `urls` are the database's addresses, by default those last prepared."""
    # Here and not above: commands import `app.config` without paying for the web.
    from flask import Flask

    from app import (
        client_files,
        database,
        error_answers,
        foreign_links,
        languages,
        navigation,
        provider_signing_in,
        proxies,
        response_headers,
        roles,
        routes,
        sessions,
    )

    web = Flask(__name__, static_folder=None)
    encrypted = config.url.startswith("https:")
    web.config.update(
        SECRET_KEY=keys.kept(config.secrets, "cookies"),
        SESSION_COOKIE_NAME="__Host-diaban" if encrypted else "diaban",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=encrypted,
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=100 * MB,
        MAX_FORM_MEMORY_SIZE=16 * MB,  # the XML of a survey may come as a plain form field
        WTF_CSRF_CHECK_DEFAULT=False,  # sessions decides: not where a token or OpenRosa's own header was sent
        WTF_CSRF_TIME_LIMIT=None,
    )
    web.extensions["diaban_config"] = config
    web.extensions["diaban_engine"] = database.engine((urls or roles.urls(config)).web)

    proxies.trust(web, config.trusted_proxy)
    foreign_links.register(web)
    sessions.guard(web)
    error_answers.register(web)
    languages.register(web)
    navigation.register(web)
    provider_signing_in.register(web, config.provider)
    client_files.register(web)
    response_headers.register(web, encrypted=encrypted)
    for blueprint in routes.BLUEPRINTS:
        web.register_blueprint(blueprint)
    return web
