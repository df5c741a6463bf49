"""The chapters of the roadmap report: the plan, its gates, each initiative, effort, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assessment.result_words import held_words
from reports import roadmap_figures as figures
from reports.layout import Chapter, Section
from roadmap import plan_words
from roadmap.plan_words import last_day_before
from ui.formats import day, money, number
from ui.words import counted, sentence

Row = Mapping[str, Any]

AUDIENCES = {
    "leaders": "Leaders",
    "technical": "Technical staff",
    "business": "Business side",
    "all": "Everybody",
}
STATES = {"planned": "Planned", "running": "Running", "done": "Done"}


@dataclass(frozen=True)
class Surroundings:
    """What a plan names by key and the report says in words.

    gates        title of a gate by "ITEM:LEVEL"
    initiatives  title by key, at least of those that come next
    done_when    the evidence that an initiative is done, by its key
    codes        code of a dimension by its key
    item_codes   code of the dimension that an initiative lifts first, by its key
    pillars      title by key
    roles        name by key, in the order to print
    phases       name by number
    problem      ``PlanProblem.to_dict()``: the inputs; empty where they are not known
    relaxations  what would make a plan possible, one sentence each
    """

    currency: str
    round_title: str = ""
    gates: Mapping[str, str] = field(default_factory=dict)
    initiatives: Mapping[str, str] = field(default_factory=dict)
    done_when: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    item_codes: Mapping[str, str] = field(default_factory=dict)
    pillars: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    phases: Mapping[int, str] = field(default_factory=dict)
    problem: Mapping[str, Any] = field(default_factory=dict)
    relaxations: Sequence[str] = ()

    def role(self, key: str) -> str:
        return self.roles.get(key, sentence(key.replace("_", " ")))

    def code(self, item: Row) -> str:
        """The code before an initiative: of its gate, else of what it lifts first, else of its pillar."""
        return (
            figures.gate_code(item, self.codes) or self.item_codes.get(item["key"], "") or self._letter(item)
        )

    def _letter(self, item: Row) -> str:
        own = [code for key, code in self.codes.items() if key.partition(".")[0] == item["pillar"]]
        return own[0][:1] if own else ""

    def place(self, role: str) -> int:
        """Where a role stands in the order to print."""
        order = list(self.roles)
        return order.index(role) if role in order else len(order)

    def phase(self, phase: int) -> str:
        name = self.phases.get(phase)
        return f"Phase {phase}, {name[:1].lower()}{name[1:]}" if name else f"Phase {phase}"

    def gate(self, gate: Row) -> str:
        return self.gates.get(f"{gate['item']}:{gate['level']}", f"{gate['item']} at level {gate['level']}")


def main(plan: Row, around: Surroundings, as_of: date) -> list[Chapter]:
    """The chapters before the appendix; a plan that was not found has only what stands in its way."""
    if not plan_words.is_found(plan):
        return [no_plan(plan, around)]
    chapters = [overview(plan, around, as_of)]
    if plan["items"]:
        chapters += [initiatives(plan, around), effort(plan, around)]
    return [*chapters, next_steps(plan, around)]


def overview(plan: Row, around: Surroundings, as_of: date) -> Chapter:
    """What the plan reaches when, in weeks and by phase, and the gates on the way."""
    names = {phase: around.phase(phase) for phase in around.phases}
    gantts = figures.gantts(plan, around.code, names, as_of)
    sections = [
        *([Section("weeks", gantts[0].title)] if gantts else []),
        Section("phases", "What each phase costs"),
        Section("gates", "When each gate holds"),
        Section("limits", "What keeps it from being sooner"),
    ]
    return Chapter(
        name="The plan",
        finding=plan_words.finding(plan, around.currency),
        lede=plan_words.lede(plan),
        template="pdf/roadmap_overview.html",
        sections=sections,
        data={
            "gantts": gantts,
            "phases": _phase_rows(plan, around),
            "total": plan_words.cost_range(plan["cost_low"], plan["cost_high"], around.currency),
            "budget": _budget(plan, around),
            "gates": _gate_rows(plan, around),
            "standing": _standing(plan),
            "exits": _exits(plan, around),
            "limits": plan["limits"],
            "departures": plan["departures"],
            "status": plan_words.status_words(plan),
        },
    )


def _phase_rows(plan: Row, around: Surroundings) -> list[dict[str, Any]]:
    rows = []
    for phase in sorted({item["phase"] for item in plan["items"]}):
        own = [item for item in plan["items"] if item["phase"] == phase]
        keys = {item["key"] for item in own}
        closed = [gate for gate in plan_words.closed_gates(plan) if gate["closed_by"] in keys]
        pocs = sum(item["kind"] == "poc" for item in own)
        brings = [plan_words.gates_words(closed, plan, "gate closes", "gates close")] if closed else []
        brings += [counted(pocs, "POC is decided", "POCs are decided")] if pocs else []
        rows.append(
            {
                "name": around.phase(phase),
                "count": _count(own),
                "cost": plan_words.cost_range(
                    sum(item["cost_low"] for item in own),
                    sum(item["cost_high"] for item in own),
                    around.currency,
                ),
                "brings": sentence("; ".join(brings)) if brings else "Prepares what follows",
            }
        )
    return rows


def _count(items: Sequence[Row]) -> str:
    parts = [str(len(items))]
    for state in ("done", "running"):
        number_of = sum(item["state"] == state for item in items)
        if number_of:
            parts.append(f"{number_of} {state}")
    return ", ".join(parts)


def _budget(plan: Row, around: Surroundings) -> str:
    budget = around.problem.get("budget")
    if budget is None:
        return "No budget was given"
    left = money(budget - plan["cost_high"], around.currency)
    return f"{left} below the budget of {money(budget, around.currency)}"


def _holds_now(gate: Row) -> bool:
    return gate["week"] is not None and gate["week"] <= 0 and not gate["closed_by"]


def _standing(plan: Row) -> str:
    """How many gates need nothing, in words."""
    standing = [gate["phase"] for gate in plan["gates"] if _holds_now(gate)]
    return f"{held_words(standing)}." if standing else ""


def _gate_rows(plan: Row, around: Surroundings) -> list[dict[str, Any]]:
    """The gates up to the target that do not hold today, and those that close by the way, in their order."""
    numbers = plan_words.gate_numbers(plan)
    titles = {item["key"]: item["title"] for item in plan["items"]}
    rows = [
        {
            "number": numbers.get((gate["item"], gate["level"]), ""),
            "title": around.gate(gate),
            "code": around.codes.get(gate["item"].rpartition(".")[0], ""),
            "phase": gate["phase"],
            "day": "" if gate["week"] is None else day(last_day_before(plan["week_zero"], gate["week"])),
            "closed_by": titles.get(gate["closed_by"], ""),
            "known": gate["known"],
        }
        for gate in plan["gates"]
        if not _holds_now(gate) and (gate["phase"] <= plan["target_phase"] or gate["closed_by"])
    ]
    return sorted(rows, key=lambda row: (row["number"] or len(rows) + 1, row["phase"], row["title"]))


def _exits(plan: Row, around: Surroundings) -> list[str]:
    """When each phase is reached by the whole organization, in words."""
    found = []
    for phase in plan["phases"]:
        if phase["pillar"] or phase["phase"] > plan["target_phase"]:
            continue
        if phase["week"] is None:
            found.append(f"Phase {phase['phase']} is not reached within this plan.")
        elif phase["week"] <= 0:
            found.append(f"Phase {phase['phase']} is reached already.")
        else:
            reached = day(last_day_before(plan["week_zero"], phase["week"]))
            found.append(f"All gates up to phase {phase['phase']} hold on {reached}.")
    return found


def initiatives(plan: Row, around: Surroundings) -> Chapter:
    """Each initiative by phase with why it is in and why it begins when it does."""
    groups: list[dict[str, Any]] = []
    for phase in sorted({item["phase"] for item in plan["items"]}):
        own = [item for item in figures.in_order(plan) if item["phase"] == phase]
        rows = [_initiative(plan, item, around) for item in own]
        groups.append(
            {
                "name": around.phase(phase),
                "rows": [row for row in rows if row["state"] != STATES["done"]],
                "done": [row for row in rows if row["state"] == STATES["done"]],
            }
        )
    return Chapter(
        name="Initiatives by phase",
        finding=_pace(plan),
        lede="Each with what it is for, why it begins when it does, and what shows that it is done.",
        template="pdf/roadmap_initiatives.html",
        sections=[Section(f"phase-{place}", group["name"]) for place, group in enumerate(groups)],
        data={"groups": groups},
    )


def _pace(plan: Row) -> str:
    at_once = sum(item["start_week"] <= 0 and item["state"] != "done" for item in plan["items"])
    if not at_once:
        return "Nothing can begin at once"
    begins = sentence(counted(at_once, "initiative begins", "initiatives begin"))
    return f"{begins} at once"


def _initiative(plan: Row, item: Row, around: Surroundings) -> dict[str, Any]:
    start, end = plan_words.period(plan, item)
    return {
        "title": item["title"],
        "code": around.code(item),
        "subtitle": _subtitle(item, around),
        "pillar": around.pillars.get(item["pillar"], sentence(item["pillar"])),
        "start": start,
        "end": end,
        "weeks": counted(item["end_week"] - item["start_week"], "week", "weeks"),
        "state": STATES[item["state"]],
        "is_poc": item["kind"] == "poc",
        "audience": AUDIENCES[item["audience"]],
        "cost": plan_words.cost_range(item["cost_low"], item["cost_high"], around.currency),
        "effort": plan_words.person_weeks(sum(item["effort"].values())),
        "person_weeks": number(sum(item["effort"].values()) / 100, 1),
        "why": _reasons(item["why"]),
        "why_now": _reasons(item["why_now"]),
        "without_effect": list(item["without_effect"]),
        "done_when": around.done_when.get(item["key"], ""),
    }


def _subtitle(item: Row, around: Surroundings) -> str:
    """What a POC is in the catalogue, where it goes by the name of its use case."""
    known = around.initiatives.get(item["key"], "")
    return known if item["kind"] == "poc" and known != item["title"] else ""


def _reasons(reasons: Sequence[Row]) -> list[str]:
    return plan_words.reason_sentences([(one["kind"], one["ref"], one["sentence"]) for one in reasons])


def effort(plan: Row, around: Surroundings) -> Chapter:
    """Person-weeks by role beside what there is, and the role that is asked most."""
    capacity = {role: amount for role, amount in around.problem.get("capacity", {}).items() if amount}
    loads = figures.loads(plan, capacity)
    rows = []
    order = [role for role in around.roles if role in plan["effort"]]
    order += [role for role in plan["effort"] if role not in order]
    for role in order:
        weeks = loads.get(role, [])
        used = sum(weeks)
        rows.append(
            {
                "name": around.role(role),
                "effort": number(plan["effort"][role] / 100, 1),
                "capacity": number(capacity[role] / 100, 2) if role in capacity else "",
                "peak": number(max(weeks, default=0) / 100, 2),
                "share": f"{int(100 * used / (capacity[role] * len(weeks)) + 0.5)} %"
                if role in capacity and weeks
                else "",
            }
        )
    total = sum(plan["effort"].values()) / 100
    spend = plan_words.cost_range(plan["cost_low"], plan["cost_high"], around.currency)
    bars = figures.busiest(plan, capacity, around.roles)
    return Chapter(
        name="Effort and cost",
        finding=f"{number(total, 0)} person-weeks over {counted(_span(plan), 'week', 'weeks')}",
        lede=f"External spend comes to {spend}. {_rates(around)}",
        template="pdf/roadmap_effort.html",
        sections=[
            Section("roles", "What is asked of each role"),
            *([Section("busiest", bars.title)] if bars else []),
        ],
        data={"rows": rows, "total": number(total, 1), "bars": bars},
    )


def _span(plan: Row) -> int:
    starts = [item["start_week"] for item in plan["items"]]
    return int(max(item["end_week"] for item in plan["items"]) - min(starts))


def _rates(around: Surroundings) -> str:
    if around.problem.get("day_rates"):
        return "Own effort is counted at the day rates of the appendix."
    return "Own effort costs nothing here, as no day rates were given."


def next_steps(plan: Row, around: Surroundings) -> Chapter:
    """What comes after the target, and where the plan departs from early wins and small bets."""
    names = [around.initiatives.get(key, sentence(key.replace("_", " "))) for key in plan["next_items"]]
    after = counted(len(names), "initiative comes", "initiatives come")
    return Chapter(
        name="What comes next",
        finding=f"{sentence(after)} after phase {plan['target_phase']}"
        if names
        else f"Nothing in the catalogue comes after phase {plan['target_phase']}",
        lede="They are not planned now, because nothing on the way to the target needs them.",
        template="pdf/roadmap_next.html",
        data={"names": names, "target": plan["target_phase"]},
    )


def no_plan(plan: Row, around: Surroundings) -> Chapter:
    """Why there is no plan, and what would make one possible."""
    return Chapter(
        name="Why there is no plan",
        finding=plan_words.title(plan),
        lede=str(plan["sentence"]),
        template="pdf/roadmap_none.html",
        sections=[Section("ways", "What would make a plan possible")] if around.relaxations else [],
        data={"impossible": list(plan["impossible"]), "relaxations": list(around.relaxations)},
    )
