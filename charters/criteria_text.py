"""How a criterion reads as a sentence, and what keeps it from being executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from charters.criteria import (
    COMPARATOR_WORDS,
    TRAINING_PREFIX,
    Comparator,
    Criterion,
    EvaluationData,
    Kind,
    figure,
)

DayText = Callable[[date], str]
FLAW_CODES = (
    "missing",
    "baseline",
    "measurer",
    "fraction",
    "percent",
    "count",
    "tolerance",
    "not_a_number",
    "training",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a criterion sentence; `term` marks what is executed, which pages underline."""

    text: str
    term: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a criterion lacks or contradicts. `code` is one of `FLAW_CODES`."""

    code: str
    sentence: str


def sentence(criterion: Criterion) -> str:
    """The criterion as one sentence, such as "Recall (recall_score) is at least 0.75 on holdout.csv."."""
    return "".join(part.text for part in sentence_parts(criterion))


def sentence_parts(criterion: Criterion, day: DayText = date.isoformat) -> tuple[Part, ...]:
    """The sentence of a criterion in pieces; `day` writes a date. What is not given yet is an ellipsis."""
    if criterion.is_question:
        return _question_parts(criterion, day)
    name = criterion.name or "…"
    comparison = COMPARATOR_WORDS[criterion.comparator] if criterion.comparator else "…"
    target = figure(criterion.target, criterion.unit) if criterion.target is not None else "…"
    term = Part(f"{comparison} {target}", term=True)
    if criterion.kind is Kind.BUSINESS_FIGURE:
        return _business_parts(criterion, name, term, day)
    key = f" ({criterion.metric_key})" if criterion.metric_key else ""
    verb = " stays " if criterion.kind is Kind.GUARD_RAIL else " is "
    parts = [Part(f"{name}{key}{verb}"), term, *_tolerance_parts(criterion)]
    if criterion.data.name:
        parts += [Part(" on "), Part(criterion.data.name, term=True)]
    return (*parts, *_slice_parts(criterion), *_truth_parts(criterion.data), Part("."))


def _truth_parts(data: EvaluationData) -> list[Part]:
    """What the charter fixes of how answers are held against the truth; nothing of what it leaves open."""
    found = []
    if data.truth_column:
        found.append([Part("the truth stands in the column "), Part(data.truth_column, term=True)])
    if data.positive_class or data.threshold is not None:
        yes = [Part("yes is ")]
        if data.positive_class:
            yes.append(Part(f"“{data.positive_class}”", term=True))
        if data.threshold is not None:
            before = " from a chance of " if data.positive_class else "a chance from "
            yes += [Part(before), Part(figure(data.threshold, ""), term=True), Part(" on")]
        found.append(yes)
    if data.own_answers:
        found.append([Part("the model’s own answers", term=True), Part(" count, without a threshold")])
    return [part for at, parts in enumerate(found) for part in (Part("; " if not at else ", "), *parts)]


def _tolerance_parts(criterion: Criterion) -> list[Part]:
    if criterion.comparator is not Comparator.EQUALS or not criterion.tolerance:
        return []
    return [Part(" within "), Part(figure(criterion.tolerance, criterion.unit), term=True)]


def _slice_parts(criterion: Criterion) -> list[Part]:
    return [Part(", where "), Part(criterion.slice, term=True)] if criterion.slice else []


def _business_parts(criterion: Criterion, name: str, term: Part, day: DayText) -> tuple[Part, ...]:
    parts = [Part(name)]
    if criterion.baseline.value is not None:
        parts.append(Part(f" goes from {figure(criterion.baseline.value, criterion.unit)} to "))
    else:
        parts.append(Part(" comes to "))
    parts += [term, *_tolerance_parts(criterion)]
    if criterion.by:
        parts += [Part(" by "), Part(day(criterion.by), term=True)]
    return (*parts, *_slice_parts(criterion), Part("."))


def _question_parts(criterion: Criterion, day: DayText) -> tuple[Part, ...]:
    due = day(criterion.by) if criterion.by else "…"
    return (
        Part("By "),
        Part(due, term=True),
        Part(" we can answer: "),
        Part(criterion.question or "…", term=True),
    )


def flaws(criterion: Criterion, *, known_keys: frozenset[str] = frozenset()) -> list[Flaw]:
    """What keeps a criterion from being executed, in the order in which a writer meets it.

    `known_keys` are metric keys of the library: a target of at most 1 percent on one of them is taken for a
    fraction that was given the wrong unit.
    """
    if criterion.is_question:
        return _question_flaws(criterion)
    found = []
    missing = [
        word
        for word, given in (
            ("a metric key", criterion.metric_key),
            ("a comparison", criterion.comparator),
            ("a target", criterion.target is not None),
            ("a unit", criterion.unit),
        )
        if not given
    ]
    if missing:
        found.append(Flaw("missing", " and ".join(missing)))
    found += _number_flaws(criterion, known_keys)
    if criterion.metric_key.startswith(TRAINING_PREFIX):
        found.append(Flaw("training", "Figures of the training data never count."))
    if criterion.baseline.value is None and not criterion.baseline.method.strip():
        found.append(Flaw("baseline", "No figure of today, and no note how it will be measured."))
    return found + _measurer_flaws(criterion.measured_by, criterion.by)


def _question_flaws(criterion: Criterion) -> list[Flaw]:
    found = []
    if not criterion.question.strip():
        found.append(Flaw("missing", "a question"))
    if not criterion.evidence.strip():
        found.append(Flaw("missing", "what would prove the answer"))
    return found + _measurer_flaws(criterion.answered_by or criterion.measured_by, criterion.by)


def _measurer_flaws(person: str, by: date | None) -> list[Flaw]:
    if person.strip() and by:
        return []
    return [Flaw("measurer", "Who measures it, and by when, is not given.")]


def _number_flaws(criterion: Criterion, known_keys: frozenset[str]) -> list[Flaw]:
    found = []
    numbers = [
        number
        for number in (criterion.target, criterion.baseline.value, criterion.tolerance)
        if number is not None
    ]
    if not all(number.is_finite() for number in numbers):
        return [Flaw("not_a_number", "A target or a baseline is not a number.")]
    pair = [number for number in (criterion.target, criterion.baseline.value) if number is not None]
    if criterion.unit == "fraction" and any(number > 1 for number in pair):
        found.append(Flaw("fraction", "The figure runs from 0 to 1."))
    small = criterion.target is not None and 0 < criterion.target <= 1
    if criterion.unit == "percent" and criterion.metric_key in known_keys and small:
        found.append(Flaw("percent", "The metric is logged as a fraction from 0 to 1, not in percent."))
    if criterion.unit == "count" and criterion.target is not None and criterion.target % 1:
        found.append(Flaw("count", "A count is a whole number."))
    if criterion.tolerance and (criterion.comparator is not Comparator.EQUALS or criterion.tolerance < 0):
        found.append(Flaw("tolerance", "A tolerance belongs to “equal to” only."))
    return found
