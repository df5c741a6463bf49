"""What the roadmap puts on the desk: plans to make again, late initiatives, the second station."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from reports.desk import Reader
from reports.desk_assessments import newest_result
from reports.desk_changes import Named, Story
from reports.duties import Delay, Duty, Mark, Stop
from roadmap.models import ItemProgress, Plan
from roadmap.plan_words import is_found, target_day, thousands
from roadmap.queries import newest_draft, plans_of, progress_of, published_plan
from roadmap.standing import Late, late_items, standing_of
from ui.formats import day
from ui.words import counted, listed, plural, sentence

LEADS = "You lead the roadmap of this organization."


def published(reader: Reader) -> Plan | None:
    """The plan that the reader's organization works by."""
    return published_plan(reader.organization)


def _latest(reader: Reader) -> Plan | None:
    return reader.once(published) or newest_draft(reader.organization)


def _progress(reader: Reader) -> dict[str, ItemProgress]:
    return progress_of(reader.organization)


def waits(reader: Reader) -> list[Duty]:
    """A choice between scenarios; for those who lead also a first plan, a draft, a plan that fits no more."""
    plan = reader.once(published)
    if plan is None:
        return _first_plan(reader) if reader.leads else []
    duties = _to_choose(reader, plan)
    reasons = standing_of(plan).reasons if reader.leads else ()
    if reasons:
        url = reverse("roadmap:show", args=[plan.pk])
        what = f"Plan {plan.number} no longer fits"
        duties.append(Duty("Replan", what, url, " ".join(reasons), why=LEADS))
    return duties


def _to_choose(reader: Reader, plan: Plan) -> list[Duty]:
    """The newest scenario made beside the published plan; the owner and the outcome owners decide."""
    scenario = plans_of(reader.organization).filter(
        state=Plan.State.DRAFT, target_phase=plan.target_phase, created_at__gt=plan.created_at
    )
    beside = scenario.exclude(kind=Plan.Kind.WHAT_IF).exclude(status="infeasible").first()
    if beside is None or not _decides(reader):
        return []
    return [
        Duty(
            verb="Choose",
            what=f"{plan.name} or {beside.name} for phase {plan.target_phase}",
            url=f"{reverse('roadmap:compare')}?a={plan.pk}&b={beside.pk}",
            detail=_difference(plan, beside),
            since=reader.day_of(beside.created_at),
            why="The owner and the outcome owners of planned use cases choose between scenarios.",
        )
    ]


def _decides(reader: Reader) -> bool:
    if reader.membership.role == "owner":
        return True
    bound = [row.use_case for row in reader.once(_progress).values() if row.use_case]
    name = reader.user.get_full_name().casefold()
    return any(use_case.outcome_owner.casefold() == name for use_case in bound if name)


def _difference(plan: Plan, beside: Plan) -> str:
    """What the other scenario changes: "Fast ends seven weeks earlier and costs 136 k€ more." """
    ends = _weeks_apart(plan, beside)
    more = beside.cost_high - plan.cost_high
    costs = thousands(abs(more), plan.organization.currency) + (" more" if more > 0 else " less")
    return f"{beside.name} {listed([*ends, f'costs {costs}' if more else 'costs the same'])}."


def _weeks_apart(plan: Plan, beside: Plan) -> list[str]:
    if plan.target_week is None or beside.target_week is None:
        return []
    days = (beside.week_zero - plan.week_zero).days
    weeks = beside.target_week - plan.target_week + days // 7
    if not weeks:
        return []
    return [f"ends {counted(abs(weeks), 'week', 'weeks')} {'later' if weeks > 0 else 'earlier'}"]


def _first_plan(reader: Reader) -> list[Duty]:
    draft = reader.once(_latest)
    if draft is not None and draft.found:
        url = reverse("roadmap:show", args=[draft.pk])
        detail = "Nobody works by it before it is published."
        return [Duty("Publish", draft.title, url, detail, reader.day_of(draft.created_at), why=LEADS)]
    result = reader.once(newest_result)
    if result is None:
        return []
    detail = f"{result.assessment.title} is closed and can be planned from."
    since = reader.day_of(result.created_at)
    return [Duty("Plan", "A first roadmap", reverse("roadmap:plan"), detail, since, why=LEADS)]


def late(reader: Reader) -> list[Delay]:
    """Initiatives of the published plan that should have begun or ended."""
    plan = reader.once(published)
    if plan is None:
        return []
    closing = {gate["closed_by"]: gate for gate in plan.content["gates"] if gate["closed_by"]}
    return [
        Delay(
            days=item.days,
            what=item.title,
            url=reverse("roadmap:initiative", args=[item.key]),
            kind="Initiative",
            who="should have ended" if item.begun else "should have begun",
            holds=f"Holds a gate of phase {closing[item.key]['phase']}." if item.key in closing else "",
        )
        for item in _late(reader, plan)
    ]


def _late(reader: Reader, plan: Plan) -> list[Late]:
    return late_items(plan, reader.once(_progress), reader.today)


def line(reader: Reader) -> Stop:
    """The second station: when the target is reached, how much is done, what is late."""
    url = reverse("roadmap:plan")
    plan = reader.once(_latest)
    if plan is None:
        return Stop("Roadmap", url, reached=False, headline="No plan yet")
    content = plan.content
    if not is_found(content):
        return Stop("Roadmap", url, True, "No plan fits", caption="No plan fits", fact=plan.title)
    states = _states(reader.once(_progress), content)
    done, running = states.count("done"), states.count("running")
    behind = _late(reader, plan) if plan.state == Plan.State.PUBLISHED else []
    reached = target_day(content)
    by = f" by {day(reached, year=False)}" if reached else ""
    headline = f"Phase {plan.target_phase}{by}"
    return Stop(
        "Roadmap",
        url,
        reached=True,
        headline=headline,
        caption=headline if plan.state == Plan.State.PUBLISHED else "A draft, not published",
        fact=f"{done} of {plural(len(states), 'initiative', 'initiatives')} done, {running} running",
        share=(done, len(states)) if states else None,
        marks=_marks(plan, behind),
        note=plan.title,
    )


def _states(progress: dict[str, ItemProgress], content: dict[str, Any]) -> list[str]:
    return [
        progress[item["key"]].state if item["key"] in progress else item["state"] for item in content["items"]
    ]


def _marks(plan: Plan, behind: list[Late]) -> tuple[Mark, ...]:
    if plan.state != Plan.State.PUBLISHED:
        return (Mark("open", "Not published"),)
    if not behind:
        return (Mark("good", "Nothing is late"),)
    words = sentence(counted(len(behind), "initiative is late", "initiatives are late"))
    return (Mark("bad", f"{words}, up to {plural(behind[0].days, 'day', 'days')}"),)


def _names(reader: Reader, ids: set[str]) -> dict[str, Named]:
    plans = Plan.objects.filter(organization=reader.organization, pk__in=ids).only("number", "name")
    return {str(row.pk): Named(row.title, reverse("roadmap:show", args=[row.pk])) for row in plans}


PLANS = Story(
    subject_type="roadmap.plan",
    sentences={
        "plan.made": "{name} was made for {actor}.",
        "plan.published": "{actor} published {name}.",
        "plan.archived": "{actor} put {name} away.",
    },
    names=_names,
)
