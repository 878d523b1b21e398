"""What each role finds in the menu: only what it may open, and only what exists."""

from itertools import groupby
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
    group: str = ""  # the heading it stands under; neighbours share one


WORK, DATA, SETTINGS = "Công tác", "Dữ liệu", "Quản trị"


PLACES: tuple[Place, ...] = (
    Place("/", "Trang chủ", EVERYONE),
    Place("/map/", "Bản đồ", EVERYONE),
    Place("/survey/", "Khảo sát", (Role.FIELD, Role.OFFICER)),
    Place("/review/", "Duyệt", (Role.OFFICER,)),
    Place("/cases/", "Vụ việc", (Role.OFFICER, Role.LEADER)),
    Place("/programmes/", "Chương trình", (Role.OFFICER, Role.LEADER), group=WORK),
    Place("/resettlement/", "Tái định cư", (Role.OFFICER, Role.LEADER), group=WORK),
    Place("/site-requests/", "Cơ sở tôn giáo", (Role.OFFICER, Role.LEADER), group=WORK),
    Place("/needs/", "Nhu cầu của thôn", (Role.OFFICER, Role.LEADER), group=WORK),
    Place("/area-lists/", "Phân định khu vực", (Role.OFFICER, Role.LEADER), group=WORK),
    Place("/checks/", "Kiểm tra", (Role.OFFICER, Role.LEADER), group=WORK),
    Place("/models/", "Dân vận khéo", (Role.OFFICER, Role.LEADER), group=WORK),
    Place("/activities/", "Hoạt động", (Role.OFFICER, Role.LEADER, Role.FIELD), group=WORK),
    Place("/withdrawals/", "Rút phiếu", (Role.FIELD, Role.OFFICER), group=WORK),
    Place("/briefings/", "Giao ban", (Role.OFFICER, Role.LEADER)),
    Place("/reports/", "Báo cáo", (Role.OFFICER, Role.LEADER)),
    Place("/exchange/", "Xuất dữ liệu", (Role.OFFICER, Role.GIS), group=DATA),
    Place("/exchange/imports/", "Nhập dữ liệu", (Role.GIS,), group=DATA),
    Place("/forms/", "Biểu mẫu", (Role.OFFICER, Role.GIS, Role.ADMIN), APPROVE_FORM, group=DATA),
    Place("/admin/", "Tài khoản", (Role.ADMIN,), group=SETTINGS),
    Place("/admin/units/", "Đơn vị", (Role.ADMIN,), group=SETTINGS),
)


def register(web: Flask) -> None:
    """Gives templates `menu()`, `asker()` and `exists(path)`."""
    web.jinja_env.globals.update(menu=menu, asker=sessions.asker, exists=exists)


def exists(path: str) -> bool:
    """Whether some screen answers at that address."""
    return any(rule.rule == path for rule in current_app.url_map.iter_rules())


def menu() -> list[dict[str, object]]:
    """The asker's menu: heading ("" for those that stand by themselves), whether the screen shown is below it, and
    the places: path, title, and whether it is that screen.

    A heading over a single place would only be in its way.
    """
    entries: list[dict[str, object]] = []
    for heading, found in groupby(_open_to_asker(), key=lambda place: place.group):
        places = [{"path": p.path, "title": gettext(p.title), "here": _here(p.path)} for p in found]
        shown = gettext(heading) if heading and len(places) > 1 else ""
        entries.append({"title": shown, "here": any(p["here"] for p in places), "places": places})
    return entries


def _open_to_asker() -> list[Place]:
    actor = sessions.asker()
    if actor is None:
        return []
    return [
        place
        for place in PLACES
        if (actor.role in place.roles or place.special in actor.special) and exists(place.path)
    ]


def _here(path: str) -> bool:
    """The most exact of the places above the screen: /admin/units/ isn't /admin/ as well."""
    above = [place.path for place in PLACES if request.path.startswith(place.path) and place.path != "/"]
    return path == max(above, key=len, default="/")
