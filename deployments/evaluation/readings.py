"""Verified readings: what the product is asked to measure, and where that differs from what was said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.urls import reverse

from accounts import audit
from accounts.models import User
from charters.criteria import Criterion, Outcome, evaluate
from charters.keeping import as_reading, lived_revision, readings_of, standing_of
from charters.models import Reading, Revision
from charters.queries import revision_in_force
from charters.verdicts import OF_A_MODEL
from deployments import sandbox
from deployments.evaluation.metrics import (
    Metric,
    NotMeasurable,
    are_apart,
    conditions_of,
    in_unit,
    metric_named,
)
from deployments.evaluation.terms import (
    TARGET,
    THRESHOLD,
    Terms,
    classes_in,
    kept_of,
    left_open,
    open_words,
    signed_words,
)
from deployments.models import Evaluation
from deployments.references import read_limited
from deployments.tables import MEGABYTE, MOST_BYTES, Unreadable
from jobs import actions as jobs
from jobs import files
from jobs.models import Job, StoredFile
from projects.models import Candidate, Project
from ui.errors import Conflict, Invalid
from ui.limited import OverLimit
from ui.words import listed

JOB = "deployments.evaluate"
SELF_REPORTED = (Reading.Source.FORM, Reading.Source.TRACKING)
NO_FILE = "The charter names no file by its SHA-256, so nothing would show that a file is the one."
NO_CANDIDATE = "No version is nominated yet. The lead nominates one on the page of models."
NOT_IN_FORCE = "No text of the charter is in force."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A criterion of a model as the product would measure it; `why_not` says why it cannot."""

    criterion: Criterion
    metric: Metric | None = None
    conditions: tuple[tuple[str, str], ...] = ()
    why_not: str = ""

    @property
    def sha256(self) -> str:
        return self.criterion.data.sha256.lower()

    @property
    def left_open(self) -> tuple[str, ...]:
        """The terms that the charter does not fix."""
        return left_open(self.metric, self.criterion.data) if self.metric is not None else ()

    @property
    def open_words(self) -> str:
        return open_words(self.left_open)

    @property
    def signed_words(self) -> str:
        return signed_words(self.criterion.data)


@dataclass(frozen=True, slots=True)
class Difference:
    """A finding: the product measured something else than was reported for the same version and data."""

    criterion: Criterion
    reported: Reading
    verified: Reading
    turns: bool

    @property
    def words(self) -> str:
        said, found = f"{self.reported.value:.6g}", f"{self.verified.value:.6g}"
        words = f"{self.reported.by_name or 'Somebody'} reported {said}, the product measured {found}."
        return f"{words} The verdict is another one." if self.turns else words


def wanted_of(revision: Revision) -> list[Wanted]:
    """The criteria of a model in a signed text, each with how it would be measured."""
    judged = standing_of(revision).judged
    asked = [item.criterion for item in judged if item.criterion.kind in OF_A_MODEL]
    return [_wanted(criterion) for criterion in asked if criterion.metric_key]


def _wanted(criterion: Criterion) -> Wanted:
    if not criterion.data.sha256:
        return Wanted(criterion, why_not=NO_FILE)
    try:
        metric = metric_named(criterion.metric_key)
        in_unit(metric, 0.0, criterion.unit)
        return Wanted(criterion, metric, tuple(conditions_of(criterion.slice)))
    except NotMeasurable as why:
        return Wanted(criterion, why_not=str(why))


def ask_evaluation(
    project: Project,
    *,
    by: User,
    name: str = "",
    content: bytes = b"",
    kept: StoredFile | None = None,
    typed: Terms = Terms(),  # noqa: B008  # frozen
) -> tuple[Evaluation, Job]:
    """Have the nominated version measured on a file that a signed criterion names by its SHA-256.

    The file comes as `content`, or is one of `kept_files`. Of what was `typed` only what the charter leaves
    open is used. Raises Invalid for any other file or for terms that are missing or cannot be, Conflict where
    nothing can be measured.
    """
    candidate, revision = _subject(project)
    if sandbox.why_off():
        raise Conflict(sandbox.why_off())
    if len(content) > MOST_BYTES:
        words = f"The file is larger than {MOST_BYTES // MEGABYTE} MB, which is the most."
        raise Invalid(words, fields={"file": [words]})
    sha256 = kept.sha256 if kept else hashlib.sha256(content).hexdigest()
    named = _named(wanted_of(revision), sha256)
    used = kept_of(typed, {term for one in named for term in one.left_open})
    _require_terms(named, used, kept.name if kept else name, files.read(kept) if kept else content)
    with transaction.atomic():
        stored = kept or files.store(
            content,
            organization=project.organization,
            name=name,
            content_type="application/octet-stream",
        )
        return _ask(project, candidate, stored, by, used)


def ask_again(evaluation: Evaluation, *, by: User) -> tuple[Evaluation, Job]:
    """Measure the version that is nominated now, on the file of an earlier evaluation."""
    typed = typed_of(evaluation)
    return ask_evaluation(evaluation.project, by=by, kept=evaluation.file, typed=typed)


def typed_of(evaluation: Evaluation) -> Terms:
    """What was typed for what the charter leaves open."""
    return Terms(evaluation.target, evaluation.positive, evaluation.threshold)


def kept_files(project: Project, wanted: Iterable[Wanted]) -> list[StoredFile]:
    """The files of the organization that are signed ones, told by their SHA-256; each once."""
    named = [one.sha256 for one in wanted if not one.why_not]
    rows = StoredFile.objects.filter(organization=project.organization, sha256__in=named)
    return list({row.sha256: row for row in rows.order_by("-created_at")}.values())


def _ask(
    project: Project,
    candidate: Candidate,
    stored: StoredFile,
    by: User,
    typed: Terms,
) -> tuple[Evaluation, Job]:
    found = Evaluation.objects.create(
        project=project,
        model=candidate.model,
        version=candidate.version,
        file=stored,
        sha256=stored.sha256,
        **asdict(typed),
        asked_by=by,
    )
    audit.record(
        organization=project.organization,
        actor=by,
        event="project.evaluation_asked",
        subject=found,
        data={
            "slug": project.slug,
            "model": found.model,
            "version": found.version,
            "sha256": found.sha256,
            **asdict(typed),
        },
    )
    job = jobs.request(
        JOB,
        found.pk,
        title=f"Measuring {candidate}",
        by=by,
        organization=project.organization,
        key=f"{JOB}:{found.pk}",
        back_url=reverse("deployments:verify", args=[project.pk]),
    )
    return found, job


def _subject(project: Project) -> tuple[Candidate, Revision]:
    candidate = project.candidates.first()
    revision = revision_in_force(project.charter) if project.charter is not None else None
    if revision is None:
        raise Conflict(NOT_IN_FORCE)
    if candidate is None:
        raise Conflict(NO_CANDIDATE)
    return candidate, revision


def _named(wanted: Sequence[Wanted], sha256: str) -> list[Wanted]:
    """What can be measured on this file. Raises Invalid where nothing can."""
    found = [one for one in wanted if one.sha256 == sha256 and not one.why_not]
    if found:
        return found
    named = {one.criterion.data.name: one.sha256 for one in wanted if one.sha256}
    if sha256 in named.values():
        words = next(one.why_not for one in wanted if one.sha256 == sha256)
    elif named:
        listed = "; ".join(f"{name}: {found[:16]}…" for name, found in named.items())
        words = f"This is not a file that was signed. Its SHA-256 is {sha256[:16]}…; signed are {listed}."
    else:
        words = NO_FILE
    raise Invalid(words, fields={"file": [words]})


def _require_terms(named: Sequence[Wanted], used: Terms, name: str, content: bytes) -> None:
    """Raises Invalid where a term is missing that the charter leaves open, or where one cannot be."""
    problems: dict[str, list[str]] = {}
    unfixed = [f"“{one.criterion.name}”" for one in named if TARGET in one.left_open]
    if unfixed and not used.target:
        problems[TARGET] = [f"The charter does not name the column with the truth for {listed(unfixed)}."]
    if used.threshold is not None and not 0 < used.threshold < 1:
        problems[THRESHOLD] = ["More than 0 and less than 1, such as 0.55."]
    elif used.threshold is not None and not problems:
        asked = [one for one in named if THRESHOLD in one.left_open]
        for column in sorted({one.criterion.data.truth_column or used.target for one in asked}):
            classes = _classes_in(name, content, column)
            if classes > 2:
                problems[THRESHOLD] = [
                    f"A threshold is for two classes; the column {column} holds {classes}."
                ]
    if problems:
        raise Invalid(" ".join(words for said in problems.values() for words in said), fields=problems)


def _classes_in(name: str, content: bytes, column: str) -> int:
    """How many classes a file holds; 0 where it cannot be read here, and the program that measures counts."""
    try:
        found: int = read_limited(classes_in, name, content, column)
    except (Unreadable, OverLimit):
        return 0
    return found


def evaluations_of(project: Project, limit: int = 10) -> list[Evaluation]:
    return list(project.evaluations.select_related("file", "asked_by")[:limit])


def differences_of(project: Project, label: str) -> list[Difference]:
    """Where what the product measured of a version is not what was reported for it."""
    revision = lived_revision(project.charter) if project.charter is not None else None
    if revision is None:
        return []
    rows = readings_of(revision.charter)
    standing = standing_of(revision, candidate=label, rows=rows)
    found = (_difference(item.criterion, _own(rows, item.criterion, label)) for item in standing.judged)
    return [one for one in found if one is not None]


def _own(rows: Iterable[Reading], criterion: Criterion, label: str) -> list[Reading]:
    return [row for row in rows if row.criterion == criterion.key and row.candidate == label]


def _difference(criterion: Criterion, rows: Sequence[Reading]) -> Difference | None:
    """The last of each kind that counts, where the two are apart."""
    counted = [row for row in rows if _outcome(criterion, row) is not Outcome.DOES_NOT_COUNT]
    reported = [row for row in counted if row.source in SELF_REPORTED]
    verified = [row for row in counted if row.source == Reading.Source.VERIFIED]
    if not reported or not verified:
        return None
    said, found = reported[-1], verified[-1]
    turns = _outcome(criterion, said) is not _outcome(criterion, found)
    if said.value is None or found.value is None or not (turns or are_apart(said.value, found.value)):
        return None
    return Difference(criterion, said, found, turns)


def _outcome(criterion: Criterion, row: Reading) -> Outcome:
    return evaluate(criterion, as_reading(row)).outcome


def is_measured_as(project: Project, model: str, version: int, sha256: str) -> bool:
    """Whether what the product measured of a version, last on each file, was these files of the model."""
    done = project.evaluations.filter(model=model, version=version, state=Evaluation.State.DONE)
    rows = done.exclude(files_sha256="").order_by("ended_at").values_list("sha256", "files_sha256")
    return all(measured == sha256 for measured in dict(rows).values())


def failures_of(project: Project, model: str, version: int) -> list[dict[str, object]]:
    """The slices on which the newest evaluation of a version saw it fail, for explanations."""
    done = project.evaluations.filter(model=model, version=version, state=Evaluation.State.DONE)
    newest = done.order_by("-ended_at").first()
    return list(newest.failures) if newest is not None else []
