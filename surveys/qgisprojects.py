"""The QGIS project of an account: every layer it may read, styled and grouped as on the map, never two apart (S7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata import crs, qgisproject, tiles
from geodata.qgisproject import Features, Group, Project, Tiles, TileStyle
from geodata.qgissymbols import Category, Look, outline, renderer, symbol
from surveys import collections, export_columns
from surveys.access import Actor
from surveys.export_columns import Codes
from surveys.layer import Layer
from surveys.layers import REPORT_COUNTS, clash, named, refuse_clash, together

BORDERS = "Ranh giới và tên đơn vị"
SEEN_AT_ONCE = "Xem nhanh (ô vectơ, gom cụm)"
_SCOPE = text(
    "SELECT p.code, p.kind || ' ' || p.name AS province, c.kind || ' ' || c.name AS commune,"
    " ST_XMin(b) AS west, ST_YMin(b) AS south, ST_XMax(b) AS east, ST_YMax(b) AS north"
    " FROM units p LEFT JOIN units c ON c.id = :commune"
    " CROSS JOIN LATERAL (SELECT coalesce(c.geom, c.point, p.geom, p.point) AS b) at WHERE p.id = :province"
)
_APPROXIMATE = 'coalesce("approximate", false)'
_NAMED_AT = {1: (-1, 8), 3: (9, -1), 4: (13, -1)}


@dataclass(frozen=True)
class Offer:
    """A set of layers that one project may hold; what it leaves out, and what stands for that, if anything."""

    layers: tuple[Layer, ...]
    left_out: tuple[Layer, ...]
    counts: bool  # reports are there as numbers by commune

    @property
    def keys(self) -> str:
        """As an address names the layers."""
        return ",".join(layer.key for layer in self.layers)


def offered(actor: Actor) -> list[Offer]:
    """A project for each largest set of the layers this account may read."""
    readable = collections.readable(actor)
    return [_offer(readable, part) for part in together({layer.key for layer in readable})]


def chosen(actor: Actor, keys: Iterable[str]) -> Offer:
    """The layers of these keys. Raises NotFound, Forbidden, IncompatibleLayers."""
    wanted = {collections.one(actor, key).key for key in keys}
    refuse_clash(wanted)
    return _offer(collections.readable(actor), frozenset(wanted))


def made(session: Session, actor: Actor, offer: Offer, root: str, ground: Sequence[qgisproject.Layer] = ()) -> Project:
    """The project; `root` is this server's address, `ground` the base map, if there is one."""
    codes = export_columns.codes(session)
    at = session.execute(_SCOPE, {"province": actor.province_id, "commune": actor.commune_id}).one()
    groups: dict[str, list[qgisproject.Layer]] = {BORDERS: [_borders()]}
    for layer in offer.layers:
        groups.setdefault(layer.group, []).append(_features(layer, codes, shown=layer is offer.layers[0]))
    counted = [_counts()] if offer.counts else []
    quick = [*counted, *(_tiles(layer, codes) for layer in offer.layers)]
    listed = [Group(title, layers) for title, layers in groups.items()] + [Group(SEEN_AT_ONCE, quick, open=False)]
    if ground:
        listed.append(Group("Bản đồ nền", ground, open=False))
    return Project(
        title=f"Địa Bàn – {at.commune or at.province}",
        root=root,
        zone=crs.zone_for_province(at.code),
        box=(at.west, at.south, at.east, at.north),
        groups=listed,
        about=_about(offer),
    )


def _offer(readable: Sequence[Layer], keys: frozenset[str]) -> Offer:
    """What clashes with these layers and what may stand for it is the catalogue's to say."""
    left = tuple(layer for layer in readable if layer.key not in keys and clash(keys | {layer.key}))
    instead = {found.instead for layer in left if (found := clash(keys | {layer.key})) and found.first == layer.key}
    return Offer(tuple(layer for layer in readable if layer.key in keys), left, REPORT_COUNTS in instead)


def _about(offer: Offer) -> str:
    lines = [
        "Chỉ gồm bản ghi đã duyệt, hỏi trực tiếp máy chủ Địa Bàn trong phạm vi và quyền của người mở.",
        f"Đăng nhập: cấu hình xác thực “Basic” có Id {qgisproject.AUTH} (tên tài khoản và mã truy cập cá nhân).",
        "Phản ánh hạn chế không bao giờ có ở đây.",
    ]
    if offer.left_out:
        titles = ", ".join(layer.title for layer in offer.left_out)
        lines.append(f"Không kèm: {titles} – phản ánh của người dân không đặt cạnh tôn giáo, dân tộc.")
    if offer.counts:
        lines.append("Phản ánh tình hình chỉ có số lượng từng xã.")
    return "\n".join(lines)


def _features(layer: Layer, codes: Codes, *, shown: bool) -> Features:
    told = collections.properties(layer)
    return Features(
        key=layer.key,
        title=layer.title,
        area=layer.shape != "POINT",
        renderer=renderer(layer.shape != "POINT", _look(layer), layer.style.by, _categories(layer, codes)),
        label=layer.label,
        aliases={each.name: f"{each.title} ({each.unit})" if each.unit else each.title for each in told},
        words={each.name: codes[each.codes] for each in told if each.kind == "choice" and each.codes in codes},
        shown=shown,
        about=f"{layer.title} ({layer.title_en}). Chỉ gồm bản ghi đã duyệt.",
    )


def _look(layer: Layer) -> Look:
    return Look(layer.style.color, layer.style.icon)


def _categories(layer: Layer, codes: Codes) -> list[Category]:
    if not layer.style.by:
        return []
    labels = dict(codes.get(layer.field(layer.style.by).list or "", ()))
    return [
        Category(code, labels.get(code, code), Look(color, sign)) for code, (color, sign) in layer.style.classes.items()
    ]


def _tiles(layer: Layer, codes: Codes) -> Tiles:
    """Clusters with their number from afar, single features in their class's symbol from near."""
    area = layer.shape != "POINT"
    one = "TRUE" if area else '("n" IS NULL OR "n" = 1)'
    classes = [(each.look, f"\"class\" = '{each.value}'") for each in _categories(layer, codes)]
    known = " OR ".join(condition for _, condition in classes) or "FALSE"
    styles = []
    for look, condition in [*classes, (_look(layer), f"NOT coalesce({known}, FALSE)")]:
        where = f"{one} AND ({condition})"
        styles.append(TileStyle(layer.key, where, symbol("0", area, look)))
        if area:  # from afar the server sends a point in the place of a small area
            alone = f"geometry_type($geometry) = 'Point' AND {where}"
            styles.append(TileStyle(layer.key, alone, symbol("0", False, Look(look.color, "diamond"))))
    if not area:
        styles.append(TileStyle(layer.key, '"n" > 1', symbol("0", False, Look(layer.style.color, "circle", 8.0))))
        styles.append(TileStyle(layer.key, '"n" > 1', text='"n"', light=True))
    return Tiles(f"tiles_{layer.key}", layer.title, (layer.key,), tuple(styles))


def _counts() -> Tiles:
    layer = named("situation_reports")
    look = Look(layer.style.color, "square", 7.0)
    styles = (
        TileStyle(REPORT_COUNTS, "", symbol("0", False, look)),
        TileStyle(REPORT_COUNTS, "", text='"n"', light=True),
    )
    return Tiles(f"tiles_{REPORT_COUNTS}", f"{layer.title}: số lượng từng xã", (REPORT_COUNTS,), styles, shown=True)


def _borders() -> Tiles:
    """Provinces and communes, dashed where a boundary is only approximate, and the names of all units."""
    drawn = [
        TileStyle(tiles.UNITS, f'"level" = {level} AND {condition}', outline("0", color, width, dashed))
        for level, color, width in ((3, "#7c8784", 0.3), (1, "#3d4a47", 0.8))
        for condition, dashed in ((_APPROXIMATE, True), (f"NOT {_APPROXIMATE}", False))
    ]
    written = [
        TileStyle("unit_labels", f'"level" = {level}', text='"name"', size_pt=size, zooms=_NAMED_AT[level])
        for level, size in ((1, 13.0), (3, 9.0), (4, 8.0))
    ]
    zones = "\"kind\" = 'đặc khu'"
    written.append(TileStyle("unit_labels", zones, text="'Đặc khu ' || \"name\"", size_pt=9.0, zooms=(-1, 8)))
    return Tiles("don_vi_hanh_chinh", BORDERS, (tiles.UNITS,), (*drawn, *written), shown=True)
