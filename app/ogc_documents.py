"""The documents of /ogc/ that describe it: conformance, collections, queryables, OpenAPI."""

from collections.abc import Sequence
from typing import Any

from app import ogc_schemas
from app.ogc_asked import CRS84, MOST, USUAL, address_of
from geodata import crs
from surveys.collections import Property, properties
from surveys.layer import Layer

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
)
Codes = dict[str, tuple[tuple[str, str], ...]]


def link(href: str, rel: str, type_: str = "application/json", title: str = "") -> dict[str, str]:
    """One link; without a title where none is given."""
    found = {"href": href, "rel": rel, "type": type_}
    return {**found, "title": title} if title else found


def landing(root: str) -> dict[str, Any]:
    """Where everything starts."""
    return {
        "title": "Địa Bàn",
        "description": "Các lớp bản đồ đã duyệt, trong phạm vi và quyền của tài khoản đang hỏi.",
        "links": [
            link(f"{root}/", "self"),
            link(f"{root}/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0"),
            link(f"{root}/conformance", "conformance"),
            link(f"{root}/collections", "data"),
        ],
    }


def collection(root: str, layer: Layer, zones: Sequence[crs.Zone], extent: list[float] | None) -> dict[str, Any]:
    """One layer."""
    at = f"{root}/collections/{layer.key}"
    found: dict[str, Any] = {
        "id": layer.key,
        "title": layer.title,
        "description": f"{layer.title} ({layer.title_en}). Chỉ gồm bản ghi đã duyệt.",
        "itemType": "feature",
        "crs": [CRS84, *map(address_of, zones)],
        "storageCrs": CRS84,
        "links": [
            link(at, "self"),
            link(f"{at}/items", "items", "application/geo+json", layer.title),
            link(f"{at}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", "application/schema+json"),
        ],
    }
    if extent is not None:
        found["extent"] = {"spatial": {"bbox": [extent], "crs": CRS84}}
    return found


def queryables(root: str, layer: Layer, codes: Codes) -> dict[str, Any]:
    """What may be filtered by, as JSON Schema; codes with their words."""
    listed = {each.name: _with_codes(each, codes) for each in properties(layer) if each.kind != "choices"}
    kind = "point" if layer.shape == "POINT" else "multipolygon"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}/collections/{layer.key}/queryables",
        "type": "object",
        "title": layer.title,
        "properties": {**listed, "geometry": {"title": "Vị trí", "format": f"geometry-{kind}"}},
        "additionalProperties": False,
    }


def _with_codes(each: Property, codes: Codes) -> dict[str, Any]:
    listed = codes.get(each.codes or "", ())
    return (
        {**each.schema, "oneOf": [{"const": code, "title": label} for code, label in listed]} if listed else each.schema
    )


def openapi(root: str, layers: Sequence[Layer]) -> dict[str, Any]:
    """OpenAPI 3.0 of what this account may read."""
    keys = [layer.key for layer in layers]
    collection_id = {
        "name": "collectionId", "in": "path", "required": True, "schema": {"type": "string", "enum": keys or [""]},
    }  # fmt: skip
    feature_id = {
        "name": "featureId", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"},
    }  # fmt: skip
    crs_ = {"name": "crs", "in": "query", "schema": {"type": "string", "format": "uri", "default": CRS84}}
    query = [
        {
            "name": "limit", "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        },
        {
            "name": "bbox", "in": "query", "style": "form", "explode": False,
            "schema": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
        },
        {"name": "bbox-crs", "in": "query", "schema": {"type": "string", "format": "uri", "default": CRS84}},
        crs_,
        {"name": "datetime", "in": "query", "schema": {"type": "string"}},
        {"name": "filter", "in": "query", "schema": {"type": "string"}},
        {"name": "filter-lang", "in": "query", "schema": {"type": "string", "enum": ["cql2-text", "cql2-json"]}},
        {"name": "filter-crs", "in": "query", "schema": {"type": "string", "enum": [CRS84]}},
        {"name": "after", "in": "query", "schema": {"type": "string", "format": "uuid"}},
    ]  # fmt: skip
    geojson = "application/geo+json"
    paths = {
        "/": _get("landing", "Trang gốc", "Landing", []),
        "/conformance": _get("conformance", "Các chuẩn được theo", "Conformance", []),
        "/api": _get(
            "description", "Bản mô tả này", "Description", [], type_="application/vnd.oai.openapi+json;version=3.0"
        ),
        "/collections": _get("collections", "Các lớp được đọc", "Collections", []),
        "/collections/{collectionId}": _get("collection", "Một lớp", "Collection", [collection_id], 403, 404),
        "/collections/{collectionId}/queryables": _get(
            "queryables", "Trường lọc được", "Queryables", [collection_id], 403, 404, type_="application/schema+json"
        ),
        "/collections/{collectionId}/items": _get(
            "items", "Một trang đối tượng", "FeatureCollection", [collection_id, *query], 400, 403, 404, type_=geojson
        ),
        "/collections/{collectionId}/items/{featureId}": _get(
            "item", "Một đối tượng", "Feature", [collection_id, feature_id, crs_], 400, 403, 404, type_=geojson
        ),
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Địa Bàn – OGC API Features", "version": "1"},
        "servers": [{"url": root}],
        "security": [{"basic": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": ogc_schemas.SCHEMAS,
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _get(
    name: str, summary: str, schema: str, parameters: list[Any], *refused: int, type_: str = "application/json"
) -> Any:
    answers: dict[str, Any] = {
        "200": {"description": summary, "content": {type_: {"schema": ogc_schemas.answer(schema)}}},
    }
    for status in (401, *refused):
        answers[str(status)] = {
            "description": "Problem",
            "content": {"application/problem+json": {"schema": ogc_schemas.answer("Problem")}},
        }
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters, "responses": answers}}
