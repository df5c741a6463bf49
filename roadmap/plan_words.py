"""A plan in sentences: what it reaches and when, how sure the planner is, what it costs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from roadmap.catalogue import people_of
from ui.formats import day, money, number
from ui.words import counted, in_words, listed, plural, sentence

Plan = Mapping[str, Any]
Gate = Mapping[str, Any]

FOUND = ("optimal", "optimal_for_pool", "feasible", "nothing_to_do")
STATUS_WORDS = {
    "optimal": "Proven: under these inputs no plan is better.",
    "optimal_for_pool": (
        "Proven within the {pool} initiatives that were searched; outside of them a better plan may exist."
    ),
    "feasible": "Every rule is kept, but the search ended before all of it was proven best.",
    "infeasible": "No plan keeps all rules under these inputs.",
    "nothing_to_do": "Everything that was asked for holds already.",
}
# Name of an objective to what it is in words and how its value reads.
OBJECTIVES: Mapping[str, tuple[str, str]] = {
    "dropped": ("Gates that had to be left out", "count"),
    "poc_slip": ("Weeks by which the first POC decision slips", "count"),
    "changes": (
        "Weeks moved against the plan before; an initiative dropped or added counts as eight",
        "count",
    ),
    "poc_week": ("First POC decision", "poc"),
    "target_week": ("Target phase holds", "target"),
    "cost": ("Cost, high end", "money"),
    "gate_weeks": ("Gate weight times the week from which each gate holds", "count"),
    "items": ("Number of initiatives", "count"),
    "starts": ("Sum of start weeks", "count"),
    "order": ("Order of keys, which settles ties", "count"),
}
PILLAR_CODES = {"strategy": "S", "culture": "C", "data": "D", "team": "T"}
AUDIENCES = {"leaders": "Leaders", "technical": "Technical staff", "business": "Business side", "all": "All"}


def monday_of(week_zero: str, week: int) -> date:
    """The Monday of a plan's week; ``week_zero`` is the ISO date of the Monday of week 0."""
    return date.fromisoformat(week_zero) + timedelta(weeks=week)


def last_day_before(week_zero: str, week: int) -> date:
    """The Friday on which something that ends with the start of ``week`` is over."""
    return monday_of(week_zero, week) - timedelta(days=3)


def is_found(plan: Plan) -> bool:
    return plan["status"] in FOUND


def status_words(plan: Plan) -> str:
    """How sure the planner is; where not everything is proven, what is and what is not."""
    told = STATUS_WORDS[plan["status"]].format(pool=plan["pool"])
    if plan["status"] != "feasible" or not plan.get("objectives"):
        return told
    proven = [_objective_name(row) for row in plan["objectives"] if row["value"] == row["bound"]]
    open_ones = [_objective_name(row) for row in plan["objectives"] if row["value"] != row["bound"]]
    told += f" Proven: {'; '.join(proven)}." if proven else ""
    return told + (f" Not proven: {'; '.join(open_ones)}." if open_ones else "")


def _objective_name(objective: Mapping[str, Any]) -> str:
    name = OBJECTIVES.get(objective["name"], (str(objective["name"]), ""))[0]
    return name[:1].lower() + name[1:]


def target_day(plan: Plan) -> date | None:
    """The day on which the target phase is reached, None where the plan does not reach it."""
    week = plan["target_week"]
    return None if week is None else last_day_before(plan["week_zero"], week)


def poc_day(plan: Plan) -> date | None:
    """The last day of the week in which the first POC is decided."""
    week = plan["poc_week"]
    return None if week is None else last_day_before(plan["week_zero"], week + 1)


def by_day(plan: Plan) -> date:
    """The last day for the target phase."""
    return last_day_before(plan["week_zero"], plan["by_week"])


def title(plan: Plan) -> str:
    """What the plan comes to, as the title of a page."""
    phase = plan["target_phase"]
    if plan["status"] == "nothing_to_do":
        return f"Phase {phase} holds; nothing has to be planned for it"
    if not is_found(plan):
        return f"No plan reaches phase {phase} by {day(by_day(plan))} under these wishes"
    reached = target_day(plan)
    return f"Phase {phase} by {day(reached)}" if reached else f"Part of the way to phase {phase}"


def finding(plan: Plan, currency: str) -> str:
    """The title with how many initiatives and what they cost: "Phase 2 by 11 June 2027, with 14 …"."""
    if not is_found(plan) or not plan["items"]:
        return title(plan)
    many = counted(len(plan["items"]), "initiative", "initiatives")
    return f"{title(plan)}, with {many} and {thousands(plan['cost_high'], currency)}"


def summary(plan: Plan) -> str:
    """One sentence for the end of the job."""
    if not is_found(plan):
        return f"{title(plan)}. What would make one possible stands on its page."
    return f"{title(plan)}: {plural(len(plan['items']), 'initiative', 'initiatives')}."


def lede(plan: Plan) -> str:
    """How many gates close, and when the first POC is decided."""
    if not is_found(plan):
        return str(plan["sentence"])
    if not plan["items"]:
        return "No initiative is needed; keep what holds, and assess again in half a year."
    parts = [sentence(gates_words(closed_gates(plan), plan, "open gate closes", "open gates close"))]
    decided = poc_day(plan)
    if decided:
        parts.append(f"the first POC is decided by {day(decided)}")
    return f"{'; '.join(parts)}."


def closed_gates(plan: Plan) -> list[Gate]:
    """The gates that the plan closes, of any phase, in the order in which they hold."""
    closed = [gate for gate in plan["gates"] if gate["closed_by"] and gate["week"] is not None]
    return sorted(
        closed, key=lambda gate: (gate["week"], gate["phase"], gate["pillar"], gate["item"], gate["level"])
    )


def gate_numbers(plan: Plan) -> dict[tuple[str, int], int]:
    """Numbers of the gates up to the target that the plan closes; what closes on the way has none."""
    counting = [gate for gate in closed_gates(plan) if gate["phase"] <= plan["target_phase"]]
    return {(gate["item"], gate["level"]): number for number, gate in enumerate(counting, start=1)}


def gates_words(gates: Sequence[Gate], plan: Plan, one: str, many: str) -> str:
    """How many of these gates count for the target, and which close on the way: "five gates close, and one
    of phase 3 on the way"."""
    counting = sum(gate["phase"] <= plan["target_phase"] for gate in gates)
    later = Counter(gate["phase"] for gate in gates if gate["phase"] > plan["target_phase"])
    told = counted(counting, one, many)
    if later:
        extra = [f"{in_words(later[phase])} of phase {phase}" for phase in sorted(later)]
        told += f", and {listed(extra)} on the way"
    return told


def reason_sentences(reasons: Sequence[tuple[str, str, str]]) -> list[str]:
    """Reasons as (kind, ref, sentence) in words; roles that have no room stand in one sentence."""
    full = [people_of(ref) for kind, ref, _ in reasons if kind == "role"]
    told: list[str] = []
    for kind, _, words in reasons:
        if kind != "role":
            told.append(words)
        elif full:
            told.append(f"Until then {listed(full)} have no room for it.")
            full = []
    return told


def thousands(amount: int, currency: str) -> str:
    """ "412 k€"; small amounts in full."""
    return money(amount, currency, thousands=amount >= 10_000)


def cost_range(low: int, high: int, currency: str) -> str:
    """ "40,000 to 95,000 €"; one figure where both ends are the same."""
    if low == high:
        return money(high, currency)
    return f"{number(low)} to {money(high, currency)}"


def person_weeks(hundredths: int) -> str:
    """Hundredths of a person-week as "3.5 person-weeks"."""
    text = number(hundredths / 100, 0 if hundredths % 100 == 0 else 1)
    return f"{text} person-{'week' if hundredths == 100 else 'weeks'}"


def period(plan: Plan, item: Mapping[str, Any]) -> tuple[date, date]:
    """First Monday and last Friday of an initiative."""
    start = monday_of(plan["week_zero"], item["start_week"])
    return start, last_day_before(plan["week_zero"], item["end_week"])


def objective_rows(plan: Plan, currency: str) -> list[tuple[str, str, str]]:
    """Each objective with its value and, in words, how sure it is.

    Behind an objective that is not proven, a proof holds only with the values above it as they are.
    """
    rows, all_proven = [], True
    for objective in plan["objectives"]:
        name, kind = OBJECTIVES.get(objective["name"], (objective["name"], "count"))
        value, bound = (
            _objective_value(plan, kind, objective[part], currency) for part in ("value", "bound")
        )
        proven = objective["value"] == objective["bound"]
        sure = "Proven best" if all_proven else "Proven best, with the lines above as they are"
        rows.append((name, value, sure if proven else f"Not proven best; {bound} is not ruled out"))
        all_proven = all_proven and proven
    return rows


def _objective_value(plan: Plan, kind: str, value: int, currency: str) -> str:
    if kind == "money":
        return money(value, currency)
    if kind == "poc":
        return day(last_day_before(plan["week_zero"], value + 1))
    if kind == "target":
        return day(last_day_before(plan["week_zero"], value))
    return number(value)


def relaxation_words(
    plan: Plan, relaxation: Mapping[str, Any], currency: str, roles: Mapping[str, str]
) -> str:
    """A change that makes a plan possible, with dates and money as the organization writes them."""
    kind, before, after = relaxation["kind"], relaxation["before"], relaxation["after"]
    if kind == "date":
        until = day(last_day_before(plan["week_zero"], after))
        return f"Until {until}: {plural(after - before, 'week', 'weeks')} more."
    if kind == "budget":
        return f"With {money(after, currency)}: {money(after - before, currency)} more."
    if kind == "role":
        role = roles.get(relaxation["ref"], relaxation["ref"])
        return f"{role}: {number(after / 100, 2)} FTE instead of {number(before / 100, 2)}."
    if kind == "audience":
        return f"{AUDIENCES[relaxation['ref']]}: {after} initiatives at once instead of {before}."
    if kind == "combination":
        return " ".join(relaxation_words(plan, part, currency, roles) for part in relaxation["parts"])
    return str(relaxation["sentence"])
