"""Plans and the requests that they answer."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organization, User
from assessment.models import Result
from jobs.models import Job
from roadmap.plan import INFEASIBLE, plan_from_dict
from roadmap.plan import Plan as PlanValue

NAME_LENGTH = 60


class Plan(models.Model):
    """One answer of the planner, frozen: canonical JSON that never changes. Only its state moves.

    `wishes` is what a person asked for, `basis` a digest of each thing that it rests on, `entries` what the
    catalogue said about each of its initiatives. `kind` tells why it was made.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        REPLACED = "replaced", "Replaced"

    class Kind(models.TextChoices):
        PLAN = "plan", "Plan"
        REPLAN = "replan", "Replan"
        WHAT_IF = "what_if", "What if"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="plans")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.PLAN)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="plans")
    result_hash = models.CharField(max_length=64)
    based_on = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    wishes = models.JSONField()
    basis = models.JSONField()
    entries = models.JSONField()
    problem = models.TextField()
    canonical = models.TextField()
    relaxations = models.JSONField(default=list, blank=True)
    what_if = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=20)
    solver = models.CharField(max_length=60)
    seed = models.PositiveBigIntegerField()
    input_hash = models.CharField(max_length=64)
    plan_hash = models.CharField(max_length=64)
    week_zero = models.DateField()
    target_phase = models.PositiveSmallIntegerField()
    target_week = models.IntegerField(null=True)
    poc_week = models.IntegerField(null=True)
    cost_high = models.BigIntegerField()
    initiatives = models.PositiveIntegerField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="roadmap_plan_number_once"),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(state="published"), name="roadmap_one_published_plan"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "replaced"]), name="roadmap_plan_state_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["plan", "replan", "what_if"]), name="roadmap_plan_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | ~Q(status=INFEASIBLE), name="roadmap_published_plan_exists"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False), name="roadmap_published_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(archived_at=None), name="roadmap_published_not_archived"
            ),
        ]

    def __str__(self) -> str:
        return f"Plan {self.number}, {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A plan is frozen; plan again to change it.")
        super().save(*args, **kwargs)

    @property
    def content(self) -> dict[str, Any]:
        """The plan as plain data, the form that reports and the API read."""
        data: dict[str, Any] = json.loads(self.canonical)
        return data

    @property
    def value(self) -> PlanValue:
        return plan_from_dict(self.content)

    @property
    def found(self) -> bool:
        return self.status != INFEASIBLE

    @property
    def title(self) -> str:
        return f"Plan {self.number} · {self.name}"


class PlanRequest(models.Model):
    """What was asked of the planner. Its job reads it by id; the plan that it led to stands in `plan`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="plan_requests")
    kind = models.CharField(max_length=7, choices=Plan.Kind.choices, default=Plan.Kind.PLAN)
    name = models.CharField(max_length=NAME_LENGTH)
    wishes = models.JSONField()
    based_on = models.ForeignKey(Plan, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    change = models.JSONField(default=dict, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    plan = models.OneToOneField(Plan, on_delete=models.CASCADE, null=True, related_name="request")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["plan", "replan", "what_if"]), name="roadmap_request_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="plan") | Q(based_on__isnull=False), name="roadmap_request_has_base"
            ),
        ]

    def __str__(self) -> str:
        return self.name
