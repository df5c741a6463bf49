"""The figures of the live page. Titles are what they show, as a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from math import ceil, isfinite
from typing import Any

from django.utils import timezone

from deployments.models import Deployment, DriftReading, Release, ResourceUse
from deployments.watch.figures import DAY, Figures, bins_of, labels_of, percentile
from deployments.watch.live_figures import Seen
from ui import formats
from ui.charts.spec_live import Series, Share, Spread
from ui.words import plural

SIMULATED = "Simulated figures"
Points = tuple[tuple[dt.datetime, float | None], ...]
Events = tuple[tuple[dt.datetime, str], ...]
MOST_BINS, MOST_CATEGORIES = 24, 12
MOST_POINTS = 180
# Smaller figures of the bins of a logarithmic scale say no more than this one.
TINY = 0.0001


def volume(seen: Seen, events: Events) -> Series | None:
    """Requests by step."""
    if not seen.steps:
        return None
    unit = seen.span.unit
    counts = [step.count for at, step in seen.steps.items() if seen.is_made_up or at not in seen.simulated]
    usual = sorted(counts)[len(counts) // 2]
    return Series(
        key="volume",
        title=f"About {formats.number(usual)} {'request' if usual == 1 else 'requests'} {_per(unit)}",
        unit=f"Requests by {unit}",
        n=seen.whole.count,
        value_name="Requests",
        points=_points(seen, lambda step: float(step.count), empty=0.0),
        events=events,
        note=_note(seen),
    )


def latency(seen: Seen, deployment: Deployment, events: Events) -> Series | None:
    """The 95th percentile by step, against the limit."""
    points = _points(seen, lambda step: percentile(step.latency, 0.95))
    whole = percentile(seen.whole.latency, 0.95)
    if whole is None or not _has(points):
        return None
    limit = deployment.latency_limit_ms
    title = f"95 of 100 answers take at most {formats.number(whole)} ms"
    if limit:
        over = whole > limit
        title = f"{title}, {'more than' if over else 'within'} the {formats.number(limit)} ms agreed"
    median = percentile(seen.whole.latency, 0.5) or 0.0
    return Series(
        key="latency",
        title=title,
        unit=f"95th percentile of latency, ms; median {formats.number(median, 1)} ms",
        value_name="95th percentile, ms",
        points=points,
        limit=float(limit) if limit else None,
        limit_label=f"Limit {formats.number(limit)}" if limit else "",
        events=events,
        note=_note(seen),
    )


def failures(seen: Seen, deployment: Deployment, events: Events) -> Series | None:
    """The share of answers that the model owed and did not give, in percent."""
    points = _points(seen, lambda step: _hundred(step.error_share))
    if not _has(points):
        return None
    failed, asked = seen.whole.failed, seen.whole.count
    title = "No answer failed" if not failed else f"{plural(failed, 'answer', 'answers')} of {asked:,} failed"
    if failed > 0 and asked / failed >= 2:
        title = f"One answer in {formats.number(asked / failed)} failed"
    return Series(
        key="failures",
        title=title,
        unit="Failed answers, %; input that does not fit is not counted",
        n=asked,
        value_name="Failed, %",
        points=points,
        limit=deployment.error_limit * 100,
        limit_label=f"Limit {deployment.error_limit * 100:g}",
        events=events,
        note=_note(seen),
    )


def fallbacks(seen: Seen, events: Events) -> Series | None:
    """The share of requests that the fallback answered, in percent."""
    points = _points(seen, lambda step: _hundred(step.fallback_share))
    if not _has(points):
        return None
    used = seen.whole.fallbacks
    title = "The fallback was not needed"
    if used:
        title = f"The fallback answered {plural(used, 'request', 'requests')} of {seen.whole.count:,}"
    return Series(
        key="fallbacks",
        title=title,
        unit="Requests that the fallback answered, %",
        n=seen.whole.count,
        value_name="Fallback, %",
        points=points,
        events=events,
        note=_note(seen),
    )


def drift(
    readings: Sequence[tuple[dt.datetime, float | None, bool]],
    last: DriftReading | None,
    deployment: Deployment,
    seen: Seen,
    events: Events,
) -> Series | None:
    """The input that moved furthest, reading by reading, against the limit."""
    kept = _thinned([row for row in readings if row[1] is not None])
    if not kept or (last is not None and last.psi_max is None):
        return None
    limit = deployment.drift_limit
    return Series(
        key="drift",
        title=_drift_title(last, kept, limit),
        unit="Population stability index of the input that moved most, against the reference sample",
        value_name="PSI",
        points=_rising(kept),
        window=_window(seen, kept),
        limit=limit,
        limit_label=f"Limit {limit:g}",
        events=events,
        note=SIMULATED if any(row[2] for row in kept) else "",
    )


def _drift_title(last: DriftReading | None, kept: Sequence[tuple[dt.datetime, float]], limit: float) -> str:
    if last is None or last.psi_max is None:
        return "The drift of the live version is not measured yet"
    if last.psi_max <= limit:
        return f"No input has drifted: {last.psi_feature} most, at {last.psi_max:.2f}"
    # Points of the version before stand in the chart, and say nothing of this one.
    begun = last.release.live_at if last.release else None
    over = [row for row in _run_over(kept, limit) if begun is None or row[0] >= begun]
    since = timezone.localtime(over[-1][0] if over else last.end)
    return f"{last.psi_feature} has drifted since {formats.day(since, year=False)}"


def missing(readings: Sequence[DriftReading], deployment: Deployment) -> Spread | None:
    """Missing values of the inputs, now beside the reference."""
    if not readings:
        return None
    last = readings[-1]
    rows = sorted(last.features.items(), key=lambda pair: -pair[1]["missing"])[:MOST_CATEGORIES]
    if not rows:
        return None
    name, facts = rows[0]
    share = facts["missing"] * 100
    title = f"{name} is missing in {share:.2g} % of the rows" if share else "No value is missing"
    return Spread(
        key="missing",
        title=title,
        unit="Missing values by input, %",
        n=last.rows,
        shares=tuple(Share(key, one["missing"] * 100, one["missing_then"] * 100) for key, one in rows),
        now_label="Now",
        then_label="Reference",
        note=SIMULATED if last.simulated else "",
    )


def predictions(outputs: dict[str, Any], then: dict[str, Any] | None, simulated: bool) -> Spread | None:
    """How predictions are spread now and, where the reference has the truth, in training."""
    note = SIMULATED if simulated else ""
    labels = labels_of(outputs)[:MOST_CATEGORIES]
    bins = bins_of(outputs)
    if labels and sum(count for _, count in labels) >= sum(count for _, _, count in bins):
        return _of_labels(labels, then, note)
    return _of_bins(bins, then, note) if bins else None


def _of_labels(labels: list[tuple[str, int]], then: dict[str, Any] | None, note: str) -> Spread:
    total = sum(count for _, count in labels)
    before = then["shares"] if then and then.get("kind") == "category" else None
    name, count = labels[0]
    return Spread(
        key="predictions",
        title=f"{count / total * 100:.2g} % of the answers are {name}",
        unit="Share of the answers, %",
        n=total,
        shares=tuple(
            Share(label, many / total * 100, _hundred(before.get(label, 0.0)) if before else None)
            for label, many in labels
        ),
        now_label="Now",
        note=note,
    )


def _of_bins(bins: list[tuple[float, float, int]], then: dict[str, Any] | None, note: str) -> Spread | None:
    """Bins as wide as some of those that were counted, so that each of these falls into one."""
    low, high, width = bins[0][0], bins[-1][1], bins[0][1] - bins[0][0]
    total = sum(count for _, _, count in bins)
    known = then if then and then.get("kind") == "number" else None
    if known:
        low, high = min(low, known["min"] // width * width), max(high, known["max"])
    if not (isfinite(low) and isfinite(high) and width > 0) or high <= low:
        return None
    width *= ceil((high - low) / width / MOST_BINS)
    count = max(ceil((high - low) / width), 1)
    now = [0.0] * count
    for begin, end, many in bins:
        now[min(int(((begin + end) / 2 - low) / width), count - 1)] += many / total * 100
    before = _sketched(known["sketch"], low, width, count) if known else [None] * count
    middle = _middle(bins, total)
    words = f"{middle:.3g}" if middle <= 0 or middle >= TINY else f"{TINY:f}".rstrip("0")
    return Spread(
        key="predictions",
        title=f"Half of the answers are below {words}",
        unit="Share of the answers by value, %",
        n=total,
        shares=tuple(Share(f"{low + width * at:.4g}", now[at], before[at]) for at in range(count)),
        now_label="Now",
        binned=True,
        note=note,
    )


def _sketched(sketch: Sequence[float], low: float, width: float, count: int) -> list[float | None]:
    shares = [0.0] * count
    for value in sketch:
        shares[min(max(int((value - low) / width), 0), count - 1)] += 100 / len(sketch)
    return list(shares)


def _middle(bins: Sequence[tuple[float, float, int]], total: int) -> float:
    reached = 0
    for begin, end, count in bins:
        reached += count
        if reached * 2 >= total:
            return (begin + end) / 2
    return bins[-1][1]


def memory(
    uses: Sequence[tuple[dt.datetime, float, bool]], limit_mb: int | None, seen: Seen
) -> Series | None:
    """Memory of all replicas against what they may use."""
    kept = _thinned(uses)
    if not kept:
        return None
    most = max(row[1] for row in kept)
    return Series(
        key="memory",
        title=f"Its replicas use up to {formats.number(most)} MB of memory",
        unit="Memory of all replicas, MB",
        value_name="Memory, MB",
        points=_rising(kept),
        window=_window(seen, kept),
        limit=float(limit_mb) if limit_mb else None,
        limit_label=f"May use {formats.number(limit_mb)}" if limit_mb else "",
        note=SIMULATED if any(row[2] for row in kept) else "",
    )


def processor(uses: Sequence[tuple[dt.datetime, float, bool]], seen: Seen) -> Series | None:
    """Processor time of all replicas, in percent of one core."""
    kept = _thinned(uses)
    if not kept:
        return None
    mean = sum(row[1] for row in kept) / len(kept)
    return Series(
        key="processor",
        title=f"On average they use {mean:.2g} % of a processor core",
        unit="Processor time of all replicas, % of one core",
        value_name="Of one core, %",
        points=_rising(kept),
        window=_window(seen, kept),
        note=SIMULATED if any(row[2] for row in kept) else "",
    )


def events_of(releases: Sequence[Release], seen: Seen) -> Events:
    """When versions took over, as far as the span goes; the last four."""
    moments = [
        (timezone.localtime(row.live_at), f"Version {row.version}")
        for row in releases
        if row.live_at and seen.begin <= row.live_at
    ]
    return tuple(sorted(moments)[-4:])


def used(rows: Sequence[ResourceUse]) -> tuple[list[Any], list[Any]]:
    """Memory and processor time of readings by the minute, as the two figures want them."""
    memory_rows = [(row.start, row.rss_mb, row.simulated) for row in rows]
    return memory_rows, [(row.start, row.cpu_seconds / 60 * 100, row.simulated) for row in rows]


def _points(seen: Seen, value: Callable[[Figures], float | None], *, empty: float | None = None) -> Points:
    return tuple(
        (_shown(at, seen), value(seen.steps[at]) if at in seen.steps else empty) for at in seen.moments()
    )


def _window(seen: Seen, rows: Sequence[Any]) -> tuple[dt.datetime, dt.datetime]:
    """The span of the page, so that moments stand below each other in all of its figures."""
    moments = [seen.begin, seen.end, *(row[0] for row in rows)]
    return _shown(min(moments), seen), _shown(max(moments), seen)


def _rising(rows: Sequence[Any]) -> Points:
    """Moment, value and whether it is made up; where two share a moment, the real one stands."""
    found: dict[dt.datetime, float | None] = {}
    for row in sorted(rows, key=lambda row: (row[0], not row[2])):
        found[timezone.localtime(row[0])] = row[1]
    return tuple(found.items())


def _shown(at: dt.datetime, seen: Seen) -> dt.datetime:
    """Days are those of UTC, so that they are named as such everywhere."""
    return at if seen.span.step == DAY else timezone.localtime(at)


def _has(points: Points) -> bool:
    return any(value is not None for _, value in points)


def _hundred(share: float | None) -> float | None:
    return None if share is None else share * 100


def _per(unit: str) -> str:
    return {"day": "a day", "hour": "an hour", "minute": "a minute"}.get(unit, f"in a {unit}")


def _note(seen: Seen) -> str:
    if not seen.simulated:
        return ""
    if len(seen.simulated) == len(seen.steps):
        return SIMULATED
    return f"{SIMULATED} until {formats.moment(timezone.localtime(max(seen.simulated)))}"


def _thinned(rows: Sequence[Any]) -> list[Any]:
    """At most so many of the rows, evenly, the last one among them."""
    every = -(-len(rows) // MOST_POINTS) or 1
    return list(rows[::-1][::every][::-1])


def _run_over(rows: Sequence[Any], limit: float) -> list[Any]:
    """The readings over the limit up to the last one, the latest first."""
    found = []
    for row in reversed(rows):
        if row[1] is None or row[1] <= limit:
            break
        found.append(row)
    return found
