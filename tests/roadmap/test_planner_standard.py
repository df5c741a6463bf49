"""The standard catalogue from level 0: what is proven, how it reads, and that bytes do not change."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from roadmap.checker import check
from roadmap.plan import OPTIMAL, Plan
from roadmap.planner import plan
from roadmap.problem import Fixed, Previous
from roadmap.relaxations import relaxations
from tests.roadmap.small import standard_problem

ROOT = Path(__file__).parents[2]
PRINT_HASH = """
import hashlib
from roadmap.planner import plan
from tests.roadmap.small import standard_problem
print(hashlib.sha256(plan(standard_problem({phase})).to_json().encode()).hexdigest())
"""


@cache
def phase_2() -> Plan:
    return plan(standard_problem(2))


def test_phase_2_is_proven_in_every_objective_and_passes_the_checker() -> None:
    found = phase_2()
    assert found.status == OPTIMAL
    assert all(objective.proven for objective in found.objectives)
    assert check(standard_problem(2), found) == []


def test_phase_2_has_an_early_decision_and_prepares_before_it_tries() -> None:
    found = phase_2()
    assert found.poc_week is not None
    assert found.poc_week <= 26
    poc = next(item for item in found.items if item.kind == "poc")
    reasons = ("seat_all_parties", "explain_why_to_those_involved", "set_tests_before_money")
    for key in (*reasons, "write_first_charter"):
        assert found.by_key[key].end_week <= poc.start_week, key
    assert found.by_key["write_first_charter"].end_week <= poc.start_week - 3
    assert found.by_key["seat_all_parties"].end_week <= poc.start_week - 8


def test_every_item_says_why_and_why_now() -> None:
    for item in phase_2().items:
        assert item.why, item.key
        assert item.why_now, item.key
        assert "kept" not in {reason.kind for reason in item.why_now}, item.key


def test_attention_is_what_limits_the_plan() -> None:
    limits = phase_2().limits
    assert limits[0].kind == "audience"
    assert sum(limit.weeks for limit in limits) == phase_2().target_week


def test_a_replan_after_a_slip_keeps_what_it_can() -> None:
    before = phase_2()
    done = tuple(Fixed(i.key, i.start_week, i.end_week) for i in before.items if i.end_week <= 9)
    running = tuple(
        Fixed(i.key, i.start_week, i.end_week + (4 if i.key == "write_down_baselines" else 0))
        for i in before.items
        if i.start_week < 9 < i.end_week
    )
    agreed = Previous(tuple((item.key, item.start_week) for item in before.items), before.poc_week)
    asked = standard_problem(2, done=done, running=running, not_before=9, previous=agreed)
    found = plan(asked)
    assert check(asked, found) == []
    assert {item.key for item in found.items} == {item.key for item in before.items}
    kept = [item for item in found.items if item.start_week == before.by_key[item.key].start_week]
    assert len(kept) >= len(found.items) / 2


@pytest.mark.slow
def test_too_little_time_and_money_is_answered_with_ways_out() -> None:
    asked = standard_problem(2, by_week=(phase_2().target_week or 0) - 1, budget=200_000)
    kinds = [found.kind for found in relaxations(asked)]
    assert {"date", "budget", "gates"} <= set(kinds)
    assert kinds[-1] == "combination"


def plan_hash(phase: int, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PRINT_HASH.format(phase=phase)]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return result.stdout.strip()


@pytest.mark.slow
def test_same_input_same_bytes_whatever_the_hash_seed() -> None:
    assert len({plan_hash(2, seed) for seed in ("0", "1", "4242")}) == 1


@pytest.mark.slow
def test_phase_3_has_its_end_week_proven_and_passes_the_checker() -> None:
    asked = standard_problem(3)
    found = plan(asked)
    proven = {objective.name for objective in found.objectives if objective.proven}
    assert {"poc_week", "target_week", "cost"} <= proven
    assert check(asked, found) == []
    assert len([item for item in found.items if item.kind == "poc"]) >= 2
