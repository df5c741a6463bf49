"""How a plan stands today: what is late, and whether it should be made again."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from accounts.models import Organization
from assessment.queries import latest_result
from roadmap.models import ItemProgress, Plan
from roadmap.queries import DECIDED, ground_of
from roadmap.staleness import basis_of, reasons
from roadmap.wishes import wishes_from_dict


@dataclass(frozen=True)
class Standing:
    """reasons: why the plan should be made again, as sentences; empty while it rests on what is true."""

    reasons: tuple[str, ...]

    @property
    def replan_needed(self) -> bool:
        return bool(self.reasons)


def gone_use_cases(organization: Organization) -> list[str]:
    """Initiatives whose use case was archived or decided."""
    rows = ItemProgress.objects.filter(organization=organization, use_case__isnull=False)
    found = rows.filter(use_case__archived_at__isnull=False) | rows.filter(use_case__state__in=DECIDED)
    return sorted(found.values_list("key", flat=True))


def standing_of(plan: Plan) -> Standing:
    """Compares what the plan was made from with what holds now, part by part."""
    organization = plan.organization
    newest = latest_result(organization)
    if newest is None:
        return Standing(("The round that this plan rests on was opened again.",))
    wishes = wishes_from_dict(plan.wishes)
    now = basis_of(
        ground_of(organization, newest),
        wishes,
        result_hash=newest.result_hash,
        gone_use_cases=gone_use_cases(organization),
    )
    return Standing(tuple(reasons(plan.basis, now, result=newest.assessment.title)))


@dataclass(frozen=True)
class Late:
    """An item behind its plan, in whole days. begun: it runs past its end; else it has not started."""

    key: str
    title: str
    days: int
    begun: bool


def late_items(plan: Plan, progress: dict[str, ItemProgress], today: datetime.date) -> list[Late]:
    """Items of a published plan that should have ended or begun before today, the latest first."""
    found = []
    zero = plan.week_zero
    for item in plan.value.items:
        row = progress.get(item.key)
        state = row.state if row else item.state
        if state in ("done", "dropped"):
            continue
        begun = state == "running"
        due = zero + datetime.timedelta(weeks=item.end_week if begun else item.start_week)
        # A Monday start is late from the Tuesday on; an end, from the Saturday after its last Friday.
        days = (today - due).days + (3 if begun else 0)
        if days > 0:
            found.append(Late(item.key, item.title, days, begun))
    return sorted(found, key=lambda late: (-late.days, late.title))
