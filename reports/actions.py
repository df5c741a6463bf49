"""Writes of reports: asking for one, keeping what was made, noting that answers left the product."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import audit
from accounts.models import User
from assessment.models import Assessment
from jobs import actions as jobs
from jobs import files
from jobs.models import Job
from reports.kinds import Kind
from reports.models import Report
from reports.subjects import Subject
from ui.errors import Invalid

RENDER = "reports.render"


def request_report(kind: Kind, subject: Subject, *, paper: str, by: User) -> Job:
    """Start the work; asking again while it runs returns the same job."""
    if paper not in Report.Paper.values:
        raise Invalid("Choose A4 or Letter.", fields={"paper": ["A4 or Letter."]})
    return jobs.request(
        RENDER,
        kind.key,
        subject.id,
        paper,
        title=f"{kind.title}, {subject.name}",
        by=by,
        organization=subject.organization,
        key=f"report:{kind.key}:{subject.id}:{paper}:{by.pk}",
        back_url=reverse("reports:show", args=[kind.key, subject.id]),
    )


def keep_report(
    kind: Kind, subject: Subject, content: bytes, *, paper: str, input_hash: str, name: str, by: User | None
) -> Report:
    """Keep the PDF under the hash of its input; a second one of the same input is the first."""
    with transaction.atomic():
        file = files.store(
            content, organization=subject.organization, name=name, content_type="application/pdf"
        )
        try:
            with transaction.atomic():
                report = Report.objects.create(
                    organization=subject.organization,
                    kind=kind.key,
                    subject_id=subject.id,
                    title=f"{kind.title}, {subject.name}"[:200],
                    paper=paper,
                    input_hash=input_hash,
                    file=file,
                    made_by=by,
                )
        except IntegrityError:
            return Report.objects.get(
                organization=subject.organization,
                kind=kind.key,
                subject_id=subject.id,
                input_hash=input_hash,
            )
        audit.record(
            organization=subject.organization,
            actor=by,
            event="report.made",
            subject=report,
            data={"kind": kind.key, "about": subject.id, "input": input_hash, "file": file.sha256},
        )
    return report


def note_export(assessment: Assessment, *, by: User) -> None:
    """Answers are about to leave the product; the log keeps by whom."""
    with transaction.atomic():
        audit.record(
            organization=assessment.organization,
            actor=by,
            event="answers.exported",
            subject=assessment,
            data={"visibility": assessment.visibility},
        )
