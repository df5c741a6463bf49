"""Gathers what the route guide looks at: the latest result, the roster, the use case, the charter's seats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from accounts.models import Organization
from assessment.evidence.coverage import Member, role_coverage
from assessment.evidence.queries import as_member, roster_of
from assessment.evidence.roles import role_book
from assessment.queries import PlanningInputs, planning_inputs
from charters.document import CharterText
from charters.route_guide import GuideFacts
from roadmap.use_case_models import UseCase
from roadmap.use_case_queries import standing_of

BUILDERS = ("data_scientist", "ml_engineer", "data_engineer")


def guide_facts(
    organization: Organization, *, use_case: UseCase | None = None, text: CharterText | None = None
) -> GuideFacts:
    """What is known now; what is not stays None."""
    inputs = planning_inputs(organization)
    return GuideFacts(
        **_of_roster([as_member(row) for row in roster_of(organization)]),
        **_of_use_case(use_case),
        items=_known_levels(inputs),
        preferred=inputs.preferred_route if inputs else "",
        has_owner=_has_owner(use_case, text),
        has_expert=_has_seat(text, "domain_expert") if text else None,
    )


def sources(organization: Organization, use_case: UseCase | None, charter: Any) -> dict[str, tuple[str, str]]:
    """(word, address) of each source that a reason may name; a source that is not there has no address."""
    inputs = planning_inputs(organization)
    result = reverse("assessment:show", args=[inputs.result.assessment_id]) if inputs else ""
    return {
        "roster": ("Roster", reverse("evidence:roster")),
        "result": ("Readiness result", result),
        "use_case": ("Use case", reverse("use_cases:show", args=[use_case.pk]) if use_case else ""),
        "charter": ("Charter", reverse("charters:write", args=[charter.pk, "parties"]) if charter else ""),
    }


def _of_roster(members: list[Member]) -> dict[str, Any]:
    if not members:
        return {}
    roles = role_book().roles
    own = [member for member in members if member.kind == "in_house"]
    builders = [member for member in own if any(member.shares.get(role, 0) > 0 for role in BUILDERS[:2])]
    shares = [member.shares.get(role, 0) for member in own for role in BUILDERS]
    return {
        "coverage": {role: role_coverage(roles[role], members).state for role in BUILDERS},
        "in_house": {role: role_coverage(roles[role], own).state for role in BUILDERS},
        "projects": tuple(member.projects for member in builders),
        "free": int(max(shares, default=0) * 100),
    }


def _of_use_case(use_case: UseCase | None) -> dict[str, Any]:
    if use_case is None:
        return {}
    found = standing_of(use_case)
    return {
        "horizon": use_case.horizon,
        "worth": found.worth.rounded,
        "other_uses": bool(use_case.other_uses.strip()),
        "touches": frozenset(use_case.touches),
        "data_origin": use_case.data_origin,
        "levels": found.facts.levels,
    }


def _known_levels(inputs: PlanningInputs | None) -> Mapping[str, int]:
    """Levels of items about which somebody knew something."""
    if inputs is None:
        return {}
    unknown = {gate.partition(":")[0] for gate in inputs.unknown}
    return {item: level for item, level in inputs.levels.items() if item not in unknown}


def _has_owner(use_case: UseCase | None, text: CharterText | None) -> bool | None:
    if text is not None:
        return _has_seat(text, "outcome_owner")
    return bool(use_case.outcome_owner) if use_case else None


def _has_seat(text: CharterText, party: str) -> bool:
    seat = text.seat(party)
    return seat is not None and seat.is_filled
