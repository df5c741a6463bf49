"""The reference of the API: every address of the schema stands on it, with the scope that it needs."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from django.test import Client

from accounts.scopes import SCOPES
from config.reference import Field, groups

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((settings.BASE_DIR / "docs" / "openapi.json").read_text())
    return found


def test_every_operation_stands_on_the_page(schema: dict[str, Any]) -> None:
    page = html.unescape(Client().get("/api/v1/docs/").content.decode())
    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"<b>{method.upper()}</b> {path}<" in page, (method, path)
    assert all(f"<code>{scope}</code>" in page for scope in SCOPES)


def test_every_operation_names_a_scope_that_exists() -> None:
    page = Client().get("/api/v1/docs/")
    rows = [row for group in page.context["groups"] for row in group.operations]
    assert {row.scope for row in rows} <= {*SCOPES, "audit:write"}


def test_types_are_told_in_words() -> None:
    schema = {
        "paths": {"/x/": {"post": {
            "tags": ["x"], "summary": "Make", "responses": {"201": {}},
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}}},
        }}},
        "components": {"schemas": {
            "X": {"required": ["kind"], "properties": {
                "kind": {"$ref": "#/components/schemas/Kind"},
                "days": {"type": ["array", "null"], "items": {"type": "string", "format": "date"}},
            }},
            "Kind": {"enum": ["a", "b"], "type": "string", "description": "* `a` - A"},
        }},
    }  # fmt: skip
    (group,) = groups(schema, {"x": "roadmap"})
    (row,) = group.operations
    assert (row.method, row.path, row.scope, row.answers) == ("POST", "/x/", "roadmap:write", ("201",))
    assert row.body == (Field("kind", "one of a, b", True), Field("days", "list of date", False))
