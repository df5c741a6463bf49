"""Forms around a live model: reference sample, alerts, samples, and its use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import User
from deployments.models import Deployment
from projects.models import ProjectMember
from ui.forms import PlainForm, ShortNumberInput


class PersonField(forms.ModelChoiceField[User]):
    """A person, by name."""

    def label_from_instance(self, obj: Any) -> str:
        return obj.get_full_name() or str(obj.email)


class ReferenceForm(PlainForm):
    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": ".csv,.parquet"}),
        help_text="CSV with the names of the columns in the first line, or Parquet.",
    )


class WatchingForm(PlainForm):
    owner = PersonField(
        queryset=User.objects.none(),
        required=False,
        label="Who is told",
        empty_label="The leads of the project",
        help_text="By mail and on the desk.",
    )
    latency_limit_ms = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=60_000,
        widget=ShortNumberInput,
        label="95 of 100 answers within, ms",
        help_text="Empty: no alert for slow answers.",
    )
    error_limit = forms.FloatField(
        min_value=0, max_value=100, widget=ShortNumberInput, label="Failed answers, at most %"
    )
    drift_limit = forms.FloatField(
        min_value=0.01,
        max_value=10,
        widget=ShortNumberInput,
        label="Drift of an input (PSI), at most",
        help_text="0.1 is small, 0.25 is large by a common rule of thumb.",
    )
    missing_limit = forms.FloatField(
        min_value=0,
        max_value=100,
        widget=ShortNumberInput,
        label="Missing values, at most % more than in the reference",
    )
    quiet_minutes = forms.IntegerField(
        min_value=5,
        max_value=10_080,
        widget=ShortNumberInput,
        label="Quiet time, minutes",
        help_text="An alert that was told or taken is not told again for so long.",
    )
    stops_on_drift = forms.BooleanField(
        required=False, label="Stop at drift over the limit", help_text="The fallback then answers."
    )
    keeps_samples = forms.BooleanField(
        required=False,
        label="Keep samples of inputs",
        help_text="Without them drift cannot be measured. Switching it off deletes the kept inputs.",
    )
    sample_days = forms.IntegerField(
        min_value=1, max_value=365, widget=ShortNumberInput, label="Days that samples are kept"
    )
    masked = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Columns that are never kept",
        help_text="A column ticked here leaves the kept rows and the reference samples of the model at once, "
        "and does not come back when the tick goes. Answered files are deleted.",
    )

    def __init__(self, *args: Any, deployment: Deployment, columns: Sequence[str], **kwargs: Any) -> None:
        names = list(dict.fromkeys([*columns, *(deployment.masked or [])]))
        initial = {name: getattr(deployment, name) for name in self.base_fields}
        for name in ("error_limit", "missing_limit"):
            initial[name] = round(initial[name] * 100, 4)
        super().__init__(*args, initial=initial, **kwargs)
        masked, owner = self.fields["masked"], self.fields["owner"]
        assert isinstance(masked, forms.MultipleChoiceField)  # noqa: S101
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101
        masked.choices = [(name, name) for name in names]
        if not names:
            del self.fields["masked"]
        owner.queryset = people_of(deployment)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in ("error_limit", "missing_limit"):
            if values.get(name) is not None:
                values[name] = values[name] / 100
        values.setdefault("masked", [])
        return values


def people_of(deployment: Deployment) -> QuerySet[User]:
    """Who can own it: members of the organization and people of the project."""
    members = Q(memberships__organization=deployment.organization_id)
    on_it = Q(
        pk__in=ProjectMember.objects.filter(
            project=deployment.project_id, left_at=None, user__isnull=False
        ).values("user")
    )
    return User.objects.filter(members | on_it, is_active=True).distinct().order_by("name", "email")


class BatchForm(PlainForm):
    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        help_text="CSV with the names of the inputs in the first line.",
    )


class ServingTokenForm(PlainForm):
    name = forms.CharField(max_length=80, label="Where it is used", initial="Script")
