"""Small catalogues and problems for the roadmap's tests, and the standard ones."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Any

from assessment.question_bank import Questionnaire, load_questionnaire
from roadmap.catalogue import Catalogue, GateRow, Initiative, Lift, Need, gate_rows, load_catalogue
from roadmap.problem import PlanProblem
from ui.yaml_file import load_yaml

FIXTURES = Path(__file__).parents[2] / "fixtures"
STANDARD_FILE = FIXTURES / "initiatives" / "standard.yaml"
MONDAY = datetime.date(2026, 11, 23)
A, B, C, D = "strategy.a.a", "strategy.b.b", "data.c.c", "culture.d.d"


@cache
def questionnaire() -> Questionnaire:
    return load_questionnaire(FIXTURES / "questionnaires" / "readiness.yaml")


@cache
def standard() -> Catalogue:
    items = {item.key: 4 for item in questionnaire().items.values() if item.kind == "maturity"}
    return load_catalogue(STANDARD_FILE, gates=gate_rows(questionnaire()), items=items)


@cache
def default_capacity() -> dict[str, int]:
    content = load_yaml(FIXTURES / "roles.yaml")
    return {role["id"]: role["default_capacity"] for role in content["roles"]}


def standard_problem(target_phase: int = 2, **changes: Any) -> PlanProblem:
    given: dict[str, Any] = {"capacity": default_capacity(), **changes}
    return PlanProblem(standard(), gate_rows(questionnaire()), MONDAY, target_phase, **given)


def initiative(key: str, lifts: list[tuple[str, int, int]], **changes: Any) -> Initiative:
    """An initiative of phase 1 that takes 2 weeks of leaders' attention, unless told otherwise."""
    plain: dict[str, Any] = {
        "title": key.replace("_", " ").capitalize(),
        "pillar": lifts[0][0].split(".")[0],
        "phase": 1,
        "kind": "practice",
        "audience": "leaders",
        "duration_weeks": 2,
        **changes,
    }
    plain["needs"] = tuple(Need(*need) for need in plain.get("needs", ()))
    plain["effort"] = tuple(plain.get("effort", {}).items())
    if plain["kind"] == "poc":
        plain = {"route": "internal", "time_box_weeks": plain["duration_weeks"] - 1, **plain}
    return Initiative(key=key, lifts=tuple(Lift(*lift) for lift in lifts), **plain)


def catalogue(*initiatives: Initiative) -> Catalogue:
    return Catalogue(1, "EUR", "", (), initiatives)


def gate(item: str, level: int, phase: int = 2, weight: int = 1) -> GateRow:
    return GateRow(item, level, phase, item.split(".")[0], weight)


def problem(initiatives: list[Initiative], gates: list[GateRow], **changes: Any) -> PlanProblem:
    """From level 0 to phase 2 within 30 weeks, no POC asked for, unless told otherwise."""
    given: dict[str, Any] = {"target_phase": 2, "by_week": 30, "poc_decided": True, **changes}
    return PlanProblem(catalogue(*initiatives), tuple(gates), MONDAY, **given)
