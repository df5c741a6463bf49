"""Reference samples: what a version learned from, to hold live inputs against and to try a start with."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from threading import BoundedSemaphore
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from deployments.masks import hidden, masked_of, masks_of
from deployments.models import Deployment, Reference, Sample
from deployments.profile import profile_of
from deployments.tables import MEGABYTE, MOST_BYTES, Unreadable, as_json, first_rows, profile_file, without
from jobs import files
from jobs.models import StoredFile
from projects.models import Project
from projects.tracking import model_files, records, reference_files
from ui import limited
from ui.errors import Conflict, DomainError, Invalid, NotFound, TooMany
from ui.limited import OverLimit

logger = logging.getLogger(__name__)
TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "json": "application/json"}
MEGABYTES, SECONDS = 1024, 20
# A file of which columns were taken away is kept anew, in one form whatever it came in.
MASKED_NAME = "sample.json"
FEWEST_SAMPLES, MOST_SAMPLES = 100, 5000
# One at a time in each process: several large files at once could take the machine's memory.
_TURN = BoundedSemaphore(1)


def reference_of(project: Project, model: str, version: int) -> Reference | None:
    """The reference sample that counts for a version: the newest, without what is masked by now."""
    found = Reference.objects.filter(project=project, model=model, version=version)
    newest = found.select_related("file").order_by("-made_at").first()
    if newest is not None:
        newest.profile = hidden(newest.profile, masked_of(project.pk, model))
    return newest


def find_reference(project: Project, model: str, version: int) -> Reference | None:
    """The same; where there is none yet, the sample that the client kept with the version is taken in."""
    return reference_of(project, model, version) or take_from_client(project, model, version)


def add_reference(
    project: Project, *, by: User | None, model: str, version: int, name: str, content: bytes, source: str
) -> Reference:
    """Keep a file as the reference sample of a registered version.

    Raises Invalid for what is no table that can be read, NotFound for a version that is not registered.
    """
    _require_registered(project, model, version)
    if len(content) > MOST_BYTES:
        raise _refused(f"The file is larger than {MOST_BYTES // MEGABYTE} MB, which is the most.")
    try:
        rows, profile = read_limited(profile_file, name, content)
        masked = masked_of(project.pk, model)
        if not masked.isdisjoint(profile["columns"]):
            profile = hidden(profile, masked)
            name, content = MASKED_NAME, read_limited(without, name, content, sorted(masked))
    except Unreadable as error:
        raise _refused(str(error)) from error
    return _keep(
        project, model, version, by=by, name=name, content=content, source=source, rows=rows, profile=profile
    )


def take_from_client(project: Project, model: str, version: int) -> Reference | None:
    """Take in what `throughline.log_reference` kept with the version; None where there is nothing of use."""
    try:
        path = reference_files.reference_file(project.slug, model, version)
        if path is None or path.stat().st_size > MOST_BYTES:
            return None
        return add_reference(
            project,
            by=None,
            model=model,
            version=version,
            name=path.name,
            content=path.read_bytes(),
            source=Reference.Source.CLIENT,
        )
    except (DomainError, OSError, records.TrackingIsAway):
        return None


def sample_from_gateway(deployment: Deployment, *, by: User) -> Reference:
    """Make the rows that the gateway sampled of the live version its reference.

    What is kept is what callers asked, so it tells of change since then, not of change since training.
    """
    release = deployment.releases.filter(live_at__isnull=False).order_by("-live_at").first()
    if release is None or deployment.project is None:
        raise Conflict("No version has been live here: there is nothing to take a sample of.")
    rows = Sample.objects.filter(deployment=deployment, release=release, row__isnull=False, simulated=False)
    kept = rows.order_by("-at").values_list("row", flat=True)[:MOST_SAMPLES]
    masked = masked_of(deployment.project.pk, release.model)
    found = columns_of([row for row in kept if isinstance(row, dict)])
    columns = {name: values for name, values in found.items() if name not in masked}
    count = len(next(iter(columns.values()), []))
    if count < FEWEST_SAMPLES:
        raise Conflict(f"{count} sampled rows are kept, {FEWEST_SAMPLES} are needed for a reference.")
    return _keep(
        deployment.project,
        release.model,
        release.version,
        by=by,
        name=MASKED_NAME,
        content=as_json(columns),
        source=Reference.Source.GATEWAY,
        rows=count,
        profile=profile_of(columns),
    )


def smoke_rows(project: Project, model: str, version: int, limit: int = 20) -> list[dict[str, Any]] | None:
    """Rows to try a start with: of the reference sample, else the input example of the model; None without.

    Only columns that the model reads, and whole rows before those with gaps.
    """
    try:
        told = model_files.describe(project.slug, model, version)
    except model_files.ModelFilesAreAway:
        return None
    wanted = [str(column["name"]) for column in told.signature.get("inputs", []) if column.get("name")]
    reference = find_reference(project, model, version)
    if reference is not None and reference.file is not None:
        content, name = files.read(reference.file), reference.file.name
        try:
            rows: list[dict[str, Any]] = read_limited(first_rows, name, content, limit, wanted)
        except (Unreadable, DomainError):
            rows = []
        if rows and set(wanted) <= set(rows[0]):
            return rows
    return [dict(row) for row in told.example_rows[:limit]] or None


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows as columns; a row without a column has no value in it."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}


@transaction.atomic
def _keep(
    project: Project,
    model: str,
    version: int,
    *,
    by: User | None,
    name: str,
    content: bytes,
    source: str,
    rows: int,
    profile: dict[str, Any],
) -> Reference:
    sha256 = hashlib.sha256(content).hexdigest()
    Project.objects.select_for_update().get(pk=project.pk)
    if not masked_of(project.pk, model).isdisjoint(profile["columns"]):
        raise Conflict("A column was masked in this moment. Send the file again; nothing was kept.")
    kept = reference_of(project, model, version)
    if kept is not None and kept.sha256 == sha256:
        return kept
    stored = _stored(project, name, content)
    reference = Reference.objects.create(
        project=project,
        model=model,
        version=version,
        source=source,
        file=stored,
        sha256=sha256,
        rows=rows,
        profile=profile,
        made_by=by,
    )
    audit.record(
        organization=project.organization,
        actor=by,
        event="reference.added",
        subject=reference,
        data={"slug": project.slug, "model": model, "version": version, "source": source, "sha256": sha256},
    )
    return reference


def _stored(project: Project, name: str, content: bytes) -> StoredFile | None:
    """A file, where anything is left to keep."""
    if not content:
        return None
    kind = TYPES[name.rsplit(".", 1)[-1].lower()]
    return files.store(content, organization=project.organization, name=name, content_type=kind)


def mask_references(projects: Sequence[Project]) -> int:
    """Take the masked columns out of the samples that are kept, figures and files; returns of how many.

    A file that cannot be rewritten goes. One that could not be read now, since others are being read, is left
    for the next time: until then nothing reads those columns of it.
    """
    masks, done = masks_of([project.pk for project in projects]), 0
    for project in projects:
        for reference in Reference.objects.filter(project=project).select_related("file"):
            masked = masks.get((project.pk, reference.model), frozenset())
            if not masked.isdisjoint(reference.profile.get("columns", {})):
                try:
                    _mask(project, reference, masked)
                except TooMany:
                    logger.info("Reference %s is masked the next time.", reference.pk)
                else:
                    done += 1
    return done


def _mask(project: Project, reference: Reference, masked: frozenset[str]) -> None:
    content, old = b"", reference.file
    if old is not None:
        try:
            content = read_limited(without, old.name, files.read(old), sorted(masked))
        except (Unreadable, OverLimit, files.Damaged):
            logger.warning("The file of reference %s cannot be rewritten: it goes.", reference.pk)
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if not Reference.objects.filter(pk=reference.pk, file=old).exists():
            return
        before = reference.sha256
        reference.profile = hidden(reference.profile, masked)
        reference.file = _stored(project, MASKED_NAME, content)
        reference.sha256 = hashlib.sha256(content).hexdigest()
        reference.save(update_fields=["profile", "file", "sha256"])
        files.delete([old] if old else [])
        audit.record(
            organization=project.organization,
            actor=None,
            event="reference.masked",
            subject=reference,
            data={
                "slug": project.slug,
                "model": reference.model,
                "version": reference.version,
                "columns": reference.profile.get("masked", []),
                "before": before,
                "sha256": reference.sha256,
            },
        )


def _require_registered(project: Project, model: str, version: int) -> None:
    try:
        found = records.versions_of(project.slug)
    except records.TrackingIsAway as error:
        raise Conflict("Tracking does not answer, so the version cannot be looked up.") from error
    if not any(row.model == model and row.version == version for row in found):
        raise NotFound


def read_limited(function: Callable[..., Any], *args: Any) -> Any:
    """A function of deployments/tables.py, run in a limited process. Raises what it raises, and OverLimit."""
    if not _TURN.acquire(timeout=SECONDS * limited.PATIENCE):
        raise TooMany("Other files are being read just now. Try again in a moment; nothing was kept.")
    try:
        return limited.call(function, *args, what="This file", megabytes=MEGABYTES, seconds=SECONDS)
    finally:
        _TURN.release()


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"file": [sentence]})
