"""Figures from the truth that came later, held against scikit-learn."""

import random

import pandas as pd
import pytest

from deployments.evaluation.metrics import metric_named
from deployments.replica.score import Rows
from deployments.watch.truth import FEWEST_PAIRS, Signed, measure

sk = pytest.importorskip("sklearn.metrics")
drawn = random.Random(7)
BINARY = [(drawn.choice([0, 1]), drawn.choice([0, 1, 1])) for _ in range(200)]
CLASSES = [(drawn.choice("abc"), drawn.choice("aabc")) for _ in range(200)]
NUMBERS = [(drawn.gauss(2, 1), drawn.gauss(2, 2)) for _ in range(200)]
CHANCES = [(round(drawn.random(), 1), drawn.choice([0, 1])) for _ in range(200)]


@pytest.mark.parametrize(
    ("key", "pairs", "reference"),
    [
        ("accuracy", BINARY, sk.accuracy_score),
        ("holdout_recall", BINARY, sk.recall_score),
        ("precision", BINARY, sk.precision_score),
        ("f1", BINARY, sk.f1_score),
        ("f2", BINARY, lambda truth, said: sk.fbeta_score(truth, said, beta=2)),
        ("jaccard", BINARY, sk.jaccard_score),
        ("balanced_accuracy", CLASSES, sk.balanced_accuracy_score),
        ("recall_macro", CLASSES, lambda truth, said: sk.recall_score(truth, said, average="macro")),
        ("f1_weighted", CLASSES, lambda truth, said: sk.f1_score(truth, said, average="weighted")),
        ("precision_micro", CLASSES, lambda truth, said: sk.precision_score(truth, said, average="micro")),
        ("mae", NUMBERS, sk.mean_absolute_error),
        ("rmse", NUMBERS, sk.root_mean_squared_error),
        ("medae", NUMBERS, sk.median_absolute_error),
        ("mape", NUMBERS, sk.mean_absolute_percentage_error),
        ("max_error", NUMBERS, sk.max_error),
        ("r2", NUMBERS, sk.r2_score),
        ("brier", CHANCES, sk.brier_score_loss),
        ("roc_auc", CHANCES, sk.roc_auc_score),
    ],
)
def test_the_figure_is_that_of_scikit_learn(key, pairs, reference):
    said, truth = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = measure(metric_named(key), pairs)
    assert found.rows == 200
    assert found.value == pytest.approx(reference(truth, said))


@pytest.mark.parametrize(
    ("key", "pairs", "why"),
    [
        ("accuracy", BINARY[: FEWEST_PAIRS - 1], "30 are needed"),
        ("recall", CLASSES, "must name how they are averaged"),
        ("recall", NUMBERS, "numbers, not classes"),
        ("mae", CLASSES, "no numbers"),
        ("brier", NUMBERS, "no probabilities"),
        ("roc_auc", [(0.5, 1)] * 40, "one class"),
        ("r2", [(1.0, 2.0)] * 40, "the same"),
        ("average_precision", CHANCES, "not read from live answers"),
    ],
)
def test_what_has_no_such_figure_says_why(key, pairs, why):
    found = measure(metric_named(key), pairs)
    assert found.value is None
    assert why in found.why_not


def test_answers_in_wrappings_and_gaps():
    pairs = [({"label": 1}, 1), ([0], 0), (None, 1), (1, None)] * 20
    found = measure(metric_named("accuracy"), pairs)
    assert (found.value, found.rows) == (1, 40)


LATE = [(drawn.choice(["late", "on time"]), drawn.choice(["late", "on time", "on time"])) for _ in range(200)]


@pytest.mark.parametrize(
    ("key", "pairs", "signed"),
    [
        ("recall", LATE, Signed("late")),
        ("precision", LATE, Signed("on time")),
        ("specificity", LATE, Signed("late")),
        ("recall", CLASSES, Signed("b")),
        ("recall", BINARY, Signed("0")),
        ("recall", CHANCES, Signed("1", 0.3)),
        ("accuracy", CHANCES, Signed("0", 0.7)),
        ("f1_macro", CHANCES, Signed(threshold=0.5)),
        ("brier", CHANCES, Signed("0")),
        ("recall", BINARY, Signed("1", 0.9)),
    ],
)
def test_what_is_signed_is_taken_as_for_a_file(key, pairs, signed):
    """The program that measures a file, with the same rows and terms, finds the same figure."""
    metric = metric_named(key)
    table = pd.DataFrame({"truth": [truth for _, truth in pairs]})
    answers = {"said": [answer for answer, _ in pairs], "chances": None, "classes": None}
    # Classes are taken as they were answered; a file is refused that has no chances for a threshold.
    threshold = None if pairs is BINARY else signed.threshold
    rows = Rows(table, ["truth"], answers, "truth", signed.positive, threshold)
    wanted = {"metric": metric.name, "reads": metric.reads, "average": metric.average}
    found = measure(metric, pairs, signed=signed)
    assert found.value == pytest.approx(rows.measure(wanted, rows.where([])))


@pytest.mark.parametrize(
    ("key", "pairs", "signed", "why"),
    [
        ("recall", LATE, Signed(threshold=0.5), "does not name the positive class"),
        ("recall", LATE, Signed("early"), "Of no answer the truth is early"),
        ("recall", NUMBERS, Signed(str(NUMBERS[0][1])), "numbers, not classes"),
        (
            "accuracy",
            [(0.4, "a"), (0.6, "b"), (0.7, "c")] * 20,
            Signed("a", 0.5),
            "two classes; the truth has 3",
        ),
    ],
)
def test_what_is_signed_and_cannot_be_says_why(key, pairs, signed, why):
    found = measure(metric_named(key), pairs, signed=signed)
    assert found.value is None
    assert why in found.why_not
