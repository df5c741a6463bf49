"""Reads of reports that are more than a lookup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.models import Membership, Organization, User
from accounts.permissions import allowed
from assessment.models import Assessment
from jobs.models import Job
from reports.kinds import KINDS, Kind
from reports.models import Report
from reports.subjects import Subject

LISTED = 50


@dataclass(frozen=True)
class Offer:
    """One report that can be made, with the newest that was made of it."""

    kind: Kind
    subject: Subject
    made: Report | None


def offers(user: User, organization: Organization) -> list[Offer]:
    """Everything that can be printed, in the order of the kinds, the latest first within each."""
    found = [(kind, subject) for kind in KINDS.values() for subject in kind.offers(user, organization)]
    newest = _newest(organization, (subject.id for _, subject in found))
    return [Offer(kind, subject, newest.get((kind.key, subject.id))) for kind, subject in found]


def _newest(organization: Organization, ids: Iterable[str]) -> dict[tuple[str, str], Report]:
    rows = Report.objects.filter(organization=organization, subject_id__in=set(ids)).select_related("file")
    return {(row.kind, row.subject_id): row for row in rows.order_by("created_at")}


def made(organization: Organization, visible: Sequence[Offer]) -> list[Report]:
    """Reports that were made of what this person may see, the latest first."""
    known = {(offer.kind.key, offer.subject.id) for offer in visible}
    rows = Report.objects.filter(organization=organization).select_related("file", "made_by")
    return [row for row in rows[: 4 * LISTED] if (row.kind, row.subject_id) in known][:LISTED]


def exportable(membership: Membership) -> list[Assessment]:
    """Rounds whose answers this person may take away; owners and facilitators only."""
    if not allowed(membership.role, "manage", membership.organization.state):
        return []
    rounds = Assessment.objects.filter(organization=membership.organization).exclude(state="draft")
    return [round_ for round_ in rounds if not round_.is_confidential or round_.state in ("review", "closed")]


def made_of(kind: Kind, subject: Subject) -> list[Report]:
    """All PDFs of one subject, the latest first."""
    rows = Report.objects.filter(organization=subject.organization, kind=kind.key, subject_id=subject.id)
    return list(rows.select_related("file", "made_by")[:LISTED])


def open_job(kind: Kind, subject: Subject, user: User) -> Job | None:
    """The work that this person has asked for and that goes on, or that ended last."""
    prefix = f"report:{kind.key}:{subject.id}:"
    return Job.objects.filter(requested_by=user, key__startswith=prefix).order_by("-created_at").first()


def made_by_job(job: Job) -> Report | None:
    """The report that a finished job made or found."""
    if job.state != Job.State.DONE or len(job.args) != 3:
        return None
    kind, subject_id, paper = job.args
    rows = Report.objects.filter(
        organization=job.organization_id, kind=kind, subject_id=subject_id, paper=paper
    )
    return rows.order_by("-created_at").first()
