"""The outbox of events: written with the change that they tell of, handed on by the worker after it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Event(models.Model):
    """Something that happened. Its id goes with every delivery, so that a receiver can drop repeats.

    ``data`` holds ids, figures and states, never names or addresses of people.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=60)
    # The object whose page tells the rest; a door of its own says who may see it.
    about_type = models.CharField(max_length=80)
    about_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    # The same event found twice by a sweep is one event.
    key = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now, editable=False)
    spread_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["organization", "at"], name="jobs_events_of_organization"),
            models.Index(fields=["spread_at", "at"], name="jobs_events_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key"], condition=~Q(key=""), name="jobs_event_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about_id}"


class Webhook(models.Model):
    """An address of an organization's own that is told of events. Its secret is kept encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="webhooks"
    )
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    # Areas of config/events.py; events of other areas are not sent.
    areas = models.JSONField(default=list)
    secret = models.TextField()
    # After a rotation requests carry a signature by each, so that the receiver can change over in peace.
    earlier_secret = models.TextField(blank=True)
    earlier_until = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    # Why the product paused it; empty where a person did.
    paused_for = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event on its way to one webhook."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENT = "sent", "Delivered"
        FAILED = "failed", "Not delivered"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=6, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "pk"]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="jobs_deliveries_due"),
            models.Index(fields=["webhook", "-created_at"], name="jobs_deliveries_latest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="jobs_delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sent", "failed"]), name="jobs_delivery_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook}"


class Rhythm(models.Model):
    """How often somebody gets a digest, and up to when it was sent. Without a row: weekly."""

    class Every(models.TextChoices):
        WEEK = "week", "Every Monday"
        DAY = "day", "Every day"
        NEVER = "never", "Never"

    every = models.CharField(max_length=5, choices=Every.choices, default=Every.WEEK)
    sent_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.get_every_display()


class Digest(Rhythm):
    """The digest of a member."""

    membership = models.OneToOneField(
        "accounts.Membership", on_delete=models.CASCADE, related_name="digest", primary_key=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(every__in=["week", "day", "never"]), name="jobs_digest_every_known"
            ),
        ]


class GuestDigest(Rhythm):
    """The digest of somebody from outside, about the objects of an organization that name this person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="jobs_guest_digest_once"),
            models.CheckConstraint(
                condition=Q(every__in=["week", "day", "never"]), name="jobs_guest_digest_every_known"
            ),
        ]
