"""The appendix of the roadmap report: inputs, how sure the plan is, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports import waivers
from reports.layout import Chapter, Section
from reports.roadmap_chapters import AUDIENCES, Surroundings
from roadmap import plan_words
from roadmap.plan_words import by_day, monday_of
from ui.formats import day, money, number
from ui.words import listed, sentence

Row = Mapping[str, Any]


def appendix(plan: Row, around: Surroundings, signed: Sequence[Row] = ()) -> list[Chapter]:
    """Inputs and how sure the plan is; waivers where any were signed; what it rests on."""
    return [_inputs(plan, around), *waivers.chapters(signed), _sources(plan)]


def _inputs(plan: Row, around: Surroundings) -> Chapter:
    return Chapter(
        name="Inputs and certainty",
        finding="What the plan was asked for, and how sure it is",
        lede="Another start, budget or team gives another plan. Everything that was assumed stands here.",
        template="pdf/roadmap_inputs.html",
        sections=[Section("inputs", "Inputs"), Section("stages", "How sure each part is")],
        data={
            "facts": _facts(plan, around),
            "status": plan_words.status_words(plan),
            "stages": plan_words.objective_rows(plan, around.currency),
        },
    )


def _facts(plan: Row, around: Surroundings) -> list[tuple[str, str]]:
    problem = around.problem
    facts = [
        ("Week 0", f"{day(monday_of(plan['week_zero'], 0))}, the first Monday on or after the start"),
        (
            "Target",
            f"Phase {plan['target_phase']} by {day(by_day(plan))}",
        ),
    ]
    if not problem:
        return facts
    budget = problem["budget"]
    facts.append(
        ("Budget", "No limit" if budget is None else f"{money(budget, around.currency)}, external, high end")
    )
    at_once = problem["at_once"]
    told = ", ".join(
        f"{AUDIENCES[key].lower()} {at_once.get(key, 2)}" for key in ("leaders", "technical", "business")
    )
    facts.append(("At once", f"Initiatives that each audience takes up at once: {told}"))
    positions = [
        f"{around.role(role)} {number(amount / 100, 2)}"
        for role, amount in sorted(problem["capacity"].items(), key=lambda row: around.place(row[0]))
    ]
    if positions:
        facts.append(("Full-time positions", "; ".join(positions)))
    for key, term in (("forced_in", "Taken in by hand"), ("forced_out", "Left out by hand")):
        if problem[key]:
            facts.append((term, "; ".join(around.initiatives.get(name, name) for name in problem[key])))
    if problem["pins"]:
        facts.append(
            ("Weeks set by hand", "; ".join(around.initiatives.get(name, name) for name in problem["pins"]))
        )
    if problem["unknown"]:
        gates = [around.gates.get(f"{item}:{level}", item) for item, level in problem["unknown"]]
        facts.append(("Not known, so taken as open", listed(gates)))
    if problem["preferred_route"]:
        facts.append(("Preferred route", sentence(problem["preferred_route"])))
    if problem["day_rates"]:
        rates = [
            f"{around.role(role)} {money(rate, around.currency)}"
            for role, rate in problem["day_rates"].items()
        ]
        facts.append(("Day rates", listed(rates)))
    return facts


def _sources(plan: Row) -> Chapter:
    return Chapter(
        name="Sources",
        finding="What this report rests on",
        lede="The same inputs give the same plan, and the same plan the same report, byte for byte.",
        template="pdf/readiness_sources.html",
        data={
            "facts": [
                ("Inputs of the plan", plan["input_hash"]),
                ("Solver", plan["solver"]),
                ("Seed", str(plan["seed"])),
                ("Initiatives searched", str(plan["pool"])),
            ],
            "literature": (),
        },
    )
