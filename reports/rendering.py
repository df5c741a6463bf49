"""The job that makes a report: collect, look whether it was made before, lay out, keep."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.text import slugify

from accounts.localize import as_in
from assessment.result import canonical_json
from jobs.runner import Cancelled, Outcome, Progress
from reports.actions import keep_report
from reports.kinds import Data, Kind, get_kind
from reports.models import Report
from reports.subjects import Subject
from ui import formats
from ui.errors import NotAllowed

STEPS = 3
# What the look of a report is made of; a change of any of it makes reports anew.
LAYOUT = ("templates/pdf", "static/css", "reports", "ui/charts", "assessment", "roadmap", "charters")
LAYOUT_FILES = (".html", ".css", ".py")


def render(progress: Progress, kind_key: str, subject_id: str, paper: str) -> Outcome:
    """The job ``reports.render``. Safe to run twice: the same input is kept once."""
    kind = get_kind(kind_key)
    by = progress.job.requested_by
    if by is None:
        raise NotAllowed("The account that asked for this report is gone.")
    progress("Collecting what the report says", 0, STEPS)
    subject = kind.find(by, subject_id, kind.need)
    with as_in(subject.organization):
        return _make(progress, kind, subject, paper)


def _make(progress: Progress, kind: Kind, subject: Subject, paper: str) -> Outcome:
    """Inside, dates and amounts are written as the organization writes them."""
    data = kind.inputs(subject)
    mark = input_hash(kind, paper, data)
    page = reverse("reports:show", args=[kind.key, subject.id])
    known = Report.objects.filter(
        organization=subject.organization, kind=kind.key, subject_id=subject.id, input_hash=mark
    ).first()
    if known is not None:
        return Outcome("This report is up to date; nothing has changed since it was made.", page)
    progress("Laying out pages", 1, STEPS)
    content = lay_out(kind, data, paper)
    progress("Keeping the file", 2, STEPS)
    if progress.cancelled():  # asked again: what is kept cannot be taken back
        raise Cancelled
    name, by = file_name(kind, subject), progress.job.requested_by
    keep_report(kind, subject, content, paper=paper, input_hash=mark, name=name, by=by)
    return Outcome(f"{kind.title} is ready.", page)


def lay_out(kind: Kind, data: Data, paper: str) -> bytes:
    """The slow part: the bytes of the PDF."""
    return kind.render(data, paper)


def input_hash(kind: Kind, paper: str, data: object) -> str:
    """SHA-256 over everything that decides the bytes: kind, paper, what is said, and how it is laid out."""
    ways = asdict(formats.current())
    return sha256(canonical_json([kind.key, paper, data, ways, layout_mark()]).encode()).hexdigest()


@cache
def layout_mark() -> str:
    """SHA-256 over the files that lay reports out, so that an upgrade never serves an old look."""
    base = Path(settings.BASE_DIR)
    found = sha256()
    for folder in LAYOUT:
        for path in sorted((base / folder).rglob("*")):
            if path.suffix in LAYOUT_FILES:
                found.update(path.relative_to(base).as_posix().encode())
                found.update(path.read_bytes())
    return found.hexdigest()


def file_name(kind: Kind, subject: Subject) -> str:
    """ "halvorsen-pumps-readiness-round-2-2026-10-16.pdf"; the kind is not said twice."""
    name = slugify(subject.name)[:40]
    parts = [slugify(subject.organization.name)[:40], "" if name.startswith(kind.key) else kind.key, name]
    return f"{'-'.join(part for part in parts if part)}-{subject.day.isoformat()}.pdf"
