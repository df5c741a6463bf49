"""The form with which somebody has a version measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from deployments.evaluation.readings import Wanted
from deployments.evaluation.terms import POSITIVE, TARGET, THRESHOLD, Terms
from jobs.models import StoredFile
from ui.forms import PlainForm, ShortNumberInput
from ui.words import listed


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
    target = forms.CharField(required=False, max_length=250, label="Column with the truth")
    positive = forms.CharField(
        required=False,
        max_length=120,
        label="Positive class",
        help_text="Which answer counts as yes. Empty: 1 of 0 and 1.",
    )
    threshold = forms.FloatField(
        required=False,
        widget=ShortNumberInput(attrs={"step": "any"}),
        label="Threshold",
        help_text="From which chance on the answer is yes; for two classes only. Empty: the model decides.",
    )

    def __init__(
        self,
        *args: Any,
        kept: Sequence[StoredFile] = (),
        wanted: Sequence[Wanted] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._ask_what_is_open([one for one in wanted if not one.why_not])
        if not kept:
            del self.fields["kept"]
            return
        field = self.fields["kept"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [(str(one.pk), one.name) for one in kept] + [("", "Another file, given below")]
        field.initial = str(kept[0].pk)

    def _ask_what_is_open(self, wanted: Sequence[Wanted]) -> None:
        """Only what the charter leaves open is asked, and for which criteria."""
        for term in (TARGET, POSITIVE, THRESHOLD):
            names = [f"“{one.criterion.name}”" for one in wanted if term in one.left_open]
            field = self.fields[term]
            if not names:
                del self.fields[term]
            elif len(names) == len(wanted):
                field.required = term == TARGET
            else:
                field.help_text = f"{field.help_text} Asked for {listed(names)}.".strip()

    @property
    def typed(self) -> Terms:
        """What was typed for what is open."""
        given = self.cleaned_data
        return Terms(given.get(TARGET, ""), given.get(POSITIVE, ""), given.get(THRESHOLD))

    def add_errors(self, errors: Mapping[str, Sequence[str]]) -> None:
        """What was refused behind the form, at its field."""
        for name, said in errors.items():
            self.add_error(name if name in self.fields else None, list(said))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not values.get("kept") and not values.get("file") and "file" not in self.errors:
            self.add_error("file", "Choose the file that the charter names.")
        return values

    def clean_threshold(self) -> float | None:
        value: float | None = self.cleaned_data["threshold"]
        if value is not None and not (math.isfinite(value) and 0 < value < 1):
            raise forms.ValidationError("More than 0 and less than 1, such as 0.55.")
        return value
