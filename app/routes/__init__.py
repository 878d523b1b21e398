"""Every screen, in the order people meet them: one module each, listed here and nowhere else."""

from app.routes import (
    account,
    admin,
    api,
    assets,
    exchange,
    field_places,
    health,
    home,
    language,
    map,  # noqa: A004  the screen's name, used qualified
    media,
    openrosa,
    review,
    sign_in,
    survey,
    tiles,
)

BLUEPRINTS = (
    assets.blueprint,
    health.blueprint,
    language.blueprint,
    sign_in.blueprint,
    account.blueprint,
    home.blueprint,
    survey.blueprint,
    field_places.blueprint,
    openrosa.blueprint,
    review.blueprint,
    media.blueprint,
    tiles.blueprint,
    exchange.blueprint,
    api.blueprint,
    map.blueprint,
    admin.blueprint,
)
