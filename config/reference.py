"""The API's schema as rows for people: what each address does, what it takes, which scope it needs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Field:
    """One parameter of an address, or one field of a body."""

    name: str
    kind: str
    needed: bool
    says: str = ""


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    summary: str
    scope: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """The operations of one kind of thing."""

    name: str
    says: str
    operations: tuple[Operation, ...]


def groups(schema: Schema, areas: Mapping[str, str]) -> list[Group]:
    """The schema by tag, in the order of its paths; ``areas`` maps a tag to the area of its scopes."""
    found: dict[str, list[Operation]] = {}
    says: dict[str, str] = {}
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                entry = methods[method]
                tag = (entry.get("tags") or ["api"])[0]
                says.setdefault(tag, entry.get("description", ""))
                found.setdefault(tag, []).append(_operation(schema, path, method, entry, areas.get(tag, "")))
    return [Group(tag.replace("-", " "), says[tag], tuple(rows)) for tag, rows in found.items()]


def _operation(schema: Schema, path: str, method: str, entry: Schema, area: str) -> Operation:
    verb = "read" if method == "get" else "write"
    return Operation(
        method=method.upper(),
        path=path,
        summary=entry.get("summary") or entry.get("description", ""),
        scope=f"{area}:{verb}" if area else "",
        parameters=tuple(
            Field(one["name"], _kind(schema, one["schema"]), bool(one.get("required")), _line(one))
            for one in entry.get("parameters", ())
        ),
        body=tuple(_body(schema, entry)),
        answers=tuple(sorted(entry.get("responses", ()))),
    )


def _body(schema: Schema, entry: Schema) -> Iterator[Field]:
    content = entry.get("requestBody", {}).get("content", {})
    first: Schema = next(iter(content.values()), {})
    body = _resolved(schema, first.get("schema", {}))
    needed = body.get("required", ())
    for name, one in body.get("properties", {}).items():
        yield Field(name, _kind(schema, one), name in needed, _line(_resolved(schema, one)))


def _resolved(schema: Schema, one: Schema) -> Schema:
    """The schema that a reference, or a choice with one reference in it, stands for."""
    for _ in range(5):
        inner = one.get("allOf") or one.get("oneOf") or one.get("anyOf")
        if "$ref" in one:
            one = schema["components"]["schemas"][one["$ref"].rpartition("/")[2]]
        elif inner:
            one = inner[0]
        else:
            break
    return one


def _kind(schema: Schema, one: Schema) -> str:
    """The type in words: "string", "list of string", "one of draft, open"."""
    one = _resolved(schema, one)
    if one.get("enum"):
        return f"one of {', '.join(str(value) for value in one['enum'] if value not in (None, ''))}"
    kind = one.get("type", "any")
    names = [name for name in kind if name != "null"] if isinstance(kind, list) else [kind]
    if names == ["array"]:
        return f"list of {_kind(schema, one.get('items', {}))}"
    return str(one.get("format") or " or ".join(names))


def _line(one: Schema) -> str:
    """The description, without the list of choices that the type already gives."""
    return " ".join(str(one.get("description", "")).partition("* `")[0].split())
