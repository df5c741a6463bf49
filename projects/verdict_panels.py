"""What the roadmap shows of verdicts: fills the slots of plans, initiatives and use cases with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import Organization
from charters.models import Decision
from projects.models import Project
from projects.verdicts import verdicts_of
from roadmap.models import ItemProgress


def initiatives(request: HttpRequest, organization: Organization) -> Mapping[str, SafeString]:
    """By key of an initiative, the verdicts of its projects."""
    decided = Decision.objects.filter(
        revision__charter=OuterRef("charter"), outcome__in=["scale", "iterate"]
    ).order_by("-decided_at")
    rows = _of(organization).annotate(carried_on=Subquery(decided.values("plan_item")[:1]))
    bound: dict[UUID | None, list[str]] = {}
    progress = ItemProgress.objects.filter(organization=organization).exclude(use_case=None)
    for case, key in progress.order_by("key").values_list("use_case_id", "key"):
        bound.setdefault(case, []).append(key)
    by_key: dict[str, list[Project]] = {}
    for row in rows:
        # A charter that named no initiative belongs to the POC that its use case was given to.
        named = [row.initiative] if row.initiative else bound.get(row.use_case_id, [])
        for key in {*named, getattr(row, "carried_on", "")} - {"", None}:
            by_key.setdefault(key, []).append(row)
    return _panels(by_key)


def use_cases(request: HttpRequest, organization: Organization) -> Mapping[str, SafeString]:
    """By id of a use case, the verdicts of its projects."""
    by_key: dict[str, list[Project]] = {}
    for row in _of(organization).exclude(use_case=None):
        by_key.setdefault(str(row.use_case_id), []).append(row)
    return _panels(by_key)


def _of(organization: Organization) -> QuerySet[Project]:
    rows = Project.objects.filter(organization=organization, archived_at=None).exclude(charter=None)
    return rows.select_related("charter").order_by("created_at", "pk")


def _panels(by_key: Mapping[str, Sequence[Project]]) -> dict[str, SafeString]:
    every = {row.pk: row for rows in by_key.values() for row in rows}
    found = verdicts_of(every.values())
    return {
        key: render_to_string(
            "projects/_verdicts.html",
            {"verdicts": [found[row.pk] for row in rows if row.pk in found]},
        )
        for key, rows in by_key.items()
    }
