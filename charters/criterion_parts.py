"""Which parts the record of a criterion has by its kind, and what no criterion may hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

Scalar = str | bool
# What a learning question does not have, and what nothing else has.
QUESTION_PARTS = frozenset({"question", "answered_by", "evidence"})
# How answers of a model are held against the truth. A figure of the business has none of it.
MODEL_PARTS = frozenset({"truth_column", "positive_class", "threshold", "own_answers"})
FIGURE_PARTS = (
    frozenset({"metric_key", "comparator", "target", "unit", "tolerance", "baseline", "baseline_method"})
    | frozenset({"file", "sha256", "digest", "source", "slice", "asset"})
    | MODEL_PARTS
)
_OTHERS = {"learning_question": FIGURE_PARTS, "business_figure": QUESTION_PARTS | MODEL_PARTS}


def of_kind(record: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Without the parts that the kind does not have, so that nothing is signed that nobody is shown."""
    others = _OTHERS.get(str(record.get("kind", "")), QUESTION_PARTS)
    return {part: value for part, value in record.items() if part not in others}


def why_refused(record: Mapping[str, Scalar]) -> str:
    """What no criterion may hold, even in a draft, since nobody could read the figure; "" where all is well.

    The record is cleaned: numbers are plain decimal texts.
    """
    if record.get("tolerance") and record.get("comparator") != "equals":
        return "Tolerance: with “equal to” only."
    if str(record.get("tolerance", "")).startswith("-"):
        return "Tolerance: zero or more."
    if str(record.get("metric_key", "")).startswith("training_"):
        return "Metric key: figures of the training data never count; name one of unseen data."
    if record.get("unit") == "count" and "." in str(record.get("target", "")):
        return "Target: a count is a whole number."
    threshold = record.get("threshold")
    if threshold and not 0 < Decimal(str(threshold)) < 1:
        return "Threshold: more than 0 and less than 1, such as 0.55."
    if threshold and record.get("own_answers"):
        return "Threshold: none where the model’s own answers count."
    return ""
