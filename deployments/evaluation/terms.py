"""How answers are held against the truth: what the charter fixes, and what it leaves to who asks. Pure.

Three terms make a figure of one file: the column with the truth, the answer that counts as yes, and the
chance from which on it is given. What is signed is used as signed. What is not has to be typed by who asks
for the evaluation, which is kept with the reading: with another choice the same file gives another figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from charters.criteria import EvaluationData
from deployments.evaluation.metrics import CLASSES, NUMBERS, SEVERAL, WITHOUT_YES, Metric
from deployments.tables import read_table
from ui.words import listed

TARGET, POSITIVE, THRESHOLD = "target", "positive", "threshold"
OWN_ANSWERS = "no threshold (the model’s own answers)"


@dataclass(frozen=True, slots=True)
class Terms:
    """The three terms. `threshold` is more than 0 and less than 1; None is the model's own answers.

    An empty `positive` is 1 where the classes are 0 and 1.
    """

    target: str = ""
    positive: str = ""
    threshold: float | None = None


def left_open(metric: Metric, data: EvaluationData) -> tuple[str, ...]:
    """The terms that the figure depends on and the charter does not fix, in a fixed order.

    A figure of numbers has no positive answer; one over all classes has one with a threshold alone; a
    threshold turns chances into answers, so figures of the chances themselves have none.
    """
    fixes_answers = data.own_answers or data.threshold is not None
    found = [] if data.truth_column else [TARGET]
    needless = _is_over_all(metric) and data.own_answers
    if metric.reads != NUMBERS and not data.positive_class and not needless:
        found.append(POSITIVE)
    if metric.reads == CLASSES and not fixes_answers:
        found.append(THRESHOLD)
    return tuple(found)


def classes_in(name: str, content: bytes, column: str) -> int:
    """How many different values a column of a file has; 0 where it has none. Raises Unreadable."""
    values = read_table(name, content).columns.get(column, [])
    return len({value.strip() if isinstance(value, str) else value for value in values} - {None, ""})


def _is_over_all(metric: Metric) -> bool:
    return metric.name in WITHOUT_YES or metric.average in SEVERAL


def settled(metric: Metric, data: EvaluationData, typed: Terms) -> Terms:
    """The terms that a criterion is measured by: as signed, and as typed where nothing is."""
    is_open = left_open(metric, data)
    signed = float(data.threshold) if data.threshold is not None else None
    return Terms(
        target=typed.target if TARGET in is_open else data.truth_column,
        positive=typed.positive if POSITIVE in is_open else data.positive_class,
        threshold=typed.threshold if THRESHOLD in is_open else signed if metric.reads == CLASSES else None,
    )


def kept_of(typed: Terms, is_open: Iterable[str]) -> Terms:
    """What was typed for terms that are open; the rest is not used and not kept."""
    return Terms(**{one.name: getattr(typed, one.name) for one in fields(typed) if one.name in set(is_open)})


def chosen_words(metric: Metric, data: EvaluationData, used: Terms) -> str:
    """What who asked chose, as "the truth column fails and the threshold 0.4"; "" where all is signed."""
    threshold, positive = used.threshold, used.positive
    words = {
        TARGET: f"the truth column {used.target}",
        POSITIVE: f"the positive class {positive}" if positive else "no positive class (1 of 0 and 1)",
        THRESHOLD: f"the threshold {threshold:g}" if threshold is not None else OWN_ANSWERS,
    }
    needless = POSITIVE if _is_over_all(metric) and used.threshold is None else ""
    return listed([words[one] for one in left_open(metric, data) if one != needless])


def signed_words(data: EvaluationData) -> str:
    """What the charter fixes, in the same words; "" where it fixes nothing."""
    words = [f"the truth column {data.truth_column}"] if data.truth_column else []
    if data.positive_class:
        words.append(f"the positive class {data.positive_class}")
    if data.threshold is not None:
        words.append(f"the threshold {data.threshold:f}")
    if data.own_answers:
        words.append(OWN_ANSWERS)
    return listed(words)


def open_words(is_open: Iterable[str]) -> str:
    """The names of open terms, for a sentence."""
    names = {TARGET: "the truth column", POSITIVE: "the positive class", THRESHOLD: "the threshold"}
    return listed([names[one] for one in is_open])
