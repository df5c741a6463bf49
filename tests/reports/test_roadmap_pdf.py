"""The roadmap report: phases with their gates, each initiative with its reasons, no plan in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.roadmap import render_roadmap, roadmap_context
from roadmap import plan_words
from roadmap.plan_words import by_day, target_day
from tests.reports.pdfs import AS_OF, fills, is_tagged, pages, planned, read
from ui.formats import day, money
from ui.words import in_words

NAMES = {
    "organization_name": "Halvorsen Pumps",
    "as_of": AS_OF,
    "name": "Plan 4, Lean",
    "made_for": ["Solveig Aasgaard, owner"],
    "rests_on": ["Round 2, result a4f0…91c7"],
}


@pytest.fixture(scope="module")
def made() -> bytes:
    plan, around = planned()
    return render_roadmap(plan, around, **NAMES)  # type: ignore[arg-type]


def test_the_cover_says_when_and_for_how_much(made: bytes) -> None:
    plan, _ = planned()
    cover = pages(made)[0]
    reached = target_day(plan)
    assert reached is not None
    for part in (
        "Roadmap to phase 2",
        f"Phase 2 by {day(reached)}",
        "Planned Plan 4, Lean",
        "Round 2, result a4f0…91c7",
        plan["input_hash"][:4],
    ):
        assert part in cover


def test_every_initiative_stands_with_its_reason_and_its_evidence(made: bytes) -> None:
    plan, around = planned()
    text = " ".join(pages(made))
    for item in plan["items"]:
        assert item["title"] in text
        assert item["why"][0]["sentence"] in text
        assert item["why_now"][0]["sentence"] in text
        assert f"Done when: {around.done_when[item['key']]}" in text


def test_gates_stand_with_the_day_on_which_they_hold(made: bytes) -> None:
    plan, around = planned()
    text = " ".join(pages(made))
    closed = [gate for gate in plan["gates"] if gate["closed_by"]]
    assert closed
    assert all(around.gates[f"{gate['item']}:{gate['level']}"] in text for gate in closed)
    assert "Nobody who was asked knows whether it holds today." in text


def test_page_and_report_count_the_same_gates(made: bytes) -> None:
    plan, around = planned()
    ahead = [gate for gate in plan["gates"] if gate["closed_by"] and gate["phase"] > plan["target_phase"]]
    assert ahead, "the plan of this test closes a gate beyond its target"
    numbers = plan_words.gate_numbers(plan)
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    assert (ahead[0]["item"], ahead[0]["level"]) not in numbers
    said = f"{in_words(len(numbers))} open gates close, and one of phase 3 on the way"
    assert plan_words.lede(plan).lower().startswith(said)
    chapter = roadmap_context(plan, around, **NAMES)["chapters"][0]  # type: ignore[arg-type]
    (figure,) = chapter.data["gantts"]
    assert figure.title.endswith(f"close {in_words(len(numbers))} gates, and one of phase 3 on the way")
    assert {item.gate for item in figure.items if item.gate} <= {str(one) for one in numbers.values()}
    assert [row["number"] for row in chapter.data["gates"]] == [*numbers.values(), *("" for _ in ahead)]


def test_no_page_is_nearly_empty(made: bytes) -> None:
    filled = fills(made)
    assert len(filled) <= 10
    assert [number for number, part in enumerate(filled[1:-1], start=2) if part < 1 / 3] == []


def test_what_is_not_proven_is_named() -> None:
    plan, _ = planned()
    open_ones = [
        {**row, "bound": row["value"] - (9 if row["name"] == "gate_weeks" else 0)}
        for row in plan["objectives"]
    ]
    unsure = {**plan, "status": "feasible", "objectives": open_ones}
    told = plan_words.status_words(unsure)
    assert "Proven: first POC decision; target phase holds; cost, high end; " in told
    assert told.endswith("Not proven: gate weight times the week from which each gate holds.")
    rows = {name: sure for name, _, sure in plan_words.objective_rows(unsure, "EUR")}
    value = next(row["value"] for row in plan["objectives"] if row["name"] == "gate_weeks")
    assert rows["Target phase holds"] == "Proven best"
    gates = rows["Gate weight times the week from which each gate holds"]
    assert gates == f"Not proven best; {value - 9} is not ruled out"
    assert rows["Number of initiatives"] == "Proven best, with the lines above as they are"


def test_roles_without_room_stand_in_one_sentence_by_their_names() -> None:
    told = plan_words.reason_sentences(
        [
            ("role", "data_scientist", "Until then data scientists have no room for it."),
            ("role", "ml_engineer", "Until then ML engineers have no room for it."),
            ("audience", "leaders", "Until then leaders have two initiatives at once."),
        ]
    )
    assert told == [
        "Until then data scientists and ML engineers have no room for it.",
        "Until then leaders have two initiatives at once.",
    ]


def test_sentences_of_a_plan_quote_with_typographic_marks() -> None:
    plan, _ = planned()
    assert all('"' not in one["sentence"] for item in plan["items"] for one in item["why"] + item["why_now"])


def test_an_initiative_bears_the_code_of_its_gate_else_of_what_it_lifts() -> None:
    plan, around = planned()
    closes = next(item for item in plan["items"] if item["why"][0]["kind"] == "gate")
    other = {**closes, "key": "other", "why": []}
    assert around.code(closes) == around.codes[closes["why"][0]["ref"].rpartition(".")[0]]
    assert around.code(other) == around.code(closes)[:1]
    assert replace(around, item_codes={"other": "T9"}).code(other) == "T9"


def test_a_poc_named_after_its_use_case_keeps_its_name_in_the_catalogue(made: bytes) -> None:
    plan, around = planned()
    poc = next(item for item in plan["items"] if item["kind"] == "poc")
    items = [{**item, "title": "Quote triage, POC"} if item is poc else item for item in plan["items"]]
    chapters = roadmap_context({**plan, "items": items}, around, **NAMES)["chapters"]  # type: ignore[arg-type]
    rows = [row for group in chapters[1].data["groups"] for row in group["rows"]]
    shown = next(row for row in rows if row["title"] == "Quote triage, POC")
    assert shown["subtitle"] == poc["title"]
    assert all(row["subtitle"] == "" for row in rows if row is not shown)


def test_costs_add_up(made: bytes) -> None:
    plan, _ = planned()
    text = " ".join(pages(made))
    assert plan["cost_high"] == sum(item["cost_high"] for item in plan["items"])
    assert money(plan["cost_high"], "EUR").replace("\u00a0", " ") in text.replace("\u00a0", " ")


def test_inputs_and_certainty_are_told(made: bytes) -> None:
    plan, around = planned()
    text = " ".join(pages(made))
    assert "Proven: under these inputs no plan is better." in text
    assert all(around.roles[role] in text for role in around.problem["capacity"])
    assert plan["input_hash"] in text
    assert plan["solver"] in text


def test_it_is_tagged_and_the_same_each_time(made: bytes) -> None:
    plan, around = planned()
    assert is_tagged(read(made))
    assert render_roadmap(plan, around, **NAMES) == made  # type: ignore[arg-type]


def test_where_there_is_no_plan_it_says_what_would_make_one_possible() -> None:
    plan, around = planned()
    impossible = {
        **plan,
        "status": "infeasible",
        "sentence": "The budget is too small.",
        "items": [],
        "target_week": None,
        "impossible": ["No POC fits within 1,000 €."],
    }
    ways = replace(around, relaxations=["With 57,000 €: 56,000 € more."])
    context = roadmap_context(impossible, ways, **NAMES)  # type: ignore[arg-type]
    (chapter, *_) = context["chapters"]
    assert chapter.finding == f"No plan reaches phase 2 by {day(by_day(plan))} under these wishes"
    assert chapter.data["impossible"] == ["No POC fits within 1,000 €."]
    printed = " ".join(pages(render_roadmap(impossible, ways, **NAMES)))  # type: ignore[arg-type]
    assert "With 57,000 €: 56,000 € more." in printed.replace("\u00a0", " ")


def test_a_long_plan_is_drawn_in_parts_that_fit_a_page() -> None:
    plan, around = planned()
    (first, *_) = plan["items"]
    many = [{**first, "key": f"k{number}", "title": f"Initiative {number}"} for number in range(45)]
    context = roadmap_context({**plan, "items": many}, around, **NAMES)  # type: ignore[arg-type]
    figures = context["chapters"][0].data["gantts"]
    assert [len(figure.items) for figure in figures] == [20, 20, 5]
    assert len({figure.key for figure in figures}) == 3
    assert {(figure.start, figure.weeks) for figure in figures} == {(figures[0].start, figures[0].weeks)}
