"""Forms of the register and the roster."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from accounts.models import Organization, Unit
from assessment.evidence.actions import RosterEntry
from assessment.evidence.models import DataAsset, RosterPerson
from assessment.evidence.roles import role_book
from assessment.evidence.sheets import split_projects
from ui.forms import DateInput, PlainForm, PlainFormMixin, ShortNumberInput, TextLines


class AssetForm(PlainFormMixin, forms.ModelForm[DataAsset]):
    """One data asset."""

    base_revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = DataAsset
        fields = [
            "name", "owner", "unit", "place", "labeled", "in_one_repository", "access", "days_to_access",
            "legal_basis", "refresh", "note",
        ]  # fmt: skip
        labels = {
            "labeled": "The records are labeled",
            "in_one_repository": "It is in one shared repository",
            "access": "Who has access",
            "days_to_access": "Days from request to access",
            "legal_basis": "Legal basis",
            "refresh": "Refreshed",
        }
        help_texts = {
            "place": "System, schema, folder: where a colleague would look.",
            "labeled": "The outcome is noted beside each record.",
            "legal_basis": "Why it may be used for ML: contract, consent, law, no personal data.",
            "refresh": "For example hourly, daily, a yearly copy.",
        }
        widgets = {"note": TextLines(rows=3), "days_to_access": ShortNumberInput()}

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = self.fields["unit"]
        assert isinstance(units, forms.ModelChoiceField)  # noqa: S101 - a foreign key
        units.queryset = Unit.objects.filter(organization=organization, archived_at=None)
        if not units.queryset.exists():
            del self.fields["unit"]
        self.initial["base_revision"] = self.instance.revision if self.instance.pk else None

    def validate_unique(self) -> None:
        """The action answers a name that is taken, with a sentence; the form need not know the constraint."""


class PersonForm(PlainForm):
    """Somebody on the roster: shares by role, levels by skill."""

    name = forms.CharField(label="Name", max_length=150)
    kind = forms.ChoiceField(label="Kind", choices=RosterPerson.Kind.choices)
    partner = forms.CharField(label="Partner’s firm", max_length=120, required=False)
    until = forms.DateField(label="Until", required=False, widget=DateInput())
    projects = forms.CharField(
        label="Projects now",
        required=False,
        widget=TextLines(rows=2),
        help_text="One a line.",
        max_length=1000,
    )
    base_revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, person: RosterPerson | None = None, **kwargs: Any) -> None:
        if person is not None:
            kwargs.setdefault("initial", _initial(person))
        super().__init__(*args, **kwargs)
        book = role_book()
        for role in book.roles.values():
            self.fields[f"share_{role.key}"] = forms.DecimalField(
                label=role.name, min_value=0, max_value=1, max_digits=3, decimal_places=2, required=False,
                widget=ShortNumberInput({"step": "0.05"}),
            )  # fmt: skip
        levels = [("", "–"), *((level, f"{level}: {text}") for level, text in book.levels.items())]
        for skill in book.skills.values():
            self.fields[f"skill_{skill.key}"] = forms.TypedChoiceField(
                label=skill.name, choices=levels, coerce=int, empty_value=None, required=False,
                help_text=skill.sentence,
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        total = sum((data.get(f"share_{role}") or Decimal(0) for role in role_book().roles), Decimal(0))
        if total > 1:
            self.add_error(None, f"The shares sum to {total}; one person has at most 1.")
        return data

    def entry(self) -> RosterEntry:
        data, book = self.cleaned_data, role_book()
        return RosterEntry(
            name=data["name"],
            kind=data["kind"],
            partner=data["partner"],
            until=data["until"],
            projects=split_projects(data["projects"]),
            shares={role: data[f"share_{role}"] for role in book.roles if data.get(f"share_{role}")},
            skills={
                skill: data[f"skill_{skill}"]
                for skill in book.skills
                if data.get(f"skill_{skill}") is not None
            },
        )

    @property
    def main(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "kind", "partner", "until", "projects", "base_revision")]

    @property
    def shares(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("share_")]

    @property
    def skills(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("skill_")]


def _initial(person: RosterPerson) -> dict[str, Any]:
    return {
        "name": person.name,
        "kind": person.kind,
        "partner": person.partner,
        "until": person.until,
        "projects": "\n".join(person.projects),
        "base_revision": person.revision,
        **{f"share_{share.role}": share.share for share in person.shares.all()},
        **{f"skill_{skill.skill}": skill.level for skill in person.skills.all()},
    }


class SheetForm(PlainForm):
    """A filled template."""

    file = forms.FileField(label="Excel file (.xlsx)")
