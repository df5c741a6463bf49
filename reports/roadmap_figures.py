"""The figures of the roadmap report: the plan in weeks, and the load of the role that is used most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from assessment.result_words import first_lower
from roadmap import plan_words
from roadmap.catalogue import people_of
from roadmap.plan_words import monday_of
from ui.charts.gantt import PAPER_ROW, paper_height
from ui.charts.spec import Gantt, GanttGroup, GanttItem, WeekBars
from ui.charts.svg import MIDDLE
from ui.formats import day
from ui.words import counted, sentence

Row = Mapping[str, Any]
Code = Callable[[Row], str]

MOST_WEEKS = 520
MOST_HEIGHT = 20 * PAPER_ROW
GANTT_UNIT = "Weeks from {start} to {end}; the number in a diamond is that of the gate it closes"


def gantts(plan: Row, code: Code, phases: Mapping[int, str], as_of: date) -> list[Gantt]:
    """The plan in weeks: one figure, or several that fit on a page each and share their weeks."""
    if not plan["items"]:
        return []
    groups = _groups(plan, code, phases)
    title = _title(plan)
    if sum(paper_height(item, MIDDLE) for group in groups for item in group.items) <= MOST_HEIGHT:
        return [_gantt(plan, "gantt", title, groups, as_of)]
    parts = [part for group in groups for part in _parts(group)]
    titles = [title, *(f"{part.name}, in the same weeks" for part in parts[1:])]
    return [
        _gantt(plan, f"gantt-{place}", name, [part], as_of)
        for place, (name, part) in enumerate(zip(titles, parts, strict=True), start=1)
    ]


def _parts(group: GanttGroup) -> list[GanttGroup]:
    """A phase in pieces that fit on a page."""
    parts: list[list[GanttItem]] = [[]]
    for item in group.items:
        taken = sum(paper_height(other, MIDDLE) for other in parts[-1])
        if parts[-1] and taken + paper_height(item, MIDDLE) > MOST_HEIGHT:
            parts.append([])
        parts[-1].append(item)
    return [GanttGroup(group.name, tuple(part)) for part in parts]


def _groups(plan: Row, code: Code, phases: Mapping[int, str]) -> list[GanttGroup]:
    numbers = plan_words.gate_numbers(plan)
    return [
        GanttGroup(
            phases.get(phase, f"Phase {phase}"),
            tuple(_item(plan, item, code, numbers) for item in in_order(plan) if item["phase"] == phase),
        )
        for phase in sorted({item["phase"] for item in plan["items"]})
    ]


def _gantt(plan: Row, key: str, title: str, groups: Sequence[GanttGroup], as_of: date) -> Gantt:
    first = min(item["start_week"] for item in plan["items"])
    last = max([plan["target_week"] or 0, *(item["end_week"] for item in plan["items"])])
    weeks = min(last - first + 2, MOST_WEEKS)
    start, end = monday_of(plan["week_zero"], first), monday_of(plan["week_zero"], first + weeks)
    reached = plan_words.target_day(plan)
    return Gantt(
        key=key,
        title=title,
        unit=GANTT_UNIT.format(start=day(start), end=day(reached or end)),
        start=start,
        weeks=weeks,
        groups=tuple(groups),
        today=as_of if start <= as_of < end else None,
        mark=(reached, f"Phase {plan['target_phase']}, {day(reached)}")
        if reached and start < reached
        else None,
    )


def _title(plan: Row) -> str:
    gates = plan_words.closed_gates(plan)
    initiatives = sentence(counted(len(plan["items"]), "initiative", "initiatives"))
    closes = "closes" if len(plan["items"]) == 1 else "close"
    if not gates:
        return f"{initiatives} in order"
    return f"{initiatives} {closes} {plan_words.gates_words(gates, plan, 'gate', 'gates')}"


def in_order(plan: Row) -> list[Row]:
    """Initiatives by start, then end, then name."""
    return sorted(plan["items"], key=lambda item: (item["start_week"], item["end_week"], item["title"]))


def _item(plan: Row, item: Row, code: Code, numbers: Mapping[tuple[str, int], int]) -> GanttItem:
    closes = [
        numbers[(gate["item"], gate["level"])]
        for gate in plan["gates"]
        if gate["closed_by"] == item["key"] and (gate["item"], gate["level"]) in numbers
    ]
    return GanttItem(
        code=code(item),
        name=item["title"],
        start=monday_of(plan["week_zero"], item["start_week"]),
        end=monday_of(plan["week_zero"], item["end_week"]),
        state=item["state"],
        gate=str(min(closes)) if closes else "",
        decides=item["kind"] == "poc",
    )


def gate_code(item: Row, codes: Mapping[str, str]) -> str:
    """The code of the dimension whose gate an initiative closes first, empty where it closes none."""
    closes = (str(reason["ref"]).rpartition(".")[0] for reason in item["why"] if reason["kind"] == "gate")
    return next((codes[dimension] for dimension in closes if dimension in codes), "")


def loads(plan: Row, capacity: Mapping[str, int]) -> dict[str, list[int]]:
    """Hundredths of an FTE asked of each role in each week from week 0 on, until the last initiative ends."""
    last = max((item["end_week"] for item in plan["items"]), default=0)
    found = {role: [0] * last for role in capacity}
    for item in plan["items"]:
        if item["state"] == "done":
            continue
        for role, demand in item["demand"].items():
            for week in range(max(item["start_week"], 0), item["end_week"]):
                found.setdefault(role, [0] * last)[week] += demand
    return found


def busiest(plan: Row, capacity: Mapping[str, int], names: Mapping[str, str]) -> WeekBars | None:
    """The role of which the largest part of its time is used; None where nothing is asked of anybody."""
    used = {
        role: sum(weeks) / (capacity[role] * len(weeks))
        for role, weeks in loads(plan, capacity).items()
        if capacity.get(role) and any(weeks)
    }
    if not used:
        return None
    role = max(sorted(used), key=lambda name: used[name])
    weeks = loads(plan, capacity)[role]
    full = sum(week >= capacity[role] for week in weeks)
    people = sentence(f"{first_lower(names[role])}s" if role in names else people_of(role))
    title = f"{people} are asked most: {int(used[role] * 100 + 0.5)} % of the time there is"
    return WeekBars(
        key="load",
        title=title if not full else f"{title}, full in {counted(full, 'week', 'weeks')}",
        unit="Full-time positions asked of this role each week; dashed, what there is",
        start=monday_of(plan["week_zero"], 0),
        values=tuple(week / 100 for week in weeks),
        capacity=capacity[role] / 100,
        capacity_label=f"There is {capacity[role] / 100:g}",
        value_name="Full-time positions",
        span=12,
    )
