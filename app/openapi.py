"""What /api/ takes and gives, as OpenAPI 3.1."""

from typing import Any

from app import openapi_imports
from geodata import systems
from geodata.outgoing.formats import FORMATS
from surveys import selections
from surveys.layers import CATALOGUE, KEYS


def _json(schema: dict[str, Any] | str) -> dict[str, Any]:
    named = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
    return {"application/json": {"schema": named}}


def _refused(*statuses: int) -> dict[str, Any]:
    problem = {"$ref": "#/components/schemas/Problem"}
    return {
        str(status): {"description": "Problem", "content": {"application/problem+json": {"schema": problem}}}
        for status in statuses
    }


_LAYER = {"type": "string", "enum": [layer.key for layer in CATALOGUE]}
_DAY = {"type": ["string", "null"], "format": "date"}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Địa Bàn", "version": "1", "description": "Exports as jobs. Vietnamese sentences in problems."},
    "security": [{"bearer": []}, {"basic": []}],
    "paths": {
        "/api/exports": {
            "post": {
                "operationId": "export",
                "summary": "Ask for layers as one zip: data, data dictionary, metadata, and what it could not hold",
                "requestBody": {"required": True, "content": _json("Export")},
                "responses": {
                    "202": {
                        "description": "Queued",
                        "headers": {"Location": {"schema": {"type": "string"}}},
                        "content": _json("Job"),
                    },
                    **_refused(400, 401, 403, 404, 413, 415, 422),
                },
            }
        },
        **openapi_imports.paths(_json, _refused),
        "/api/jobs/{id}": {
            "get": {
                "operationId": "job",
                "summary": "State, progress and result of one of your jobs",
                "parameters": [_ID],
                "responses": {"200": {"description": "The job", "content": _json("Job")}, **_refused(401, 404)},
            }
        },
        "/api/jobs/{id}/cancel": {
            "post": {
                "operationId": "cancel",
                "summary": "Ask a job to end",
                "parameters": [_ID],
                "responses": {"200": {"description": "The job", "content": _json("Job")}, **_refused(401, 404)},
            }
        },
        "/api/openapi.json": {
            "get": {
                "operationId": "description",
                "summary": "This document",
                "responses": {
                    "200": {"description": "OpenAPI 3.1", "content": _json({"type": "object"})},
                    **_refused(401),
                },
            }
        },
        "/exchange/qgis.qgz": {
            "get": {
                "operationId": "qgis",
                "summary": "A QGIS project of layers that may be seen together; it holds no data and no password",
                "parameters": [
                    {
                        "name": "layers",
                        "in": "query",
                        "style": "form",
                        "explode": False,
                        "schema": {"type": "array", "items": {"type": "string", "enum": sorted(KEYS)}},
                        "description": "Default: the largest set that may be seen together",
                    },
                ],
                "responses": {
                    "200": {"description": "The project", "content": {"application/x-qgis-project": {}}},
                    **_refused(401, 403, 404),
                },
            }
        },
        "/exchange/files/{id}.zip": {
            "get": {
                "operationId": "file",
                "summary": "The file of a finished export; ranges are served",
                "parameters": [_ID],
                "responses": {
                    "200": {"description": "The zip", "content": {"application/zip": {}}},
                    "206": {"description": "A part of it", "content": {"application/zip": {}}},
                    "304": {"description": "Not changed, by its ETag"},
                    "416": {"description": "No such part"},
                    **_refused(401, 404, 410),
                },
            }
        },
    },
    "components": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic"},
        },
        "schemas": {
            "Export": {
                "type": "object",
                "required": ["purpose"],
                "oneOf": [{"required": ["layers"]}, {"required": ["layer"]}],
                "additionalProperties": False,
                "properties": {
                    "layers": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": len(CATALOGUE),
                        "items": _LAYER,
                        "description": "All of one moment. People's reports never with faith or ethnicity: 403",
                    },
                    "layer": {**_LAYER, "description": "The same as layers with this one"},
                    "format": {
                        "enum": [form.key for form in FORMATS],
                        "default": "shapefile",
                        "description": "geojson and kml are always in WGS 84",
                    },
                    "epsg": {
                        "type": ["integer", "null"],
                        "enum": [*(system.epsg for system in systems.every()), None],
                        "description": "Default: the province's VN-2000 zone",
                    },
                    "unit": {
                        "type": ["integer", "null"],
                        "minimum": 1,
                        "maximum": 2**31 - 1,
                        "description": "Id of a commune of today, or of a unit (level 1 to 3) before a reform",
                    },
                    "from": {**_DAY, "description": "Observed on this day or later"},
                    "to": {**_DAY, "description": "Observed on this day or before"},
                    "state": {"type": ["string", "null"], "description": "A code all of the layers know"},
                    "filter": {
                        "type": ["string", "null"],
                        "maxLength": selections.MOST_LETTERS,
                        "description": "CQL2 text over the fields that /ogc/collections/{layer}/queryables names",
                    },
                    "columns": {
                        "type": ["object", "null"],
                        "propertyNames": _LAYER,
                        "additionalProperties": {"type": "array", "items": {"type": "string"}},
                        "description": "Layer → names of its columns; ID and PHIEN_BAN are always there",
                    },
                    "purpose": {"type": "string", "minLength": 5, "description": "Kept, with persons masked"},
                },
            },
            **openapi_imports.SCHEMAS,
            "Job": {
                "type": "object",
                "required": ["id", "kind", "state", "done", "total", "progress"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "kind": {"type": "string"},
                    "state": {"enum": ["queued", "running", "done", "failed", "cancelled"]},
                    "done": {"type": "integer"},
                    "total": {"type": ["integer", "null"]},
                    "progress": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
                    "result": {
                        "type": "object",
                        "properties": {
                            "download": {"type": "string"},
                            "file": {"type": "string"},
                            "bytes": {"type": "integer"},
                            "layers": {"type": "array", "items": {"type": "string"}},
                            "format": {"type": "string"},
                            "epsg": {"type": "integer"},
                            "system": {"type": "string"},
                            "swept": {"type": "boolean", "description": "The file was removed"},
                            "rows": {"type": "integer"},
                            "written": {"type": "integer"},
                            "lost": {"type": "integer"},
                            "losses": {"type": "object", "additionalProperties": {"type": "integer"}},
                            "kept_back": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                    "error": {
                        "type": "object",
                        "properties": {"code": {"type": "string"}, "title": {"type": "string"}},
                    },
                },
            },
            "Problem": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                    "facts": {"type": "object"},
                },
            },
        },
    },
}
