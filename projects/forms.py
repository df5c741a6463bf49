"""The forms of projects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from accounts.models import Membership, Organization, User
from projects.actions.talking import CHECKIN_WEEKS_BACK
from projects.documents import ENDINGS
from projects.models import CheckIn, Milestone, Paper, Project, ProjectMember, Task
from projects.people import overload_sentences, promise_of
from projects.weeks import monday_of
from roadmap.queries import today_of
from roadmap.standard import role_names
from ui.formats import day
from ui.forms import DateInput, PlainForm, Segments, ShortNumberInput, TextLines, TextWithSuggestions

MOST_DAYS_AWAY = 3650
LEVELS = [("1", "Low"), ("2", "Medium"), ("3", "High")]


class _Seen(PlainForm):
    """`seen` is the mark of what a form was filled in for; one for something new has none."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "seen" not in self.initial:
            del self.fields["seen"]


class _OfProject(PlainForm):
    """A form whose choices are people and milestones of one project."""

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        owner, milestone = self.fields.get("owner"), self.fields.get("milestone")
        if isinstance(owner, forms.ModelChoiceField):
            owner.queryset = ProjectMember.objects.filter(project=project, left_at=None)
        if isinstance(milestone, forms.ModelChoiceField):
            milestone.queryset = Milestone.objects.filter(project=project)


class TaskForm(_OfProject):
    title = forms.CharField(max_length=300, label="What is to be done")
    note = forms.CharField(required=False, max_length=5000, widget=TextLines(rows=3), label="Note")
    column = forms.ChoiceField(choices=Task.Column.choices, widget=Segments, label="Column", initial="todo")
    owner = forms.ModelChoiceField(
        ProjectMember.objects.none(), required=False, empty_label="Nobody yet", label="Owner"
    )
    due_on = forms.DateField(required=False, widget=DateInput, label="Due")
    milestone = forms.ModelChoiceField(
        Milestone.objects.none(), required=False, empty_label="None", label="Milestone"
    )


class MilestoneForm(_OfProject, _Seen):
    title = forms.CharField(max_length=300, label="What will be there")
    due_on = forms.DateField(required=False, widget=DateInput, label="Due")
    done_on = forms.DateField(required=False, widget=DateInput, label="Done on")


class RiskForm(_OfProject, _Seen):
    title = forms.CharField(max_length=300, label="What could go wrong")
    response = forms.CharField(
        required=False, max_length=5000, widget=TextLines(rows=3), label="What is done about it"
    )
    likelihood = forms.TypedChoiceField(
        choices=LEVELS, coerce=int, widget=Segments, initial="2", label="How likely"
    )
    effect = forms.TypedChoiceField(choices=LEVELS, coerce=int, widget=Segments, initial="2", label="How bad")
    owner = forms.ModelChoiceField(
        ProjectMember.objects.none(), required=False, empty_label="Nobody yet", label="Who watches it"
    )


class DecisionForm(_OfProject):
    decided = forms.CharField(max_length=2000, widget=TextLines(rows=2), label="What was decided")
    why = forms.CharField(required=False, max_length=5000, widget=TextLines(rows=2), label="Why")
    decided_by = forms.CharField(required=False, max_length=300, label="By whom")
    decided_on = forms.DateField(widget=DateInput, label="On", initial=timezone.localdate)


class PaperForm(_OfProject):
    kind = forms.ChoiceField(
        choices=[choice for choice in Paper.Kind.choices if choice[0] != "document"],
        widget=Segments,
        initial="link",
        label="Kind",
    )
    title = forms.CharField(max_length=300, label="Title")
    url = forms.URLField(required=False, max_length=500, assume_scheme="https", label="Address of the link")
    text = forms.CharField(required=False, max_length=50_000, widget=TextLines(rows=6), label="Minutes")
    held_on = forms.DateField(required=False, widget=DateInput, label="Held on")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("kind") == "link" and not values.get("url") and "url" not in self.errors:
            self.add_error("url", "Enter the address, such as https://wiki.firm.com/page.")
        if values.get("kind") == "minutes" and not values.get("text") and "text" not in self.errors:
            self.add_error("text", "Write what was said and agreed.")
        return values


class DocumentForm(PlainForm):
    file = forms.FileField(
        label="File", widget=forms.FileInput(attrs={"accept": ",".join(f".{ending}" for ending in ENDINGS)})
    )
    title = forms.CharField(
        required=False, max_length=300, label="Title", help_text="Else the name of the file."
    )


class CheckInForm(_Seen):
    week = forms.ChoiceField(label="Week")
    health = forms.ChoiceField(choices=CheckIn.Health.choices, widget=Segments, label="How it stands")
    reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=TextLines(rows=3),
        label="Why",
        help_text="What is in the way, and what would help. Needed for at risk and off track.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        monday = monday_of(timezone.localdate())
        weeks = [monday - dt.timedelta(weeks=n) for n in range(CHECKIN_WEEKS_BACK)]
        field = self.fields["week"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [(week.isoformat(), f"Week from {day(week)}") for week in weeks]


class AskForm(PlainForm):
    what = forms.CharField(max_length=300, label="What is needed")
    why = forms.CharField(required=False, max_length=2000, widget=TextLines(rows=2), label="What it is for")
    of_name = forms.CharField(max_length=300, label="Of whom")
    of_email = forms.EmailField(
        required=False, label="Address", help_text="A link goes there by which this person can answer."
    )
    department = forms.CharField(required=False, max_length=120, label="Department")
    blocks = forms.BooleanField(
        required=False,
        initial=True,
        label="Work stands still until it is there",
        help_text="Stops the clock.",
    )
    since = forms.DateField(widget=DateInput, label="Waited for since", initial=timezone.localdate)
    needed_by = forms.DateField(required=False, widget=DateInput, label="Needed by")

    def __init__(self, *args: Any, departments: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].widget = TextWithSuggestions(departments, {"maxlength": 120})

    def clean_since(self) -> dt.date:
        since: dt.date = self.cleaned_data["since"]
        if since > timezone.localdate():
            raise forms.ValidationError("Choose today or an earlier day.")
        if since.year < 2000:
            raise forms.ValidationError("Choose a day after 1999.")
        return since


class AnswerForm(PlainForm):
    answer = forms.CharField(max_length=5000, widget=TextLines(rows=5), label="Your answer")


class ChangeMemberForm(_Seen):
    role = forms.ChoiceField(choices=ProjectMember.Role.choices, widget=Segments, label="Role here")
    works_as = forms.ChoiceField(required=False, label="Works as")
    share = forms.IntegerField(
        required=False,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        widget=ShortNumberInput,
        label="Share of a full week, %",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = list(role_names().items())
        # A role that an own charter wrote in its own words stays choosable.
        own = str(self.initial.get("works_as", ""))
        known += [(own, own)] if own and own not in role_names() else []
        field = self.fields["works_as"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [("", "Not said"), *known]


class MemberForm(ChangeMemberForm):
    name = forms.CharField(max_length=300, label="Name")
    email = forms.EmailField(
        required=False, label="Address", help_text="With an account here, the person is let into the project."
    )
    field_order = ("name", "email", "role", "works_as", "share")


class CloseForm(PlainForm):
    reason = forms.CharField(
        max_length=2000,
        widget=TextLines(rows=3),
        label="What came of it",
        help_text="Kept among its decisions.",
    )
    done = forms.BooleanField(required=False, label="The initiative is done; the roadmap says so too")

    def __init__(self, *args: Any, with_initiative: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_initiative:
            del self.fields["done"]


class _PersonChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A member of the organization, by name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.user.get_full_name())


class OpenInitiativeForm(PlainForm):
    name = forms.CharField(max_length=300, label="Name of the project")
    purpose = forms.CharField(
        required=False, max_length=5000, widget=TextLines(rows=3), label="What it is for"
    )
    owner = forms.CharField(required=False, max_length=300, label="Who owns the outcome")
    owner_email = forms.EmailField(
        required=False, label="Address of the owner", help_text="Is told when an ask waits too long."
    )
    lead = _PersonChoice(Membership.objects.none(), required=False, label="Lead", empty_label="I lead it")
    share = forms.IntegerField(
        required=False,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        widget=ShortNumberInput,
        label="Share of the lead’s full week, %",
    )
    starts_on = forms.DateField(widget=DateInput, label="First day")
    ends_on = forms.DateField(widget=DateInput, label="Last day")
    milestones = forms.BooleanField(required=False, initial=True, label="Take over the milestones")
    despite = forms.BooleanField(required=False, label="Open it all the same")

    def __init__(self, *args: Any, organization: Organization, opener: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lead = self.fields["lead"]
        assert isinstance(lead, forms.ModelChoiceField)  # noqa: S101
        self.organization, self.opener = organization, opener
        if not self.is_bound:
            del self.fields["despite"]
        lead.queryset = Membership.objects.filter(
            organization=organization, role__in=("owner", "facilitator", "member"), user__is_active=True
        ).select_related("user")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last, today = values.get("starts_on"), values.get("ends_on"), timezone.localdate()
        if first and abs((first - today).days) > MOST_DAYS_AWAY:
            self.add_error("starts_on", "Choose a day within ten years from now.")
        elif first and last and not 0 <= (last - first).days <= MOST_DAYS_AWAY:
            self.add_error("ends_on", "Choose a day after the first, within ten years.")
        if self.errors:
            del self.fields["despite"]
        else:
            self._mind_the_load(values)
        return values

    def _mind_the_load(self, values: dict[str, Any]) -> None:
        """Whoever would be promised too much is named once; a tick opens the project all the same."""
        lead = values["lead"].user if values.get("lead") else self.opener
        people = [(lead.get_full_name(), lead.email, values.get("share"))]
        added = promise_of(self.organization, people, values["starts_on"], values["ends_on"])
        too_much = overload_sentences(self.organization, added, today_of(self.organization))
        if not too_much:
            del self.fields["despite"]
        elif not values.get("despite"):
            self.add_error("despite", too_much)


class TokenForm(PlainForm):
    name = forms.CharField(max_length=80, label="Where it is used", initial="Notebook")
