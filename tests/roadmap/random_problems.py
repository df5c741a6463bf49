"""Random small problems for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from roadmap.problem import Fixed, PlanProblem, Previous
from tests.roadmap.small import A, B, C, D, gate, initiative, problem

ITEMS = (A, B, C)


@st.composite
def lifts(draw: st.DrawFn, items: tuple[str, ...]) -> list[tuple[str, int, int]]:
    chosen = draw(st.lists(st.sampled_from(items), min_size=1, max_size=2, unique=True))
    found = []
    for item in chosen:
        low = draw(st.sampled_from((0, 0, 0, 1)))
        found.append((item, low, draw(st.integers(low + 1, 3))))
    return found


@st.composite
def problems(draw: st.DrawFn, *, most: int, by_week: int, longest: int) -> PlanProblem:
    """Up to `most` initiatives of at most `longest` weeks; target phase 3; one POC at most."""
    items = ITEMS if most <= 5 else (*ITEMS, D)
    count = draw(st.integers(2, most))
    poc = draw(st.one_of(st.none(), st.integers(0, count - 1)))
    entries = []
    for number in range(count):
        changes: dict[str, Any] = {
            "pillar": draw(st.sampled_from(("strategy", "data"))),
            "phase": draw(st.sampled_from((1, 1, 1, 2))),
            "audience": draw(st.sampled_from(("leaders", "technical", "all"))),
            "duration_weeks": draw(st.integers(2, longest)),
            "cost_high": draw(st.integers(0, 3)),
            "effort": {"ml_engineer": 100 * draw(st.integers(0, 2))},
            "one_of": draw(st.sampled_from(("", "", "", "x"))),
        }
        brought = [(lift.item, lift.to_level) for entry in entries for lift in entry.lifts]
        if brought and draw(st.integers(0, 2)) == 0:
            changes["needs"] = [draw(st.sampled_from(brought))]
        if number and draw(st.integers(0, 2)) == 0:
            changes["prerequisites"] = (f"i{draw(st.integers(0, number - 1))}",)
        if number == poc:
            changes |= {"kind": "poc"}
        changes["effort"] = {role: amount for role, amount in changes["effort"].items() if amount}
        entries.append(initiative(f"i{number}", draw(lifts(items)), **changes))
    reachable = sorted({(lift.item, lift.to_level) for entry in entries for lift in entry.lifts})
    gates = [
        gate(item, level, draw(st.sampled_from((2, 3, 3))), draw(st.integers(1, 3)))
        for item, level in draw(st.lists(st.sampled_from(reachable), min_size=1, max_size=3, unique=True))
    ]
    return problem(
        entries,
        gates,
        target_phase=3,
        by_week=by_week,
        poc_decided=poc is None or draw(st.booleans()),
        levels={item: draw(st.sampled_from((0, 0, 1))) for item in items},
        capacity={"ml_engineer": draw(st.sampled_from((100, 200, 300)))},
        at_once={"leaders": draw(st.integers(1, 2))},
        budget=draw(st.one_of(st.none(), st.integers(2, 20))),
    )


@st.composite
def wishes(draw: st.DrawFn, *, most: int, by_week: int, longest: int) -> PlanProblem:
    """A random problem with choices by hand, running and done work, and sometimes a plan before it."""
    asked = draw(problems(most=most, by_week=by_week, longest=longest))
    keys = [entry.key for entry in asked.catalogue.initiatives]
    role = st.sampled_from(("free", "free", "free", "free", "pin", "in", "out", "done", "running", "later"))
    chosen = {key: draw(role) for key in keys}
    weeks = {key: draw(st.integers(0, by_week // 2)) for key in keys}
    named = {name: tuple(key for key in keys if chosen[key] == name) for name in set(chosen.values())}
    today = draw(st.integers(0, 2))
    previous = Previous(tuple((key, weeks[key]) for key in keys[::2]), draw(st.integers(0, by_week)))
    return asked.with_changes(
        pins={key: max(today, weeks[key]) for key in named.get("pin", ())},
        forced_in=named.get("in", ()),
        forced_out=named.get("out", ()),
        at_least={key: weeks[key] for key in named.get("later", ())},
        done=tuple(Fixed(key, -5, -1) for key in named.get("done", ())),
        running=tuple(Fixed(key, weeks[key] - 4, weeks[key] + 1) for key in named.get("running", ())),
        not_before=today,
        previous=draw(st.sampled_from((None, previous))),
        unknown=draw(st.sampled_from(((), ((A, 1),)))),
        day_rates=draw(st.sampled_from(({}, {"ml_engineer": 1}))),
    )
