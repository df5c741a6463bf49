"""The question bank: reading, refusing, visibility, minutes, round trip and succession of versions."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment.question_bank import (
    ContentError,
    Questionnaire,
    load_questionnaire,
    parse_questionnaire,
)
from tests.assessment.small_questionnaire import level, parse, small

FIXTURE = Path(__file__).parents[2] / "fixtures" / "questionnaires" / "readiness.yaml"
STANDARD = load_questionnaire(FIXTURE)


def complaints(data: dict[str, Any] | str | bytes) -> list[str]:
    with pytest.raises(ContentError) as caught:
        parse(data) if isinstance(data, dict) else parse_questionnaire(data, name="small.yaml")
    return [str(problem) for problem in caught.value.problems]


def dimension_of(data: dict[str, Any], number: int) -> dict[str, Any]:
    dimension: dict[str, Any] = data["pillars"][0]["dimensions"][number]
    return dimension


def test_small_questionnaire_is_accepted() -> None:
    questionnaire = parse(small())
    assert [item.key for item in questionnaire.maturity_items] == [
        "a.one.first",
        "a.one.second",
        "a.two.third",
    ]
    assert questionnaire.dimensions["a.two"].items == ("a.two.third", "a.two.route")
    assert questionnaire.gates[0].key == "a.one.first:2"
    assert questionnaire.gates_of("a") == questionnaire.gates


# One change each, and words that the complaint must hold.
REFUSED: list[tuple[str, Any, list[str]]] = [
    ("unknown field", lambda d: d.update(colour="red"), ["colour", "unknown field"]),
    ("unknown item field", lambda d: d["items"][0].update(size=3), ["a.one.first, size", "unknown field"]),
    ("missing title", lambda d: d.pop("title"), ["title", "missing"]),
    ("four levels", lambda d: d["items"][0]["levels"].pop(), ["five are needed"]),
    ("level without claim", lambda d: d["items"][0]["levels"][1].pop("claim"), ["claim", "missing"]),
    ("same level twice", lambda d: d["items"][0]["levels"].__setitem__(1, level(0)), ["same as that of"]),
    ("duplicate item", lambda d: d["items"].append(copy.deepcopy(d["items"][0])), ["stands there twice"]),
    ("duplicate function", lambda d: d["functions"].append(d["functions"][0].copy()), ["stands there twice"]),
    ("negative weight", lambda d: d["items"][0].update(weight=-1), ["weight", "from 0 to 100"]),
    ("weight not a number", lambda d: d["items"][0].update(weight=float("nan")), ["weight", "from 0 to 100"]),
    ("endless weight", lambda d: d["items"][0].update(weight=float("inf")), ["weight", "from 0 to 100"]),
    ("huge weight", lambda d: d["items"][0].update(weight=10**30), ["weight", "from 0 to 100"]),
    ("true as weight", lambda d: d["items"][0].update(weight=True), ["weight", "from 0 to 100"]),
    ("weight 0 changes no score", lambda d: d["items"][0].update(weight=0), ["would change no score"]),
    ("dimension of weight 0", lambda d: dimension_of(d, 0).update(weight=0), ["change no score"]),
    ("no functions", lambda d: d["items"][0].update(functions=[]), ["functions", "empty"]),
    ("unknown function", lambda d: d["items"][0].update(functions=["boss"]), ["'boss'", "sponsor, lead"]),
    ("unknown kind", lambda d: d["items"][0].update(kind="slider"), ["'slider'", "maturity"]),
    ("no such dimension", lambda d: d["items"][0].update(key="a.nine.first"), ["no 'a.nine'"]),
    ("key with capitals", lambda d: d["items"][0].update(key="A.One.First"), ["not a key"]),
    ("gate on hidden item", lambda d: d["gates"][0].update(item="a.one.second"), ["gate 1", "visible_if"]),
    ("gate on a choice", lambda d: d["gates"][0].update(item="a.two.route"), ["gate 1", "no maturity item"]),
    ("gate level 5", lambda d: d["gates"][0].update(level=5), ["level", "from 1 to 4"]),
    ("gate of an unknown phase", lambda d: d["gates"][0].update(phase=3), ["phases are 1 to 2"]),
    ("gate twice", lambda d: d["gates"].append(d["gates"][0].copy()), ["already a gate"]),
    ("no gate for a phase", lambda d: d["phases"].append({**d["phases"][1], "phase": 3}), ["phase 3"]),
    ("asked later", lambda d: d["items"].reverse(), ["asked later"]),
    ("not asked of all", lambda d: d["items"][0].update(functions=["lead"]), ["not asked of sponsor"]),
    ("choice unread", lambda d: d["items"][3].pop("read_by"), ["read_by must name"]),
    ("choice read by an oracle", lambda d: d["items"][3].update(read_by=["oracle: sees"]), ["must be one"]),
    ("one option", lambda d: d["items"][3]["options"].pop(), ["at least 2 needed"]),
    ("choice with weight", lambda d: d["items"][3].update(weight=1), ["does not score"]),
    ("should_know not asked", lambda d: d["items"][3].update(should_know=["lead"]), ["not asked"]),
    ("odd source", lambda d: d["items"][0].update(sources=["page 4"]), ["checklist number"]),
    ("code twice", lambda d: dimension_of(d, 1).update(code="A1"), ["already belongs to a.one"]),
    ("same question", lambda d: d["items"][1].update(text="What about  A.ONE.first"), ["asks the same as"]),
    ("control character", lambda d: d["items"][0].update(text="a\x00b"), ["control character"]),
    ("long text", lambda d: d["items"][0].update(text="a" * 301), ["at most 300"]),
    ("number as text", lambda d: d["items"][0].update(text=4), ["must be a text"]),
    ("sources without end", lambda d: d["items"][0].update(sources=["S1-1"] * 201), ["at most 200"]),
    ("pillars without end", lambda d: d.update(pillars=d["pillars"] * 21), ["at most 20 are allowed"]),
    ("items no list", lambda d: d.update(items="none"), ["items", "must be a list"]),
    ("item no entry", lambda d: d["items"].append("one more"), ["items 5", "named fields"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_refusal_names_what_is_wrong(change: Any, words: list[str]) -> None:
    data = small()
    change(data)
    text = json.dumps(data)  # JSON is YAML, and keeps NaN, NUL and surrogates as a file could
    found = complaints(text)
    assert any(all(word in line for word in words) for line in found), found


@pytest.mark.parametrize(
    "word", ["good", "Adequate", "effective", "mature", "robust", "regularly", "effectively", "maturity"]
)
@pytest.mark.parametrize("part", ["text", "claim"])
def test_levels_tell_what_can_be_seen(word: str, part: str) -> None:
    data = small()
    data["items"][0]["levels"][3][part] = f"says that ownership is {word}"
    assert any(f"says {word!r}" in line for line in complaints(data))


def test_banned_words_are_whole_words() -> None:
    data = small()
    data["items"][0]["levels"][3]["text"] = "Goods are counted by premature regular staff."
    assert parse(data)


def test_lone_surrogates_from_a_page_are_refused() -> None:
    data = small()
    data["items"][0]["text"] = "\ud800"
    with pytest.raises(ContentError, match=r"a\.one\.first, text: holds a control character"):
        Questionnaire.from_dict(data)


def test_all_problems_are_listed_with_their_lines() -> None:
    data = small()
    data["items"][0]["weight"] = -1
    data["items"][1]["levels"][2]["claim"] = ""
    data["gates"][0]["colour"] = "red"
    text = yaml.safe_dump(data, sort_keys=False)
    with pytest.raises(ContentError) as caught:
        parse_questionnaire(text, name="small.yaml")
    problems = caught.value.problems
    assert len(problems) == 3
    for problem, content in zip(problems, ["weight: -1", "claim: ''", "colour: red"], strict=True):
        assert problem.file == "small.yaml"
        assert text.splitlines()[problem.line - 1].strip() == content


def test_rules_name_the_line_of_item_and_level() -> None:
    data = small()
    data["items"][1]["levels"][2]["text"] = "Ownership is robust."
    text = yaml.safe_dump(data, sort_keys=False)
    with pytest.raises(ContentError) as caught:
        parse_questionnaire(text, name="small.yaml")
    (problem,) = caught.value.problems
    assert problem.where == "a.one.second level 2"
    assert "Ownership is robust." in text.splitlines()[problem.line - 1]


def test_conditions_in_a_circle_are_refused() -> None:
    data = small()
    data["items"][0]["visible_if"] = {"item": "a.two.third", "at_least": 1}
    assert sum("leads back to the item itself" in line for line in complaints(data)) == 3


def test_condition_on_an_unknown_item_is_refused() -> None:
    data = small()
    data["items"][1]["visible_if"]["item"] = "a.one.nothing"
    assert any("no maturity item" in line for line in complaints(data))


def test_share_over_fifteen_minutes_is_refused() -> None:
    data = small()
    for number in range(88):
        extra = copy.deepcopy(data["items"][0])
        extra.update(key=f"a.one.extra{number}", text=f"What about extra {number}?", functions=["lead"])
        data["items"].insert(2, extra)
    found = complaints(data)
    assert [line for line in found if "lead: its share takes" in line]
    assert not [line for line in found if "sponsor: its share" in line]


def test_minutes_are_words_and_seconds() -> None:
    questionnaire = parse(small())
    # sponsor: three maturity items of 3 + 5 x 2 words, one choice of 2 + 2 words; 43 words, 4 items
    assert questionnaire.minutes_for("sponsor") == pytest.approx(43 / 200 + 4 * 10 / 60)
    assert questionnaire.minutes_for("lead") == pytest.approx(39 / 200 + 3 * 10 / 60)


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        ({}, "123"),
        ({"a.one.first": None}, "123"),
        ({"a.one.first": 2}, "123"),
        ({"a.one.first": 1}, "1"),
        ({"a.one.first": 1, "a.one.second": 4}, "1"),
        ({"a.one.first": 4, "a.one.second": 0}, "12"),
        ({"a.one.second": 1}, "123"),
    ],
)
def test_visibility_follows_answers(answers: dict[str, int | None], seen: str) -> None:
    questionnaire = parse(small())
    numbers = {"a.one.first": "1", "a.one.second": "2", "a.two.third": "3"}
    visible = questionnaire.visible_items("lead", answers)
    assert "".join(numbers[item.key] for item in visible) == seen


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"title: caf\xe9", "not UTF-8"),
        ("", "empty"),
        ("a: [1", "not readable as YAML"),
        ("a: &x [1]\nb: *x", "anchors and aliases"),
        ("a: !!python/object:os.system x", "tags"),
        ("a: 1\n---\nb: 2", "second document"),
        ("a: 1\na: 2", "given twice"),
        ("? [a]\n: 1", "a key must be a word"),
        ("[" * 5000, "nested deeper"),
        ("- " * 5000 + "a", "nested deeper"),
        ("a: " + "x" * 2_000_001, "larger than 2 MB"),
        ("[" + "1," * 200_001 + "1]", "more than 200000 values"),
        ("just words", "must be an entry"),
        ("title: \x07", "not readable as YAML"),
    ],
)
def test_files_that_are_no_content_are_refused(source: str | bytes, words: str) -> None:
    assert any(words in line for line in complaints(source)), complaints(source)


def test_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]" for n in range(20)
    )
    assert complaints(bomb) == [
        "small.yaml:1: anchors and aliases (& and *) are not allowed; write the text out"
    ]


def test_plain_words_stay_words() -> None:
    data = small()
    text = yaml.safe_dump(data, sort_keys=False).replace("title: Small", "title: no")
    assert parse_questionnaire(text, name="x").title == "no"
    dated = yaml.safe_dump(data, sort_keys=False).replace("title: Small", "title: 2026-11-21")
    assert parse_questionnaire(dated, name="x").title == "2026-11-21"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_raise_nothing_else(data: st.DataObject) -> None:
    source = bytearray(yaml.safe_dump(small(), sort_keys=False).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(source) - 1))
        stop = start + data.draw(st.integers(0, 12))
        source[start:stop] = data.draw(st.binary(max_size=6))
    with contextlib.suppress(ContentError):
        parse_questionnaire(bytes(source), name="damaged.yaml")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(small())), json_values)
def test_damaged_data_raise_nothing_else(field: str, value: Any) -> None:
    with contextlib.suppress(ContentError):
        Questionnaire.from_dict({**small(), field: value})


def test_every_maturity_item_can_change_a_score() -> None:
    """A plain-loop score after method.md moves when any single maturity item moves from level 0 to 4."""

    def score(dimension: str, levels: dict[str, int]) -> float:
        items = [STANDARD.items[key] for key in STANDARD.dimensions[dimension].items if key in levels]
        return sum(i.weight * levels[i.key] / 4 for i in items) / sum(i.weight for i in items)

    everything_low = {item.key: 0 for item in STANDARD.maturity_items}
    for item in STANDARD.maturity_items:
        lifted = {**everything_low, item.key: 4}
        condition = item.visible_if
        if condition:
            lifted[condition.item] = condition.at_least
        shown = {item.key for f in item.functions for item in STANDARD.visible_items(f, lifted)}
        assert item.key in shown
        assert score(item.dimension, lifted) > score(item.dimension, everything_low)
        assert STANDARD.dimensions[item.dimension].weight > 0
