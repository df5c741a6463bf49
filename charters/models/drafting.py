"""Charters and what is written into them while they are drafts."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from accounts.models import Organization, User
from charters.models.states import STATE_CHOICES
from charters.signoff import State
from roadmap.use_case_models import UseCase


class Charter(models.Model):
    """The written agreement on one POC. `state` is that of its draft or, once frozen, its last revision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="charters")
    code = models.CharField(max_length=20)
    title = models.CharField(max_length=300, blank=True)
    use_case = models.ForeignKey(
        UseCase, on_delete=models.PROTECT, null=True, blank=True, related_name="charters"
    )
    plan_item = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=12, choices=STATE_CHOICES, default=State.DRAFT)
    latest_number = models.PositiveIntegerField(default=0)
    draft_reason = models.TextField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)
    # The charter in force that this one takes the place of, once it is in force itself.
    replaces = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaced_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", Upper("code"), name="charters_code_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="charters_charter_state_known"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-changed_at"], name="charters_latest")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}".strip()

    @property
    def is_draft(self) -> bool:
        return self.state == State.DRAFT

    @property
    def next_number(self) -> int:
        return self.latest_number + 1


class DraftField(models.Model):
    """The present value of one field of a draft; `version` counts its changes."""

    charter = models.ForeignKey(Charter, on_delete=models.CASCADE, related_name="draft_fields")
    name = models.CharField(max_length=80)
    value = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charter", "name"], name="charters_field_once")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class FieldEdit(models.Model):
    """One change of one field, kept: who wrote what when."""

    charter = models.ForeignKey(Charter, on_delete=models.CASCADE, related_name="edits")
    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    value = models.JSONField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["charter", "name", "version"], name="charters_edit_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class FieldComment(models.Model):
    """A remark on one field of a draft, by a member or by a guest; settled when it was dealt with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charter = models.ForeignKey(Charter, on_delete=models.CASCADE, related_name="comments")
    field = models.CharField(max_length=80)
    # The number of the revision that the draft was to become.
    for_number = models.PositiveIntegerField(default=1)
    words = models.TextField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    guest = models.ForeignKey(
        "charters.Guest", on_delete=models.SET_NULL, null=True, blank=True, related_name="comments"
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    settled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["charter", "field"], name="charters_comments")]
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="charters_comment_has_words"),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.words[:40]}"


class Guest(models.Model):
    """Somebody of a vendor or partner who may read this one charter and comment on its draft, by link."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charter = models.ForeignKey(Charter, on_delete=models.CASCADE, related_name="guests")
    name = models.CharField(max_length=300)
    email = models.EmailField()
    company = models.CharField(max_length=300, blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["charter", "email"], condition=Q(revoked_at=None), name="charters_guest_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RuleChoice(models.Model):
    """How strict an organization is with one completeness rule, where it differs from the rule's default."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="rule_choices")
    rule = models.CharField(max_length=80)
    severity = models.CharField(
        max_length=8, choices=[("note", "Note"), ("advise", "Advise"), ("block", "Block")]
    )
    chosen_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    chosen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "rule"], name="charters_rule_once"),
            models.CheckConstraint(
                condition=Q(severity__in=["note", "advise", "block"]), name="charters_severity_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.severity}"


class CharterTemplate(models.Model):
    """A charter to begin from: fields by flat name, kept by an organization for its next charters."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="charter_templates")
    name = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    fields = models.JSONField(default=dict)
    made_from = models.ForeignKey(Charter, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "organization", Upper("name"), condition=Q(archived_at=None), name="charters_template_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
