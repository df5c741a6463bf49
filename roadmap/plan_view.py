"""A stored plan as its page shows it: items with their real state, gates, effort. No queries."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from assessment.question_bank import Questionnaire
from roadmap import plan_words as words
from roadmap.models import InitiativeChoice, ItemProgress, Plan, UseCase
from roadmap.plan import GateWeek, PlanItem
from roadmap.plan import Plan as PlanValue
from roadmap.poc_names import item_titles
from roadmap.standard import role_names, route_names
from roadmap.wishes import PlanWishes, wishes_from_dict

Day = datetime.date
STATE_WORDS = {"planned": "Planned", "running": "Running", "done": "Done", "dropped": "Dropped"}


@dataclass(frozen=True)
class Effort:
    """What a role puts in, in hundredths of a person-week."""

    role: str
    hundredths: int

    @property
    def words(self) -> str:
        return words.person_weeks(self.hundredths)


@dataclass(frozen=True)
class ItemView:
    """One initiative. `end` is the first Monday after it; state: planned, running, done, dropped."""

    item: PlanItem
    title: str
    subtitle: str
    code: str
    state: str
    start: Day
    end: Day
    days_late: int
    gate: str
    entry: Mapping[str, Any]
    progress: ItemProgress | None
    choice: InitiativeChoice | None
    use_case: UseCase | None

    @property
    def key(self) -> str:
        return self.item.key

    @property
    def last_day(self) -> Day:
        """The Friday of its last week, or the day on which it ended."""
        if self.progress and self.progress.finished_on and self.state == "done":
            return self.progress.finished_on
        return self.end - datetime.timedelta(days=3)

    @property
    def weeks(self) -> int:
        return self.item.end_week - self.item.start_week

    @property
    def state_word(self) -> str:
        if self.days_late:
            return f"{self.days_late} {'day' if self.days_late == 1 else 'days'} late"
        return STATE_WORDS[self.state]

    @property
    def why(self) -> list[str]:
        """What it is in the plan for, in sentences."""
        return words.reason_sentences([(one.kind, one.ref, one.sentence) for one in self.item.why])

    @property
    def why_now(self) -> list[str]:
        """Why it begins when it does, in sentences."""
        return words.reason_sentences([(one.kind, one.ref, one.sentence) for one in self.item.why_now])

    @property
    def state_kind(self) -> str:
        """The shape of its state."""
        if self.days_late:
            return "bad"
        return {"done": "good", "running": "open"}.get(self.state, "neutral")

    @property
    def cost(self) -> str:
        return words.cost_range(self.item.cost_low, self.item.cost_high, "")

    @property
    def audience(self) -> str:
        return words.AUDIENCES[self.item.audience]

    @property
    def route(self) -> str:
        return route_names().get(str(self.entry.get("route", "")), "")

    @property
    def efforts(self) -> list[Effort]:
        names = role_names()
        return [Effort(names.get(role, role), amount) for role, amount in self.item.effort.items()]


@dataclass(frozen=True)
class GateView:
    """A gate with the day from which it holds, and what closes it."""

    gate: GateWeek
    title: str
    number: str
    holds_on: Day | None
    now: bool
    closed_by: str
    closed_by_key: str

    @property
    def state(self) -> str:
        return "good" if self.now else "open" if self.holds_on else "bad"

    @property
    def known(self) -> bool:
        return self.gate.known


@dataclass(frozen=True)
class PhaseView:
    """The exit gates of the phase before, which have to hold to be in this phase."""

    phase: int
    on: Day | None
    gates: tuple[GateView, ...]

    @property
    def open_gates(self) -> list[GateView]:
        return [gate for gate in self.gates if not gate.now]

    @property
    def held_gates(self) -> list[GateView]:
        return [gate for gate in self.gates if gate.now]


@dataclass(frozen=True)
class PlanView:
    """Everything that the page of a plan shows beside its facts."""

    plan: Plan
    value: PlanValue
    questionnaire: Questionnaire
    today: Day
    gate_titles: Mapping[tuple[str, int], str]
    progress: Mapping[str, ItemProgress] = field(default_factory=dict)
    choices: Mapping[str, InitiativeChoice] = field(default_factory=dict)
    late: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def data(self) -> dict[str, Any]:
        return self.value.to_dict()

    @cached_property
    def wishes(self) -> PlanWishes:
        return wishes_from_dict(self.plan.wishes)

    @cached_property
    def capacity(self) -> dict[str, int]:
        """Hundredths of an FTE a week by role, as planned with."""
        found: dict[str, int] = json.loads(self.plan.problem)["capacity"]
        return found

    @cached_property
    def zero(self) -> Day:
        return Day.fromisoformat(self.value.week_zero)

    def monday(self, week: int) -> Day:
        return self.zero + datetime.timedelta(weeks=week)

    def friday(self, week: int) -> Day:
        """The Friday before the week begins: the last day of what ends with it."""
        return self.monday(week) - datetime.timedelta(days=3)

    @cached_property
    def titles(self) -> dict[str, str]:
        bound = {key: row.use_case for key, row in self.progress.items() if row.use_case}
        return item_titles(self.value.items, bound)

    @cached_property
    def gate_numbers(self) -> dict[tuple[str, int], str]:
        """Numbers of the gates that the plan closes, by the week in which they hold."""
        return {point: str(number) for point, number in words.gate_numbers(self.data).items()}

    @cached_property
    def items(self) -> list[ItemView]:
        """All initiatives by phase, then start."""
        rows = sorted(
            self.value.items, key=lambda item: (item.phase, item.start_week, item.end_week, item.key)
        )
        return [self._item(item) for item in rows]

    @cached_property
    def by_key(self) -> dict[str, ItemView]:
        return {item.key: item for item in self.items}

    def _item(self, item: PlanItem) -> ItemView:
        row = self.progress.get(item.key)
        state = row.state if row and row.state != "planned" else item.state
        start, end = self.monday(item.start_week), self.monday(item.end_week)
        if row and row.started_on and state in ("running", "done"):
            start = row.started_on
            if row.finished_on:
                end = max(row.finished_on + datetime.timedelta(days=1), start + datetime.timedelta(days=1))
            end = max(end, start + datetime.timedelta(days=1))
        gates = [number for point, number in self.gate_numbers.items() if self._closes(item.key, point)]
        entry = self.plan.entries.get(item.key, {})
        use_case = row.use_case if row else None
        return ItemView(
            item=item,
            title=self.titles[item.key],
            subtitle=item.title if item.kind == "poc" else "",
            code=self._code(item, entry),
            state=state,
            start=start,
            end=end,
            days_late=self.late.get(item.key, 0) if state in ("planned", "running") else 0,
            gate=gates[0] if gates else "",
            entry=entry,
            progress=row,
            choice=self.choices.get(item.key),
            use_case=use_case,
        )

    def _closes(self, key: str, point: tuple[str, int]) -> bool:
        return any(g.closed_by == key and (g.item, g.level) == point for g in self.value.gates)

    def _code(self, item: PlanItem, entry: Mapping[str, Any]) -> str:
        """The dimension that it lifts, a gate's first; the pillar's letter where that is not known."""
        named = [reason.ref for reason in item.why if reason.kind == "gate"]
        named += [
            lift["item"] for lift in entry.get("lifts", []) if lift["item"].startswith(f"{item.pillar}.")
        ]
        for name in named:
            known = self.questionnaire.items.get(name)
            if known is not None:
                return self.questionnaire.dimensions[known.dimension].code
        return words.PILLAR_CODES[item.pillar]

    def dimension_of(self, item: ItemView) -> str:
        """The name of the dimension behind an item's code."""
        for dimension in self.questionnaire.dimensions.values():
            if dimension.code == item.code:
                return dimension.title
        return ""

    @cached_property
    def phases(self) -> list[PhaseView]:
        """The phases up to the target with their gates, open ones first, by the day they hold."""
        whole = {phase.phase: phase.week for phase in self.value.phases if not phase.pillar}
        found = []
        for phase in range(2, self.value.target_phase + 1):
            gates = [self._gate(gate) for gate in self.value.gates if gate.phase == phase]
            gates.sort(key=lambda gate: (gate.now, gate.holds_on or Day.max, gate.gate.item))
            week = whole.get(phase)
            found.append(PhaseView(phase, None if week is None else self.friday(week), tuple(gates)))
        return found

    def _gate(self, gate: GateWeek) -> GateView:
        point = (gate.item, gate.level)
        now = gate.week is not None and not gate.closed_by
        return GateView(
            gate=gate,
            title=self.gate_titles.get(point) or self._item_text(gate.item),
            number=self.gate_numbers.get(point, ""),
            holds_on=None if gate.week is None else self.friday(gate.week),
            now=now,
            closed_by=self.titles.get(gate.closed_by, ""),
            closed_by_key=gate.closed_by if gate.closed_by in self.titles else "",
        )

    def _item_text(self, name: str) -> str:
        known = self.questionnaire.items.get(name)
        return known.text if known else name.split(".")[-1].replace("_", " ")

    @cached_property
    def unknown_gates(self) -> list[GateView]:
        """Gates up to the target that nobody knows to hold."""
        return [gate for phase in self.phases for gate in phase.gates if not gate.known]

    @cached_property
    def groups(self) -> list[tuple[int, list[ItemView]]]:
        """Items by the phase in which they are done."""
        phases = sorted({item.item.phase for item in self.items})
        return [(phase, [item for item in self.items if item.item.phase == phase]) for phase in phases]

    @cached_property
    def efforts(self) -> list[Effort]:
        names = role_names()
        return [Effort(names.get(role, role), amount) for role, amount in self.value.effort.items() if amount]

    @property
    def effort_total(self) -> str:
        return words.person_weeks(sum(self.value.effort.values()))

    @cached_property
    def next_items(self) -> list[Mapping[str, Any]]:
        """What comes after the target phase, as the catalogue says it."""
        return [self.plan.entries[key] for key in self.value.next_items if key in self.plan.entries]

    @property
    def limits(self) -> Sequence[Any]:
        return self.value.limits

    def chosen(self, key: str) -> ItemView | None:
        """The item asked for; else what is late, what runs, what starts next, in that order."""
        if key in self.by_key:
            return self.by_key[key]
        late = sorted((item for item in self.items if item.days_late), key=lambda item: -item.days_late)
        running = [item for item in self.items if item.state == "running"]
        ahead = sorted(
            (i for i in self.items if i.state == "planned"), key=lambda item: (item.start, item.key)
        )
        return next(iter([*late, *running, *ahead, *self.items]), None)
