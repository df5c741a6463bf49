"""The honest limits of a charter: what each party confirms in so many words before signing. No database.

Everybody confirms four statements in the words of this very text: what machine learning will do, what it
will not do, that its answers are probable and not certain, and what a wrong one costs and who bears it. The
role of a party adds its own (fixtures/parties.yaml). Whoever cannot accept one declines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from charters.content import FIXTURES
from charters.document import CharterText
from ui.yaml_file import load_yaml

FOR_ALL = ("what_it_will_do", "what_it_will_not_do", "wrong_answers", "cost_of_wrong")
TITLES = {
    "what_it_will_do": "What machine learning will do here",
    "what_it_will_not_do": "What it will not do",
    "wrong_answers": "Its answers are probable, not certain",
    "cost_of_wrong": "What a wrong answer costs, and who bears it",
    "who_bears": "Answering to those outside",
    "no_promise": "No promise of a result",
    "not_plug_and_play": "Not ready to use",
    "criteria_fixed": "The criteria hold as signed",
    "pathway": "The next step is agreed",
    "after_the_poc": "After the POC",
    "resources": "People and money",
    "my_time": "Your time",
    "data_limits": "Limits of the data",
    "data_changes": "Data changes",
    "law_may_change": "The law may change",
    "when_it_fails": "When it fails",
    "work_changes": "How work changes",
    "human_last_word": "Who has the last word",
    "no_early_promise": "No early announcement",
    "ownership": "Ownership",
    "honest_reporting": "Honest reporting",
    "learning_counts": "Learning counts",
}
# Statements whose names differ from those of the charter's fields.
FIELDS = {"decision_date": "decision_on", "switch_off_date": "switch_off_on"}
# Fields that hold a phrase, not a name: inside a sentence they begin small.
PHRASES = ("known_failures", "fallback", "human_cases", "work_changes")
END = (".", "!", "?", "…")

Day = Callable[[date], str]


@dataclass(frozen=True, slots=True)
class Limit:
    """One statement: a stable key, what it is about, and the words that are confirmed."""

    key: str
    title: str
    text: str


@cache
def _statements() -> Mapping[str, Mapping[str, Any]]:
    return {entry["id"]: entry for entry in _parties_file()["honest_limits"]}


@cache
def _of_party() -> Mapping[str, tuple[str, ...]]:
    """The statements that each kind of seat confirms beside the four, by party."""
    own = {entry["id"]: list(entry["confirms"]) for entry in _parties_file()["parties"]}
    for key, entry in _statements().items():
        for party in entry.get("added_to", ()):
            own[party].append(key)
    return {party: tuple(key for key in keys if key not in FOR_ALL) for party, keys in own.items()}


@cache
def _parties_file() -> Any:
    return load_yaml(FIXTURES / "parties.yaml")


def limits_of(
    text: CharterText, parties: Iterable[str] = (), *, day: Day = date.isoformat
) -> tuple[Limit, ...]:
    """The statements for somebody who signs this text in these parties: the four, then those of the parties.

    A statement of a party that needs a value which this text does not have is left out; the four are always
    asked, and say what is missing.
    """
    four = (
        Limit("what_it_will_do", TITLES["what_it_will_do"], _will_do(text)),
        Limit("what_it_will_not_do", TITLES["what_it_will_not_do"], _will_not(text)),
        Limit("wrong_answers", TITLES["wrong_answers"], _uncertain(text)),
        Limit("cost_of_wrong", TITLES["cost_of_wrong"], _cost(text)),
    )
    own = dict.fromkeys(key for party in parties for key in _of_party().get(party, ()))
    filled = ((key, _filled(key, text, day)) for key in own)
    return (*four, *(Limit(key, TITLES[key], words) for key, words in filled if words))


def missing(limits: Iterable[Limit], accepted: Collection[str]) -> tuple[Limit, ...]:
    """The statements that are not accepted, in order."""
    return tuple(limit for limit in limits if limit.key not in accepted)


def worded(limits: Iterable[Limit]) -> list[dict[str, str]]:
    """The statements as they are kept with a signature and sealed in the log."""
    return [{"key": limit.key, "text": limit.text} for limit in limits]


def _will_do(text: CharterText) -> str:
    does, users = _inside(text.text("intended_use")), _inside(text.text("users"))
    if not does:
        return f"It is tried for “{_line(text.text('title'))}”; nothing else is agreed."
    return f"It will {does}{f' for {users}' if users else ''}; nothing else is agreed."


def _will_not(text: CharterText) -> str:
    never = _inside(text.text("excluded_use"))
    if not never:
        return "It will not be used for anything that this text does not name without a signed change."
    return f"It will not {never}, and nobody will use it for that without a signed change."


def _uncertain(text: CharterText) -> str:
    cases = _inside(text.text("known_failures"))
    words = str(_statements()["wrong_answers"]["sentence"])
    return f"{words} {_closed(f'It will probably fail in these cases: {cases}')}" if cases else words


def _cost(text: CharterText) -> str:
    cost, bearer = _line(text.text("cost_of_wrong")), _line(text.text("bearer"))
    share, fallback = _line(text.text("accepted_share")), _line(text.text("fallback"))
    parts = [
        _closed(f"One wrong answer costs about {cost}") if cost else "What one wrong answer costs is open.",
        _closed(f"Who bears it: {bearer}") if bearer else "Nobody is named who bears it.",
        _closed(f"Accepted share of wrong answers: {share}") if share else "No accepted share is agreed.",
    ]
    if fallback:
        parts.append(_closed(f"When an answer is missing or wrong: {fallback}"))
    return " ".join(parts)


def _filled(key: str, text: CharterText, day: Day) -> str:
    """A statement with the charter's own values in its braces; empty where one is missing or not meant."""
    entry = _statements()[key]
    if entry.get("shown_when") == "route is internal" and text.text("route") != "internal":
        return ""
    gaps = False

    def value(found: re.Match[str]) -> str:
        nonlocal gaps
        name = FIELDS.get(found[1], found[1])
        moment = text.day(name)
        words = day(moment) if moment else _written(name, text)
        gaps = gaps or not words
        return words

    sentence = re.sub(r"{(\w+)}", value, str(entry["sentence"]))
    return "" if gaps else sentence


def _written(name: str, text: CharterText) -> str:
    return _inside(text.text(name)) if name in PHRASES else _line(text.text(name))


def _line(words: str) -> str:
    """The writer's words on one line without their full stop, to stand behind ours."""
    return " ".join(words.split()).rstrip(".")


def _inside(words: str) -> str:
    """The same in the middle of a sentence: a first word that is no abbreviation begins small."""
    line = _line(words)
    return line[:1].lower() + line[1:] if line[1:2].islower() or line[1:2] == " " else line


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith(END) else f"{sentence}."
