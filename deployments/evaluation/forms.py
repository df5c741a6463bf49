"""The form with which somebody has a version measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django import forms

from jobs.models import StoredFile
from ui.forms import PlainForm, ShortNumberInput


class EvaluationForm(PlainForm):
    kept = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, label="A signed file that is kept here"
    )
    file = forms.FileField(
        required=False,
        label="File",
        widget=forms.FileInput(attrs={"accept": ".csv,.parquet,.xlsx"}),
        help_text="The file that the charter names: its SHA-256 must be the signed one.",
    )
    target = forms.CharField(max_length=250, label="Column with the truth")
    positive = forms.CharField(
        required=False,
        max_length=120,
        label="Positive answer",
        help_text="For answers that are not 0 and 1: which one counts as yes.",
    )
    threshold = forms.FloatField(
        required=False,
        widget=ShortNumberInput(attrs={"step": "any"}),
        label="Threshold",
        help_text="From which chance on the answer is yes, from 0 to 1. Empty: the model decides.",
    )

    def __init__(self, *args: Any, kept: Sequence[StoredFile] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not kept:
            del self.fields["kept"]
            return
        field = self.fields["kept"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [(str(one.pk), one.name) for one in kept] + [("", "Another file, given below")]
        field.initial = str(kept[0].pk)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not values.get("kept") and not values.get("file") and "file" not in self.errors:
            self.add_error("file", "Choose the file that the charter names.")
        return values

    def clean_threshold(self) -> float | None:
        value: float | None = self.cleaned_data["threshold"]
        if value is not None and not (math.isfinite(value) and 0 <= value <= 1):
            raise forms.ValidationError("A number from 0 to 1, such as 0.55.")
        return value
