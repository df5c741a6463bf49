"""What projects keep of an erased person: the work, the days and the states, without name, address or words
about the person; in MLflow's tables too."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import links
from accounts.erased_words import NAME, Erased, Said
from accounts.erasing import organizations_of, rewrite
from accounts.models import User
from charters.models import Reading
from jobs.models import StoredFile
from projects.actions.talking import ASK
from projects.models import (
    Ask,
    Candidate,
    CheckIn,
    Intent,
    LoggedDecision,
    Milestone,
    Paper,
    Project,
    ProjectMember,
    ProjectToken,
    Risk,
    Task,
)
from projects.tracking.forgetting import forget
from projects.tracking.records import TrackingIsAway
from ui.errors import Conflict


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
    _forget_tracked(user, projects, erased)
    tokens = ProjectToken.objects.filter(user=user)
    tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
    tokens.update(name=NAME)


def _forget_tracked(user: User, projects: QuerySet[Project], erased: Erased) -> None:
    """Runs that this person began have no name any more, and texts of the workspaces do not name the person.

    Raises Conflict where MLflow's database does not answer: half an erasure would look like a whole one.
    """
    tracked = projects.filter(Exists(Intent.objects.filter(project=OuterRef("pk"))))
    for project in tracked:
        runs = _runs_begun_by(user, project)
        try:
            known = forget(project.slug, runs, erased)
        except TrackingIsAway as away:
            raise Conflict(
                "Erasing reaches what MLflow keeps of training runs, and its database does not answer now. "
                "Nothing was erased; try again later."
            ) from away
        Reading.objects.filter(revision__charter__project=project, run__in=runs, by_name__in=known).update(
            by_name=NAME
        )


def _runs_begun_by(user: User, project: Project) -> list[str]:
    """The runs whose first write that is known was made by this person."""
    first: dict[str, object] = {}
    rows = Intent.objects.filter(project=project, subject__has_any_keys=["run_id", "run_uuid"])
    for subject, by in rows.order_by("made_at", "pk").values_list("subject", "by_id").iterator():
        first.setdefault(subject.get("run_id") or subject["run_uuid"], by)
    return [run for run, by in first.items() if by == user.pk]


def _close_links(projects: QuerySet[Project], addresses: set[str]) -> None:
    """Whoever is erased answers no ask by link any more; the ask still waits for the department."""
    asks = Ask.objects.annotate(lower=Lower("of_email")).filter(project__in=projects, lower__in=addresses)
    for ask in asks.filter(answered_at=None, withdrawn_at=None):
        links.revoke(subject=ask, by=None, purpose=ASK)
