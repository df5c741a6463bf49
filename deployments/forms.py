"""The forms of the registry: environments, deploying, waivers, what runs elsewhere."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from deployments.actions.releasing import MOST_WORDS
from deployments.models import Deployment, Environment
from deployments.release.gate import TITLES, WAIVABLE
from projects.models import Project
from ui.forms import DateInput, PlainForm, Segments, ShortNumberInput, TextLines


def refuse(form: forms.Form, fields: Any, message: str = "") -> None:
    """Put what an action refused beside the fields that it names; the rest above the form."""
    for name, words in fields.items():
        form.add_error(name if name in form.fields else None, list(words))
    if not fields and message:
        form.add_error(None, message)


class EnvironmentForm(PlainForm):
    name = forms.CharField(max_length=60, label="Name")
    purpose = forms.CharField(required=False, max_length=300, label="What it is for")
    driver = forms.ChoiceField(choices=Environment.Driver.choices, widget=Segments, label="Where models run")
    policy = forms.ChoiceField(
        choices=Environment.Policy.choices,
        widget=forms.RadioSelect,
        label="While a check of the gate does not hold",
    )
    wants_verified = forms.BooleanField(
        required=False,
        label="Ask for verified readings",
        help_text="The product runs the evaluation itself, on the file that was signed.",
    )
    deployers = forms.ChoiceField(
        choices=Environment.Deployers.choices, widget=forms.RadioSelect, label="Who may deploy"
    )
    replicas = forms.IntegerField(
        min_value=1,
        max_value=8,
        widget=ShortNumberInput,
        label="Replicas",
        help_text="Two or more answer on when one of them ends.",
    )
    memory_mb = forms.IntegerField(
        min_value=128, max_value=65_536, widget=ShortNumberInput, label="Memory of one replica, MiB"
    )
    at_once = forms.IntegerField(
        min_value=1, max_value=256, widget=ShortNumberInput, label="Requests at once, by replica"
    )
    timeout_ms = forms.IntegerField(
        min_value=100, max_value=60_000, widget=ShortNumberInput, label="Time for one answer, ms"
    )
    keeps_samples = forms.BooleanField(
        required=False,
        label="Keep samples of inputs",
        help_text="New deployments begin with this; each can be set otherwise.",
    )
    sample_days = forms.IntegerField(
        min_value=1, max_value=365, widget=ShortNumberInput, label="Days that samples are kept"
    )


class _Kept(PlainForm):
    """Who answers for a deployment and what answers when the model cannot."""

    title = forms.CharField(max_length=300, label="What it is called")
    owner_name = forms.CharField(
        required=False,
        max_length=300,
        label="Owner for operation",
        help_text="Is told when something is wrong.",
    )
    deputy_name = forms.CharField(required=False, max_length=300, label="Deputy")
    fallback_words = forms.CharField(
        required=False,
        max_length=5000,
        widget=TextLines(rows=3),
        label="Fallback in words",
        help_text="What people or the system do when an answer is missing or wrong.",
    )
    rehearsed_on = forms.DateField(required=False, widget=DateInput, label="Fallback rehearsed on")


class ServedForm(_Kept):
    fallback = forms.ChoiceField(
        choices=Deployment.Fallback.choices,
        widget=forms.RadioSelect,
        label="The gateway then",
        initial=Deployment.Fallback.REFUSE,
    )
    fallback_value = forms.CharField(
        required=False,
        max_length=MOST_WORDS,
        label="The constant",
        help_text='As JSON, for one row: 0, "refer" or {"score": 0.5}. Only with a constant answer.',
    )

    def clean_fallback_value(self) -> Any:
        text = self.cleaned_data["fallback_value"].strip()
        if not text:
            return None
        try:
            return json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("JSON: a number, a text in quotes, a list or an object.") from error


class DeployForm(ServedForm):
    """A version for an endpoint: an existing one, or a new one with its name and owner."""

    name = forms.SlugField(
        max_length=40, label="Name in its address", help_text="Small letters, digits, hyphens."
    )
    begin_weight = forms.IntegerField(
        min_value=1,
        max_value=100,
        initial=100,
        widget=ShortNumberInput,
        label="Share of the requests that it begins with, %",
        help_text="Less than 100 lets it run as a canary beside the live version.",
    )
    error_share = forms.FloatField(
        required=False,
        min_value=0,
        max_value=100,
        widget=ShortNumberInput,
        label="Take the canary back above this share of errors, %",
    )
    p95_ms = forms.FloatField(
        required=False,
        min_value=1,
        max_value=600_000,
        widget=ShortNumberInput,
        label="Or above this 95th percentile, ms",
    )
    why = forms.CharField(required=False, max_length=MOST_WORDS, widget=TextLines(rows=2), label="Why now")
    field_order = (
        "title",
        "name",
        "owner_name",
        "deputy_name",
        "fallback_words",
        "fallback",
        "fallback_value",
    )
    OF_ENDPOINT = (
        "title", "name", "owner_name", "deputy_name", "fallback_words", "rehearsed_on", "fallback",
        "fallback_value",
    )  # fmt: skip

    def __init__(self, *args: Any, new: bool, warns: bool, replaces: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not new:
            for name in self.OF_ENDPOINT:
                del self.fields[name]
        if not replaces:
            for name in ("begin_weight", "error_share", "p95_ms"):
                del self.fields[name]
        if warns:
            self.fields["why"].required = True
            self.fields["why"].label = "Why it is deployed all the same"

    @property
    def endpoint_values(self) -> dict[str, Any]:
        """What a new endpoint begins with."""
        return {name: self.cleaned_data[name] for name in self.OF_ENDPOINT if name in self.cleaned_data}

    @property
    def guard(self) -> dict[str, float]:
        """What takes the canary back, in the figures of the release."""
        share, late = self.cleaned_data.get("error_share"), self.cleaned_data.get("p95_ms")
        found = {"error_share": share / 100 if share is not None else None, "p95_ms": late}
        return {name: value for name, value in found.items() if value is not None}


class ExternalForm(_Kept):
    endpoint = forms.URLField(required=False, max_length=500, label="Its address", assume_scheme="https")
    environment = forms.ModelChoiceField(
        Environment.objects.none(), empty_label="Choose …", label="Environment"
    )
    project = forms.ModelChoiceField(
        Project.objects.none(), required=False, empty_label="None", label="Project here"
    )
    vendor = forms.CharField(required=False, max_length=300, label="Vendor or team that runs it")
    external_version = forms.CharField(required=False, max_length=60, label="Version")
    since = forms.DateField(required=False, widget=DateInput, label="Runs since")
    note = forms.CharField(required=False, max_length=5000, widget=TextLines(rows=3), label="Note")
    field_order = ("title", "environment", "endpoint", "vendor", "external_version", "since", "project")

    def __init__(self, *args: Any, environments: Any, projects: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("environment", environments), ("project", projects)):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows


class WaiverForm(PlainForm):
    checks = forms.MultipleChoiceField(
        choices=[(key, TITLES[key]) for key in WAIVABLE],
        widget=forms.CheckboxSelectMultiple,
        label="What need not hold",
    )
    reason = forms.CharField(max_length=MOST_WORDS, widget=TextLines(rows=3), label="Why it may pass")
    ends_on = forms.DateField(widget=DateInput, label="Until", help_text="The last day. Within a year.")


class WhyForm(PlainForm):
    why = forms.CharField(required=False, max_length=MOST_WORDS, widget=TextLines(rows=2), label="Why")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
