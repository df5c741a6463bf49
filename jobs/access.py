"""The one door to a job and to a stored file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.models import Job
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
