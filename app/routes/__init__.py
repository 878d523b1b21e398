"""Every screen, in the order people meet them: one module each, listed here and nowhere else."""

from app.routes import account, assets, health, home, language, media, review, sign_in, tiles

BLUEPRINTS = (
    assets.blueprint,
    health.blueprint,
    language.blueprint,
    sign_in.blueprint,
    account.blueprint,
    home.blueprint,
    review.blueprint,
    media.blueprint,
    tiles.blueprint,
)
