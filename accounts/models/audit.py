"""The audit log: rows are written once, each sealed together with the one before it.

Personal fields are kept as salted digests; their clear text and salt sit in a side table that erasure
can empty without breaking the chain.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from accounts.models.people import Organization, User


class ChainHead(models.Model):
    """The end of one chain: one per organization and one, without organization, for the installation."""

    key = models.CharField(max_length=64, primary_key=True)
    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="chain_head"
    )
    length = models.PositiveIntegerField(default=0)
    seal = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"{self.key} · {self.length}"


class AuditEvent(models.Model):
    """One entry: who did what to which object when, sealed with the entry before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(ChainHead, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveIntegerField()
    # Entries outlive the people they name, so the actor is a mark and not a reference that must resolve.
    actor = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    event = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=80, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
    personal = models.JSONField(default=dict)
    created_at = models.DateTimeField(editable=False)
    key_mark = models.CharField(max_length=16)
    field_marks = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64)

    class Meta:
        ordering = ["chain", "number"]
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="accounts_audit_number_once")]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="accounts_audit_subject"),
            models.Index(fields=["chain", "-created_at"], name="accounts_audit_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.event}"

    def sealed_fields(self) -> dict[str, Any]:
        """Every field that the seal covers, each value of ``data`` and ``personal`` by its own name."""
        fields: dict[str, Any] = {
            "chain": self.chain_id,
            "number": self.number,
            "actor": self.actor_id,
            "event": self.event,
            "subject_type": self.subject_type,
            "subject_id": self.subject_id,
            "created_at": self.created_at,
        }
        for group in ("data", "personal"):
            values = getattr(self, group)
            if isinstance(values, dict):
                fields |= {f"{group}.{name}": value for name, value in values.items()}
            else:
                fields[group] = values
        return fields


class AuditClearText(models.Model):
    """The clear text and the salt of one personal field of one entry; erasure empties both."""

    event = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="clear_texts")
    field = models.CharField(max_length=40)
    value = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "field"], name="accounts_clear_text_once")]

    def __str__(self) -> str:
        return f"{self.field} of {self.event_id}"
