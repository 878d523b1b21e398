"""What the browser is told of a map: layers as it draws them, what is on, words, and what may not be seen together."""

from typing import Any

from flask_babel import gettext as _

from app import figure_answers, folium_map, grounds, languages, sessions
from geodata.units import COMMUNE
from surveys import figures, map_state, periods, places, showing
from surveys.access import Actor, Verb
from surveys.figures import classing
from surveys.layer import Layer
from surveys.layers import CATALOGUE, FAITH_AND_ETHNICITY, REPORT_COUNTS, RESTRICTED_FIGURES
from surveys.map_state import MapState


def settings(actor: Actor, state: MapState, found: places.Place) -> dict[str, Any]:
    """What tiles.js, panel.js and figure.js read."""
    commune = [unit.id for unit in found.path if unit.level == COMMUNE]
    allowed, _clash = state.allowed()
    return {
        "layers": described(actor),
        "on": list(allowed.layers),
        "faded": dict(state.faded),
        "figure": allowed.figure,
        "selected": commune[0] if commune else 0,
        "home": actor.commune_id or actor.province_id,
        "at": None if state.extent is None else [state.extent.zoom, state.extent.lat, state.extent.lon],
        "apart": apart(),
        "ground": ground.told() if (ground := grounds.shown()) else None,
        "words": {
            "none": _("Chưa bật lớp nào. Hãy bật một lớp để xem trên bản đồ."),
            "missing": _("Có phần bản đồ chưa tải được. Bản đồ sẽ thử lại khi dịch chuyển."),
            "failed": _("Không hỏi được máy chủ. Hãy thử lại."),
            "play": _("Chạy"),
            "stop": _("Dừng"),
        },
    }


def apart() -> dict[str, Any]:
    """S7 for the browser, which turns into what may be seen what the server would refuse."""
    return {
        "first": "situation_reports",
        "others": sorted(FAITH_AND_ETHNICITY),
        "instead": REPORT_COUNTS,
        "why": why(),
        "figures": ["situation_reports", RESTRICTED_FIGURES],
        "whyFigure": why_figure(),
    }


def why() -> str:
    """Said where reports became numbers by commune."""
    return _("Phản ánh của người dân không đặt cạnh tôn giáo, dân tộc: lớp phản ánh đang chỉ hiện số lượng từng xã.")


def why_figure() -> str:
    """Said where a figure had to go."""
    return _("Số liệu về phản ánh không đặt cạnh tôn giáo, dân tộc: đã tắt tô màu theo đơn vị.")


def readable(actor: Actor) -> list[Layer]:
    """The layers the actor may read, in their order."""
    return [layer for layer in CATALOGUE if actor.may(Verb.READ, layer.grants)]


def described(actor: Actor) -> list[dict[str, Any]]:
    """Those layers as the browser draws them."""
    language = languages.current()
    labels = showing.labels(sessions.session(), language)
    return [folium_map.described(layer, labels, language) for layer in readable(actor)]


def groups(actor: Actor, state: MapState) -> dict[str, list[Layer]]:
    """The layers by group, those that were put in an order first within theirs."""
    place = {key: number for number, key in enumerate(state.layers)}
    found: dict[str, list[Layer]] = {}
    for layer in readable(actor):
        found.setdefault(layer.group, []).append(layer)
    for members in found.values():
        members.sort(key=lambda layer: place.get(layer.key, len(place)))
    return found


def figure_choices(actor: Actor) -> dict[str, list[tuple[str, str, str]]]:
    """(key, title with its unit of measure, layer) of the figures the actor may read, by the title of their layer."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for figure in figures.readable(actor):
        title, unit = figure_answers.words(figure)
        told = f"{title} (%)" if unit == "%" else title
        found.setdefault(figure_answers.layer_title(figure), []).append((figure.key, told, figure.layer))
    return found


def choices(state: MapState, today: Any) -> dict[str, Any]:
    """What the menus beside a figure offer."""
    kind = state.period.kind
    known = periods.latest(kind, today, {"month": 24, "quarter": 12, "half": 6, "year": 4, "round": 6}[kind])
    if state.period not in known:
        known = sorted([*known, state.period], key=lambda period: period.first)
    return {
        "kinds": [
            ("month", _("Tháng")), ("quarter", _("Quý")), ("half", _("6 tháng")), ("year", _("Năm")),
            ("round", _("Đợt khảo sát")),
        ],
        "kind_codes": {one: periods.holding(one, state.period.until(today)).code for one in periods.KINDS},
        "periods": [(period.code, period.title(languages.current())) for period in known],
        "methods": [
            (classing.QUANTILES, _("Số đơn vị bằng nhau")), (classing.EQUAL, _("Khoảng bằng nhau")),
            (classing.NATURAL, _("Ngắt tự nhiên")),
        ],
        "olds": [
            ("", _("Đơn vị hiện nay")), ("commune", _("Xã cũ (trước 7/2025)")),
            ("district", _("Huyện cũ (trước 7/2025)")), ("province", _("Tỉnh cũ (trước 7/2025)")),
        ],
        "areas": areas(),
        "area_layer": map_state.AREA_LAYER,
    }  # fmt: skip


def areas() -> list[tuple[str, str]]:
    """Classes of published minority areas."""
    labels = showing.labels(sessions.session(), languages.current())
    return [(code, labels.get(("area_classes", code), code)) for code in ("kv1", "kv2", "kv3", "thon_dbkk")]
