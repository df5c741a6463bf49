"""Completeness rules about criteria, deliverables and the words of the charter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from charters.content import Content
from charters.criteria import Criterion, Kind, figure
from charters.criteria_text import flaws
from charters.criterion_check import asks_for_nothing, wrong_unit
from charters.document import CharterText
from charters.rule_facts import Found, Surroundings, found, scale_to_production

MOST_MUSTS = 6
DRIFT_KEYS = {"psi_max", "missing_share_max", "metric_drop_shifted"}
_PROMISES = re.compile(r"\b(guarantee[sd]?|ensure[sd]?|always)\b", re.IGNORECASE)
# Words that name a solution where a problem should stand.
_SOLUTIONS = re.compile(
    r"\b(neural networks?|deep learning|random forests?|gradient boosting|transformers?|language models?|"
    r"llms?|chatbots?|chatgpt|copilot|machine learning|artificial intelligence|ai|ml|dashboards?|apps?)\b",
    re.IGNORECASE,
)


def _numbered(text: CharterText) -> Iterator[tuple[int, Criterion]]:
    yield from enumerate(text.criteria, start=1)


def _with_flaw(text: CharterText, known: frozenset[str], *codes: str) -> Iterator[tuple[int, Criterion, str]]:
    for number, criterion in _numbered(text):
        for flaw in flaws(criterion, known_keys=known):
            if flaw.code in codes:
                yield number, criterion, flaw.sentence


def criterion_without_target(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    missing: dict[tuple[int, str], list[str]] = {}
    for number, criterion, what in _with_flaw(text, content.metric_keys, "missing"):
        missing.setdefault((number, criterion.key), []).append(what)
    for (number, key), words in missing.items():
        yield found(f"criterion.{key}", n=number, missing=" and ".join(words))


def criterion_without_baseline(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for number, criterion, _ in _with_flaw(text, content.metric_keys, "baseline"):
        yield found(f"criterion.{criterion.key}", n=number)


def criterion_without_measurer(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for number, criterion, _ in _with_flaw(text, content.metric_keys, "measurer"):
        yield found(f"criterion.{criterion.key}", n=number)


def percent_against_fraction(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for number, criterion, _ in _with_flaw(text, content.metric_keys, "fraction", "percent"):
        values = [value for value in (criterion.target, criterion.baseline.value) if value is not None]
        above = [value for value in values if value > 1] or values
        yield found(f"criterion.{criterion.key}", n=number, target=figure(above[0], criterion.unit))


def target_not_above_baseline(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for number, criterion in _numbered(text):
        baseline = criterion.baseline.value
        if baseline is not None and asks_for_nothing(criterion):
            yield found(f"criterion.{criterion.key}", n=number, baseline=figure(baseline, criterion.unit))


def unit_mismatch(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    for number, criterion in _numbered(text):
        logged = wrong_unit(criterion, content.metric_units)
        if logged:
            values = {"n": number, "key": criterion.metric_key, "logged": logged, "unit": criterion.unit}
            yield found(f"criterion.{criterion.key}", **values)


def no_must(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if not any(criterion.must for criterion in text.criteria):
        yield found("criterion")


def too_many_musts(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    count = sum(criterion.must for criterion in text.criteria)
    if count > MOST_MUSTS:
        yield found("criterion", n=count)


def no_business_figure(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    is_named = any(criterion.kind is Kind.BUSINESS_FIGURE for criterion in text.criteria)
    if not is_named and text.text("route") != "internal":
        yield found("criterion")


def no_learning_question(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    asked = any(criterion.kind is Kind.LEARNING_QUESTION for criterion in text.criteria)
    if not asked and text.text("route") == "internal":
        yield found("criterion")


def no_robustness(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    guarded = any(
        criterion.kind is Kind.GUARD_RAIL and criterion.metric_key in DRIFT_KEYS
        for criterion in text.criteria
    )
    if scale_to_production(text) and not (text.text("changing_data") and guarded):
        yield found("changing_data")


def report_as_deliverable(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    has_code = any(item.kind in ("code", "software") for item in text.deliverables)
    if text.text("route") in ("vendor", "collaborative") and not has_code:
        yield found("deliverable")


def promise(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if _PROMISES.search(text.text("problem")):
        yield found("problem")
    for item in text.deliverables:
        if _PROMISES.search(item.text):
            yield found(f"deliverable.{item.key}")
    for criterion in text.criteria:
        perfect = criterion.unit == "fraction" and criterion.target == Decimal(1)
        if perfect and criterion.kind is not Kind.GUARD_RAIL:
            yield found(f"criterion.{criterion.key}")


def solution_before_problem(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    problem = text.text("problem")
    if _SOLUTIONS.search(problem) and not re.search(r"[0-9]", problem):
        yield found("problem")


def rules_would_do(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    level = text.use_case.beyond_rules
    if level is not None and level <= 1:
        yield found("why_ml")


def creep(text: CharterText, around: Surroundings, content: Content) -> Iterator[Found]:
    if around.added >= 2 and around.dropped == 0:
        yield found("criterion", n=around.added)
