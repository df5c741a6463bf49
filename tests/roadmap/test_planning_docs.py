"""The tables of docs/planning.md are run."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from roadmap.catalogue import Initiative
from roadmap.plan import OPTIMAL
from roadmap.planner import plan
from roadmap.problem import Previous, first_monday
from roadmap.timeline import timeline
from tests.roadmap.small import A, B, C, D, gate, initiative, problem, standard_problem

TEXT = (Path(__file__).parents[2] / "docs" / "planning.md").read_text(encoding="utf-8")
ITEMS = {"A": A, "B": B, "C": C}
Row = dict[str, str]


def tables() -> dict[str, list[Row]]:
    found = {}
    for chunk in TEXT.split("**Table: ")[1:]:
        title, rest = chunk.split("**\n\n", 1)
        cells = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in rest.split("\n\n", 1)[0].splitlines()
        ]
        found[title] = [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]
    return found


TABLES = tables()


def rows(title: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", TABLES[title])


@rows("week 0")
def test_week_zero(row: Row) -> None:
    start = datetime.date.fromisoformat(row["start date"])
    assert first_monday(start).isoformat() == row["week 0"]


@rows("weeks and demand")
def test_weeks_and_demand(row: Row) -> None:
    part = initiative(
        "a", [(A, 0, 1)], duration_weeks=int(row["weeks"]), effort={"ml_engineer": int(row["effort"])}
    )
    asked = problem([part], [], capacity={"ml_engineer": int(row["capacity"])})
    assert str(asked.duration(part) or "ruled out") == row["takes"]
    assert str(asked.demand(part).get("ml_engineer", "none")) == row["demand"]


@rows("cost")
def test_cost(row: Row) -> None:
    part = initiative(
        "a", [(A, 0, 1)], cost_high=int(row["cost high"]), effort={"ml_engineer": int(row["effort"])}
    )
    asked = problem([part], [], day_rates={"ml_engineer": int(row["day rate"])})
    assert asked.cost(part) == int(row["cost"])


@rows("lifts")
def test_lifts(row: Row) -> None:
    part = initiative("a", [(A, int(row["from"]), int(row["to"]))])
    start = int(row["level at the start"])
    line = timeline(problem([part], [], levels={A: start}), {"a": (0, 2)})
    assert max([start, *(level for _, level in line.weeks)]) == int(row["level after"])
    assert set(line.weeks.values()) <= {2}


@rows("changes")
def test_changes(row: Row) -> None:
    """The one item of a problem that leaves no choice about it, replanned against the agreed week."""
    part, other = initiative("a", [(A, 0, 1)]), initiative("other", [(D, 0, 1)], pillar="strategy")
    agreed = {} if row["agreed week"] == "none" else {"a": int(row["agreed week"])}
    changes = {"pins": {"a": int(row["new week"])}} if row["new week"] != "none" else {"forced_out": ("a",)}
    previous = Previous((*agreed.items(), ("other", 0)))
    found = plan(problem([part, other], [gate(D, 1)], previous=previous, **changes))
    assert {objective.name: objective.value for objective in found.objectives}["changes"] == int(
        row["counts"]
    )


def by_hand() -> list[Initiative]:
    found = []
    for row in TABLES["initiatives"]:
        item, low, high = row["lifts"].split()
        need = row["needs"].split()
        found.append(
            initiative(
                row["key"],
                [(ITEMS[item], int(low), int(high))],
                pillar="strategy",
                kind="poc" if row["key"] == "poc" else "practice",
                duration_weeks=int(row["weeks"]),
                needs=[(ITEMS[need[0]], int(need[1]))] if need else [],
                cost_high=int(row["cost"]),
            )
        )
    return found


def test_the_plan_by_hand() -> None:
    found = plan(problem(by_hand(), [gate(A, 2, weight=2), gate(B, 1), gate(C, 1)], poc_decided=False))
    assert found.status == OPTIMAL
    spans = [{"key": i.key, "start": str(i.start_week), "end": str(i.end_week)} for i in found.items]
    assert sorted(spans, key=lambda span: span["key"]) == TABLES["plan"]
    values = [{"objective": o.name, "value": str(o.value)} for o in found.objectives if o.name != "order"]
    assert values == TABLES["objectives"]


@rows("standard catalogue from level 0")
def test_standard_figures(row: Row) -> None:
    found = plan(standard_problem(int(row["target phase"])))
    figures = (found.poc_week, found.target_week, len(found.items), found.cost_high)
    assert figures == tuple(int(row[name]) for name in ("POC decision", "target week", "items", "cost"))
