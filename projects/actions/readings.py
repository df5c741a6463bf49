"""The nominated version, and reading the signed criteria from what was tracked for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.localize import zone_of
from accounts.models import User
from charters.actions import record_reading
from charters.actions.telling import tell_verdicts
from charters.criteria import Criterion
from charters.keeping import Standing, readings_of, standing_of
from charters.models import Charter, Reading, Revision
from charters.queries import revision_in_force
from charters.verdicts import OF_A_MODEL
from jobs import outbox
from projects.evidence import Measured, pick, why_unread
from projects.models import Candidate, Intent, Project
from projects.tracking import evaluation, records
from ui.errors import Conflict, Invalid

READ_TRIES = 3
FIRST_DAY = dt.date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Unread:
    """A criterion for which no reading could be kept, and why."""

    criterion: Criterion
    why: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured for a criterion; None where nothing was."""

    criterion: Criterion
    measured: Measured | None


def nominate(
    project: Project, *, by: User, model: str, version: int, note: str = "", instead_of: str | None = None
) -> Candidate:
    """Make a registered version the one that verdicts are read for, and read what is there.

    `instead_of` is the candidate that the page showed, empty for none: Conflict where it is another by now.
    """
    found = next(
        (row for row in records.versions_of(project.slug) if (row.model, row.version) == (model, version)),
        None,
    )
    if found is None:
        raise Invalid(
            "This version is not registered.", fields={"version": ["One of the registered versions."]}
        )
    revision = _in_force(project)
    figures = _figures(project, revision, run=found.run, model_id=found.model_id)
    with transaction.atomic():
        if _locked(project, revision) != revision:
            raise Conflict("The charter changes right now. Look at it, then nominate again.")
        last = project.candidates.first()
        if last is not None and (last.model, last.version) == (model, version):
            raise Conflict(f"{last} is the candidate already.")
        if instead_of is not None and instead_of != (last.label if last else ""):
            raise Conflict(f"{last} was nominated meanwhile. Look at it, then nominate again.")
        candidate = Candidate.objects.create(
            project=project,
            model=model,
            version=version,
            model_id=found.model_id,
            run=found.run,
            note=note.strip()[:2000],
            nominated_by=by,
        )
        _tell_nominated(candidate, by)
        if revision is not None:
            before = standing_of(revision, candidate=last.label if last else None)
            _keep(project, revision, candidate, figures, before=before)
    return candidate


def _tell_nominated(candidate: Candidate, by: User) -> None:
    project, event = candidate.project, "project.candidate_nominated"
    facts = {"slug": project.slug, "model": candidate.model, "version": candidate.version}
    audit.record(organization=project.organization, actor=by, event=event, subject=candidate, data=facts)
    outbox.publish(event, organization=project.organization, about=project, data=facts)


def read_criteria(project: Project) -> list[Unread]:
    """Keep a reading for each criterion of a model whose figure is new; says for which it could not.

    What was measured on other data or another slice is kept too: its verdict then says why it does not count.
    Safe to repeat: the same figure of the same run is kept once.
    """
    for _ in range(READ_TRIES):
        candidate, revision = project.candidates.first(), _in_force(project)
        if candidate is None or revision is None:
            return []
        figures = _figures(project, revision, run=candidate.run, model_id=candidate.model_id)
        with transaction.atomic():
            # One at a time, so that two readers do not keep the same figure twice; and for what stands now:
            # a version that was replaced while its runs were read has no verdict to tell of.
            if _locked(project, revision) == revision and project.candidates.first() == candidate:
                before = standing_of(revision, candidate=candidate.label)
                return _keep(project, revision, candidate, figures, before=before)
    raise Conflict("The candidate or the charter changes right now. Read the criteria again in a moment.")


def _in_force(project: Project) -> Revision | None:
    """The text that readings are for; an archived charter takes none."""
    charter = project.charter
    return None if charter is None or charter.archived_at else revision_in_force(charter)


def _locked(project: Project, revision: Revision | None) -> Revision | None:
    """Take the charter, then its project, as a decision does; what is in force now."""
    if revision is not None:
        Charter.objects.select_for_update(of=("self",)).get(pk=revision.charter_id)
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    return _in_force(project)


def _figures(project: Project, revision: Revision | None, *, run: str, model_id: str) -> list[Figure]:
    """The newest figure of one version for each criterion of a model."""
    if revision is None:
        return []
    asked = [item.criterion for item in standing_of(revision).judged]
    return [
        Figure(
            criterion,
            pick(
                criterion,
                evaluation.measured(project.slug, criterion.metric_key, run=run, model_id=model_id),
            ),
        )
        for criterion in asked
        if criterion.kind in OF_A_MODEL and criterion.metric_key
    ]


def _keep(
    project: Project, revision: Revision, candidate: Candidate, figures: list[Figure], *, before: Standing
) -> list[Unread]:
    """Keep what is new and tell once of all verdicts that it changes."""
    kept, unread = [], []
    for figure in figures:
        reading, why = _keep_one(project, revision, candidate, figure)
        if reading is not None:
            kept.append(reading)
        if why:
            unread.append(Unread(figure.criterion, why))
    by = kept[-1].by if kept else None
    names = sorted({reading.by_name for reading in kept if reading.by_name})
    after = standing_of(revision, candidate=candidate.label)
    tell_verdicts(before, after, by=by if len(names) == 1 else None, by_name=" and ".join(names))
    return unread


def _keep_one(
    project: Project, revision: Revision, candidate: Candidate, figure: Figure
) -> tuple[Reading | None, str]:
    """The reading, if one was kept, and why none could be."""
    criterion, found = figure.criterion, figure.measured
    why = why_unread(criterion, found)
    if found is None or why:
        return None, why
    last = _last_kept(revision, candidate, criterion)
    if last is not None and _facts(last) == _facts_of(found):
        return None, ""
    by = _writer(project, found.run)
    try:
        reading = record_reading(
            revision,
            criterion.key,
            by=by,
            taken_on=_day(project, found),
            value=found.value,
            source=Reading.Source.TRACKING,
            candidate_judged=candidate.label,
            tell=False,
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
        return None, " ".join([error.message, *[words for lines in error.fields.values() for words in lines]])
    if last is not None and last.run == found.run:
        _tell_of_run("reading.run_edited", reading, criterion)
    return reading, ""


def _writer(project: Project, run: str) -> User | None:
    """Who wrote to a run last, as far as the gate knows."""
    written = Intent.objects.filter(project=project, subject__run_id=run).exclude(by=None)
    last = written.select_related("by").order_by("-made_at").first()
    return last.by if last else None


def _tell_of_run(kind: str, reading: Reading, criterion: Criterion) -> None:
    """An edited run is told of at each edit, a deleted one once."""
    charter = reading.revision.charter
    outbox.publish(
        kind,
        organization=charter.organization,
        about=charter,
        data={"charter": charter.code, "criterion": criterion.name, "key": criterion.key, "run": reading.run},
        key=f"{kind}:{reading.pk}",
    )


def notice_deleted_runs(project: Project) -> None:
    """Tell once of each run that stands behind a verdict and is no longer there. The reading stays."""
    candidate = project.candidates.first()
    revision = revision_in_force(project.charter) if project.charter is not None else None
    if candidate is None or revision is None:
        return
    behind = [
        (item.row, item.criterion)
        for item in standing_of(revision, candidate=candidate.label).judged
        if item.row is not None and item.row.source == Reading.Source.TRACKING
    ]
    there = {run.id for run in records.runs_by_id(project.slug, [row.run for row, _ in behind])}
    with transaction.atomic():
        for row, criterion in behind:
            if row.run not in there:
                _tell_of_run("reading.run_deleted", row, criterion)


def _last_kept(revision: Revision, candidate: Candidate, criterion: Criterion) -> Reading | None:
    kept = [
        row
        for row in readings_of(revision.charter)
        if (row.criterion, row.candidate, row.source)
        == (criterion.key, candidate.label, Reading.Source.TRACKING)
    ]
    return kept[-1] if kept else None


def _facts_of(found: Measured) -> tuple[float | None, str, str, str, str, str]:
    return (found.value, found.run, found.data_name, found.digest, found.sha256, found.slice)


def _facts(row: Reading) -> tuple[float | None, str, str, str, str, str]:
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
        notice_deleted_runs(project)
    Intent.objects.filter(pk__in=ids).update(handled_at=timezone.now())
    return len(projects)
