"""What the answers of /ogc/ look like: JSON Schemas of its description."""

from typing import Any

_STRING: dict[str, Any] = {"type": "string"}
_LINKS = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Link"}}
_POSITION = {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "number"}}


def _list_of(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "items": items}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


_RING = _list_of(_POSITION, 4)
SCHEMAS: dict[str, dict[str, Any]] = {
    "Link": _object("href rel type", href=_STRING, rel=_STRING, type=_STRING, title=_STRING),
    "Landing": _object("title links", title=_STRING, description=_STRING, links=_LINKS),
    "Conformance": _object("conformsTo", conformsTo=_list_of(_STRING, 1)),
    "Description": _object("openapi paths", openapi=_STRING, paths={"type": "object"}),
    "Collections": _object(
        "links collections", links=_LINKS, collections=_list_of({"$ref": "#/components/schemas/Collection"})
    ),
    "Collection": _object(
        "id title itemType crs links",
        id=_STRING, title=_STRING, description=_STRING, itemType={"type": "string", "enum": ["feature"]},
        crs=_list_of(_STRING, 1), storageCrs=_STRING, links=_LINKS, extent={"type": "object"},
    ),
    "Queryables": _object(
        "type properties", type={"type": "string", "enum": ["object"]}, properties={"type": "object"}
    ),
    "Geometry": {
        "nullable": True,
        "oneOf": [
            _object("type coordinates", type={"type": "string", "enum": ["Point"]}, coordinates=_POSITION),
            _object(
                "type coordinates", type={"type": "string", "enum": ["MultiPolygon"]},
                coordinates=_list_of(_list_of(_RING, 1), 1),
            ),
        ],
    },
    "Feature": _object(
        "type id geometry properties",
        type={"type": "string", "enum": ["Feature"]}, id={"type": "string", "format": "uuid"},
        geometry={"$ref": "#/components/schemas/Geometry"}, properties={"type": "object"}, links=_LINKS,
    ),
    "FeatureCollection": _object(
        "type features numberReturned links",
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=_list_of({"$ref": "#/components/schemas/Feature"}),
        numberReturned={"type": "integer", "minimum": 0, "maximum": 10_000},
        numberMatched={"type": "integer", "minimum": 0}, links=_LINKS,
    ),
    "Problem": _object(
        "title status code", type=_STRING, title=_STRING, status={"type": "integer"}, detail=_STRING, code=_STRING,
        facts={"type": "object"},
    ),
}  # fmt: skip


def answer(name: str) -> dict[str, Any]:
    """A reference to one of them."""
    return {"$ref": f"#/components/schemas/{name}"}
