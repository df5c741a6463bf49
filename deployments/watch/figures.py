"""Figures of what was answered: counts, latency, and how the predictions are spread. Pure.

Everything here adds up: buckets of minutes make those of hours and days in any order, and what a cap leaves
out is the same whichever were added first.

`outputs` is {"bins": {"<index>": count}, "level": k, "categories": {"<label>": count}, "other": n,
"missing": n, "unread": n}, each part only where it has something. A number lies in the bin
[index * 2**level, (index + 1) * 2**level); the bins begin so narrow that a handful of different numbers stay
apart, and get twice as wide for as long as there are too many of them.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Protocol

# Upper bounds in milliseconds; one more count is for what took longer than the last.
BOUNDS = (
    *(0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 70.0, 100.0, 150.0, 200.0),
    *(300.0, 400.0, 500.0, 700.0, 1e3, 1.5e3, 2e3, 3e3, 4e3, 5e3, 7e3, 10e3, 15e3, 20e3, 30e3, 60e3),
)
MAX_BINS = 80
MAX_CATEGORIES = 40
MAX_LABEL = 60
FINEST = -20
_LARGEST = 1e15
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
MINUTE, HOUR, DAY = 60, 3600, 86400
# Why the model gave no answer. What was refused is the fault of who asked.
TIMEOUT, OVERLOAD, MODEL, AWAY, STOPPED, REFUSED = (
    "timeout",
    "overload",
    "model",
    "away",
    "stopped",
    "refused",
)
ERRORS = (TIMEOUT, OVERLOAD, MODEL, AWAY, STOPPED, REFUSED)
ERROR_WORDS = {
    TIMEOUT: "Too slow",
    OVERLOAD: "Too many at once",
    MODEL: "The model failed",
    AWAY: "No replica answered",
    STOPPED: "The model is stopped",
    REFUSED: "Input that does not fit",
}


class Seen(Protocol):
    """What a bucket has, be it a row of the table or `Figures`."""

    count: int
    rows: int
    errors: Any
    fallbacks: int
    latency: Any
    outputs: Any


@dataclass(slots=True)
class Figures:
    """All requests of some time: `rows` were predicted, `errors` by class, `fallbacks` answered instead."""

    count: int = 0
    rows: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    fallbacks: int = 0
    latency: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Requests that the model should have answered and did not."""
        return sum(count for name, count in self.errors.items() if name != REFUSED)

    @property
    def error_share(self) -> float | None:
        """Failed ones of those that could be answered."""
        asked = self.count - self.errors.get(REFUSED, 0)
        return self.failed / asked if asked else None

    @property
    def fallback_share(self) -> float | None:
        return self.fallbacks / self.count if self.count else None


def merge(buckets: Iterable[Seen]) -> Figures:
    """All of them together."""
    total = Figures()
    for bucket in buckets:
        add(total, bucket)
    return total


def add(total: Figures, more: Seen) -> None:
    """Take `more` into `total`."""
    total.count += more.count
    total.rows += more.rows
    total.fallbacks += more.fallbacks
    for name, count in more.errors.items():
        total.errors[name] = total.errors.get(name, 0) + count
    for place, count in enumerate(more.latency[: len(total.latency)]):
        total.latency[place] += count
    add_outputs(total.outputs, more.outputs)


def percentile(latency: Sequence[int], q: float) -> float | None:
    """Milliseconds that the share `q` (0 to 1) of requests stayed within; None without requests.

    Inside a bound it is drawn straight; what is beyond the last bound counts as that bound.
    """
    counts = list(latency[: len(BOUNDS) + 1])
    total = sum(counts)
    if not total:
        return None
    wanted = max(0.0, min(1.0, q)) * total
    for place, reached in enumerate(accumulate(counts)):
        if reached >= wanted and counts[place]:
            lower = BOUNDS[place - 1] if place else 0.0
            upper = BOUNDS[min(place, len(BOUNDS) - 1)]
            part = (wanted - (reached - counts[place])) / counts[place]
            return min(upper, lower + (upper - lower) * max(0.0, min(1.0, part)))
    return BOUNDS[-1]


def add_outputs(total: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Take one histogram of predictions into another."""
    for name in ("other", "missing", "unread"):
        if more.get(name):
            total[name] = total.get(name, 0) + more[name]
    if more.get("categories"):
        labels = total.setdefault("categories", {})
        for label, count in more["categories"].items():
            labels[label] = labels.get(label, 0) + count
        _drop_labels(total)
    if more.get("bins"):
        level = max(total.get("level", FINEST), more.get("level", FINEST))
        _widen(total, level)
        bins = total["bins"]
        for index, count in more["bins"].items():
            wide = str(int(index) >> (level - more.get("level", FINEST)))
            bins[wide] = bins.get(wide, 0) + count
        _fit(total)


def count_prediction(total: dict[str, Any], value: Any) -> None:
    """One prediction more: a number, a label, or the first of what a row has several of."""
    if isinstance(value, Mapping):
        value = next(iter(value.values()), None)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        total["missing"] = total.get("missing", 0) + 1
    elif isinstance(value, bool | str):
        # A model may answer what no database takes.
        label = str(value).lower() if isinstance(value, bool) else _UNWRITABLE.sub("?", value[:MAX_LABEL])
        labels = total.setdefault("categories", {})
        labels[label] = labels.get(label, 0) + 1
        _drop_labels(total)
    elif isinstance(value, int | float):
        _widen(total, FINEST)
        index = str(_index(value, total["level"]))
        total["bins"][index] = total["bins"].get(index, 0) + 1
        _fit(total)
    else:
        total["unread"] = total.get("unread", 0) + 1


def bins_of(outputs: Mapping[str, Any]) -> list[tuple[float, float, int]]:
    """The numbers of a histogram as (from, to, count), ascending; empty bins between are left out."""
    width = 2.0 ** outputs.get("level", FINEST)
    found = sorted((int(index), count) for index, count in outputs.get("bins", {}).items())
    return [(index * width, (index + 1) * width, count) for index, count in found]


def labels_of(outputs: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The labels of a histogram, the most frequent first."""
    return sorted(outputs.get("categories", {}).items(), key=lambda pair: (-pair[1], pair[0]))


def begin_of(moment: dt.datetime, seconds: int) -> dt.datetime:
    """When the bucket of so many seconds began that this moment falls into (UTC)."""
    stamp = int(moment.timestamp())
    return dt.datetime.fromtimestamp(stamp - stamp % seconds, dt.UTC)


def place_of(milliseconds: float) -> int:
    """Where in a latency histogram this is counted."""
    low, high = 0, len(BOUNDS)
    while low < high:
        middle = (low + high) // 2
        if milliseconds <= BOUNDS[middle]:
            high = middle
        else:
            low = middle + 1
    return low


def _index(value: float, level: int) -> int:
    bounded = max(-_LARGEST, min(_LARGEST, value))
    return math.floor(math.ldexp(bounded, -FINEST)) >> (level - FINEST)


def _widen(total: dict[str, Any], level: int) -> None:
    """Bins of at least this level."""
    now = total.setdefault("level", level)
    bins = total.setdefault("bins", {})
    if now < level:
        wider: dict[str, int] = {}
        for index, count in bins.items():
            key = str(int(index) >> (level - now))
            wider[key] = wider.get(key, 0) + count
        total["bins"], total["level"] = wider, level


def _fit(total: dict[str, Any]) -> None:
    while len(total["bins"]) > MAX_BINS:
        _widen(total, total["level"] + 1)


def _drop_labels(total: dict[str, Any]) -> None:
    """Of too many labels the first by name are kept: that is the same in whatever order they came."""
    labels = total["categories"]
    for label in sorted(labels)[MAX_CATEGORIES:]:
        total["other"] = total.get("other", 0) + labels.pop(label)
