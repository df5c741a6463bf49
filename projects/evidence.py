"""Which figure answers a criterion, of all that were logged for one candidate. Pure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from charters.criteria import Comparator, Criterion

LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Measured:
    """The last value of a metric in a run, on one data set; `slice` and `sha256` are tags."""

    run: str
    by: str
    value: float
    at: dt.datetime | None
    data_name: str = ""
    digest: str = ""
    slice: str = ""
    sha256: str = ""


def fits(criterion: Criterion, measured: Measured) -> bool:
    """Whether it was measured on the data and the slice that the charter names."""
    asked = criterion.data
    return (
        (not asked.name or measured.data_name == asked.name)
        and (not asked.digest or measured.digest == asked.digest)
        and measured.slice.strip() == criterion.slice.strip()
    )


def pick(criterion: Criterion, measured: Sequence[Measured]) -> Measured | None:
    """The newest that fits, whatever it says; without one the newest of all, which will say why not."""
    fitting = [one for one in measured if fits(criterion, one)]
    return max(fitting or measured, key=_moment, default=None)


def why_unread(criterion: Criterion, found: Measured | None) -> str:
    """Why no reading can be kept of what was picked, in a sentence; empty where one can."""
    if found is None:
        return f"No run of this version has logged {criterion.metric_key}."
    # MLflow keeps an infinity as the largest number that its database has.
    if not math.isfinite(found.value) or abs(found.value) > LARGEST:
        return f"The last value of {criterion.metric_key} is not a finite number."
    return ""


def _moment(one: Measured) -> tuple[dt.datetime, str]:
    return (one.at or dt.datetime.min.replace(tzinfo=dt.UTC), one.run)


def best(comparator: Comparator | None, values: Sequence[float]) -> float | None:
    """The best of several attempts; None where there is none, or no better and worse."""
    known = [value for value in values if math.isfinite(value)]
    if not known or comparator in (None, Comparator.EQUALS):
        return None
    return min(known) if comparator in (Comparator.AT_MOST, Comparator.LESS_THAN) else max(known)
