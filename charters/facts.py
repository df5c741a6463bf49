"""Gathers what stands around a charter's text: its use case, registers, people and earlier signatures."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from django.utils import timezone

from accounts.models import Organization
from assessment.evidence.models import DataAsset, RosterPerson
from charters.diff import compare
from charters.document import CharterText, read
from charters.models import Charter, FieldComment, FieldEdit, Revision
from charters.rule_facts import AssetFacts, PersonFacts, Surroundings
from roadmap.use_case_models import UseCase
from roadmap.use_case_queries import asset_status, levels_of


def use_case_facts(use_case: UseCase | None) -> dict[str, Any]:
    """What a charter's text holds of its use case."""
    if use_case is None:
        return {}
    level = levels_of(use_case).get("beyond_rules")
    facts: dict[str, Any] = {
        "key": str(use_case.pk),
        "title": use_case.title,
        "problem_type": use_case.problem_type,
        "data_origin": use_case.data_origin,
        "touches": sorted(use_case.touches),
    }
    return facts if level is None else facts | {"beyond_rules": level}


def surroundings(charter: Charter, text: CharterText, document: dict[str, Any]) -> Surroundings:
    """The facts that completeness rules look at beside the text."""
    first = first_signed(charter)
    difference = compare(json.loads(first.content), document) if first else None
    return Surroundings(
        today=timezone.localdate(),
        people=_people(charter, text),
        assets=_assets(charter.organization, text),
        owner_touched_criteria=_owner_touched(charter, text),
        added=difference.added if difference else 0,
        dropped=difference.dropped if difference else 0,
    )


def first_signed(charter: Charter) -> Revision | None:
    """The revision that bears the charter's first signature."""
    signed = Revision.objects.filter(charter=charter, rounds__signatures__isnull=False)
    return signed.order_by("number").first()


def _people(charter: Charter, text: CharterText) -> dict[str, PersonFacts]:
    """Shares of the other charters in force whose time boxes meet this one's, and projects by the roster."""
    shares: dict[str, int] = defaultdict(int)
    running: dict[str, int] = defaultdict(int)
    start, end = text.day("time_start"), text.day("time_end")
    others = Revision.objects.filter(charter__organization=charter.organization, state="in_force")
    for revision in others.exclude(charter=charter).only("content"):
        other = read(json.loads(revision.content))
        begins, ends = other.day("time_start"), other.day("time_end")
        if start and end and begins and ends and (begins > end or ends < start):
            continue
        for member in other.team:
            shares[member.name] += member.share or 0
            running[member.name] += 1
    roster = RosterPerson.objects.filter(organization=charter.organization, archived_at=None)
    known = {name: count or 0 for name, count in roster.values_list("name", "projects_at_once")}
    return {
        name: PersonFacts(share=shares[name], projects=max(running[name], known.get(name, 0)))
        for name in {member.name for member in text.team if member.name}
    }


def _assets(organization: Organization, text: CharterText) -> dict[str, AssetFacts]:
    wanted = {need.asset for need in text.data if need.asset}
    if not wanted:
        return {}
    found = DataAsset.objects.filter(organization=organization, archived_at=None)
    return {
        str(asset.pk): AssetFacts(
            name=asset.name,
            status=asset_status(asset),
            days_to_access=asset.days_to_access,
            is_central=asset.in_one_repository,
        )
        for asset in found
        if str(asset.pk) in wanted
    }


def _owner_touched(charter: Charter, text: CharterText) -> bool | None:
    seat = text.seat("outcome_owner")
    if seat is None or not seat.email:
        return None
    edits = FieldEdit.objects.filter(charter=charter, name__startswith="criterion.")
    remarks = FieldComment.objects.filter(charter=charter, field__startswith="criterion")
    return any(rows.filter(by__email=seat.email).exists() for rows in (edits, remarks))
