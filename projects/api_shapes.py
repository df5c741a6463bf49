"""What the API shows of a project and takes for its work."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.api import StrictSerializer
from projects.actions.people import mark_of_member
from projects.actions.talking import mark_of_answer
from projects.actions.work import mark_of_record
from projects.models import (
    Ask,
    CheckIn,
    LoggedDecision,
    Milestone,
    Paper,
    Project,
    ProjectMember,
    Risk,
    Task,
)
from roadmap.standard import role_names


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """A project; `charter` is the id of the signed charter that it was opened from, or null."""

    class Meta:
        model = Project
        fields = (
            "id", "slug", "name", "purpose", "state", "charter", "use_case", "initiative", "starts_on",
            "ends_on", "created_at", "archived_at",
        )  # fmt: skip
        read_only_fields = fields


class TaskSerializer(serializers.ModelSerializer[Task]):
    """A card of the board. `owner` is the id of somebody on the project; `version` counts changes."""

    class Meta:
        model = Task
        fields = (
            "id", "title", "note", "column", "owner", "due_on", "milestone", "version", "created_at",
            "done_at",
        )  # fmt: skip
        read_only_fields = fields


class MilestoneSerializer(serializers.ModelSerializer[Milestone]):
    """Something that is there on a day; `deliverable` is its key in the charter.

    `version` is another one after each change.
    """

    version = serializers.SerializerMethodField()

    class Meta:
        model = Milestone
        fields = ("id", "title", "due_on", "done_on", "deliverable", "version", "created_at")
        read_only_fields = fields

    def get_version(self, row: Milestone) -> str:
        return mark_of_record(row)


class RiskSerializer(serializers.ModelSerializer[Risk]):
    """What could go wrong; likelihood and effect from 1 (low) to 3 (high).

    `version` is another one after each change.
    """

    version = serializers.SerializerMethodField()

    class Meta:
        model = Risk
        fields = (
            "id", "title", "response", "likelihood", "effect", "owner", "version", "created_at", "closed_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_version(self, row: Risk) -> str:
        return mark_of_record(row)


class AskSerializer(serializers.ModelSerializer[Ask]):
    """Somebody is waited for, since a day. A blocking ask stops the clock of the time box."""

    class Meta:
        model = Ask
        fields = (
            "id", "what", "why", "of_name", "department", "blocks", "since", "needed_by", "escalated_at",
            "answered_at", "answered_by", "answer", "withdrawn_at",
        )  # fmt: skip
        read_only_fields = fields


class CheckInSerializer(serializers.ModelSerializer[CheckIn]):
    """How the project stood in the week from a Monday.

    `health` and `version` are empty while nobody answered.
    """

    version = serializers.SerializerMethodField()

    class Meta:
        model = CheckIn
        fields = ("week", "health", "reason", "by_name", "version", "asked_at", "answered_at")
        read_only_fields = fields

    def get_version(self, row: CheckIn) -> str:
        return mark_of_answer(row)


class LoggedDecisionSerializer(serializers.ModelSerializer[LoggedDecision]):
    """What the project decided on a day; never changed, only followed by another."""

    class Meta:
        model = LoggedDecision
        fields = ("id", "decided", "why", "decided_by", "decided_on", "logged_at")
        read_only_fields = fields


class PaperSerializer(serializers.ModelSerializer[Paper]):
    """A document, a link or minutes. `file` names the document; `held_because` says why it is held back."""

    file = serializers.CharField(source="file.name", default="", read_only=True)
    size = serializers.IntegerField(source="file.size", default=None, read_only=True, allow_null=True)
    is_held = serializers.BooleanField(read_only=True)

    class Meta:
        model = Paper
        fields = (
            "id", "kind", "title", "url", "text", "held_on", "file", "size", "is_held", "held_because",
            "added_at",
        )  # fmt: skip
        read_only_fields = fields


class ProjectMemberSerializer(serializers.ModelSerializer[ProjectMember]):
    """Somebody on the project, with a share of a full week in percent.

    `version` is another one after each change.
    """

    version = serializers.SerializerMethodField()

    class Meta:
        model = ProjectMember
        fields = ("id", "name", "role", "works_as", "share", "version", "added_at")
        read_only_fields = fields

    def get_version(self, row: ProjectMember) -> str:
        return mark_of_member(row)


class NewDecision(StrictSerializer):
    """What was decided, and on which day."""

    decided = serializers.CharField(max_length=2000)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    decided_by = serializers.CharField(required=False, allow_blank=True, max_length=300)
    decided_on = serializers.DateField()


class NewPaper(StrictSerializer):
    """A link with its address, or minutes with their words. Files are sent to `documents/`."""

    kind = serializers.ChoiceField(choices=[row for row in Paper.Kind.choices if row[0] != "document"])
    title = serializers.CharField(max_length=300)
    url = serializers.URLField(required=False, allow_blank=True, max_length=500)
    text = serializers.CharField(required=False, allow_blank=True, max_length=50_000)
    held_on = serializers.DateField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = {"link": "url", "minutes": "text"}[attrs["kind"]]
        if not attrs.get(needed):
            raise serializers.ValidationError({needed: [f"Needed for {attrs['kind']}."]})
        return attrs


class NewDocument(StrictSerializer):
    """A file as a part of a multipart request; without a title it is called like the file."""

    file = serializers.FileField()
    title = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class ProjectMemberValues(StrictSerializer):
    """Role, work and share of somebody."""

    role = serializers.ChoiceField(choices=ProjectMember.Role.choices)
    works_as = serializers.ChoiceField(choices=[], required=False, allow_blank=True)
    share = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        fields["works_as"].choices = role_names()
        return fields


class NewProjectMember(ProjectMemberValues):
    """Somebody who joins. With an account in the organization the person is let into the project."""

    name = serializers.CharField(max_length=300)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254, default="")
    works_as = serializers.ChoiceField(choices=[], required=False, allow_blank=True, default="")
    share = serializers.IntegerField(
        min_value=0, max_value=100, required=False, allow_null=True, default=None
    )


class ProjectMemberChange(ProjectMemberValues):
    """What is to change, and the version that it is written over; the rest stays."""

    role = serializers.ChoiceField(choices=ProjectMember.Role.choices, required=False)
    version = serializers.CharField(max_length=64)


class TaskValues(StrictSerializer):
    """The fields of a card."""

    title = serializers.CharField(max_length=300)
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    column = serializers.ChoiceField(choices=Task.Column.choices, required=False)
    owner = serializers.UUIDField(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    milestone = serializers.UUIDField(required=False, allow_null=True)


class TaskChange(TaskValues):
    """Fields to change, and the version that they are written over."""

    title = serializers.CharField(max_length=300, required=False)
    version = serializers.IntegerField(min_value=1, max_value=2_000_000_000)


class MilestoneValues(StrictSerializer):
    """The fields of a milestone."""

    title = serializers.CharField(max_length=300)
    due_on = serializers.DateField(required=False, allow_null=True)
    done_on = serializers.DateField(required=False, allow_null=True)


class MilestoneChange(MilestoneValues):
    """Fields of a milestone to change, and the version that they are written over."""

    title = serializers.CharField(max_length=300, required=False)
    version = serializers.CharField(max_length=64)


class RiskValues(StrictSerializer):
    """The fields of a risk."""

    title = serializers.CharField(max_length=300)
    response = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    likelihood = serializers.IntegerField(min_value=1, max_value=3, required=False)
    effect = serializers.IntegerField(min_value=1, max_value=3, required=False)
    owner = serializers.UUIDField(required=False, allow_null=True)


class RiskChange(RiskValues):
    """Fields of a risk to change, and the version that they are written over."""

    title = serializers.CharField(max_length=300, required=False)
    version = serializers.CharField(max_length=64)


class NewAsk(StrictSerializer):
    """Who is asked for what. With an address a link by which it can be answered is mailed there."""

    what = serializers.CharField(max_length=300)
    why = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    of_name = serializers.CharField(max_length=300)
    of_email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    department = serializers.CharField(required=False, allow_blank=True, max_length=120)
    blocks = serializers.BooleanField(required=False)
    since = serializers.DateField(required=False)
    needed_by = serializers.DateField(required=False, allow_null=True)

    def validate_since(self, value: Any) -> Any:
        if value.year < 2000 or value > timezone.localdate():
            raise serializers.ValidationError("A day from 2000 until today.")
        return value


class AskAnswer(StrictSerializer):
    """An answer that came by another way."""

    answer = serializers.CharField(max_length=5000)


class NewCheckIn(StrictSerializer):
    """The week by its Monday, at most eight weeks back; at risk and off track need a reason.

    An answer is written over by one that names its `version`; without it the week has none yet.
    """

    week = serializers.DateField()
    health = serializers.ChoiceField(choices=CheckIn.Health.choices)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    version = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")
