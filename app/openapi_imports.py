"""What /api/imports takes and gives, as parts of the OpenAPI document."""

from typing import Any

from surveys.import_proposing import CHOICES
from surveys.import_tables import STATES
from surveys.layers import CATALOGUE

_KINDS = {int: {"type": "integer"}, str: {"type": "string"}, dict: {"type": "object"}, bool: {"type": "boolean"}}

SCHEMAS: dict[str, Any] = {
    "ImportChoices": {
        "type": "object",
        "additionalProperties": False,
        "description": "source, encoding, system: among what `found` proposes; columns: header → field; codes: header →"
        " word → code; defaults: field → value; remove: also propose to remove rows missing from a whole export",
        "properties": {
            key: {"type": "object", "additionalProperties": {"type": "string"}}
            if key in ("columns", "defaults")
            else {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
            }
            if key == "codes"
            else _KINDS[kind]
            for key, kind in CHOICES.items()
        },
    },
    "Import": {
        "type": "object",
        "required": ["id", "layer", "file", "state", "choices", "found", "report", "page"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "layer": {"type": "string"},
            "file": {"type": "string"},
            "state": {"enum": list(STATES)},
            "choices": {"type": "object"},
            "found": {"type": ["object", "null"], "description": "Proposals of text and coordinates with their proof"},
            "report": {"type": ["object", "null"], "description": "Figures that add up to the rows, and samples"},
            "page": {"type": "string"},
            "error": {"type": "object"},
        },
    },
    "ImportDecision": {
        "type": "object",
        "required": ["decision"],
        "additionalProperties": False,
        "properties": {
            "decision": {"enum": ["look", "confirm", "withdraw"]},
            "choices": {"$ref": "#/components/schemas/ImportChoices"},
        },
    },
}
_ID = {"name": "importId", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_UPLOAD = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["layer", "file"],
            "properties": {
                "layer": {"type": "string", "enum": [layer.key for layer in CATALOGUE]},
                "file": {"type": "string", "format": "binary"},
                "choices": {"type": "string", "description": "ImportChoices as JSON"},
            },
        }
    }
}


def paths(json: Any, refused: Any) -> dict[str, Any]:
    """The operations; `json` names a schema as content, `refused` lists problems by status."""
    queued = {
        "description": "Queued",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": json("Job"),
    }
    return {
        "/api/imports": {
            "post": {
                "operationId": "import",
                "summary": "Send a file for a layer; a job reads it and says what would come of its rows",
                "requestBody": {"required": True, "content": _UPLOAD},
                "responses": {"202": queued, **refused(401, 403, 404, 413, 422)},
            }
        },
        "/api/imports/{importId}": {
            "get": {
                "operationId": "importFound",
                "summary": "What is proposed of one of your imports, and what would come of its rows",
                "parameters": [_ID],
                "responses": {"200": {"description": "The import", "content": json("Import")}, **refused(401, 404)},
            },
            "post": {
                "operationId": "importDecide",
                "summary": "Look again with other choices, propose its good rows, or give it up",
                "parameters": [_ID],
                "requestBody": {"required": True, "content": json("ImportDecision")},
                "responses": {
                    "200": {"description": "Given up", "content": json("Import")},
                    "202": queued,
                    **refused(401, 404, 409, 422),
                },
            },
        },
    }
