"""Frozen revisions, rounds of signatures, and what was signed.

A revision's text is written once. Signatures and events are only ever added. The audit chain holds a sealed
copy of each fact that counts; `charters.proof` compares the two.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import AuditEvent, User
from charters.models.drafting import Charter
from charters.models.states import (
    REVISION_STATE_CHOICES,
    ROUND_STATE_CHOICES,
    ROUND_STATES,
    SEAT_STATE_CHOICES,
)
from charters.signoff import SeatState, State


class Revision(models.Model):
    """One frozen text: its canonical form and that form's SHA-256. Only `state` ever changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charter = models.ForeignKey(Charter, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=REVISION_STATE_CHOICES, default=State.FROZEN)
    frozen_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    frozen_at = models.DateTimeField(default=timezone.now, editable=False)
    in_force_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["charter", "number"]
        constraints = [
            models.UniqueConstraint(fields=["charter", "number"], name="charters_revision_once"),
            models.UniqueConstraint(
                fields=["charter"], condition=Q(state="in_force"), name="charters_one_in_force"
            ),
            models.UniqueConstraint(fields=["charter"], condition=Q(state="out"), name="charters_one_out"),
            models.CheckConstraint(
                condition=Q(state__in=[state for state, _ in REVISION_STATE_CHOICES]),
                name="charters_revision_state_known",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="charters_revision_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.charter.code} revision {self.number}"

    @property
    def short_hash(self) -> str:
        return f"{self.sha256[:4]} {self.sha256[4:8]} … {self.sha256[-4:]}"


class SignoffRound(models.Model):
    """One round of signatures over one revision. `orders` maps a step to parallel or in_order."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    orders = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=ROUND_STATE_CHOICES, default=State.OUT)
    due_on = models.DateField(null=True, blank=True)
    opened_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["revision", "number"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "number"], name="charters_round_once"),
            models.UniqueConstraint(
                fields=["revision"], condition=Q(state="out"), name="charters_one_open_round"
            ),
            models.CheckConstraint(condition=Q(state__in=ROUND_STATES), name="charters_round_state_known"),
        ]

    def __str__(self) -> str:
        return f"Round {self.number} of {self.revision}"


class Signatory(models.Model):
    """A seat of a round: who is asked to sign, as frozen in the revision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(SignoffRound, on_delete=models.PROTECT, related_name="signatories")
    seat = models.CharField(max_length=44)
    role = models.CharField(max_length=80)
    name = models.CharField(max_length=300)
    email = models.EmailField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    step = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=SEAT_STATE_CHOICES, default=SeatState.WAITING)
    asked_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    # The honest limits that were "not acceptable", by key, where that is why the seat declined.
    limits = models.JSONField(default=list, blank=True)
    # A member who signs in this seat's place; the seat itself stays as frozen in the text.
    delegate = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    delegate_name = models.CharField(max_length=300, blank=True)
    delegate_email = models.EmailField(blank=True)
    delegate_reason = models.TextField(blank=True)
    delegated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["step", "position", "seat"]
        constraints = [
            models.UniqueConstraint(fields=["round", "seat"], name="charters_seat_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in SeatState]), name="charters_seat_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "changes"]) | ~Q(reason=""),
                name="charters_decline_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.role}"


class Signature(models.Model):
    """An agreement to one text. Name and address stay as signed, whatever becomes of the account."""

    class Method(models.TextChoices):
        ACCOUNT = "account", "Signed in"
        LINK = "link", "Personal link and mailed code"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    signatory = models.OneToOneField(Signatory, on_delete=models.PROTECT, related_name="signature")
    round = models.ForeignKey(SignoffRound, on_delete=models.PROTECT, related_name="signatures")
    seat = models.CharField(max_length=44)
    sha256 = models.CharField(max_length=64)
    role = models.CharField(max_length=80)
    name = models.CharField(max_length=300)
    email = models.EmailField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    method = models.CharField(max_length=8, choices=Method.choices)
    authenticated = models.CharField(max_length=40, blank=True)
    is_evidence = models.BooleanField(default=True)
    statement = models.TextField()
    # The honest limits that were confirmed, as they were worded: [{"key": …, "text": …}].
    confirmed = models.JSONField(default=list)
    # Who signed in the seat's place, empty where its own holder did.
    delegate_name = models.CharField(max_length=300, blank=True)
    delegate_email = models.EmailField(blank=True)
    signed_at = models.DateTimeField(editable=False)
    audit = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "seat"], name="charters_signature_once"),
            models.CheckConstraint(condition=Q(method__in=["account", "link"]), name="charters_method_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.role}"


class EventKind(models.TextChoices):
    FROZEN = "frozen", "Frozen"
    SENT = "sent", "Sent for signature"
    REMINDED = "reminded", "Reminded"
    SIGNED = "signed", "Signed"
    DECLINED = "declined", "Declined"
    IN_FORCE = "in_force", "In force"
    WITHDRAWN = "withdrawn", "Withdrawn"
    SUPERSEDED = "superseded", "Superseded"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    LIMITS_REFUSED = "limits_refused", "Limits not acceptable"
    DELEGATED = "delegated", "Delegated"
    CHANGE_OPENED = "change_opened", "Change request opened"
    CHANGE_DROPPED = "change_dropped", "Change request dropped"
    SEALED = "sealed", "Sealed"
    CANCELLED = "cancelled", "Cancelled"
    DECIDED = "decided", "Decided"


class SignoffEvent(models.Model):
    """What happened to a revision and its rounds, in order, each with its sealed entry in the audit chain."""

    Kind = EventKind

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charter = models.ForeignKey(Charter, on_delete=models.PROTECT, related_name="events")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="events")
    round = models.ForeignKey(SignoffRound, on_delete=models.PROTECT, null=True, related_name="events")
    signatory = models.ForeignKey(Signatory, on_delete=models.PROTECT, null=True, related_name="events")
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    words = models.TextField(blank=True)
    at = models.DateTimeField(editable=False)
    audit = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["charter", "at"], name="charters_events")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EventKind.values), name="charters_event_kind_known")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
