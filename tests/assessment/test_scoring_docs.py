"""The worked tables of docs/scoring.md are run."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from assessment.pooling import join_small
from assessment.question_bank import Gate
from assessment.result import decimal, whole
from assessment.scoring import score
from assessment.tally import weight_of, weighted_mean
from tests.assessment.rounds import TITLES, answer, gate, item, people, questionnaire

TEXT = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text()
ONE = questionnaire([item("p.d.a", allows_not_applicable=True)])
MARKS = {"?": "dk", "n": "na", ".": None}


def tables() -> dict[str, list[dict[str, str]]]:
    found = {}
    for chunk in TEXT.split("**Table: ")[1:]:
        title, rest = chunk.split("**\n\n", 1)
        lines = rest.split("\n\n", 1)[0].splitlines()
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        found[title] = [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]
    return found


TABLES = tables()


def rows(title: str):
    return pytest.mark.parametrize("row", TABLES[title])


def number(text: str) -> float | None:
    return None if text == "none" else float(text)


def truth(text: str) -> bool | None:
    return {"yes": True, "no": False, "not known": None}[text]


def asked(row: dict[str, str]):
    """The people and the answers to p.d.a that a row describes."""
    sizes = {function: len(row.get(function, "")) for function in TITLES}
    return people(**sizes), [
        answer(f"{function}{place}", "p.d.a", MARKS[mark] if mark in MARKS else int(mark))
        for function in TITLES
        for place, mark in enumerate(row.get(function, ""), 1)
    ]


def test_every_table_is_run():
    assert len(TABLES) == 11
    assert all(len(table) >= 3 for table in TABLES.values())


@rows("item score")
def test_item_score(row):
    [found] = score(ONE, *asked(row)).to_dict()["items"]
    levels = [group["level"] for group in found["functions"] if group["level"] is not None]
    assert levels == (
        [] if row["function levels"] == "none" else [*map(float, _list(row["function levels"]))]
    )
    assert found["value"] == number(row["item score"])


@rows("weighted mean")
def test_weighted_mean(row):
    weights = [weight_of(float(text)) for text in _list(row["weights"])]
    values = [None if text == "none" else Fraction(text) for text in _list(row["scores"])]
    found = weighted_mean(zip(weights, values, strict=True))
    assert decimal(found) == number(row["result"])
    assert whole(found) == number(row["shown"])


@rows("coverage")
def test_coverage(row):
    made = {"maker": row["answers of those who started"].replace(" ", "")}
    found = score(ONE, *asked(made)).to_dict()
    assert (found["levels_given"], found["levels_asked"]) == (int(row["given"]), int(row["asked"]))
    assert found["coverage"] == number(row["coverage"])
    assert found["provisional"] is truth(row["provisional"])


@rows("interval of one item with weight 1")
def test_interval(row):
    [found] = score(ONE, *asked(row)).to_dict()["dimensions"]
    assert found["score"] == int(row["score"])
    wanted = None if row["interval"] == "none" else [int(bound) for bound in row["interval"].split(" to ")]
    assert found["interval"] == wanted


@rows("alignment of one item")
def test_alignment(row):
    assert score(ONE, *asked(row)).to_dict()["alignment_value"] == number(row["alignment"])


@rows("gap")
def test_gap(row):
    found = [f for f in score(ONE, *asked(row)).to_dict()["findings"] if f["kind"] == "gap"]
    shown = [(f["functions"], f["gap"]) for f in found]
    assert shown == ([] if row["function"] == "none" else [([row["function"]], float(row["gap"]))])


@rows("r_wg")
def test_r_wg(row):
    found = score(ONE, *asked({"maker": row["levels"]})).to_dict()
    assert found["items"][0]["r_wg"] == number(row["r_wg"])
    assert any(f["kind"] == "agreement" for f in found["findings"]) is truth(row["finding"])


@rows("gate")
def test_gate(row):
    q = questionnaire([item("p.d.a")], (gate("p.d.a", int(row["level"])),))
    consensus = {"p.d.a": int(row["consensus"])} if row["consensus"] else {}
    [found] = score(q, *asked(row), consensus=consensus).to_dict()["gates"]
    assert found["holds"] is truth(row["holds"])
    assert found["shortfall"] == number(row["shortfall"])
    assert found["decided_by"] == ("consensus" if row["consensus"] else "answers")


@rows("phase")
def test_phase(row):
    states = {
        (phase, place): truth(text)
        for phase in (2, 3)
        for place, text in enumerate(_list(row[f"gates of phase {phase}"]))
        if text != "none"
    }
    items = {state: item(f"p.d.i{phase}{place}") for state in states for phase, place in [state]}
    q = questionnaire(
        list(items.values()), tuple(Gate("p", phase, items[phase, place].key, 2) for phase, place in states)
    )
    marks = {True: 2, False: 0, None: "dk"}
    found = [answer("maker1", items[state].key, marks[holds]) for state, holds in states.items()]
    assert score(q, people(maker=1), found).phase == int(row["phase"])


@rows("target of a dimension of two items with weight 1, gate of the target phase on the first")
def test_target(row):
    q = questionnaire([item("p.d.a"), item("p.d.b")], (gate("p.d.a", int(row["gate level"])),))
    given = [
        answer("maker1", key, MARKS[mark] if mark in MARKS else int(mark))
        for key, mark in (("p.d.a", row["first item"]), ("p.d.b", row["second item"]))
    ]
    [found] = score(q, people(maker=1), given).to_dict()["dimensions"]
    assert (found["score"], found["target"]) == (int(row["score"]), int(row["target"]))


@rows("groups by people")
def test_groups(row):
    sets = join_small({function: int(row[function]) for function in TITLES})
    assert ["+".join(members) for members in sets] == _list(row["groups"])


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]
