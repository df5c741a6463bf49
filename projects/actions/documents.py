"""Documents of a project: taken in, held back where they could act, let through, removed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts import audit
from accounts.models import User
from jobs import files
from projects.documents import Refused, clean_name, examine
from projects.models import Paper, Project
from ui import limited
from ui.errors import Conflict, Invalid
from ui.words import listed

# Of one project: bytes of all documents that are kept, and how many.
QUOTA_BYTES, MOST_DOCUMENTS = 200 * 1024 * 1024, 300
MEGABYTE = 1024 * 1024


def add_document(project: Project, *, by: User, name: str, content: bytes, title: str = "") -> Paper:
    """Keep a file. It is looked at in a process with limits; one that could act is held back."""
    shown = clean_name(name)
    try:
        found = limited.call(examine, shown, content, what="This file", megabytes=1024, seconds=20)
    except Refused as refused:
        raise Invalid(str(refused), fields={"file": [str(refused)]}) from refused
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        _within_quota(project, len(content))
        stored = files.store(
            content, organization=project.organization, name=shown, content_type=found.content_type
        )
        paper = Paper.objects.create(
            project=project,
            added_by=by,
            kind=Paper.Kind.DOCUMENT,
            title=title.strip()[:300] or shown,
            file=stored,
            held_because=f"It holds {listed(found.acts)}."[:300] if found.acts else "",
        )
        _record(paper, by, "project.document_added", held=bool(found.acts))
    return paper


def _within_quota(project: Project, more: int) -> None:
    kept = Paper.objects.filter(project=project, file__isnull=False)
    used = kept.aggregate(total=Sum("file__size"))["total"] or 0
    if used + more > QUOTA_BYTES:
        free = max(QUOTA_BYTES - used, 0) // MEGABYTE
        sentence = f"Of the project’s {QUOTA_BYTES // MEGABYTE} MB {free} are free. Remove a document first."
        raise Invalid(sentence, fields={"file": [sentence]})
    if kept.count() >= MOST_DOCUMENTS:
        raise Conflict(f"A project keeps at most {MOST_DOCUMENTS} documents. Remove one first.")


@transaction.atomic
def let_through(paper: Paper, *, by: User) -> None:
    """A lead answers for a document that was held back; from now on it can be downloaded."""
    held = Paper.objects.filter(pk=paper.pk, archived_at=None, released_at=None).exclude(held_because="")
    if not held.update(released_at=timezone.now(), released_by=by):
        raise Conflict("This document is not held back any more.")
    _record(paper, by, "project.document_released", held=True)


@transaction.atomic
def remove_document(paper: Paper, *, by: User) -> None:
    """Its bytes are deleted; the log keeps that it was there, and its hash."""
    stored = paper.file
    removed = Paper.objects.filter(pk=paper.pk, archived_at=None, file__isnull=False)
    if stored is None or not removed.update(archived_at=timezone.now(), file=None):
        raise Conflict("This document was removed before.")
    _record(paper, by, "project.document_removed", held=paper.is_held)
    files.delete([stored])


def _record(paper: Paper, by: User, event: str, *, held: bool) -> None:
    project, stored = paper.project, paper.file
    audit.record(
        organization=project.organization,
        actor=by,
        event=event,
        subject=paper,
        data={"slug": project.slug, "sha256": stored.sha256 if stored else "", "held": held},
        personal={"name": stored.name} if stored else None,
    )
