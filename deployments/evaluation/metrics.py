"""Which metric of scikit-learn the key of a criterion names, and which rows its slice takes. Pure.

A key is read in this order. Its case, blanks and hyphens do not matter (`Holdout Recall` is
`holdout_recall`). `training_` in front refuses it: such a figure is no proof. One word for what was measured
on (`holdout_`, `test_`, `eval_`, `evaluation_`, `val_`, `validation_`) is taken off. A way of averaging
behind (`_macro`, `_micro`, `_weighted`, `_binary`) is taken off and kept. What is left must stand in `NAMES`;
a word that two metrics go by is refused with both names, never guessed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

CLASSES, CHANCES, NUMBERS = "classes", "chances", "numbers"
MEASURED_ON = ("holdout_", "test_", "eval_", "evaluation_", "val_", "validation_")
TRAINING = ("training_", "train_")
AVERAGES = ("macro", "micro", "weighted", "binary")
# By the name that evaluate.py computes: what it reads, and the other names it goes by.
_KNOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "accuracy": (CLASSES, ("accuracy_score", "acc")),
    "balanced_accuracy": (CLASSES, ("balanced_accuracy_score",)),
    "precision": (CLASSES, ("precision_score", "positive_predictive_value", "ppv")),
    "recall": (CLASSES, ("recall_score", "sensitivity", "true_positive_rate", "tpr")),
    "specificity": (CLASSES, ("true_negative_rate", "tnr")),
    "false_positive_rate": (CLASSES, ("fpr",)),
    "false_negative_rate": (CLASSES, ("fnr", "miss_rate")),
    "f1": (CLASSES, ("f1_score",)),
    "f2": (CLASSES, ("f2_score",)),
    "f0.5": (CLASSES, ("f05", "f0_5", "f0.5_score", "f05_score", "f0_5_score")),
    "jaccard": (CLASSES, ("jaccard_score",)),
    "matthews_corrcoef": (CLASSES, ("mcc", "matthews_correlation", "matthews")),
    "cohen_kappa": (CLASSES, ("cohen_kappa_score", "kappa")),
    "zero_one_loss": (CLASSES, ("error_rate", "misclassification_rate")),
    "roc_auc": (CHANCES, ("roc_auc_score", "auroc")),
    "average_precision": (CHANCES, ("average_precision_score",)),
    "log_loss": (CHANCES, ("logloss", "cross_entropy")),
    "brier": (CHANCES, ("brier_score", "brier_score_loss", "brier_loss")),
    "mean_absolute_error": (NUMBERS, ("mae",)),
    "mean_squared_error": (NUMBERS, ("mse",)),
    "root_mean_squared_error": (NUMBERS, ("rmse",)),
    "mean_squared_log_error": (NUMBERS, ("msle",)),
    "root_mean_squared_log_error": (NUMBERS, ("rmsle",)),
    "median_absolute_error": (NUMBERS, ("medae", "mdae")),
    "mean_absolute_percentage_error": (NUMBERS, ("mape",)),
    "max_error": (NUMBERS, ("maximum_error",)),
    "r2": (NUMBERS, ("r2_score", "r_squared", "coefficient_of_determination")),
    "explained_variance": (NUMBERS, ("explained_variance_score",)),
}
NAMES = {name: known for known, (_, others) in _KNOWN.items() for name in (known, *others)}
# Words that more than one metric goes by, with what to write instead.
_TWO_FOLD = {
    "auc": ("roc_auc", "average_precision"),
    "pr_auc": ("average_precision", "the area by trapezoids, which is not computed here"),
    "precision_recall_auc": ("average_precision", "the area by trapezoids, which is not computed here"),
    "score": ("accuracy", "r2"),
    "loss": ("log_loss", "mean_squared_error"),
    "error": ("zero_one_loss", "mean_absolute_error"),
    "f_score": ("f1", "f2"),
    "fbeta": ("f1", "f2"),
    "fbeta_score": ("f1", "f2"),
    "ap": ("average_precision", "accuracy"),
    "medape": ("median_absolute_error", "mean_absolute_percentage_error"),
}
# What is averaged over all classes, and so has no positive one; and figures that are over all by themselves.
SEVERAL = {"macro", "micro", "weighted"}
WITHOUT_YES = {"accuracy", "balanced_accuracy", "matthews_corrcoef", "cohen_kappa", "zero_one_loss"}
AVERAGED = {"precision", "recall", "f1", "f2", "f0.5", "jaccard"}
# A percentage error has no upper end, but is a share of the truth all the same.
SHARES = {
    name for name, (reads, _) in _KNOWN.items() if reads != NUMBERS and name not in ("log_loss", "brier")
} | {"r2", "explained_variance", "mean_absolute_percentage_error"}  # fmt: skip
BARE_UNITS = {"", "none", "fraction"}
# Two figures further apart than this share of the larger are told as different.
APART = 0.005
_CONDITION = re.compile(r"^\s*(?P<column>[^=<>!]+?)\s*={1,2}\s*(?P<value>[^=<>!].*?)\s*$")


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` as evaluate.py knows it, what it `reads`, and how several classes are averaged ("" for none)."""

    name: str
    reads: str
    average: str = ""


class NotMeasurable(ValueError):
    """A key, unit or slice that cannot be measured; the text says why, in a sentence for a person."""


def metric_named(key: str) -> Metric:
    """The metric that a criterion's key names. Raises NotMeasurable with the reason."""
    plain = re.sub(r"[\s\-]+", "_", key.strip().lower())
    if plain.startswith(TRAINING):
        raise NotMeasurable(f"{key} is a figure of the training data, which proves nothing.")
    for prefix in MEASURED_ON:
        if plain.startswith(prefix):
            plain = plain.removeprefix(prefix)
            break
    stem, _, average = plain.rpartition("_")
    if stem and average in AVERAGES:
        plain = stem
    else:
        average = ""
    if plain in _TWO_FOLD:
        one, other = _TWO_FOLD[plain]
        raise NotMeasurable(f"{key} can mean {one} or {other}; a criterion must name one of them.")
    name = NAMES.get(plain, "")
    if not name:
        raise NotMeasurable(f"{key} is no metric that is measured here.")
    if average and name not in AVERAGED:
        raise NotMeasurable(f"{name} has no {average} average.")
    return Metric(name, _KNOWN[name][0], average)


def in_unit(metric: Metric, value: float, unit: str) -> float:
    """A value in the unit of its criterion. Raises NotMeasurable for a share in anything but parts of one."""
    if metric.name not in SHARES:
        return value
    if unit in BARE_UNITS:
        return value
    if unit == "percent":
        return value * 100
    raise NotMeasurable(f"{metric.name} is a share; it is never in {unit}.")


def conditions_of(slice_: str) -> list[tuple[str, str]]:
    """Column and value of each condition of a slice, such as "plant = Bergen and shift = night".

    No text: no condition. Raises NotMeasurable for text that is no such list.
    """
    if not slice_.strip():
        return []
    found = []
    for part in re.split(r"\s+and\s+", slice_.strip()):
        match = _CONDITION.match(part)
        if match is None:
            raise NotMeasurable(f"The slice “{slice_}” is not of the form column = value.")
        found.append((match["column"], match["value"].strip("\"'“”")))
    return found


def are_apart(reported: float, verified: float) -> bool:
    """Whether two figures of one thing differ by more than half a percent of the larger one."""
    larger = max(abs(reported), abs(verified))
    return not math.isclose(reported, verified, rel_tol=0, abs_tol=APART * larger + 1e-12)
