"""What `ui/job.html` shows of a job; any page may include it for the job that it started."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from jobs.models import Job


@dataclass(frozen=True)
class JobPanel:
    """A job as the page shows it. ``share`` is in percent, None while it is not known."""

    id: str
    title: str
    running: bool
    failed: bool
    step: str
    share: int | None
    seconds: int
    message: str
    url: str
    page_url: str
    cancel_url: str
    result_url: str
    result_label: str = "Open the result"


def panel(job: Job) -> JobPanel:
    """The panel of a job as it stands now."""
    address = reverse("jobs:show", args=[job.pk])
    done = job.state == Job.State.DONE
    return JobPanel(
        id=str(job.pk),
        title=job.title,
        running=job.is_open,
        failed=job.state == Job.State.FAILED,
        step=job.step or job.get_state_display(),
        share=min(100, 100 * job.done // job.total) if job.total else None,
        seconds=int((timezone.now() - job.created_at).total_seconds()),
        message=job.message,
        url=address,
        page_url=address,
        cancel_url=reverse("jobs:cancel", args=[job.pk]) if job.is_open else "",
        result_url=job.result_url,
        result_label="Open the result" if done else "Back",
    )
