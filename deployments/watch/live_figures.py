"""What was seen of a deployment over some time, in steps fit for a page: read once, merged as it comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from deployments.models import Bucket, Deployment
from deployments.watch.figures import DAY, HOUR, MINUTE, Figures, add_outputs, begin_of

COLUMNS = ("start", "count", "rows", "errors", "fallbacks", "latency")
# Minutes may come late, and are made hours of every few minutes.
SETTLES = dt.timedelta(minutes=15)
OUTPUTS_OVER = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Span:
    """How far back a page looks, and how long one step of its lines is."""

    key: str
    words: str
    length: dt.timedelta
    step: int

    @property
    def back(self) -> str:
        """As in "in the last hour", "in the last 24 hours"."""
        return self.words.removeprefix("1 ")

    @property
    def unit(self) -> str:
        return {MINUTE: "minute", 15 * MINUTE: "quarter of an hour", HOUR: "hour", DAY: "day"}[self.step]


SPANS = {
    span.key: span
    for span in (
        Span("1h", "1 hour", dt.timedelta(hours=1), MINUTE),
        Span("24h", "24 hours", dt.timedelta(days=1), 15 * MINUTE),
        Span("7d", "7 days", dt.timedelta(days=7), HOUR),
        Span("30d", "30 days", dt.timedelta(days=30), DAY),
        Span("90d", "90 days", dt.timedelta(days=90), DAY),
    )
}
DEFAULT = "24h"


@dataclass(slots=True)
class Seen:
    """All steps of a span, a gap where nothing was asked.

    `whole` is all that is real of it, or all that is simulated where nothing is real: the two never join.
    """

    span: Span
    begin: dt.datetime
    end: dt.datetime
    steps: dict[dt.datetime, Figures] = field(default_factory=dict)
    whole: Figures = field(default_factory=Figures)
    # The steps that are made up.
    simulated: set[dt.datetime] = field(default_factory=set)

    @property
    def is_made_up(self) -> bool:
        """Whether `whole` is of simulated figures."""
        return bool(self.steps) and len(self.simulated) == len(self.steps)

    def moments(self) -> list[dt.datetime]:
        """The beginnings of all steps."""
        count = int((self.end - self.begin).total_seconds() // self.span.step) + 1
        return [self.begin + dt.timedelta(seconds=self.span.step * at) for at in range(count)]


def seen_of(deployment: Deployment, span: Span, now: dt.datetime) -> Seen:
    """The figures of a span. Whole days and hours are read as such, what is younger by the minute.

    A step with real figures shows these alone; simulated ones stand only where there is nothing else.
    """
    begin = begin_of(now - span.length, span.step)
    seen = Seen(span, begin, begin_of(now, span.step))
    real, simulated = (_steps(deployment, span, begin, now, made_up) for made_up in (False, True))
    seen.steps = simulated | real
    seen.simulated = set(simulated) - set(real)
    for step in (real or simulated).values():
        _add(seen.whole, step.count, step.rows, step.errors, step.fallbacks, step.latency)
    return seen


def outputs_of(deployment: Deployment, span: Span, now: dt.datetime) -> dict[str, Any]:
    """How the predictions of the span were spread, of a week at most; real ones, else simulated ones."""
    begin = now - min(span.length, OUTPUTS_OVER)
    step = MINUTE if span.length <= dt.timedelta(hours=1) else HOUR
    for made_up in (False, True):
        rows = Bucket.objects.filter(deployment=deployment, simulated=made_up, start__lte=now)
        total: dict[str, Any] = {}
        for _, outputs in _by_level(rows.values_list("start", "outputs"), begin, now, step):
            add_outputs(total, outputs)
        if total:
            return total
    return {}


def _steps(
    deployment: Deployment, span: Span, begin: dt.datetime, now: dt.datetime, simulated: bool
) -> dict[dt.datetime, Figures]:
    steps: dict[dt.datetime, Figures] = {}
    found = Bucket.objects.filter(deployment=deployment, simulated=simulated, start__lte=now)
    for start, *row in _by_level(found.values_list(*COLUMNS), begin, now, span.step):
        _add(steps.setdefault(begin_of(start, span.step), Figures()), *row)
    return steps


def _by_level(found: Any, begin: dt.datetime, now: dt.datetime, step: int) -> Iterable[Sequence[Any]]:
    """Of each moment the rows of the longest buckets that are over and fit the step, and no others.

    Days and hours are made of minutes some time later, so that what has no long bucket yet is read as short
    ones. One query for each length; that of the shorter ones begins where the longer ones end.
    """
    for seconds in (DAY, HOUR, MINUTE):
        if seconds > step and seconds != MINUTE:
            continue
        complete = found.filter(seconds=seconds, start__gte=begin).order_by("start")
        if seconds != MINUTE:
            complete = complete.filter(start__lte=now - dt.timedelta(seconds=seconds) - SETTLES)
        rows = list(complete)
        yield from rows
        if rows:
            begin = max(begin, rows[-1][0] + dt.timedelta(seconds=seconds))


def _add(
    total: Figures, count: int, rows: int, errors: dict[str, int], fallbacks: int, latency: list[int]
) -> None:
    total.count += count
    total.rows += rows
    total.fallbacks += fallbacks
    for name, many in errors.items():
        total.errors[name] = total.errors.get(name, 0) + many
    if latency:
        total.latency[:] = [now + more for now, more in zip(total.latency, latency, strict=False)]
