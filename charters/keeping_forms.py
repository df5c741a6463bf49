"""Forms of a charter in force: a successor, a reading, a learning record, the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from accounts.models import Organization, User
from assessment import questionnaires
from assessment.queries import latest_result
from charters.criteria import Criterion
from charters.document import CharterText
from charters.fields import OUTCOMES
from charters.keeping import Standing
from roadmap.queries import catalogue_of
from ui.forms import DateInput, PlainForm, TextLines


class RefusedForm(PlainForm):
    """A form that shows at its fields what an action has refused."""

    def add_refusals(self, errors: Mapping[str, Sequence[str]]) -> None:
        for name, sentences in errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class SuccessorForm(RefusedForm):
    """Who takes a seat."""

    successor = forms.ModelChoiceField(User.objects.none(), empty_label="Choose a member")
    also_work = forms.BooleanField(required=False, initial=True)
    reason = forms.CharField(max_length=2000, required=False, widget=TextLines(rows=3))

    def __init__(self, *args: Any, organization: Organization, leaver: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = User.objects.filter(memberships__organization=organization, is_active=True)
        field = self.fields["successor"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = members.order_by("name")
        self.fields["also_work"].label = f"Also wherever {leaver} measures, answers or owns a step"
        self.fields["reason"].help_text = f"Empty: {leaver} has left, and who takes the seat."


class ReadingForm(RefusedForm):
    """A figure for a criterion, as reported by a person. What the charter asks for stands in it already."""

    value = forms.FloatField()
    unit = forms.CharField(max_length=40, required=False)
    taken_on = forms.DateField(label="Measured on", widget=DateInput())
    candidate = forms.CharField(
        max_length=300, required=False, label="Model version",
        help_text="All figures of a model are judged for one version, the one that was named last.",
    )  # fmt: skip
    metric_key = forms.CharField(max_length=250, required=False, label="Metric key")
    data_name = forms.CharField(max_length=300, required=False, label="Measured on which data")
    data_sha256 = forms.CharField(max_length=64, required=False, label="SHA-256 of that file")
    data_digest = forms.CharField(max_length=40, required=False, label="MLflow digest")
    slice = forms.CharField(max_length=300, required=False, label="Slice", help_text="Empty: all cases.")
    proof = forms.CharField(
        max_length=2000, required=False, label="Evidence", widget=TextLines(rows=3),
        help_text="Where it stands, so that somebody else can look it up.",
    )  # fmt: skip

    def __init__(self, *args: Any, criterion: Criterion, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).update(
            unit=criterion.unit,
            metric_key=criterion.metric_key,
            data_name=criterion.data.name,
            slice=criterion.slice,
        )
        super().__init__(*args, **kwargs)
        unused = [] if criterion.data.file else ["data_sha256", "data_digest"]
        if criterion.kind == "business_figure":
            unused += ["candidate", "data_sha256", "data_digest"]
            self.fields["data_name"].label = "Source of the figure"
            self.fields["proof"].required = True
        for name in unused:
            self.fields.pop(name, None)


class AnswerForm(RefusedForm):
    """An answer to a learning question."""

    answer = forms.CharField(max_length=5000, widget=TextLines(rows=5))
    proof = forms.CharField(max_length=2000, label="What proves it", widget=TextLines(rows=3))
    taken_on = forms.DateField(label="Answered on", widget=DateInput())

    def __init__(self, *args: Any, criterion: Criterion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if criterion.evidence:
            self.fields["proof"].help_text = f"The charter asks for: {criterion.evidence}."


class LearningForm(RefusedForm):
    """What was learned, tied to what it informs."""

    learned = forms.CharField(max_length=2000, label="What is known now", widget=TextLines(rows=4))
    evidence = forms.CharField(
        max_length=2000, required=False, label="From what we know it", widget=TextLines(rows=3)
    )
    criterion = forms.ChoiceField(required=False, label="Answers the learning question")
    item = forms.ChoiceField(required=False, label="Informs this question of the questionnaire")
    initiative = forms.ChoiceField(required=False, label="Informs this initiative")

    def __init__(self, *args: Any, organization: Organization, text: CharterText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        questions = [(item.key, item.question) for item in text.criteria if item.is_question]
        self._offer("criterion", "None of them", questions)
        if not questions:
            del self.fields["criterion"]
        self._offer("item", "No question", item_choices(organization))
        self._offer("initiative", "No initiative", initiative_choices(organization))

    def _offer(self, name: str, empty: str, choices: Sequence[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", empty), *choices]


def item_choices(organization: Organization) -> list[tuple[str, list[tuple[str, str]]]]:
    """The questions in their words, by dimension."""
    result = latest_result(organization)
    questionnaire = questionnaires.of(result.assessment) if result else questionnaires.standard()[0]
    titles = {dimension.key: dimension.title for dimension in questionnaire.dimensions.values()}
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in questionnaire.maturity_items:
        dimension = item.key.rpartition(".")[0]
        groups.setdefault(titles.get(dimension, dimension), []).append((item.key, item.text))
    return list(groups.items())


def initiative_choices(organization: Organization) -> list[tuple[str, str]]:
    found = [(one.key, one.title) for one in catalogue_of(organization).initiatives]
    return sorted(found, key=lambda pair: pair[1].lower())


class DecisionForm(RefusedForm):
    """Scale, iterate or stop, why, and what follows. Left empty, what was agreed stands."""

    outcome = forms.ChoiceField(choices=OUTCOMES, widget=forms.RadioSelect())
    reason = forms.CharField(max_length=2000, required=False, label="Why", widget=TextLines(rows=4))
    next_action = forms.CharField(
        max_length=2000, required=False, label="What is done next", widget=TextLines(rows=3),
        help_text="Empty: what was agreed for this outcome.",
    )  # fmt: skip
    next_owner = forms.CharField(
        max_length=300, required=False, label="By whom", help_text="Empty: who was agreed."
    )
    next_on = forms.DateField(
        required=False, label="By when", widget=DateInput(), help_text="Empty: the agreed day."
    )

    def __init__(self, *args: Any, standing: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        called = standing.called_for
        self.fields["reason"].help_text = (
            f"Needed for anything but {' or '.join(sorted(called))}: the result calls for that."
            if called
            else "Needed: the result calls for none of the three yet."
        )
