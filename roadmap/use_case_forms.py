"""The form of a use case: what it is, whom it touches, and a sentence for each question."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField

from accounts.models import Organization, Unit
from assessment.evidence.models import DataAsset
from roadmap.use_case_models import UseCase
from roadmap.use_case_rubric import AXES, Question, rubric
from ui.forms import PlainForm, TextLines

UNKNOWN = "unknown"
PLAIN = (
    "title",
    "description",
    "outcome_owner",
    "unit",
    "problem_type",
    "data_origin",
    "touches",
    "horizon",
    "assets",
    "other_uses",
)


def _options(fact: str) -> list[tuple[str, str]]:
    return [("", "Choose …"), *rubric().facts[fact].options]


class UseCaseForm(PlainForm):
    """Everything about a use case; a question left alone stays unanswered."""

    title = forms.CharField(max_length=150)
    description = forms.CharField(
        required=False, widget=TextLines(rows=4), help_text="What hurts today, whom, and how much."
    )
    outcome_owner = forms.CharField(max_length=150, required=False, help_text="The person of the business.")
    unit = forms.ModelChoiceField(Unit.objects.none(), required=False, empty_label="Choose …")
    problem_type = forms.ChoiceField(required=False)
    data_origin = forms.ChoiceField(required=False)
    touches = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    horizon = forms.ChoiceField(required=False)
    assets = forms.ModelMultipleChoiceField(
        DataAsset.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Data assets"
    )
    other_uses = forms.CharField(required=False, widget=TextLines(rows=2))
    lessons = forms.CharField(
        required=False, widget=TextLines(rows=4), help_text="What was learned, also when it was stopped."
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("problem_type", "data_origin", "touches", "horizon"):
            field = self.fields[name]
            field.label = rubric().facts[name].question
            if isinstance(field, forms.ChoiceField):
                field.choices = list(rubric().facts[name].options) if name == "touches" else _options(name)
        self.fields["other_uses"].label = rubric().facts["other_uses"].question
        self._choose("unit", Unit.objects.filter(organization=organization, archived_at=None))
        self._choose("assets", DataAsset.objects.filter(organization=organization, archived_at=None))
        for question in self._questions():
            self.fields[f"level.{question.id}"] = _level_field(question)
            self.fields[f"note.{question.id}"] = forms.CharField(
                max_length=300, required=False, label="What shows it"
            )

    def _choose(self, name: str, queryset: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = queryset

    @staticmethod
    def _questions() -> list[Question]:
        return [question for axis in AXES for question in rubric().questions[axis]]

    def axes(self) -> list[tuple[str, list[tuple[Question, BoundField, BoundField]]]]:
        """(axis, its questions with their two fields), for the page."""
        return [
            (
                axis.capitalize(),
                [
                    (question, self[f"level.{question.id}"], self[f"note.{question.id}"])
                    for question in rubric().questions[axis]
                ],
            )
            for axis in AXES
        ]

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        given = self.cleaned_data
        plain = {name: given[name] for name in (*PLAIN, "lessons")}
        plain["assets"] = list(given["assets"])
        return plain | {"levels": self._levels()}

    def _levels(self) -> dict[str, dict[str, Any]]:
        levels = {}
        for question in self._questions():
            chosen, note = self.cleaned_data[f"level.{question.id}"], self.cleaned_data[f"note.{question.id}"]
            if chosen or note:
                levels[question.id] = {"level": int(chosen) if chosen.isdecimal() else None, "note": note}
        return levels


def _level_field(question: Question) -> forms.ChoiceField:
    choices = [(str(level), sentence) for level, sentence in enumerate(question.levels)]
    return forms.ChoiceField(
        choices=[*choices, (UNKNOWN, "I don’t know")],
        required=False,
        label=question.question,
        widget=forms.RadioSelect,
    )


def initial_of(use_case: UseCase) -> dict[str, Any]:
    """The form's values for a stored use case."""
    initial: dict[str, Any] = {
        name: getattr(use_case, name) for name in (*PLAIN, "lessons") if name != "assets"
    }
    initial["assets"] = [asset.pk for asset in use_case.assets.all()]
    initial["unit"] = use_case.unit_id
    for key, entry in use_case.levels.items():
        initial[f"level.{key}"] = UNKNOWN if entry["level"] is None else str(entry["level"])
        initial[f"note.{key}"] = entry.get("note", "")
    return initial
