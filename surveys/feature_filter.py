"""CQL2 filters (Basic CQL2, LIKE, BETWEEN, IN, CASEI, S_INTERSECTS) as conditions over a layer's properties."""

import datetime as dt
import json
import operator
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import cql2
from sqlalchemy import ColumnElement, and_, false, func, literal, not_, or_, true

from geodata.problems import Problem
from surveys.collections import Property

LONGEST = 8_000  # letters
DEEPEST = 12  # parentheses within each other: the parser's time for a wrong text doubles with each
MOST_NODES = 500
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_NUMBERS = frozenset({"integer", "money", "decimal"})
_TEXTS = frozenset({"text", "longtext", "choice", "document"})


class FilterInvalid(Problem):
    """A filter that can't be read, or names what isn't there. Facts: reason."""

    code: ClassVar[str] = "filter_invalid"


def condition(
    given: str, language: str, properties: Mapping[str, Property], geometry: ColumnElement[Any]
) -> ColumnElement[bool]:
    """The condition a filter says; `language` is cql2-text or cql2-json. Raises FilterInvalid."""
    if len(given) > LONGEST:
        raise FilterInvalid(reason=f"dài hơn {LONGEST} ký tự")
    if language == "cql2-text":
        if _depth(given) > DEEPEST:
            raise FilterInvalid(reason=f"hơn {DEEPEST} lớp ngoặc")
        try:
            tree = cql2.parse_text(given).to_json()
        except Exception as error:  # the parser names its own kinds of fault nowhere
            raise FilterInvalid(reason=" ".join(str(error).split())[:200]) from None
    else:
        try:
            tree = json.loads(given)
        except (ValueError, RecursionError):
            raise FilterInvalid(reason="JSON") from None
    if _size(tree) > MOST_NODES:
        raise FilterInvalid(reason=f"hơn {MOST_NODES} phần")
    return _Reader(properties, geometry).truth(tree)


class _Reader:
    """Walks the tree of a filter; everything it doesn't know is refused by name."""

    def __init__(self, properties: Mapping[str, Property], geometry: ColumnElement[Any]) -> None:
        self.properties, self.geometry = properties, geometry

    def truth(self, node: Any) -> ColumnElement[bool]:
        """A node that is true or false."""
        if isinstance(node, bool):
            return true() if node else false()
        op, args = _op(node)
        match op:
            case "and" | "or" if args:
                parts = [self.truth(each) for each in args]
                return and_(*parts) if op == "and" else or_(*parts)
            case "not" if len(args) == 1:
                return not_(self.truth(args[0]))
            case "isNull" if len(args) == 1:
                return self.named(args[0]).value.is_(None)
            case "like" if len(args) == 2:
                return self.like(*args)
            case "between" if len(args) == 3:
                value, kind = self.value(args[0])
                low, high = (self.literal(each, kind) for each in args[1:])
                return value.between(low, high)
            case "in" if len(args) == 2 and isinstance(args[1], list) and args[1]:
                value, kind = self.value(args[0])
                return value.in_([self.literal(each, kind) for each in args[1]])
            case "s_intersects" if len(args) == 2:
                return self.intersects(*args)
            case _ if op in _COMPARE and len(args) == 2:
                return self.compare(op, *args)
        raise FilterInvalid(reason=f"không hỗ trợ “{op}”")

    def compare(self, op: str, left: Any, right: Any) -> ColumnElement[bool]:
        """A property beside a value, or the other way round."""
        if not _has_property(left):
            left, right = right, left
            op = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(op, op)
        value, kind = self.value(left)
        if kind == "choices":
            raise FilterInvalid(reason="danh sách chỉ so được bằng IS NULL")
        if _has_property(right):
            other, other_kind = self.value(right)
            if _family(kind) != _family(other_kind):
                raise FilterInvalid(reason="so hai trường khác kiểu")
            return _COMPARE[op](value, other)
        return _COMPARE[op](value, self.literal(right, kind))

    def like(self, left: Any, pattern: Any) -> ColumnElement[bool]:
        """% stands for any letters, _ for one, \\ before either for itself."""
        value, kind = self.value(left)
        if kind not in _TEXTS:
            raise FilterInvalid(reason="LIKE chỉ dùng cho chữ")
        return value.like(self.literal(pattern, kind), escape="\\")

    def intersects(self, left: Any, right: Any) -> ColumnElement[bool]:
        """The feature's place and a GeoJSON geometry or bbox in WGS 84, longitude first."""
        if _property(left) not in ("geometry", "geom"):
            left, right = right, left
        if _property(left) not in ("geometry", "geom") or not isinstance(right, dict):
            raise FilterInvalid(reason="S_INTERSECTS(geometry, …)")
        if "bbox" in right:
            box = right["bbox"]
            if not isinstance(box, list) or len(box) != 4 or not all(_is_number(each) for each in box):
                raise FilterInvalid(reason="bbox")
            shape = func.ST_MakeEnvelope(*map(float, box), 4326)
        else:
            if right.get("type") not in (
                "Point",
                "MultiPoint",
                "LineString",
                "MultiLineString",
                "Polygon",
                "MultiPolygon",
            ):
                raise FilterInvalid(reason="hình học")
            shape = func.ST_SetSRID(func.ST_GeomFromGeoJSON(json.dumps(_coordinates_only(right))), 4326)
        return and_(self.geometry.op("&&")(shape), func.ST_Intersects(self.geometry, shape))

    def value(self, node: Any) -> tuple[ColumnElement[Any], str]:
        """A property's value, or CASEI of one, and its kind."""
        if isinstance(node, dict) and node.get("op") == "casei":
            (inner,) = _op(node)[1] or [None]
            value, kind = self.value(inner)
            if kind not in _TEXTS:
                raise FilterInvalid(reason="CASEI chỉ dùng cho chữ")
            return func.lower(value), kind
        found = self.named(node)
        return found.value, found.kind

    def named(self, node: Any) -> Property:
        """The property a node names."""
        name = _property(node)
        if name is None:
            raise FilterInvalid(reason="cần tên trường")
        if name not in self.properties:
            raise FilterInvalid(reason=f"không có trường “{name[:40]}”")
        return self.properties[name]

    def literal(self, node: Any, kind: str) -> Any:
        """A value of the kind a property has."""
        if isinstance(node, dict) and node.get("op") == "casei":
            (inner,) = _op(node)[1] or [None]
            return func.lower(self.literal(inner, kind))
        if isinstance(node, dict) and set(node) <= {"date", "timestamp"} and len(node) == 1:
            node = str(*node.values())
        if kind in _NUMBERS and _is_number(node):
            return int(node) if float(node).is_integer() and abs(node) < 2**62 else float(node)
        if kind == "date" and isinstance(node, str):
            try:
                return literal(dt.date.fromisoformat(node[:10]))
            except ValueError:
                raise FilterInvalid(reason=f"ngày “{node[:40]}”") from None
        if kind == "boolean" and isinstance(node, bool):
            return node
        if kind in _TEXTS and isinstance(node, str) and "\x00" not in node:
            return node
        raise FilterInvalid(reason=f"giá trị không hợp kiểu {kind}")


def _op(node: Any) -> tuple[str, list[Any]]:
    if not isinstance(node, dict) or not isinstance(node.get("op"), str) or not isinstance(node.get("args"), list):
        raise FilterInvalid(reason="không phải điều kiện")
    return node["op"], node["args"]


def _property(node: Any) -> str | None:
    name = node.get("property") if isinstance(node, dict) else None
    return name if isinstance(name, str) else None


def _has_property(node: Any) -> bool:
    return _property(node) is not None or (isinstance(node, dict) and node.get("op") == "casei")


def _family(kind: str) -> str:
    return "number" if kind in _NUMBERS else "text" if kind in _TEXTS else kind


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 1e18


def _coordinates_only(shape: dict[str, Any]) -> dict[str, Any]:
    """Checked to be nested lists of numbers: PostGIS gets nothing else to read."""

    def checked(part: Any, depth: int = 0) -> Any:
        if isinstance(part, list) and depth < 6:
            return [checked(each, depth + 1) for each in part]
        if _is_number(part):
            return part
        raise FilterInvalid(reason="tọa độ")

    return {"type": shape["type"], "coordinates": checked(shape.get("coordinates"))}


def _depth(given: str) -> int:
    deepest = now = 0
    for letter in given:
        now += (letter == "(") - (letter == ")")
        deepest = max(deepest, now)
    return deepest


def _size(tree: Any) -> int:
    count, waiting = 0, [tree]
    while waiting and count <= MOST_NODES * 20:
        node = waiting.pop()
        count += isinstance(node, dict)
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return count
