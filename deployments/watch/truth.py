"""How good the answers were, once the truth is known. Pure.

The definitions are those of scikit-learn's metrics of the same names (its user guide, "Metrics and scoring");
tests hold them against it. They are computed here because truth comes in by the row, while the model runs
elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deployments.evaluation.metrics import CHANCES, CLASSES, NUMBERS, Metric
from deployments.profile import Floats, category, is_missing
from deployments.replica.score import label

FEWEST_PAIRS = 30
_POSITIVE = ("1", "true")
Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure over `rows` pairs, or why there is none."""

    value: float | None
    rows: int
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """What the charter fixes of how answers are held against the truth; see `charters.criteria`.

    `threshold`, more than 0 and less than 1, makes answers of chances. A model that answers with classes has
    decided by itself: its answers are taken as people got them.
    """

    positive: str = ""
    threshold: float | None = None


def measure(
    metric: Metric,
    pairs: Sequence[Pair],
    *,
    signed: Signed = Signed(),
    fewest: int = FEWEST_PAIRS,
) -> Measured:
    """The metric over pairs of answer and truth; pairs without either are left out. Shares are 0 to 1."""
    known = [(single(answer), single(truth)) for answer, truth in pairs]
    known = [pair for pair in known if not is_missing(pair[0]) and not is_missing(pair[1])]
    if len(known) < fewest:
        return Measured(None, len(known), f"The truth of {len(known)} answers is known, {fewest} are needed.")
    try:
        value = _by_kind(metric, _as_signed(metric, known, signed), signed)
    except _NotSuch as error:
        return Measured(None, len(known), str(error))
    return Measured(value, len(known)) if np.isfinite(value) else Measured(None, len(known), "Not defined.")


def is_in(row: Mapping[str, Any], conditions: Sequence[tuple[str, str]]) -> bool:
    """Whether a row meets all conditions, a column and a value each, as verified readings take a slice."""
    return all(
        not is_missing(row.get(name)) and label(row[name]) == label(wanted) for name, wanted in conditions
    )


def single(value: Any) -> Any:
    """The first of what an answer has several of, as the gateway counts it."""
    if isinstance(value, dict):
        value = next(iter(value.values()), None)
    return value[0] if isinstance(value, list) and len(value) == 1 else value


class _NotSuch(ValueError):
    """These answers have no such figure; the text says why."""


def _as_signed(metric: Metric, pairs: Sequence[Pair], signed: Signed) -> Sequence[Pair]:
    """The pairs by the terms of the charter, as a verified reading takes a file; unchanged without any."""
    if metric.reads == NUMBERS or not (signed.positive or signed.threshold is not None):
        return pairs
    answers, truths = [answer for answer, _ in pairs], [label(truth) for _, truth in pairs]
    classes = set(truths)
    if not signed.positive and not classes <= {"0", "1"}:
        raise _NotSuch("The charter does not name the positive class.")
    yes = _yes(signed)
    if yes not in classes:
        raise _NotSuch(f"Of no answer the truth is {yes}.")
    if metric.reads == CHANCES:
        return [(answer, int(truth == yes)) for answer, truth in zip(answers, truths, strict=True)]
    if signed.threshold is not None and _are_chances(answers):
        if len(classes) > 2:
            raise _NotSuch(f"A threshold is for two classes; the truth has {len(classes)}.")
        no = next(iter(classes - {yes}), "0" if yes != "0" else "1")
        answers = [yes if answer >= signed.threshold else no for answer in answers]
    elif any(isinstance(answer, float) and not answer.is_integer() for answer in answers):
        raise _NotSuch("The answers are numbers, not classes.")
    return [(label(answer), truth) for answer, truth in zip(answers, truths, strict=True)]


def _yes(signed: Signed) -> str:
    return label(signed.positive) if signed.positive else "1"


def _are_chances(answers: Sequence[Any]) -> bool:
    """Numbers from 0 to 1 that are no classes."""
    numbers = [one for one in answers if isinstance(one, int | float) and not isinstance(one, bool)]
    return (
        len(numbers) == len(answers)
        and all(0 <= one <= 1 for one in numbers)
        and any(one not in (0, 1) for one in numbers)
    )


def _by_kind(metric: Metric, pairs: Sequence[Pair], signed: Signed) -> float:
    if metric.reads == CLASSES:
        return _classes(metric, pairs, signed)
    answers, truths = _numbers([pair[0] for pair in pairs]), _numbers([pair[1] for pair in pairs])
    if metric.reads == CHANCES:
        return _chances(metric, answers, truths)
    if metric.name not in _OF_NUMBERS:
        raise _NotSuch(f"{metric.name} is not read from live answers.")
    return float(_OF_NUMBERS[metric.name](answers, truths))


def _numbers(values: Sequence[Any]) -> Floats:
    try:
        return np.array([float(value) for value in values], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise _NotSuch("The answers are no numbers.") from error


def _chances(metric: Metric, answers: Floats, truths: Floats) -> float:
    if np.any((answers < 0) | (answers > 1)) or not np.all(np.isin(truths, (0, 1))):
        raise _NotSuch("The answers are no probabilities of what is true or not.")
    if metric.name == "brier":
        return float(np.mean((answers - truths) ** 2))
    if metric.name == "roc_auc":
        return _roc_auc(answers, truths)
    raise _NotSuch(f"{metric.name} is not read from live answers.")


def _roc_auc(answers: Floats, truths: Floats) -> float:
    """By ranks, ties at their middle: Mann and Whitney (1947)."""
    positive = answers[truths == 1]
    negative = np.sort(answers[truths == 0])
    if not len(positive) or not len(negative):
        raise _NotSuch("All cases are of one class.")
    below = np.searchsorted(negative, positive, side="left") + np.searchsorted(
        negative, positive, side="right"
    )
    return float(below.sum() / 2 / len(positive) / len(negative))


def _classes(metric: Metric, pairs: Sequence[Pair], signed: Signed) -> float:
    if any(isinstance(value, float) and not value.is_integer() for pair in pairs for value in pair):
        raise _NotSuch("The answers are numbers, not classes.")
    answers = np.array([category(answer) for answer, _ in pairs])
    truths = np.array([category(truth) for _, truth in pairs])
    right = float(np.mean(answers == truths))
    labels = sorted(set(answers) | set(truths))
    if metric.name in ("accuracy", "zero_one_loss"):
        return right if metric.name == "accuracy" else 1 - right
    if metric.name == "balanced_accuracy":
        there = [label for label in labels if np.any(truths == label)]
        return float(np.mean([np.mean(answers[truths == label] == label) for label in there]))
    if metric.name not in _OF_CLASS:
        raise _NotSuch(f"{metric.name} is not read from live answers.")
    score = _OF_CLASS[metric.name]
    counts = {label: _counts(answers == label, truths == label) for label in labels}
    if metric.average in ("", "binary"):
        if signed.positive:
            return score(*counts[_yes(signed)])
        positive = next((label for label in labels if label in _POSITIVE), None)
        if positive is None or len(labels) > 2:
            raise _NotSuch("The classes are not 0 and 1: the criterion must name how they are averaged.")
        return score(*counts[positive])
    if metric.average == "micro":
        return score(*(sum(each) for each in zip(*counts.values(), strict=True)))
    weights = [1.0 if metric.average == "macro" else float(np.sum(truths == label)) for label in labels]
    return float(np.average([score(*counts[label]) for label in labels], weights=weights))


def _counts(said: Any, was: Any) -> tuple[float, float, float, float]:
    """Right and wrong ones of what was said to be it, then wrong and right ones of the others."""
    pairs = ((said & was), (said & ~was), (~said & was), (~said & ~was))
    hits, false, missed, rest = (float(np.sum(pair)) for pair in pairs)
    return hits, false, missed, rest


def _share(part: float, rest: float) -> float:
    return part / (part + rest) if part + rest else 0.0


def _f(beta: float) -> Callable[[float, float, float, float], float]:
    square = beta * beta
    return lambda hit, false, missed, _: _share((1 + square) * hit, square * missed + false)


_OF_CLASS: dict[str, Callable[[float, float, float, float], float]] = {
    "precision": lambda hit, false, missed, rest: _share(hit, false),
    "recall": lambda hit, false, missed, rest: _share(hit, missed),
    "specificity": lambda hit, false, missed, rest: _share(rest, false),
    "false_positive_rate": lambda hit, false, missed, rest: _share(false, rest),
    "false_negative_rate": lambda hit, false, missed, rest: _share(missed, hit),
    "f1": _f(1),
    "f2": _f(2),
    "f0.5": _f(0.5),
    "jaccard": lambda hit, false, missed, rest: _share(hit, false + missed),
}


def _r2(answers: Floats, truths: Floats) -> float:
    spread = float(np.sum((truths - truths.mean()) ** 2))
    if not spread:
        raise _NotSuch("All true values are the same.")
    return 1 - float(np.sum((truths - answers) ** 2)) / spread


def _mape(answers: Floats, truths: Floats) -> float:
    return float(np.mean(np.abs(truths - answers) / np.maximum(np.abs(truths), np.finfo(np.float64).eps)))


_OF_NUMBERS: dict[str, Callable[[Floats, Floats], float]] = {
    "mean_absolute_error": lambda answers, truths: float(np.mean(np.abs(answers - truths))),
    "mean_squared_error": lambda answers, truths: float(np.mean((answers - truths) ** 2)),
    "root_mean_squared_error": lambda answers, truths: float(np.sqrt(np.mean((answers - truths) ** 2))),
    "median_absolute_error": lambda answers, truths: float(np.median(np.abs(answers - truths))),
    "mean_absolute_percentage_error": _mape,
    "max_error": lambda answers, truths: float(np.max(np.abs(answers - truths))),
    "r2": _r2,
}
