"""What projects keep of an erased person: the work, the days and the states, without name, address or words
about the person. What MLflow keeps of runs is not changed here."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import links
from accounts.erased_words import NAME, Erased, Said
from accounts.erasing import organizations_of, rewrite
from accounts.models import User
from jobs.models import StoredFile
from projects.actions.talking import ASK
from projects.models import (
    Ask,
    Candidate,
    CheckIn,
    LoggedDecision,
    Milestone,
    Paper,
    Project,
    ProjectMember,
    ProjectToken,
    Risk,
    Task,
)


def erase(user: User, addresses: set[str]) -> None:
    """Forget the person where the name means this person: own organizations, and projects as a guest."""
    guest = ProjectMember.objects.annotate(lower=Lower("email")).filter(Q(user=user) | Q(lower__in=addresses))
    # Read before the rows lose the address by which they are found.
    visited = list(guest.values_list("project_id", flat=True))
    projects = Project.objects.filter(Q(organization__in=organizations_of(user)) | Q(pk__in=visited))
    erased, said = Erased(user.name, addresses), Said(user.name, addresses)
    _close_links(projects, addresses)
    guest.update(name=NAME, email="")
    inside = {"project__in": projects}
    rewrite(projects, ["purpose", "sponsor_name", "sponsor_email"], erased)
    rewrite(projects, ["name"], said)
    rewrite(ProjectMember.objects.filter(**inside), ["name"], said)
    rewrite(ProjectMember.objects.filter(**inside), ["works_as"], erased)
    rewrite(CheckIn.objects.filter(**inside), ["reason", "by_name"], said)
    rewrite(Ask.objects.filter(**inside), ["what", "of_name", "answered_by", "answer"], said)
    rewrite(Ask.objects.filter(**inside), ["why", "of_email", "department"], erased)
    rewrite(Milestone.objects.filter(**inside), ["title"], said)
    rewrite(Task.objects.filter(**inside), ["title", "note"], said, counts=True, counter="version")
    rewrite(Risk.objects.filter(**inside), ["title", "response"], said)
    rewrite(LoggedDecision.objects.filter(**inside), ["decided", "why", "decided_by"], said)
    rewrite(Paper.objects.filter(**inside), ["title", "text", "url"], said)
    papers = Paper.objects.filter(file__isnull=False, **inside)
    rewrite(StoredFile.objects.filter(pk__in=papers.values("file")), ["name"], said)
    rewrite(Candidate.objects.filter(**inside), ["note"], erased)
    tokens = ProjectToken.objects.filter(user=user)
    tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
    tokens.update(name=NAME)


def _close_links(projects: QuerySet[Project], addresses: set[str]) -> None:
    """Whoever is erased answers no ask by link any more; the ask still waits for the department."""
    asks = Ask.objects.annotate(lower=Lower("of_email")).filter(project__in=projects, lower__in=addresses)
    for ask in asks.filter(answered_at=None, withdrawn_at=None):
        links.revoke(subject=ask, by=None, purpose=ASK)
