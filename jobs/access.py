"""The one door to a job and to a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from accounts.access import require
from jobs.models import Job, Webhook
from ui.errors import NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


def get_job(user: User | AnonymousUser, pk: object) -> Job:
    """The job, for the person who asked for it; nobody else learns that it exists."""
    if not user.is_authenticated:
        raise NotFound
    job = Job.objects.filter(pk=str(pk), requested_by=user).first()
    if job is None:
        raise NotFound
    return job


def get_webhook(user: User | AnonymousUser, pk: UUID, *, need: str = "oversee") -> Webhook:
    """The webhook, for those who have ``need`` in its organization."""
    webhook = Webhook.objects.select_related("organization", "created_by").filter(pk=pk).first()
    if webhook is None:
        raise NotFound
    require(user, webhook.organization, need)
    return webhook
