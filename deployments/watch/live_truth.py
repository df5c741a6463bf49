"""Performance over time, from the truth that was handed in for single answers."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from deployments.evaluation.metrics import metric_named
from deployments.models import Deployment, Feedback
from deployments.watch.figures import DAY, HOUR, begin_of
from deployments.watch.live_figures import Span
from deployments.watch.truth import Pair, measure, single
from ui.charts.spec_live import Series

FEWEST, MOST = 10, 2000


def performance(deployment: Deployment, span: Span, now: dt.datetime) -> Series | None:
    """Accuracy of classes or the mean error of numbers, by the day or hour in which they were asked."""
    rows: list[Any] = []
    for made_up in (False, True):
        found = Feedback.objects.filter(
            deployment=deployment, simulated=made_up, asked_at__gt=now - span.length, asked_at__lte=now
        )
        rows = list(
            found.order_by("-asked_at").values_list("asked_at", "output", "truth", "simulated")[:MOST]
        )
        if rows:
            break
    pairs = [(output, truth) for _, output, truth, _ in rows]
    if not pairs:
        return None
    key, name, unit = _kind(pairs)
    whole = measure(metric_named(key), pairs, fewest=FEWEST)
    if whole.value is None:
        return None
    step = DAY if span.length > dt.timedelta(days=1) else HOUR
    groups: dict[dt.datetime, list[Pair]] = defaultdict(list)
    for at, output, truth, _ in rows:
        groups[begin_of(at, step)].append((output, truth))
    points = [
        (at, measure(metric_named(key), group, fewest=FEWEST).value) for at, group in sorted(groups.items())
    ]
    if not any(value is not None for _, value in points):
        return None
    return Series(
        key="performance",
        title=f"{name} {whole.value:.3g} where the truth is known",
        unit=unit,
        n=whole.rows,
        value_name=name,
        points=tuple(points),
        note="Simulated figures" if rows[0][3] else "",
    )


def _kind(pairs: list[Pair]) -> tuple[str, str, str]:
    """Numbers with a fraction are held against numbers, all else are classes."""
    values = [single(value) for pair in pairs for value in pair]
    if any(isinstance(value, float) and not value.is_integer() for value in values):
        return "mae", "Mean absolute error", "Mean distance of answer and truth, in the unit of the answer"
    return "accuracy", "Accuracy", "Share of answers that were right, from 0 to 1"
