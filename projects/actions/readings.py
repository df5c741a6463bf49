"""The nominated version, and reading the signed criteria from what was tracked for it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.localize import zone_of
from accounts.models import User
from charters.actions import record_reading
from charters.criteria import Criterion
from charters.keeping import readings_of, standing_of
from charters.models import Reading, Revision
from charters.queries import revision_in_force
from charters.verdicts import OF_A_MODEL
from projects.evidence import Measured, pick
from projects.models import Candidate, Intent, Project
from projects.tracking import evaluation, records
from ui.errors import Conflict, Invalid

FIRST_DAY = dt.date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Unread:
    """A criterion for which no reading could be kept, and why."""

    criterion: Criterion
    why: str


def nominate(project: Project, *, by: User, model: str, version: int, note: str = "") -> Candidate:
    """Make a registered version the one that verdicts are read for, and read what is there."""
    found = next(
        (row for row in records.versions_of(project.slug) if (row.model, row.version) == (model, version)),
        None,
    )
    if found is None:
        raise Invalid(
            "This version is not registered.", fields={"version": ["One of the registered versions."]}
        )
    with transaction.atomic():
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
        last = project.candidates.first()
        if last is not None and (last.model, last.version) == (model, version):
            raise Conflict(f"{last} is the candidate already.")
        candidate = Candidate.objects.create(
            project=project,
            model=model,
            version=version,
            model_id=found.model_id,
            run=found.run,
            note=note.strip()[:2000],
            nominated_by=by,
        )
        audit.record(
            organization=project.organization,
            actor=by,
            event="project.candidate_nominated",
            subject=candidate,
            data={"slug": project.slug, "model": model, "version": version},
        )
    read_criteria(project)
    return candidate


def read_criteria(project: Project) -> list[Unread]:
    """Keep a reading for each criterion of a model whose figure is new; says for which it could not.

    What was measured on other data or another slice is kept too: its verdict then says why it does not count.
    Safe to repeat: the same figure of the same run is kept once.
    """
    candidate = project.candidates.first()
    revision = revision_in_force(project.charter) if project.charter is not None else None
    if candidate is None or revision is None:
        return []
    unread = []
    for item in standing_of(revision, candidate=candidate.label).judged:
        criterion = item.criterion
        if criterion.kind not in OF_A_MODEL or not criterion.metric_key:
            continue
        why = _read(project, revision, candidate, criterion)
        if why:
            unread.append(Unread(criterion, why))
    return unread


def _read(project: Project, revision: Revision, candidate: Candidate, criterion: Criterion) -> str:
    """Keep the newest figure if it is new; returns why it could not be kept, or nothing."""
    found = pick(
        criterion,
        evaluation.measured(
            project.slug, criterion.metric_key, run=candidate.run, model_id=candidate.model_id
        ),
    )
    if found is None:
        return f"No run of this version has logged {criterion.metric_key}."
    if not math.isfinite(found.value) or abs(found.value) > 1e300:
        return f"The last value of {criterion.metric_key} is not a finite number."
    with transaction.atomic():
        # One at a time, so that two readers do not keep the same figure twice.
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
        if _is_kept(revision, candidate, criterion, found):
            return ""
        writer = (
            Intent.objects.filter(project=project, subject__run_id=found.run)
            .exclude(by=None)
            .select_related("by")
            .order_by("-made_at")
            .first()
        )
        by = writer.by if writer else None
        try:
            record_reading(
                revision,
                criterion.key,
                by=by,
                taken_on=_day(project, found),
                value=found.value,
                source=Reading.Source.TRACKING,
                candidate_judged=candidate.label,
                candidate=candidate.label,
                unit=criterion.unit,
                metric_key=criterion.metric_key,
                data_name=found.data_name,
                data_digest=found.digest,
                data_sha256=found.sha256,
                slice=found.slice,
                run=found.run,
                by_name=by.get_full_name() if by else found.by,
            )
        except Invalid as error:
            return " ".join([error.message, *[words for lines in error.fields.values() for words in lines]])
    return ""


def _is_kept(revision: Revision, candidate: Candidate, criterion: Criterion, found: Measured) -> bool:
    kept = [
        row
        for row in readings_of(revision.charter)
        if (row.criterion, row.candidate, row.source)
        == (criterion.key, candidate.label, Reading.Source.TRACKING)
    ]
    last = kept[-1] if kept else None
    return last is not None and _figures(last) == (
        found.value,
        found.run,
        found.data_name,
        found.digest,
        found.sha256,
        found.slice,
    )


def _figures(row: Reading) -> tuple[float | None, str, str, str, str, str]:
    return (row.value, row.run, row.data_name, row.data_digest, row.data_sha256, row.slice)


def _day(project: Project, found: Measured) -> dt.date:
    """The day of the measurement; clocks that run ahead or are not set are held to what can be."""
    zone = zone_of(project.organization)
    today = timezone.now().astimezone(zone).date()
    return min(max(found.at.astimezone(zone).date(), FIRST_DAY), today) if found.at else today


def read_what_changed() -> int:
    """Read the criteria of projects to which something was written since; returns how many projects."""
    waiting = Intent.objects.filter(handled_at=None).exclude(state=Intent.State.OPEN)
    ids = list(waiting.values_list("pk", flat=True)[:2000])
    projects = Project.objects.filter(intents__in=ids, candidates__isnull=False).distinct()
    for project in projects.select_related("organization", "charter"):
        read_criteria(project)
    Intent.objects.filter(pk__in=ids).update(handled_at=timezone.now())
    return len(projects)
