"""The archive of a project: asking for one, the job that makes it, and keeping the last."""

from __future__ import annotations

import tempfile
from typing import IO

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import audit
from accounts.localize import as_in
from accounts.models import User
from jobs import actions as jobs
from jobs import files
from jobs.models import Job
from jobs.runner import Cancelled, Outcome, Progress
from projects.models import Project
from reports.access import get_project_to_archive
from reports.archive_files import STEPS, write_archive
from reports.archive_records import NOT_TOLD
from reports.models import ProjectArchive
from ui.errors import NotAllowed

NAME = "reports.archive"


def request_archive(project: Project, *, by: User) -> Job:
    """Start the work; asking again while it runs returns the same job."""
    return jobs.request(
        NAME,
        project.pk,
        title=f"Archive of {project.name}",
        by=by,
        organization=project.organization,
        key=job_key(project, by),
        back_url=reverse("reports:archive", args=[project.pk]),
    )


def job_key(project: Project, by: User) -> str:
    return f"archive:{project.pk}:{by.pk}"


def make(progress: Progress, project_id: str) -> Outcome:
    """The job ``reports.archive``. Safe to run twice: the last archive replaces the one before."""
    by = progress.job.requested_by
    if by is None:
        raise NotAllowed("The account that asked for this archive is gone.")
    project = get_project_to_archive(by, project_id)
    # On the disk of the data: the folder for temporary files is memory on many machines.
    with tempfile.TemporaryFile(dir=settings.DATA_DIR, prefix="archive-") as content:
        with as_in(project.organization):
            write_archive(content, project, by=by, tell=progress)
        progress("Keeping the file", STEPS - 1, STEPS)
        if progress.cancelled():  # asked again: what is kept cannot be taken back
            raise Cancelled
        _keep(project, content, by=by)
    return Outcome("The archive is ready.", reverse("reports:archive", args=[project.pk]))


@transaction.atomic
def _keep(project: Project, content: IO[bytes], *, by: User) -> None:
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    before = ProjectArchive.objects.filter(project=project).select_related("file").first()
    file = files.store_from(
        content,
        organization=project.organization,
        name=f"{project.slug}-archive.zip",
        content_type="application/zip",
    )
    if before is not None:
        remove(before)
    ProjectArchive.objects.create(project=project, file=file, made_by=by)
    audit.record(
        organization=project.organization,
        actor=by,
        event=NOT_TOLD,
        subject=project,
        data={"slug": project.slug, "file": file.sha256},
    )


def remove(archive: ProjectArchive) -> None:
    """Delete an archive with its file."""
    ProjectArchive.objects.filter(pk=archive.pk).delete()
    files.delete([archive.file])
