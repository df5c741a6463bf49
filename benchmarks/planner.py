"""Planner: JSON lines with CPU seconds, each beside a baseline measured in the same run.

The baseline is the bare scheduling of the same machine: the three PSPLIB instances planned as roadmaps, with
their gap to the best-known makespan. The solver is imported before anything is measured.

python benchmarks/planner.py
"""

from __future__ import annotations

import csv
import datetime
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ortools.sat.python import cp_model  # noqa: F401 - its import is not what is measured

from assessment.question_bank import load_questionnaire
from roadmap.catalogue import ROLES, Catalogue, GateRow, Initiative, Lift, gate_rows, load_catalogue
from roadmap.checker import check
from roadmap.plan import Plan
from roadmap.planner import plan
from roadmap.problem import PlanProblem
from ui.yaml_file import load_yaml

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures"
PSPLIB = Path(__file__).parent / "psplib"
MONDAY = datetime.date(2026, 11, 23)


def cpu(run: Callable[[], Plan]) -> tuple[float, Plan]:
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def standard(target_phase: int) -> PlanProblem:
    """The whole standard catalogue from level 0, with default capacities and by-date."""
    questionnaire = load_questionnaire(FIXTURES / "questionnaires" / "readiness.yaml")
    gates = gate_rows(questionnaire)
    catalogue = load_catalogue(FIXTURES / "initiatives" / "standard.yaml", gates=gates)
    roles = load_yaml(FIXTURES / "roles.yaml")["roles"]
    capacity = {role["id"]: role["default_capacity"] for role in roles}
    return PlanProblem(catalogue, gates, MONDAY, target_phase, capacity=capacity)


def instance(path: Path) -> PlanProblem:
    """A PSPLIB instance as a roadmap: each activity lifts an item of its own, and each item is a gate."""
    numbers = [[int(word) for word in line.split()] for line in path.read_text().splitlines() if line.split()]
    (_, resources), capacities, rows = numbers[0], numbers[1], numbers[2:]
    before: dict[int, list[int]] = {number: [] for number in range(1, len(rows) + 1)}
    for number, row in enumerate(rows, start=1):
        for successor in row[resources + 2 :]:
            before[successor].append(number)
    initiatives, gates = [], []
    for number, row in enumerate(rows, start=1):
        weeks, demand = row[0], row[1 : resources + 1]
        if not weeks:
            continue
        item = f"strategy.activity.a{number}"
        effort = tuple((ROLES[n], amount * weeks) for n, amount in enumerate(demand) if amount)
        known = tuple(f"a{other}" for other in before[number] if rows[other - 1][0])
        lifts = (Lift(item, 0, 1),)
        initiatives.append(
            Initiative(
                f"a{number}", f"a{number}", "strategy", 1, "practice", "all", weeks, lifts, (), known, effort
            )
        )
        gates.append(GateRow(item, 1, 2, "strategy", 1))
    return PlanProblem(
        Catalogue(1, "EUR", "", (), tuple(initiatives)),
        tuple(gates),
        MONDAY,
        2,
        capacity=dict(zip(ROLES, capacities, strict=False)),
        by_week=200,
        at_once=dict.fromkeys(("leaders", "technical", "business"), len(rows)),
        poc_decided=True,
    )


def schedule() -> tuple[float, dict[str, float]]:
    """CPU seconds for the three instances, and the gap of each to the best known in percent."""
    total, gaps = 0.0, {}
    with (PSPLIB / "bks.csv").open() as file:
        for row in csv.DictReader(file):
            problem = instance(PSPLIB / row["instance"])
            seconds, found = cpu(lambda problem=problem: plan(problem))  # type: ignore[misc]
            assert not check(problem, found)
            total += seconds
            best = int(row["bks"])
            gaps[row["instance"].removesuffix(".txt")] = round(
                100 * ((found.target_week or 0) - best) / best, 2
            )
    return total, gaps


def main() -> int:
    baseline, gaps = schedule()
    ok = max(gaps.values()) <= 1.0
    print(
        json.dumps(
            {
                "name": "psplib_j30",
                "cpu_s": round(baseline, 2),
                "status": "scheduled",
                "gap_percent": gaps,
                "limit_gap_percent": 1.0,
                "ok": ok,
            }
        )
    )
    for phase, limit, required in ((2, 3.0, None), (3, 20.0, {"poc_week", "target_week"})):
        problem = standard(phase)
        seconds, found = cpu(lambda problem=problem: plan(problem))  # type: ignore[misc]
        proven = {objective.name for objective in found.objectives if objective.proven}
        wanted = required or {objective.name for objective in found.objectives}
        good = seconds <= limit and wanted <= proven and not check(problem, found)
        ok = ok and good
        line = {
            "name": f"plan_0_to_phase_{phase}",
            "cpu_s": round(seconds, 2),
            "limit_s": limit,
            "status": found.status,
            "baseline": round(baseline, 2),
            "poc_week": found.poc_week,
            "target_week": found.target_week,
            "items": len(found.items),
            "proven": sorted(proven),
            "ok": good,
        }
        print(json.dumps(line), flush=True)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
