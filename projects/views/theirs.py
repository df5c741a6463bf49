"""Two people at one record: the second is shown what the first has written, and keeps what was typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict

from ui.errors import Conflict
from ui.formats import day

OVER = "What you typed is still below; saving again writes it over this."


@dataclass(frozen=True, slots=True)
class Theirs:
    """What templates/projects/_theirs.html shows: why, what stands there now, and what can be done."""

    message: str
    rows: Sequence[tuple[str, str]]
    then: str = OVER


def theirs(error: Conflict, form: forms.BaseForm, row: Any, seen: str) -> Theirs:
    """The record as somebody else left it, in the words of the form, which is from now on one for it."""
    data = cast(QueryDict, form.data).copy()
    data["seen"] = seen
    form.data = data
    named = {name: field for name, field in form.fields.items() if name != "seen"}
    return Theirs(
        error.message,
        [(str(field.label), _shown(field, getattr(row, name))) for name, field in named.items()],
    )


def _shown(field: forms.Field, value: Any) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(value, dt.date):
        return day(value)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        named = {str(key): str(label) for key, label in field.choices}  # type: ignore[misc,union-attr]
        return named.get(str(value), str(value))
    return str(value)
