"""The files of a project's archive, by name: records, sheets, the signed papers, documents, and a guide."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, Any

from django.template.loader import render_to_string
from django.utils.text import get_valid_filename

from accounts.models import User
from charters.models import Revision, SealedSheet
from jobs import files
from projects.models import Paper, Project
from projects.tracking import records
from projects.tracking.records import Run, TrackingIsAway, Wish
from reports import archive_records as kept
from reports.archive_artifacts import COLUMNS, MEGABYTE, add_artifacts
from reports.archive_limits import megabytes_of
from reports.archive_zip import StableZip
from reports.kinds import get_kind

STEPS = 5
PAPER = "A4"
RUN = ("id", "name", "experiment", "state", "started_at", "ended_at", "by")
Tell = Callable[[str, int, int], None]


def write_archive(file: IO[bytes], project: Project, *, by: User, tell: Tell) -> None:
    """Write the whole zip. The same state of the project gives the same bytes.

    Files of runs go from disk to disk; the rest, which people wrote, is small.
    """
    archive, megabytes = StableZip(file), megabytes_of(project.organization)

    def told(read: int, whole: int) -> None:
        tell("Copying what runs left", read // MEGABYTE, max(whole // MEGABYTE, 1))

    left = add_artifacts(archive, project.slug, megabytes=megabytes, tell=told)
    archive.add_all(_records_of(project, left, by=by, tell=tell, megabytes=megabytes))
    archive.close()


def _records_of(
    project: Project, left: list[dict[str, Any]], *, by: User, tell: Tell, megabytes: int
) -> dict[str, bytes]:
    tell("Collecting the records", 0, STEPS)
    data = kept.records_of(project)
    found = {
        "project.json": json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True).encode(),
        "tasks.csv": kept.sheet(kept.TASKS, data["tasks"]),
        "asks.csv": kept.sheet(kept.ASKS, data["asks"]),
        "check-ins.csv": kept.sheet(kept.CHECKINS, data["checkins"]),
        "audit.csv": kept.sheet(kept.AUDIT, kept.audit_of(project)),
    }
    charter = data["charter"]
    found["readings.csv"] = kept.sheet(kept.READINGS, charter["readings"] if charter else [])
    tell("Reading the runs", 1, STEPS)
    away = _add_runs(project, found)
    tell("Printing the charter", 2, STEPS)
    _add_charter(project, found, by=by)
    tell("Copying documents", 3, STEPS)
    _add_documents(project, found)
    found["artifacts.csv"] = kept.sheet(COLUMNS, left)
    guide = {
        "project": project,
        "data": data,
        "names": sorted(found),
        "schema": kept.SCHEMA,
        "away": away,
        "megabytes": megabytes,
        "artifacts": [row for row in left if row["in_archive"]],
        "left_out": [row for row in left if not row["in_archive"]],
    }
    found["README.txt"] = render_to_string("reports/archive_readme.txt", guide).encode()
    return {f"{project.slug}/{name}": content for name, content in found.items()}


def _add_runs(project: Project, found: dict[str, bytes]) -> bool:
    """All runs with their last figures, and the list of what they left; says whether tracking was away."""
    runs: list[Run] = []
    try:
        page = records.runs_of(project.slug, Wish())
        runs += page.runs
        for number in range(2, page.pages + 1):
            runs += records.runs_of(project.slug, Wish(page=number)).runs
    except TrackingIsAway:
        runs = []
        away = True
    else:
        away = False
    metrics = sorted({key for run in runs for key in run.metrics})
    params = sorted({key for run in runs for key in run.params})
    names = [*RUN, *[f"metric {key}" for key in metrics], *[f"parameter {key}" for key in params]]
    found["runs.csv"] = kept.sheet(names, [_run(run) for run in sorted(runs, key=lambda run: run.id)])
    return away


def _run(run: Run) -> dict[str, Any]:
    return {
        **kept.fields(run, RUN),
        **{f"metric {key}": value for key, value in run.metrics.items()},
        **{f"parameter {key}": value for key, value in run.params.items()},
    }


def _add_charter(project: Project, found: dict[str, bytes], *, by: User) -> None:
    """Each frozen text word by word, the latest one as PDF, and the sealed sheets."""
    if project.charter is None:
        return
    code, latest = get_valid_filename(project.charter.code or "charter"), None
    for latest in Revision.objects.filter(charter=project.charter).order_by("number"):
        # As it was signed: SHA-256 over exactly these bytes is what the signatures name.
        found[f"charter/{code}-revision-{latest.number}.json"] = latest.content.encode()
    if latest is not None:
        kind = get_kind("charter")
        inputs = kind.inputs(kind.find(by, str(latest.pk), kind.need))
        found[f"charter/{code}-revision-{latest.number}.pdf"] = kind.render(inputs, PAPER)
    sheets = SealedSheet.objects.filter(round__revision__charter=project.charter)
    for sheet in sheets.select_related("file", "round__revision").order_by("sealed_at"):
        name = f"charter/{code}-revision-{sheet.round.revision.number}-sign-off-sheet.pdf"
        found[name] = files.read(sheet.file)


def _add_documents(project: Project, found: dict[str, bytes]) -> None:
    """The documents but those held back: what nobody may download does not leave in an archive either."""
    papers = Paper.objects.filter(project=project).exclude(file=None).select_related("file")
    for number, paper in enumerate(papers.order_by("added_at", "pk"), 1):
        if paper.file is not None and not paper.is_held:
            found[f"documents/{number:03}-{get_valid_filename(paper.file.name)}"] = files.read(paper.file)
