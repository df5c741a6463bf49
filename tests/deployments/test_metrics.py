"""Keys of criteria name metrics by a written rule; what is ambiguous is refused in words."""

from __future__ import annotations

import pytest

from deployments.evaluation.metrics import (
    NAMES,
    Metric,
    NotMeasurable,
    are_apart,
    conditions_of,
    in_unit,
    metric_named,
)


@pytest.mark.parametrize(
    ("key", "name", "average"),
    [
        ("recall_score", "recall", ""),
        ("holdout_recall", "recall", ""),
        ("Holdout Recall", "recall", ""),
        ("test_f1_macro", "f1", "macro"),
        ("precision_weighted", "precision", "weighted"),
        ("evaluation-roc-auc", "roc_auc", ""),
        ("val_mae", "mean_absolute_error", ""),
        ("rmse", "root_mean_squared_error", ""),
        ("r2_score", "r2", ""),
        ("brier_score_loss", "brier", ""),
        ("mape", "mean_absolute_percentage_error", ""),
        ("mcc", "matthews_corrcoef", ""),
        ("f0.5", "f0.5", ""),
    ],
)
def test_a_key_names_one_metric(key: str, name: str, average: str) -> None:
    metric = metric_named(key)
    assert (metric.name, metric.average) == (name, average)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("training_recall", "training data"),
        ("auc", "roc_auc or average_precision"),
        ("holdout_score", "accuracy or r2"),
        ("loss", "log_loss or mean_squared_error"),
        ("unplanned_stops_6w", "no metric that is measured here"),
        ("", "no metric that is measured here"),
        ("mae_macro", "no macro average"),
    ],
)
def test_what_names_none_or_two_is_refused_in_words(key: str, words: str) -> None:
    with pytest.raises(NotMeasurable, match=words):
        metric_named(key)


def test_every_name_is_read_as_itself_and_leads_to_one_metric() -> None:
    assert all(metric_named(name).name == known for name, known in NAMES.items())


def test_shares_come_in_the_unit_of_the_criterion() -> None:
    recall, mae = metric_named("recall"), metric_named("mae")
    assert in_unit(recall, 0.7, "fraction") == 0.7
    assert in_unit(recall, 0.7, "percent") == pytest.approx(70)
    assert in_unit(mae, 12.5, "EUR") == 12.5
    with pytest.raises(NotMeasurable, match="never in days"):
        in_unit(recall, 0.7, "days")
    assert isinstance(recall, Metric)


def test_slices_are_columns_with_values() -> None:
    assert conditions_of("") == []
    assert conditions_of("plant = Bergen") == [("plant", "Bergen")]
    assert conditions_of("plant == 'Bergen' and shift=night") == [("plant", "Bergen"), ("shift", "night")]
    for text in ("Bergen", "age > 30", "plant =", "= Bergen", "plant != Moss"):
        with pytest.raises(NotMeasurable, match="not of the form"):
            conditions_of(text)


def test_figures_apart_by_more_than_half_a_percent_are_told() -> None:
    assert not are_apart(0.7, 0.7015)
    assert are_apart(0.7, 0.71)
    assert not are_apart(0.0, 0.0)
    assert are_apart(0.0, 0.01)
    assert are_apart(-0.5, 0.5)
