"""The page where a feature of the map is worked on: a project's stages, a site's requests, an activity's result."""

import uuid
from typing import Any

from flask import url_for

from surveys.access import Actor, Role

_READERS = (Role.OFFICER, Role.LEADER)
# Layer → the page's endpoint and what it calls the feature. A report's case is open to two offices alone: none here.
_PAGES = {
    "religious_sites": ("site_requests.one", "site_id"),
    "resettlement_projects": ("resettlement.one", "project_id"),
    "community_models": ("models.one", "model_id"),
    "democracy_checks": ("checks.one", "check_id"),
    "joint_activities": ("activities.one", "activity_id"),
}


def address(actor: Actor, layer: str, id_: uuid.UUID) -> str:
    """The page's address; "" where the layer has none or the role doesn't open it."""
    if layer not in _PAGES or actor.role not in _READERS:
        return ""
    endpoint, name = _PAGES[layer]
    values: dict[str, Any] = {name: id_}
    return url_for(endpoint, **values)
