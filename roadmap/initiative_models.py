"""What an organization says about initiatives: its own ones, its choices, and how far the work is."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organization, User
from roadmap.use_case_models import UseCase

KEY_LENGTH = 120


class OwnInitiative(models.Model):
    """An initiative that the organization added; with the key of a standard one it stands in its place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="own_initiatives")
    key = models.CharField(max_length=KEY_LENGTH)
    content = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key"],
                condition=Q(archived_at=None),
                name="roadmap_own_initiative_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.content.get("title", self.key))


class InitiativeChoice(models.Model):
    """A choice by hand that every next plan follows: take it in, leave it out, or set its Monday."""

    class Choice(models.TextChoices):
        IN = "in", "Taken in"
        OUT = "out", "Left out"
        PIN = "pin", "Week set"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="initiative_choices"
    )
    key = models.CharField(max_length=KEY_LENGTH)
    choice = models.CharField(max_length=3, choices=Choice.choices)
    monday = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="roadmap_choice_once"),
            models.CheckConstraint(condition=Q(choice__in=["in", "out", "pin"]), name="roadmap_choice_known"),
            models.CheckConstraint(
                condition=Q(choice="pin", monday__isnull=False) | (~Q(choice="pin") & Q(monday=None)),
                name="roadmap_choice_pin_has_monday",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.get_choice_display()}"


class ItemProgress(models.Model):
    """How far an initiative is, and which use case a POC is about. It outlives the plan that began it."""

    class State(models.TextChoices):
        PLANNED = "planned", "Not started"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="item_progress")
    key = models.CharField(max_length=KEY_LENGTH)
    state = models.CharField(max_length=7, choices=State.choices, default=State.PLANNED)
    started_on = models.DateField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    finished_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    use_case = models.ForeignKey(
        UseCase, on_delete=models.SET_NULL, null=True, blank=True, related_name="plan_items"
    )
    revision = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="roadmap_progress_once"),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "running", "done", "dropped"]),
                name="roadmap_progress_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "done"]) | Q(started_on__isnull=False),
                name="roadmap_progress_has_start",
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(finished_on__isnull=False, finished_on__gte=models.F("started_on")),
                name="roadmap_progress_done_has_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.get_state_display()}"


class NextStep(models.Model):
    """What a decision on a POC calls for, as an initiative of the organization with its owner and its day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="next_steps")
    key = models.CharField(max_length=KEY_LENGTH)
    outcome = models.CharField(max_length=8)
    title = models.CharField(max_length=300)
    owner = models.CharField(max_length=300)
    due_on = models.DateField()
    # Where it was decided: words for a link, and its address.
    source = models.CharField(max_length=120)
    source_path = models.CharField(max_length=200)
    # The POC that was decided, empty where the roadmap held none.
    poc = models.CharField(max_length=KEY_LENGTH, blank=True)
    decided_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["due_on", "key"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="roadmap_next_step_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["scale", "iterate", "stop"]), name="roadmap_next_step_outcome_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.title}"
