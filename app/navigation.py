"""What each role finds in the menu: only what it may open, and only what exists."""

from typing import NamedTuple

from flask import Flask, current_app, request
from flask_babel import gettext

from app import sessions
from surveys.access import APPROVE_FORM, Role

EVERYONE = tuple(Role)


class Place(NamedTuple):
    """A screen in the menu."""

    path: str
    title: str
    roles: tuple[Role, ...]
    special: str = ""  # a verb that opens it to other roles too


PLACES: tuple[Place, ...] = (
    Place("/", "Trang chủ", EVERYONE),
    Place("/map/", "Bản đồ", EVERYONE),
    Place("/survey/", "Khảo sát", (Role.FIELD, Role.OFFICER)),
    Place("/review/", "Duyệt", (Role.OFFICER,)),
    Place("/cases/", "Vụ việc", (Role.OFFICER, Role.LEADER)),
    Place("/programmes/", "Chương trình", (Role.OFFICER, Role.LEADER)),
    Place("/resettlement/", "Tái định cư", (Role.OFFICER, Role.LEADER)),
    Place("/site-requests/", "Cơ sở tôn giáo", (Role.OFFICER, Role.LEADER)),
    Place("/checks/", "Kiểm tra", (Role.OFFICER, Role.LEADER)),
    Place("/models/", "Dân vận khéo", (Role.OFFICER, Role.LEADER)),
    Place("/activities/", "Hoạt động", (Role.OFFICER, Role.LEADER, Role.FIELD)),
    Place("/briefings/", "Giao ban", (Role.OFFICER, Role.LEADER)),
    Place("/reports/", "Báo cáo", (Role.OFFICER, Role.LEADER)),
    Place("/exchange/", "Xuất dữ liệu", (Role.OFFICER, Role.GIS)),
    Place("/exchange/imports/", "Nhập dữ liệu", (Role.GIS,)),
    Place("/forms/", "Biểu mẫu", (Role.OFFICER, Role.GIS, Role.ADMIN), APPROVE_FORM),
    Place("/admin/", "Quản trị", (Role.ADMIN,)),
    Place("/admin/units/", "Đơn vị", (Role.ADMIN,)),
)


def register(web: Flask) -> None:
    """Gives templates `places()`, `asker()` and `exists(path)`."""
    web.jinja_env.globals.update(places=places, asker=sessions.asker, exists=exists)


def exists(path: str) -> bool:
    """Whether some screen answers at that address."""
    return any(rule.rule == path for rule in current_app.url_map.iter_rules())


def places() -> list[dict[str, object]]:
    """The asker's menu: path, title, and whether it is the screen being shown."""
    actor = sessions.asker()
    if actor is None:
        return []
    return [
        {"path": place.path, "title": gettext(place.title), "here": _here(place.path)}
        for place in PLACES
        if (actor.role in place.roles or place.special in actor.special) and exists(place.path)
    ]


def _here(path: str) -> bool:
    """The most exact of the places above the screen: /admin/units/ isn't /admin/ as well."""
    above = [place.path for place in PLACES if request.path.startswith(place.path) and place.path != "/"]
    return path == max(above, key=len, default="/")
