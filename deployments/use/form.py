"""The form of one deployment, made from the signature of the version that answers there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from deployments.gateway.fitting import Column, columns_of
from ui.forms import PlainForm, TextLines

MOST_FIELDS, MOST_CHOICES = 60, 30
YES_NO = [("", "Not given"), ("true", "Yes"), ("false", "No")]


class UseForm(PlainForm):
    """One field for each input; `rows` gives the row that was asked, with what is empty as none."""

    def __init__(
        self, *args: Any, columns: Sequence[Column], profile: Mapping[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        for at, column in enumerate(columns):
            self.fields[f"c{at}"] = _field(column, profile.get(column.name, {}))

    def row(self) -> list[Any]:
        """The values in the order of the columns."""
        return [_value(column, self.cleaned_data.get(f"c{at}")) for at, column in enumerate(self.columns)]


def columns_for(signature: Mapping[str, Any]) -> list[Column] | None:
    """What a form can ask for; None without named columns, or where there are too many."""
    if any(one.get("type") == "tensor" for one in signature.get("inputs") or []):
        return None
    columns = columns_of(signature)
    return columns if columns and len(columns) <= MOST_FIELDS else None


def _field(column: Column, facts: Mapping[str, Any]) -> forms.Field:
    shared: dict[str, Any] = {"label": column.name, "required": column.required, "help_text": _help(facts)}
    if column.type == "boolean":
        return forms.ChoiceField(choices=YES_NO, **shared)
    if column.type in ("integer", "long"):
        bound = 2**31 if column.type == "integer" else 2**63
        return forms.IntegerField(min_value=-bound, max_value=bound - 1, **shared)
    if column.type in ("float", "double"):
        return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **shared)
    if column.type in ("array", "object", "map"):
        shared["help_text"] = "As JSON."
        return forms.JSONField(widget=TextLines(rows=2), **shared)
    if column.type == "string" and facts.get("kind") == "category" and not facts.get("other"):
        names = sorted(facts["shares"])
        if len(names) <= MOST_CHOICES:
            return forms.ChoiceField(choices=[("", "Choose"), *((name, name) for name in names)], **shared)
    if column.type == "datetime":
        shared["help_text"] = "Such as 2026-03-31T12:00:00."
    return forms.CharField(max_length=10_000, strip=False, **shared)


def _help(facts: Mapping[str, Any]) -> str:
    """What the model has seen, so that a person knows what is usual."""
    if facts.get("kind") == "number":
        return f"{facts['min']:g} to {facts['max']:g} in the reference sample."
    return ""


def _value(column: Column, value: Any) -> Any:
    if value in ("", None):
        return None
    if column.type == "boolean":
        return value == "true"
    return value


def in_words(prediction: Any) -> str:
    """An answer as a person reads it."""
    if isinstance(prediction, bool):
        return "Yes" if prediction else "No"
    if isinstance(prediction, float):
        return f"{prediction:.6g}"
    if isinstance(prediction, dict):
        return ", ".join(f"{name}: {in_words(value)}" for name, value in prediction.items())
    if isinstance(prediction, list):
        return ", ".join(map(in_words, prediction))
    return "No answer" if prediction is None else str(prediction)


def example_of(columns: Sequence[Column] | None, profile: Mapping[str, Any]) -> dict[str, Any]:
    """A row to show in snippets: usual values where the reference knows some."""
    return {column.name: _usual(column, profile.get(column.name, {})) for column in columns or ()}


def _usual(column: Column, facts: Mapping[str, Any]) -> Any:
    if facts.get("kind") == "number" and facts.get("sketch"):
        middle = facts["sketch"][len(facts["sketch"]) // 2]
        return int(middle) if column.type in ("integer", "long") else float(f"{middle:.6g}")
    if facts.get("kind") == "category" and facts.get("shares") and column.type == "string":
        return max(facts["shares"], key=lambda name: facts["shares"][name])
    plain = {"boolean": True, "integer": 0, "long": 0, "float": 0.0, "double": 0.0, "array": [], "object": {}}
    return plain.get(column.type, "")


def snippets(url: str, row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The same question for curl, Python and JavaScript; the token comes from the environment."""
    body = {"dataframe_records": [dict(row)]}
    text = json.dumps(body, ensure_ascii=False)
    shell = text.replace("'", "'\\''")
    curl = (
        f"curl {url}/invocations \\\n"
        '  -H "Authorization: Bearer $THROUGHLINE_TOKEN" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{shell}'"
    )
    python = (
        "import json, os, urllib.request\n\n"
        "request = urllib.request.Request(\n"
        f"    {url + '/invocations'!r},\n"
        f"    json.dumps({body!r}).encode(),\n"
        '    {"Authorization": "Bearer " + os.environ["THROUGHLINE_TOKEN"],\n'
        '     "Content-Type": "application/json"},\n'
        ")\n"
        "with urllib.request.urlopen(request, timeout=30) as answer:\n"
        '    print(json.load(answer)["predictions"], answer.headers.get("X-Throughline-Fallback"))'
    )
    javascript = (
        f"const answer = await fetch({json.dumps(url + '/invocations')}, {{\n"
        '  method: "POST",\n'
        "  headers: {\n"
        "    Authorization: `Bearer ${process.env.THROUGHLINE_TOKEN}`,\n"
        '    "Content-Type": "application/json",\n'
        "  },\n"
        f"  body: JSON.stringify({text}),\n"
        "});\n"
        "console.log((await answer.json()).predictions);"
    )
    return [
        {"name": "curl", "code": curl},
        {"name": "Python", "code": python},
        {"name": "JavaScript (Node)", "code": javascript},
    ]
