"""Small questionnaires, rounds of the demo and hypothesis strategies that the scoring tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from assessment.question_bank import (
    Condition,
    Dimension,
    Function,
    Gate,
    Item,
    Level,
    Pillar,
    Questionnaire,
    load_questionnaire,
)
from assessment.scoring import AnswerValue, Respondent
from ui.yaml_file import load_yaml

FIXTURES = Path(__file__).parents[2] / "fixtures"
DEMO = FIXTURES / "demo" / "halvorsen.yaml"
STANDARD = load_questionnaire(FIXTURES / "questionnaires" / "readiness.yaml")

TITLES = {
    "sponsor": "Sponsor",
    "lead": "Technical lead",
    "maker": "Practitioner",
    "legal": "Legal and security",
}


def item(key: str, functions: list[str] | None = None, **more: Any) -> Item:
    """A maturity item; `key` is pillar.dimension.item."""
    pillar, dimension, _ = key.split(".")
    defaults: dict[str, Any] = {
        "kind": "maturity",
        "text": f"What about {key}?",
        "help": "",
        "why": "",
        "functions": tuple(functions or TITLES),
        "weight": 1.0,
        "levels": tuple(Level(f"Sentence {n}.", f"says that level {n} is true") for n in range(5)),
    }
    return Item(key=key, pillar=pillar, dimension=f"{pillar}.{dimension}", **{**defaults, **more})


def questionnaire(
    items: list[Item], gates: tuple[Gate, ...] = (), weights: dict[str, float] | None = None
) -> Questionnaire:
    pillars = list(dict.fromkeys(entry.pillar for entry in items))
    keys = list(dict.fromkeys(entry.dimension for entry in items))
    dimensions = {
        key: Dimension(
            key=key,
            code=f"{key[0].upper()}{number}",
            title=key,
            description="",
            pillar=key.split(".")[0],
            items=tuple(entry.key for entry in items if entry.dimension == key),
            weight=(weights or {}).get(key, 1.0),
        )
        for number, key in enumerate(keys, 1)
    }
    return Questionnaire(
        id="small",
        version=1,
        language="en-US",
        title="Small",
        lede="",
        functions={key: Function(key, title, "") for key, title in TITLES.items()},
        instructions=(),
        terms=(),
        notices={},
        phases=(),
        pillars={
            key: Pillar(key, key, "", tuple(d for d in dimensions if d.startswith(f"{key}.")))
            for key in pillars
        },
        dimensions=dimensions,
        items={entry.key: entry for entry in items},
        gates=gates,
    )


def gate(key: str, level: int, phase: int = 2) -> Gate:
    return Gate(pillar=key.split(".")[0], phase=phase, item=key, level=level)


def people(**functions: int) -> list[Respondent]:
    """people(sponsor=1, maker=3): sponsor1, maker1, maker2, maker3."""
    return [
        Respondent(f"{function}{number}", function, started=True)
        for function, size in functions.items()
        for number in range(1, size + 1)
    ]


def answer(person: str, key: str, value: int | str | None) -> AnswerValue:
    """A level, or "dk" for I don't know, "na" for not applicable, None for open."""
    if isinstance(value, int):
        return AnswerValue(person, key, value)
    states: dict[str | None, Any] = {"dk": "dont_know", "na": "not_applicable", None: "open"}
    return AnswerValue(person, key, None, states[value])


def answers(key: str, **values: int | str | None) -> list[AnswerValue]:
    """answers("a.b.c", sponsor1=2, maker1="dk")."""
    return [answer(person, key, value) for person, value in values.items()]


def demo_round(number: int) -> tuple[list[Respondent], list[AnswerValue]]:
    """Round 1 or 2 of the demo, as it stands in the fixture."""
    demo = load_yaml(DEMO)
    functions = {person["id"]: person["function"] for person in demo["people"]}
    entry = demo["assessments"][number - 1]
    respondents = [Respondent(key, functions[key], started=True) for key in entry["respondents"]]
    found = [
        answer(person, key, "dk" if value == "dk" else int(value[0]))
        for key, given in entry["answers"].items()
        for person, value in given.items()
    ]
    found += [
        answer(extra["by"], extra["item"], int(extra["answer"][0]))
        for extra in entry.get("voluntary_answers", [])
    ]
    return respondents, found


MIXED = questionnaire(
    [
        item("p.one.a", ["sponsor", "maker"], weight=3.0, should_know=("sponsor",)),
        item("p.one.b", allows_not_applicable=True, weight=0.1),
        item("p.two.c", ["lead", "maker", "legal"], visible_if=Condition("p.one.a", 2)),
        item("q.one.d", ["lead"], weight=0.0),
        item("q.one.e", weight=2.0),
        item("q.one.f", ["maker", "legal"], visible_if=Condition("p.two.c", 1)),
    ],
    (gate("p.one.a", 2), gate("p.one.b", 3, 3), gate("q.one.e", 2), gate("q.one.e", 3, 3)),
    {"p.one": 2.0, "p.two": 0.5},
)


@st.composite
def mixed_rounds(draw: st.DrawFn) -> tuple[list[Respondent], list[AnswerValue]]:
    """Any round on the questionnaire MIXED: hidden, voluntary, open and refused answers included."""
    size = draw(st.integers(0, 9))
    respondents = [
        Respondent(f"r{n}", draw(st.sampled_from(list(TITLES))), draw(st.booleans())) for n in range(size)
    ]
    found = []
    for person in respondents:
        for key, entry in MIXED.items.items():
            allowed = [0, 1, 2, 3, 4, 2, 3, "dk", None, *(["na"] if entry.allows_not_applicable else [])]
            value = draw(st.sampled_from([*allowed, "absent"]))
            if value != "absent":
                found.append(answer(person.key, key, value))
    return respondents, found
