"""What keeps a signed charter alive: changes, readings, learning, the decision, and the sealed paper."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import AuditEvent, User
from charters.models.drafting import Charter
from charters.models.signing import Revision, SignoffRound


class ChangeRequest(models.Model):
    """A change of a charter in force: opened with a reason, in force when the same roles have signed."""

    class Kind(models.TextChoices):
        AMENDMENT = "amendment", "Amendment"
        SUCCESSOR = "successor", "New owner"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        IN_FORCE = "in_force", "In force"
        DROPPED = "dropped", "Dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charter = models.ForeignKey(Charter, on_delete=models.PROTECT, related_name="change_requests")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.AMENDMENT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.TextField()
    # The revision in force that it changes, and the one that takes its place.
    base = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, null=True, blank=True, related_name="change_request"
    )
    opened_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["charter", "number"]
        constraints = [
            models.UniqueConstraint(fields=["charter", "number"], name="charters_change_once"),
            models.UniqueConstraint(
                fields=["charter"], condition=Q(state="open"), name="charters_one_open_change"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "in_force", "dropped"]), name="charters_change_state_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="charters_change_has_reason"),
        ]

    def __str__(self) -> str:
        return f"Change request {self.number} of {self.charter.code}"


class Reading(models.Model):
    """One figure or answer for one signed criterion: a frozen copy, whatever becomes of where it was read."""

    class Source(models.TextChoices):
        FORM = "form", "Entered by hand"
        TRACKING = "tracking", "Read from a tracked run"
        VERIFIED = "verified", "Measured by the product"
        LIVE = "live", "Live figure"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="readings")
    criterion = models.CharField(max_length=44)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.FORM)
    candidate = models.CharField(max_length=300, blank=True)
    value = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    metric_key = models.CharField(max_length=250, blank=True)
    taken_on = models.DateField()
    data_name = models.CharField(max_length=300, blank=True)
    data_sha256 = models.CharField(max_length=64, blank=True)
    data_digest = models.CharField(max_length=40, blank=True)
    slice = models.CharField(max_length=300, blank=True)
    run = models.CharField(max_length=64, blank=True)
    # Of a verified reading: what the charter leaves open and who had it measured chose, in words.
    chosen = models.CharField(max_length=600, blank=True)
    answer = models.TextField(blank=True)
    proof = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=300, blank=True)
    noted_at = models.DateTimeField(default=timezone.now, editable=False)
    audit = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["noted_at", "pk"]
        indexes = [models.Index(fields=["revision", "criterion"], name="charters_readings")]
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=["form", "tracking", "verified", "live"]),
                name="charters_reading_source_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.value if self.value is not None else self.answer[:40]}"


class Learning(models.Model):
    """What was learned, tied to what it informs: an item of the questionnaire or an initiative."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charter = models.ForeignKey(Charter, on_delete=models.PROTECT, related_name="learnings")
    # The key of the learning question that it answers, empty where nobody had asked.
    criterion = models.CharField(max_length=44, blank=True)
    learned = models.TextField()
    evidence = models.TextField(blank=True)
    item = models.CharField(max_length=120, blank=True)
    initiative = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(learned=""), name="charters_learning_has_words"),
        ]

    def __str__(self) -> str:
        return self.learned[:60]


class Decision(models.Model):
    """Scale, iterate or stop, by the outcome owner, against the pathway that was agreed before the start."""

    class Outcome(models.TextChoices):
        SCALE = "scale", "Scale"
        ITERATE = "iterate", "Iterate"
        STOP = "stop", "Stop"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.TextField()
    # The verdicts as they stood: {"outcome", "why", "criteria": [{"key", "outcome", "why"}]}.
    verdict = models.JSONField(default=dict)
    # Whether it is what the agreed pathway called for, and if not, why.
    as_agreed = models.BooleanField(default=True)
    next_action = models.TextField(blank=True)
    next_owner = models.CharField(max_length=300, blank=True)
    next_on = models.DateField(null=True, blank=True)
    plan_item = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=300)
    by_email = models.EmailField()
    authenticated = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(editable=False)
    audit = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["scale", "iterate", "stop"]), name="charters_decision_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="charters_decision_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.revision}"


class SealedSheet(models.Model):
    """The sign-off sheet of one completed round, sealed, and the full charter that its hash names."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.OneToOneField(SignoffRound, on_delete=models.PROTECT, related_name="sheet")
    file = models.ForeignKey("jobs.StoredFile", on_delete=models.PROTECT, related_name="+")
    paper = models.ForeignKey("jobs.StoredFile", on_delete=models.PROTECT, related_name="+")
    # 128 random bits: the public address under which this sheet can be checked.
    token = models.CharField(max_length=32, unique=True)
    key_mark = models.CharField(max_length=64)
    time_stamped = models.BooleanField(default=False)
    sealed_at = models.DateTimeField(editable=False)
    audit = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"Sealed sheet of {self.round}"
