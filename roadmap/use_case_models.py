"""Use cases: what ML could be used for, scored for worth and feasibility."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organization, Unit, User
from assessment.evidence.models import DataAsset


class UseCase(models.Model):
    """An idea for ML. `levels` maps a question of the rubric to `{"level": 0..4 or null, "note": text}`.

    State, dates, budget and team follow from its charter and are written by the actions that charters call.
    """

    class State(models.TextChoices):
        IDEA = "idea", "Idea"
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        SCALED = "scaled", "Scaled"
        ITERATED = "iterated", "Iterated"
        STOPPED = "stopped", "Stopped"

    class Horizon(models.TextChoices):
        M3 = "m3", "Within 3 months"
        M6 = "m6", "Within 6 months"
        M12 = "m12", "Within 12 months"
        LATER = "later", "Later"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="use_cases")
    title = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    outcome_owner = models.CharField(max_length=150, blank=True)
    problem_type = models.CharField(max_length=30, blank=True)
    data_origin = models.CharField(max_length=12, blank=True)
    touches = models.JSONField(default=list, blank=True)
    horizon = models.CharField(max_length=6, choices=Horizon.choices, blank=True)
    other_uses = models.TextField(blank=True)
    lessons = models.TextField(blank=True)
    levels = models.JSONField(default=dict, blank=True)
    assets = models.ManyToManyField(DataAsset, blank=True, related_name="use_cases")
    state = models.CharField(max_length=8, choices=State.choices, default=State.IDEA)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    budget = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    team = models.JSONField(default=list, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["title", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["idea", "planned", "running", "scaled", "iterated", "stopped"]),
                name="roadmap_use_case_state_known",
            ),
            models.CheckConstraint(condition=Q(budget__gte=0), name="roadmap_use_case_budget_not_negative"),
        ]
        indexes = [models.Index(fields=["organization", "archived_at"], name="roadmap_use_case_open")]

    def __str__(self) -> str:
        return self.title
