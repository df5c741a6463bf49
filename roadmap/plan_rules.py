"""The rules of balance of a plan (fixtures/rules.yaml, scope plan): facts in, sentences out. Pure.

A rule whose facts are not known says nothing. Rules on a person's hours and on the share of partners wait for
projects and for variants that are marked as a partner's.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roadmap.levels import Point
from roadmap.plan import Plan, PlanItem
from ui.formats import day

Day = datetime.date
EARLY_WEEKS = 26
BIG_PERCENT = 40
UNBOUND_WEEKS = 8
WEAK_FEASIBILITY = 40
STALLED = datetime.timedelta(weeks=6)
FIRST_TO_LIVE = "strategy.path_to_production.first_to_live"
ON_CALL = "team.production_ownership.on_call"
WHY_EXPLAINED = "culture.leadership_support.why_explained"
BUDGET = "culture.leadership_support.budget_and_blockers"
ADOPTION = "set_adoption_budget"
LIVE_LEVEL = 3


@dataclass(frozen=True)
class BoundCase:
    """The use case of a POC: its marks, its feasibility, and what stops it in words."""

    title: str
    feasibility: float | None = None
    marks: tuple[str, ...] = ()
    stopper: str = ""


@dataclass(frozen=True)
class PlanFacts:
    """A plan with what the rules read beside it.

    levels: at the start of the plan. entries: what the catalogue says about each item. bound: use cases by
    initiative. early_wins: titles of use cases on the list with that mark. phase: of the organization when
    the plan was made. last_move: when progress was last changed; running: whether something runs.
    """

    plan: Plan
    today: Day
    not_before: int
    phase: int
    levels: Mapping[str, int]
    entries: Mapping[str, Any]
    titles: Mapping[str, str] = field(default_factory=dict)
    poc_decided: bool = False
    bound: Mapping[str, BoundCase] = field(default_factory=dict)
    early_wins: tuple[str, ...] = ()
    running: bool = False
    last_move: Day | None = None

    @property
    def pocs(self) -> list[PlanItem]:
        """POCs by start."""
        found = [item for item in self.plan.items if item.kind == "poc"]
        return sorted(found, key=lambda item: (item.start_week, item.key))

    def title_of(self, item: PlanItem) -> str:
        return self.titles.get(item.key, item.title)

    def monday(self, week: int) -> Day:
        return Day.fromisoformat(self.plan.week_zero) + datetime.timedelta(weeks=week)

    def lifts(self, item: PlanItem) -> list[tuple[str, int]]:
        """What the item raises, as (item of the questionnaire, level)."""
        entry = self.entries.get(item.key, {})
        return [
            (lift["item"], lift["to"])
            for lift in entry.get("lifts", [])
            if lift["item"] not in item.without_effect
        ]

    def week_of(self, point: Point) -> int | None:
        """The week from which an item stands at a level; None: not within the plan."""
        name, level = point
        if self.levels.get(name, 0) >= level:
            return self.not_before
        weeks = [i.end_week for i in self.plan.items for n, to in self.lifts(i) if n == name and to >= level]
        return min(weeks, default=None)


@dataclass(frozen=True)
class Advice:
    """One rule that applies. block: publishing is refused."""

    id: str
    severity: str
    sentence: str
    ref: str = ""

    @property
    def blocks(self) -> bool:
        return self.severity == "block"


Found = tuple[str, Mapping[str, Any]]


def advise(facts: PlanFacts, rules: Mapping[str, Mapping[str, Any]]) -> list[Advice]:
    """Every rule that applies, in the order of the content; `rules` by id with severity and sentence."""
    found = []
    for name, rule in rules.items():
        for ref, values in CHECKS.get(name, _nothing)(facts):
            sentence = str(rule["sentence"]).format_map(values)
            found.append(Advice(name, str(rule["severity"]), sentence, ref))
    return found


def _nothing(facts: PlanFacts) -> Iterator[Found]:
    yield from ()


def _no_poc(facts: PlanFacts) -> Iterator[Found]:
    if facts.plan.target_phase > 1 and facts.plan.items and not facts.pocs and not facts.poc_decided:
        yield "", {}


def _no_early_win(facts: PlanFacts) -> Iterator[Found]:
    week = facts.plan.poc_week
    if week is not None and not facts.poc_decided and week - facts.not_before > EARLY_WEEKS:
        yield "", {"n": week}


def _poc_unbound(facts: PlanFacts) -> Iterator[Found]:
    for item in facts.pocs:
        start = facts.monday(item.start_week)
        soon = start <= facts.today + datetime.timedelta(weeks=UNBOUND_WEEKS)
        if item.state == "planned" and soon and item.key not in facts.bound:
            yield item.key, {"item": facts.title_of(item), "date": day(start)}


def _poc_on_weak_use_case(facts: PlanFacts) -> Iterator[Found]:
    for item in facts.pocs:
        case = facts.bound.get(item.key)
        if case is None or item.state == "done":
            continue
        weak = case.feasibility is not None and case.feasibility < WEAK_FEASIBILITY
        if case.stopper or weak:
            reason = case.stopper or f"a feasibility of {round(case.feasibility or 0)} of 100"
            yield item.key, {"use_case": case.title, "reason": reason}


def _moon_shot_first(facts: PlanFacts) -> Iterator[Found]:
    first = facts.bound.get(facts.pocs[0].key) if facts.pocs else None
    others = [title for title in facts.early_wins if first is None or title != first.title]
    if first is not None and "moon_shot" in first.marks and others:
        yield facts.pocs[0].key, {"other": others[0]}


def _one_big_bet(facts: PlanFacts) -> Iterator[Found]:
    items = facts.plan.items
    amounts: Sequence[tuple[str, dict[str, int]]] = (
        ("spend", {item.key: item.cost_high for item in items}),
        ("effort", {item.key: sum(item.effort.values()) for item in items}),
    )
    for resource, by_key in amounts:
        total = sum(by_key.values())
        for item in items:
            share = 100 * by_key[item.key]
            if len(items) > 1 and share > BIG_PERCENT * total > 0:
                percent = round(share / total)
                yield item.key, {"item": facts.title_of(item), "percent": percent, "resource": resource}


def _plug_and_play(facts: PlanFacts) -> Iterator[Found]:
    plan = facts.plan
    rushed = plan.target_phase == 2 and facts.phase == 1 and plan.by_week - facts.not_before < EARLY_WEEKS
    raised = {name.split(".")[0] for item in plan.items for name, _ in facts.lifts(item)}
    if plan.items and (rushed or not raised & {"culture", "team"}):
        yield "", {}


def _live(facts: PlanFacts) -> list[PlanItem]:
    """Items that bring a model live."""
    return [
        i
        for i in facts.plan.items
        if any(n == FIRST_TO_LIVE and to >= LIVE_LEVEL for n, to in facts.lifts(i))
    ]


def _no_adoption_money(facts: PlanFacts) -> Iterator[Found]:
    paid = ADOPTION in facts.plan.by_key or facts.levels.get(BUDGET, 0) >= LIVE_LEVEL
    if _live(facts) and not paid:
        yield "", {}


def _production_without_operator(facts: PlanFacts) -> Iterator[Found]:
    answered = facts.week_of((ON_CALL, 2))
    for item in _live(facts):
        if item.state == "planned" and (answered is None or item.start_week < answered):
            yield item.key, {}
            return


def _technology_only(facts: PlanFacts) -> Iterator[Found]:
    exits = [phase.week for phase in facts.plan.phases if not phase.pillar and phase.phase > facts.phase]
    until = min((week for week in exits if week is not None), default=None)
    items = [item for item in facts.plan.items if until is None or item.start_week < until]
    effort = {item.key: sum(item.effort.values()) for item in items}
    technical = sum(effort[item.key] for item in items if item.audience == "technical")
    if sum(effort.values()) and 3 * technical > 2 * sum(effort.values()):
        yield "", {}


def _stalled(facts: PlanFacts) -> Iterator[Found]:
    moved = facts.last_move
    if facts.running and moved is not None and facts.today - moved > STALLED:
        yield "", {"date": day(moved)}


def _skips_why(facts: PlanFacts) -> Iterator[Found]:
    told = facts.week_of((WHY_EXPLAINED, 2))
    first = facts.pocs[0] if facts.pocs else None
    if first is not None and first.state != "done" and (told is None or first.start_week < told):
        yield first.key, {}


CHECKS: Mapping[str, Callable[[PlanFacts], Iterator[Found]]] = {
    "plan.no_poc": _no_poc,
    "plan.no_early_win": _no_early_win,
    "plan.poc_unbound": _poc_unbound,
    "plan.poc_on_weak_use_case": _poc_on_weak_use_case,
    "plan.moon_shot_first": _moon_shot_first,
    "plan.one_big_bet": _one_big_bet,
    "plan.plug_and_play": _plug_and_play,
    "plan.no_adoption_money": _no_adoption_money,
    "plan.production_without_operator": _production_without_operator,
    "plan.technology_only": _technology_only,
    "plan.stalled": _stalled,
    "plan.skips_why": _skips_why,
}
