"""The state of each station of the line in up to 32 characters; one query each, as every page draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef

from accounts.models import Organization
from assessment.models import Assessment, Result
from charters.models import Charter
from charters.signoff import State
from deployments.models import Alert, Deployment, Release
from deployments.release.lifecycle import ANSWERING
from projects.models import Project
from roadmap.models import Plan
from ui.formats import day
from ui.words import plural

# What a station says, or None while nothing is there yet.
Caption = Callable[[Organization], str | None]


def assessments(organization: Organization) -> str | None:
    """The phase by the newest result of the whole organization, or how far the first round is."""
    rounds: list[tuple[Any, ...]] = list(
        Assessment.objects.filter(organization=organization)
        .order_by("-created_at")
        .values_list("state", "unit_id", "closed_at", "results__pk", "results__number", "title")
    )
    closed = [row for row in rounds if row[0] == "closed" and row[1] is None and row[3] is not None]
    if closed:
        newest = max(closed, key=lambda row: (row[2], row[4]))
        return _standing(newest[3])
    return f"{rounds[0][5]}, {Assessment.State(rounds[0][0]).label.lower()}" if rounds else None


@lru_cache(maxsize=256)
def _standing(result: UUID) -> str:
    # A result never changes, so it is read once per process.
    content = Result.objects.get(pk=result).content
    gates = [gate for gate in content["gates"] if gate["phase"] <= content["target_phase"]]
    hold = sum(gate["holds"] is True for gate in gates)
    return f"Phase {content['phase']}, {hold} of {len(gates)} gates hold"


def roadmap(organization: Organization) -> str | None:
    """When the plan that is worked by reaches its phase; of a draft, that it is one."""
    rows = list(
        Plan.objects.filter(organization=organization, archived_at=None)
        .exclude(kind=Plan.Kind.WHAT_IF)
        .exclude(state=Plan.State.REPLACED)
        .order_by("-number")
        .only("state", "name", "target_phase", "target_week", "week_zero", "status")
    )
    if not rows:
        return None
    published = next((row for row in rows if row.state == Plan.State.PUBLISHED), None)
    if published is None:
        return "A draft, not published"
    if published.target_week is None:
        return published.name
    reached = published.week_zero + timedelta(weeks=published.target_week, days=-3)
    return f"Phase {published.target_phase} by {day(reached)}"


def charters(organization: Organization) -> str | None:
    """How many charters are in force, else out for signature, else drafts."""
    rows = Charter.objects.filter(organization=organization, archived_at=None).values_list("state")
    count = dict(rows.annotate(n=Count("pk")).order_by())
    for state, words in ((State.IN_FORCE, "in force"), (State.OUT, "out for signature")):
        if count.get(state):
            return f"{count[state]} {words}"
    drafts = count.get(State.DRAFT, 0) + count.get(State.FROZEN, 0)
    if drafts:
        return plural(drafts, "draft", "drafts")
    return "None in force" if count else None


def projects(organization: Organization) -> str | None:
    """How many projects run."""
    rows = Project.objects.filter(organization=organization, archived_at=None).values_list("state")
    count = dict(rows.annotate(n=Count("pk")).order_by())
    if count.get(Project.State.ACTIVE):
        return f"{count[Project.State.ACTIVE]} running"
    return "None running" if count else None


def deployments(organization: Organization) -> str | None:
    """What needs attention, else how many answer."""
    alert = Exists(Alert.objects.filter(deployment=OuterRef("pk"), closed_at=None))
    live = Exists(Release.objects.filter(deployment=OuterRef("pk"), state__in=ANSWERING))
    count = Deployment.objects.filter(organization=organization, archived_at=None).aggregate(
        all=Count("pk"), alerts=Count("pk", filter=alert), live=Count("pk", filter=live)
    )
    if count["alerts"]:
        return f"{count['alerts']} of {count['all']} need attention"
    if count["live"]:
        return f"{count['live']} live"
    return "None live" if count["all"] else None


CAPTIONS: Mapping[str, Caption] = {
    "Assessments": assessments,
    "Roadmap": roadmap,
    "Charters": charters,
    "Projects": projects,
    "Deployments": deployments,
}
