"""The OpenAPI document of one deployment: its own addresses, with the columns of its own model. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deployments.gateway.bodies import MAX_ROWS
from deployments.gateway.fitting import INT32, INT64, Column, columns_of

_JSON: Final[Mapping[str, Mapping[str, Any]]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "minimum": -INT32, "maximum": INT32 - 1},
    "long": {"type": "integer", "minimum": -INT64, "maximum": INT64 - 1},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "string": {"type": "string"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "datetime": {"type": "string", "format": "date-time"},
    "array": {"type": "array"},
    "object": {"type": "object"},
    "map": {"type": "object"},
}
_STATUSES: Final = {
    "400": "What was sent does not fit; `fields` names the column and what is allowed.",
    "401": "The token does not open this deployment.",
    "404": "There is no such deployment in this project.",
    "408": "The body took too long to arrive.",
    "413": "The body is too large.",
    "502": "The model failed, and there is no fallback.",
    "503": "Too many requests at once, or no replica answers; `Retry-After` says when to ask again.",
    "504": "The model took too long, and there is no fallback.",
}
_IDS: Final = {
    "X-Request-Id": {
        "description": "Names this answer; truth is told by it later.",
        "schema": {"type": "string"},
    },
    "X-Throughline-Version": {
        "description": "The version that answered, as model/3.",
        "schema": {"type": "string"},
    },
    "X-Throughline-Fallback": {
        "description": "Only where the model did not answer: what did instead.",
        "schema": {"type": "string", "enum": ["constant", "previous"]},
    },
}


def document(
    *, title: str, address: str, signature: Mapping[str, Any], label: str, timeout: float
) -> dict[str, Any]:
    """OpenAPI 3.1 for the addresses below `address` (…/serve/<project>/<name>)."""
    row = row_schema(columns_of(signature))
    predictions = {"type": "array", "items": _output(signature), "description": "One for each row."}
    about = f"Answered by {label} at present. " if label else ""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": label.rpartition("/")[2] or "0",
            "description": f"{about}An answer comes within {timeout:g} s; at most {MAX_ROWS} rows at once.",
        },
        "servers": [{"url": address}],
        "security": [{"token": []}],
        "paths": {
            "/invocations": {
                "post": _post("Predict", "predict", "Rows", _answers("predictions", predictions))
            },
            "/explain": {
                "post": _post(
                    "Explain predictions",
                    "explain",
                    "Rows",
                    _answers("explanations", {"type": "array", "items": {"type": "object"}}),
                )
            },
            "/feedback": {
                "post": _post(
                    "Tell what turned out to be true",
                    "feedback",
                    "Feedback",
                    _answers("stored", {"type": "integer"}),
                )
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Row": row, "Rows": _rows(row), "Feedback": _FEEDBACK, "Error": _ERROR},
        },
    }


def row_schema(columns: list[Column] | None) -> dict[str, Any]:
    """One row as an object."""
    if columns is None:
        return {"type": "object"}
    return {
        "type": "object",
        "properties": {one.name: value_schema(one) for one in columns},
        "required": [one.name for one in columns if one.required],
        "additionalProperties": False,
    }


def value_schema(column: Column) -> dict[str, Any]:
    """What may stand in a column."""
    schema = dict(_JSON.get(column.type, {}))
    if not column.required and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema


def _rows(row: Mapping[str, Any]) -> dict[str, Any]:
    records = {"type": "array", "minItems": 1, "maxItems": MAX_ROWS, "items": row}
    split = {
        "type": "object",
        "required": ["columns", "data"],
        "properties": {
            "columns": {"type": "array", "items": {"type": "string"}},
            "data": {"type": "array", "items": {"type": "array"}},
        },
    }
    forms = {"dataframe_records": records, "dataframe_split": split, "instances": records, "inputs": records}
    return {
        "oneOf": [
            {
                "type": "object",
                "required": [name],
                "properties": {name: schema},
                "additionalProperties": False,
            }
            for name, schema in forms.items()
        ]
    }


def _output(signature: Mapping[str, Any]) -> dict[str, Any]:
    outputs = signature.get("outputs") or []
    if len(outputs) != 1:
        return {}
    spec = outputs[0].get("tensor-spec", {})
    dtype = str(spec.get("dtype", "")) if len(spec.get("shape", [])) == 1 else ""
    kind = "integer" if "int" in dtype else "double" if "float" in dtype else outputs[0].get("type", "")
    found = _JSON.get(str(kind), {})
    return {"type": found["type"]} if "type" in found else {}


def _post(summary: str, name: str, body: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}
    errors = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    refused = {
        status: {"description": words, "headers": {"X-Request-Id": _IDS["X-Request-Id"]}, "content": errors}
        for status, words in _STATUSES.items()
    }
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": content},
        "responses": {"200": answers, **refused},
    }


def _answers(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    content = {"type": "object", "required": [name], "properties": {name: schema}}
    return {
        "description": "The answer.",
        "headers": _IDS,
        "content": {"application/json": {"schema": content}},
    }


_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}
_TRUTH: Final = {"type": ["string", "number", "boolean"]}
_FEEDBACK: Final = {
    "type": "object",
    "required": ["request_id", "truth"],
    "properties": {
        "request_id": {"type": "string", "description": "The X-Request-Id of an answer."},
        "truth": {
            **_TRUTH,
            "type": [*_TRUTH["type"], "array"],
            "description": "A list for a request of several rows.",
        },
        "prediction": {"description": "The answer as you remember it; used where it was not sampled."},
    },
}
