"""The figures of a plan: one function each, from a PlanView to a ChartSpec."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Mapping

from roadmap.catalogue import AUDIENCES, ROLES, people_of
from roadmap.plan import PlanItem
from roadmap.plan_view import ItemView, PlanView
from roadmap.plan_words import AUDIENCES as AUDIENCE_NAMES
from ui.charts.spec import ChartSpec, Gantt, GanttGroup, GanttItem, GanttState, WeekBars
from ui.formats import day, number
from ui.words import counted, plural, sentence

MOST_WEEKS = 520
WEEKS_BEFORE = 26
GROUPS = {1: "Work of phase 1", 2: "Work of phase 2", 3: "Work of phase 3"}


def gantt(view: PlanView, chosen: str = "") -> Gantt | None:
    """The plan in weeks, by phase; None where nothing is planned."""
    if not view.items:
        return None
    first = view.zero - datetime.timedelta(weeks=WEEKS_BEFORE)
    start = max(min(item.start for item in view.items), first)
    start -= datetime.timedelta(days=start.weekday())
    latest = max([*(item.end for item in view.items), view.zero])
    if any(item.days_late for item in view.items):
        latest = max(latest, view.today)
    weeks = min((latest - start).days // 7 + 3, MOST_WEEKS)
    end = start + datetime.timedelta(weeks=weeks)
    groups = tuple(
        GanttGroup(GROUPS[phase], tuple(_bar(item, view, start, end, chosen) for item in items))
        for phase, items in view.groups
    )
    target = view.value.target_week
    reached = None if target is None else view.friday(target)
    return Gantt(
        key="plan",
        title=_gantt_title(view),
        unit=f"Weeks from {day(start)} to {day(end)}; before a name its dimension, in a diamond its gate",
        start=start,
        weeks=weeks,
        groups=groups,
        today=view.today if start <= view.today < end else None,
        mark=(reached, f"Phase {view.value.target_phase}, {day(reached, year=False)}")
        if reached and start <= reached < end
        else None,
    )


def _bar(item: ItemView, view: PlanView, first: datetime.date, end: datetime.date, chosen: str) -> GanttItem:
    start = min(max(item.start, first), end)
    # What runs is late from its last day on; what has not begun, from its first.
    due = item.last_day if item.state == "running" else item.start
    last = max(due, view.today) if item.days_late else item.end
    return GanttItem(
        code=item.code,
        name=item.title,
        start=start,
        end=min(max(last, start), end),
        state=_bar_state(item),
        late_from=min(max(due, start), end) if item.days_late else None,
        gate=item.gate,
        decides=item.item.kind == "poc",
        chosen=item.key == chosen,
    )


def _bar_state(item: ItemView) -> GanttState:
    if item.days_late:
        return "late"
    return "running" if item.state == "running" else "done" if item.state == "done" else "planned"


def _gantt_title(view: PlanView) -> str:
    """Which gate decides the end: the finding of the picture."""
    closing = [gate for phase in view.phases for gate in phase.gates if gate.closed_by and gate.holds_on]
    if not closing:
        return sentence(counted(len(view.items), "initiative", "initiatives")) + " and no open gate"
    last = max(closing, key=lambda gate: (gate.holds_on or datetime.date.min, int(gate.number or 0)))
    middle = sorted(gate.holds_on for gate in closing if gate.holds_on)[len(closing) // 2]
    if len(closing) == 1:
        return f"One gate is open; “{last.closed_by}” closes it by {day(last.holds_on or middle)}"
    half = sum(1 for gate in closing if gate.holds_on and gate.holds_on <= middle)
    many = sentence(counted(half, "gate closes", "gates close"))
    return f"{many} by {day(middle)}; “{last.closed_by}” decides the end"


def attention(view: PlanView) -> WeekBars | None:
    """The audience that has least room, week by week."""
    weeks = _span(view)
    if not weeks:
        return None
    loads = {name: _load(view, weeks, name) for name in AUDIENCES}
    limits = {name: _limit(view, name) for name in AUDIENCES}
    name = max(AUDIENCES, key=lambda one: sum(loads[one]) / max(limits[one], 1))
    who, limit = AUDIENCE_NAMES[name], limits[name]
    full = sum(value >= limit for value in loads[name])
    return WeekBars(
        key="attention",
        title=_load_title(who, full, len(weeks)),
        unit=f"Initiatives at once that ask for {who.lower()}, by week; full weeks dark",
        start=view.monday(weeks[0]),
        values=tuple(float(value) for value in loads[name]),
        capacity=float(limit),
        capacity_label=f"At most {limit} at once",
        value_name="Initiatives",
        note="The limit is an input of the plan.",
    )


def hours(view: PlanView) -> WeekBars | None:
    """The role that has least room, week by week, in FTE."""
    weeks = _span(view)
    capacity = view.capacity
    asked = [role for role in ROLES if any(role in item.demand for item in view.value.items)]
    if not weeks or not asked:
        return None
    loads = {role: [_fte(view, week, role) for week in weeks] for role in asked}
    role = max(asked, key=lambda one: sum(loads[one]) / max(capacity.get(one, 0) / 100, 0.01))
    people, has = people_of(role), capacity.get(role, 0) / 100
    full = sum(value >= has * 0.9 for value in loads[role])
    title = _load_title(sentence(people), full, len(weeks))
    return WeekBars(
        key="hours",
        title=title,
        unit=f"Planned work of {people} by week, FTE; weeks at or over capacity dark",
        start=view.monday(weeks[0]),
        values=tuple(loads[role]),
        capacity=has,
        capacity_label=f"Has {number(has, 1)} FTE",
        value_name="FTE",
        note="Full means that at least 90 % of the hours are planned.",
    )


def _load_title(who: str, full: int, weeks: int) -> str:
    have = "The business side has" if who == AUDIENCE_NAMES["business"] else f"{who} have"
    if not full:
        return f"{have} room in every week"
    return f"{have} no room left in {full} of {plural(weeks, 'week', 'weeks')}"


def _span(view: PlanView) -> range:
    """From the first week of what is not done to the last, at most two years."""
    moving = [item for item in view.value.items if item.state != "done"]
    if not moving:
        return range(0)
    first = max(min(item.start_week for item in moving), -WEEKS_BEFORE)
    return range(first, min(max(item.end_week for item in moving), first + 104))


def _load(view: PlanView, weeks: range, audience: str) -> list[int]:
    count: Counter[int] = Counter()
    for item in view.value.items:
        if item.state != "done" and item.audience in (audience, "all"):
            count.update(range(item.start_week, item.end_week))
    return [count[week] for week in weeks]


def _limit(view: PlanView, audience: str) -> int:
    return int(view.wishes.limit(audience))


def _fte(view: PlanView, week: int, role: str) -> float:
    hundredths = sum(
        item.demand.get(role, 0)
        for item in view.value.items
        if _moving(item) and item.start_week <= week < item.end_week
    )
    return hundredths / 100


def _moving(item: PlanItem) -> bool:
    return item.state != "done"


FIGURES: Mapping[str, Callable[[PlanView], ChartSpec | None]] = {
    "plan": gantt,
    "attention": attention,
    "hours": hours,
}
