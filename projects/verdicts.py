"""The verdicts of many projects' charters at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from charters.criteria import Outcome
from charters.keeping import Standing, standings_of
from charters.kept_page import verdict_state
from projects.models import Candidate, Project
from ui.words import plural


@dataclass(frozen=True, slots=True)
class ProjectVerdict:
    """Shape and word of a verdict, how many musts are met, and where it is read."""

    project: Project
    kind: str
    word: str
    musts: str
    url: str


def verdicts_of(projects: Iterable[Project]) -> dict[UUID, ProjectVerdict]:
    """By id; those whose charter was never in force are left out. Four queries for any number."""
    rows = {row.charter_id: row for row in projects if row.charter_id is not None}
    if not rows:
        return {}
    labels: dict[UUID, str] = {}
    for candidate in Candidate.objects.filter(project__in=rows.values()).order_by("nominated_at"):
        labels[candidate.project_id] = candidate.label
    found = standings_of({charter: labels.get(row.pk) for charter, row in rows.items()})
    return {rows[charter].pk: _verdict(rows[charter], standing) for charter, standing in found.items()}


def _verdict(project: Project, standing: Standing) -> ProjectVerdict:
    musts = [item.verdict for item in standing.judged if item.criterion.must]
    met = sum(verdict.outcome is Outcome.MET for verdict in musts)
    words = f"{met} of {plural(len(musts), 'must', 'musts')} met" if musts else "No must is agreed"
    kind, word = verdict_state(standing.verdict)
    return ProjectVerdict(project, kind, word, words, reverse("projects:criteria", args=[project.pk]))
