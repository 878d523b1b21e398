"""The phone app's page, who is signed in, and what makes it installable."""

from flask import Blueprint, Response, jsonify
from flask_wtf.csrf import generate_csrf
from sqlalchemy import text

from app import client_files, sessions

blueprint = Blueprint("survey", __name__, url_prefix="/survey")


@blueprint.get("/")
def page() -> Response:
    """The app's shell; everything in it is the client's."""
    return client_files.sent("shell.html")


@blueprint.get("/shell")
@sessions.open_to_all
def shell() -> Response:
    """The shell as the service worker keeps it: the same for everybody, so that it can be renewed by nobody in
    particular. Who may see what is asked by the app itself.
    """
    return client_files.sent("shell.html")


@blueprint.get("/sw.js")
@sessions.open_to_all
def worker() -> Response:
    """The service worker. Browsers look for a new one without anybody signed in."""
    return client_files.sent("sw.js")


@blueprint.get("/api/me")
def me() -> Response:
    """Who is signed in, the scope by name, and how many own submissions wait to be applied."""
    actor = sessions.actor()
    session = sessions.session()
    units = {
        row.id: {"id": row.id, "name": row.name}
        for row in session.execute(
            text("SELECT id, name FROM units WHERE id IN (:province, :commune)"),
            {"province": actor.province_id, "commune": actor.commune_id},
        )
    }
    waiting = session.scalar(
        text("SELECT count(*) FROM submissions WHERE account_id = :account AND state = 'received'"),
        {"account": actor.account_id},
    )
    return jsonify(
        {
            "id": actor.account_id,
            "username": actor.username,
            "role": str(actor.role),
            "province": units.get(actor.province_id),
            "commune": units.get(actor.commune_id),
            "waiting": waiting,
            "csrf": generate_csrf(),
        }
    )


@blueprint.get("/manifest.webmanifest")
@sessions.open_to_all
def webmanifest() -> Response:
    """Name, colours and icons for the phone's home screen; browsers ask for it without the cookie."""
    response = jsonify(
        {
            "name": "Địa Bàn – Phiếu khảo sát",
            "short_name": "Địa Bàn",
            "lang": "vi",
            "id": "/survey/",
            "start_url": "/survey/",
            "scope": "/survey/",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#0a5a57",
            "icons": [
                {"src": "/static/icons/diaban-192.png", "sizes": "192x192", "type": "image/png"},
                {"src": "/static/icons/diaban-512.png", "sizes": "512x512", "type": "image/png"},
                {
                    "src": "/static/icons/diaban-maskable-512.png",
                    "sizes": "512x512",
                    "type": "image/png",
                    "purpose": "maskable",
                },
            ],
        }
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
