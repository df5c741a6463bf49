"""What closes the gates of a result: fills the slot ``assessment.gate_closers`` of the result page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from assessment.models import Result
from roadmap.catalogue import Initiative
from roadmap.plan import Plan as PlanValue
from roadmap.plan import PlanItem
from roadmap.plan_words import monday_of
from roadmap.queries import catalogue_of, published_plan
from ui.formats import day
from ui.words import counted, plural

SHOWN = 1


@dataclass(frozen=True)
class Closer:
    """An initiative that lifts a gate's item far enough; if a plan is published, where it stands in it."""

    key: str
    title: str
    when: str


def closers(request: HttpRequest, result: Result) -> dict[str, SafeString]:
    """By gate that does not hold, the initiatives that reach its level; those planned come first."""
    organization = result.assessment.organization
    plan = published_plan(organization)
    value = plan.value if plan else None
    lifting = _lifting(catalogue_of(organization).initiatives)
    return {
        gate["key"]: _html(_closers_of(lifting.get(gate["item"], ()), gate["level"], value))
        for gate in result.content["gates"]
        if not gate["holds"]
    }


def _lifting(initiatives: Iterable[Initiative]) -> dict[str, list[tuple[Initiative, int]]]:
    """By item, the initiatives that lift it, each with the level it reaches."""
    found: dict[str, list[tuple[Initiative, int]]] = {}
    for initiative in initiatives:
        reached: dict[str, int] = {}
        for lift in initiative.lifts:
            reached[lift.item] = max(lift.to_level, reached.get(lift.item, 0))
        for item, level in reached.items():
            found.setdefault(item, []).append((initiative, level))
    return found


def _closers_of(
    lifting: Iterable[tuple[Initiative, int]], level: int, plan: PlanValue | None
) -> list[Closer]:
    planned = plan.by_key if plan else {}
    found = [initiative for initiative, reached in lifting if reached >= level]
    found.sort(key=lambda initiative: _rank(initiative, planned.get(initiative.key)))
    return [
        Closer(
            initiative.key,
            initiative.title,
            _when(plan, planned.get(initiative.key)) if plan else "",
        )
        for initiative in found
    ]


def _rank(initiative: Initiative, item: PlanItem | None) -> tuple[bool, int, int, str]:
    """Planned before not planned, then early ones, then those that belong to an earlier phase."""
    return item is None, item.start_week if item else 0, initiative.phase, initiative.key


def _when(plan: PlanValue, item: PlanItem | None) -> str:
    """The weeks of an item of the published plan, in words; or that it is not in it."""
    if item is None:
        return "not in the published plan"
    weeks = plural(item.end_week - item.start_week, "week", "weeks")
    return f"planned: {weeks} from {day(monday_of(plan.week_zero, item.start_week))}"


def _html(found: list[Closer]) -> SafeString:
    more = len(found) - SHOWN
    return render_to_string(
        "roadmap/_gate_closers.html",
        {
            "closers": found[:SHOWN],
            "more": f"and {counted(more, 'other', 'others')}" if more > 0 else "",
        },
    )
