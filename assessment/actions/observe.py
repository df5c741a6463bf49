"""What later stages saw, kept for the next round."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import Organization, User
from assessment.models import Observation


def record_observation(
    organization: Organization,
    *,
    kind: str,
    sentence: str,
    by: User | None,
    item: str = "",
    value: Any = None,
    subject: Model | None = None,
) -> Observation:
    """Keep one observation. The same kind about the same subject replaces what was seen before."""
    fields = {
        "item": item,
        "sentence": sentence[:400],
        "value": value,
        "observed_at": timezone.now(),
        "recorded_by": by,
    }
    with transaction.atomic():
        if subject is None:
            return Observation.objects.create(organization=organization, kind=kind, **fields)
        observation, _ = Observation.objects.update_or_create(
            organization=organization,
            kind=kind,
            subject_type=subject._meta.label_lower,
            subject_id=str(subject.pk),
            defaults=fields,
        )
        return observation
