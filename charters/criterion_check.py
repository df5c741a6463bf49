"""What is wrong with a criterion while it is written. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from charters.content import Content
from charters.criteria import Criterion, EvaluationData, figure, is_satisfied
from charters.criteria_text import flaws

LOGGED_UNITS = frozenset({"fraction", "percent", "count", "ms"})


def writing_problems(criterion: Criterion, content: Content) -> list[str]:
    """Sentences about what keeps the criterion from being executed or from asking for something new."""
    found = [
        f"Missing: {flaw.sentence}." if flaw.code == "missing" else flaw.sentence
        for flaw in flaws(criterion, known_keys=content.metric_keys)
    ]
    wrong = wrong_unit(criterion, content.metric_units)
    if wrong:
        found.append(f"{criterion.metric_key} is logged as {wrong}, and the unit here is {criterion.unit}.")
    if asks_for_nothing(criterion):
        baseline = (
            figure(criterion.baseline.value, criterion.unit) if criterion.baseline.value is not None else ""
        )
        found.append(f"Today’s {baseline} meets it already; it asks for nothing new.")
    return found + _left_open(criterion.data)


def _left_open(data: EvaluationData) -> list[str]:
    """What who has the file measured could still choose, and so choose the figure."""
    if data.sha256 and not data.truth_column:
        return ["Column with the truth: left open, so who has it measured chooses it."]
    if data.threshold is not None and not data.positive_class:
        return ["Threshold: a chance of which answer? Name the positive class."]
    return []


def wrong_unit(criterion: Criterion, units: Mapping[str, str]) -> str:
    """The unit in which a figure of the library is logged, where the criterion names another; "" otherwise.

    A fraction that is called percent is a slip of its own and is named elsewhere.
    """
    logged = units.get(criterion.metric_key, "")
    if not criterion.unit or logged not in LOGGED_UNITS or criterion.unit == logged:
        return ""
    slip = {logged, criterion.unit} == {"fraction", "percent"}
    return "" if slip and criterion.target is not None and 0 < criterion.target <= 1 else logged


def asks_for_nothing(criterion: Criterion) -> bool:
    """Whether today's figure satisfies the target. A guard rail holds today and is to go on holding."""
    baseline = criterion.baseline.value
    if criterion.kind in ("guard_rail", "learning_question") or baseline is None:
        return False
    if criterion.comparator is None or criterion.target is None:
        return False
    numbers = (baseline, criterion.target, *([criterion.tolerance] if criterion.tolerance else []))
    if not all(number.is_finite() for number in numbers):
        return False
    return is_satisfied(criterion.comparator, baseline, criterion.target, criterion.tolerance)
