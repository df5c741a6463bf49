"""Success criteria that execute: each reads as one sentence and is evaluated by one function.

A criterion is met or missed by one reading. A reading that was taken on other data, in another unit or of
another figure is not converted and not rounded into place: it does not count, and the verdict says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    TRACKED_METRIC = "tracked_metric"
    BUSINESS_FIGURE = "business_figure"
    LEARNING_QUESTION = "learning_question"
    GUARD_RAIL = "guard_rail"


class Comparator(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    EQUALS = "equals"


class Outcome(StrEnum):
    MET = "met"
    MISSED = "missed"
    NOT_YET = "not_yet"
    DOES_NOT_COUNT = "does_not_count"


KIND_WORDS = {
    Kind.TRACKED_METRIC: "Model metric",
    Kind.BUSINESS_FIGURE: "Business figure",
    Kind.LEARNING_QUESTION: "Learning question",
    Kind.GUARD_RAIL: "Guard rail",
}
COMPARATOR_WORDS = {
    Comparator.AT_LEAST: "at least",
    Comparator.AT_MOST: "at most",
    Comparator.MORE_THAN: "more than",
    Comparator.LESS_THAN: "less than",
    Comparator.EQUALS: "equal to",
}
OUTCOME_WORDS = {
    Outcome.MET: "Met",
    Outcome.MISSED: "Missed",
    Outcome.NOT_YET: "Not yet",
    Outcome.DOES_NOT_COUNT: "Does not count",
}
TRAINING_PREFIX = "training_"
_BARE_UNITS = {"", "none", "fraction"}
# Figures of a model are read for the candidate alone; what the business counts has no candidate.
_FREE_OF_CANDIDATE = {Kind.BUSINESS_FIGURE, Kind.LEARNING_QUESTION}


@dataclass(frozen=True, slots=True)
class Baseline:
    """Today's figure and how it was measured. `value` None with a `method` says how it will be measured."""

    value: Decimal | None = None
    method: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationData:
    """What a criterion is measured on: a file with SHA-256 and MLflow digest, or a named source.

    In the file: the column with the truth, the answer that counts as yes, and from which chance on it is
    given (`threshold`, more than 0 and less than 1); `own_answers` says that the model’s own answers count,
    without a threshold. What is empty is left to who has it measured.
    """

    asset: str = ""
    file: str = ""
    sha256: str = ""
    digest: str = ""
    source: str = ""
    truth_column: str = ""
    positive_class: str = ""
    threshold: Decimal | None = None
    own_answers: bool = False

    @property
    def name(self) -> str:
        return self.file or self.asset or self.source


@dataclass(frozen=True, slots=True)
class Criterion:
    """One signed definition of success. `target`, `baseline.value` and `tolerance` are in `unit`."""

    key: str
    name: str
    kind: Kind
    must: bool = False
    metric_key: str = ""
    comparator: Comparator | None = None
    target: Decimal | None = None
    unit: str = ""
    tolerance: Decimal | None = None
    baseline: Baseline = field(default_factory=Baseline)
    data: EvaluationData = field(default_factory=EvaluationData)
    slice: str = ""
    measured_by: str = ""
    by: date | None = None
    question: str = ""
    answered_by: str = ""
    evidence: str = ""

    @property
    def is_question(self) -> bool:
        return self.kind is Kind.LEARNING_QUESTION


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure, or for a learning question one answer with its proof.

    `by` names who reported it; `verified` says that the product ran the evaluation itself on the named file.
    `candidate` is the model version that the figure was read for, empty where there is none.
    """

    value: float | None = None
    unit: str = ""
    metric_key: str = ""
    taken_on: date | None = None
    data_name: str = ""
    data_sha256: str = ""
    data_digest: str = ""
    slice: str = ""
    candidate: str = ""
    answer: str = ""
    proof: str = ""
    by: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome and the reason in one sentence."""

    outcome: Outcome
    why: str


def is_satisfied(comparator: Comparator, value: Decimal, target: Decimal, tolerance: Decimal | None) -> bool:
    """Whether `value` satisfies the comparison. A tolerance, in the same unit, widens `equals` alone."""
    match comparator:
        case Comparator.AT_LEAST:
            return value >= target
        case Comparator.AT_MOST:
            return value <= target
        case Comparator.MORE_THAN:
            return value > target
        case Comparator.LESS_THAN:
            return value < target
        case Comparator.EQUALS:
            return abs(value - target) <= (tolerance or Decimal(0))


def evaluate(criterion: Criterion, reading: Reading | None) -> Verdict:
    """The verdict of one criterion on one reading.

    Without a reading: not yet. A reading that is not a finite number, or of another figure, unit, file or
    slice, or taken after the agreed day (guard rails, which hold throughout, excepted): does not count.
    Otherwise met or missed by `is_satisfied`. A learning question is met by an answer with its proof.
    """
    if reading is None:
        return Verdict(Outcome.NOT_YET, "Not yet measured.")
    reason = _why_it_does_not_count(criterion, reading)
    if reason:
        return Verdict(Outcome.DOES_NOT_COUNT, reason)
    if criterion.is_question:
        return Verdict(Outcome.MET, f"Answered, with {reading.proof} as proof.")
    if criterion.comparator is None or criterion.target is None or reading.value is None:
        return Verdict(Outcome.DOES_NOT_COUNT, "The criterion names no comparison or no target.")
    value = Decimal(repr(float(reading.value)))
    met = is_satisfied(criterion.comparator, value, criterion.target, criterion.tolerance)
    asked = f"{COMPARATOR_WORDS[criterion.comparator]} {figure(criterion.target, criterion.unit)}"
    return Verdict(
        Outcome.MET if met else Outcome.MISSED, f"{figure(value, criterion.unit)}; asked: {asked}."
    )


def _why_it_does_not_count(criterion: Criterion, reading: Reading) -> str:
    late = criterion.by and reading.taken_on and reading.taken_on > criterion.by
    if late and criterion.kind is not Kind.GUARD_RAIL:
        return f"Taken on {reading.taken_on}; the charter allows it until {criterion.by}."
    if criterion.is_question:
        if not reading.answer.strip():
            return "The answer is empty."
        return "" if reading.proof.strip() else "The answer comes without proof."
    if reading.value is None or not math.isfinite(reading.value):
        return "The reading is not a number."
    if reading.metric_key.startswith(TRAINING_PREFIX):
        return "Measured on the training data."
    if reading.metric_key != criterion.metric_key:
        read = reading.metric_key or "an unnamed figure"
        return f"The reading is of {read}; the charter names {criterion.metric_key}."
    if _unit(reading.unit) != _unit(criterion.unit):
        return (
            f"The reading is in {unit_word(reading.unit)}; the charter asks in {unit_word(criterion.unit)}."
        )
    return _why_other_data(criterion, reading)


def _why_other_data(criterion: Criterion, reading: Reading) -> str:
    asked = criterion.data
    if asked.name and reading.data_name != asked.name:
        return f"Measured on {reading.data_name or 'unnamed data'}; the charter names {asked.name}."
    if asked.sha256 and reading.data_sha256 and reading.data_sha256.lower() != asked.sha256.lower():
        return f"{asked.name} was another file when it was measured: its SHA-256 differs from the charter’s."
    if asked.digest and reading.data_digest != asked.digest:
        return f"{asked.name} was measured with another digest than the charter’s."
    if asked.sha256 and not (reading.data_sha256 or (asked.digest and reading.data_digest)):
        return f"Nothing shows that {asked.name} was the file that the charter names."
    if reading.slice.strip() != criterion.slice.strip():
        read, wanted = reading.slice or "all cases", criterion.slice or "all cases"
        return f"Measured on {read}; the charter asks for {wanted}."
    return ""


def combine(pairs: Iterable[tuple[Criterion, Verdict]]) -> Verdict:
    """The verdict of a charter: its musts alone decide.

    One missed must: missed. Otherwise one that waits: not yet. Otherwise one that does not count: does not
    count. Otherwise met. Without any must there is nothing to meet: does not count.
    """
    musts = [(criterion, verdict) for criterion, verdict in pairs if criterion.must]
    if not musts:
        return Verdict(Outcome.DOES_NOT_COUNT, "No criterion is a must.")
    for outcome, words in (
        (Outcome.MISSED, "missed"),
        (Outcome.NOT_YET, "not yet measured"),
        (Outcome.DOES_NOT_COUNT, "measured in a way that does not count"),
    ):
        names = [criterion.name for criterion, verdict in musts if verdict.outcome is outcome]
        if names:
            return Verdict(outcome, f"{len(names)} of {len(musts)} musts {words}: {', '.join(names)}.")
    return Verdict(Outcome.MET, f"All {len(musts)} musts met." if len(musts) > 1 else "The one must is met.")


def judge(
    criteria: Iterable[Criterion], readings: dict[str, list[Reading]], candidate: str
) -> list[tuple[Criterion, Verdict]]:
    """Each criterion with its verdict for one candidate, by the reading of its key that decides.

    `readings` maps criterion keys to readings in the order in which they were taken.
    """
    pairs = []
    for criterion in criteria:
        given = readings.get(criterion.key, [])
        at = deciding(criterion, given, candidate)
        pairs.append((criterion, evaluate(criterion, None if at is None else given[at])))
    return pairs


def deciding(criterion: Criterion, readings: Sequence[Reading], candidate: str) -> int | None:
    """Which of the readings of one criterion decides, by its place; None where there is none.

    The last one decides. What the product measured itself outranks what was reported before or after it, as
    long as it counts. Readings of another candidate are no readings here, except business figures and
    learning questions, which have no candidate.
    """
    own = [
        at
        for at, reading in enumerate(readings)
        if criterion.kind in _FREE_OF_CANDIDATE or reading.candidate == candidate
    ]
    verified = [
        at
        for at in own
        if readings[at].verified and evaluate(criterion, readings[at]).outcome is not Outcome.DOES_NOT_COUNT
    ]
    found = verified or own
    return found[-1] if found else None


def _unit(unit: str) -> str:
    return "none" if unit in ("", "none") else unit


def unit_word(unit: str) -> str:
    return {"": "no unit", "none": "no unit", "target_unit": "the unit of the answer"}.get(unit, unit)


def figure(value: Decimal, unit: str) -> str:
    """A figure with its unit as people read it; a space stands before a unit, nothing behind a fraction."""
    text = format(value.normalize(), "f")
    if unit in _BARE_UNITS or unit in ("count", "target_unit"):
        return text
    return f"{text} %" if unit == "percent" else f"{text} {unit}"
