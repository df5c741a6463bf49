"""What a reference sample looks like, column by column: small, JSON-safe, enough to measure drift by. Pure.

A number is kept as bins at the sample's own quantiles with their shares, and as a sketch: values at even
ranks, from which the empirical distribution can be drawn again to within 1/SKETCH. A category is kept as
shares, the rare ones together as "other". Rows are not in it, though the sketch holds single values.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10
SKETCH = 200
MOST_CATEGORIES = 40
LONGEST_CATEGORY = 120
NUMBER, CATEGORY, EMPTY = "number", "category", "empty"

Floats = NDArray[np.float64]


def profile_of(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The profile of a sample that is given as columns of equal length.

    Returns {"rows", "columns": {name: {"kind", "rows", "missing", …}}}; `rows` of a column are those that are
    not missing, `missing` is a share from 0 to 1. A number has "min", "max", "edges", "shares" (one more than
    edges) and "sketch"; a category has "shares" by value and "other". A column without any value is "empty".
    """
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ValueError("The columns differ in length.")
    rows = lengths.pop() if lengths else 0
    return {"rows": rows, "columns": {name: _column(values) for name, values in columns.items()}}


def kind_of(values: Sequence[Any]) -> str:
    """ "number" if all values that are not missing are numbers, "category" otherwise, "empty" without any."""
    floats = _plain(values)
    if floats is not None:
        return NUMBER if bool(np.isfinite(floats).any()) else EMPTY
    known = [value for value in values if not is_missing(value)]
    if not known:
        return EMPTY
    return NUMBER if all(_number_or_none(value) is not None for value in known) else CATEGORY


def is_missing(value: Any) -> bool:
    """Whether a value says nothing: none, not a number, or infinite."""
    return value is None or (isinstance(value, (float, np.floating)) and not math.isfinite(value))


def numbers(values: Sequence[Any]) -> Floats:
    """The numbers among the values, in their order; what is missing or no number is left out."""
    floats = _plain(values)
    if floats is not None:
        return floats[np.isfinite(floats)]
    each = (float(value) if _is_bool(value) else _number_or_none(value) for value in values)
    return np.array([value for value in each if value is not None], dtype=np.float64)


def category(value: Any) -> str:
    """How a value is named as a category: 1 and 1.0 are one, true and false as JSON has them."""
    if _is_bool(value):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)[:LONGEST_CATEGORY]


def categories(values: Sequence[Any]) -> Counter[str]:
    """How often each category is there, without what is missing."""
    return Counter(category(value) for value in values if not is_missing(value))


def bin_shares(edges: Sequence[float], values: Floats) -> Floats:
    """The share of values in each bin; bin i holds edges[i-1] <= value < edges[i], both ends are open."""
    counts = np.bincount(np.searchsorted(np.asarray(edges), values, side="right"), minlength=len(edges) + 1)
    return counts / max(len(values), 1)


def _column(values: Sequence[Any]) -> dict[str, Any]:
    kind = kind_of(values)
    if kind == NUMBER:
        return _number(values)
    counts = categories(values)
    known = counts.total()
    facts: dict[str, Any] = {"kind": kind, "rows": known, "missing": _missing(known, len(values))}
    if kind == EMPTY:
        return facts
    kept = dict(sorted(counts.most_common(MOST_CATEGORIES)))
    shares = {name: count / known for name, count in kept.items()}
    return facts | {"shares": shares, "other": (known - sum(kept.values())) / known}


def _number(values: Sequence[Any]) -> dict[str, Any]:
    known = np.sort(numbers(values))
    edges = _edges(known)
    return {
        "kind": NUMBER,
        "rows": len(known),
        "missing": _missing(len(known), len(values)),
        "min": float(known[0]),
        "max": float(known[-1]),
        "edges": edges,
        "shares": bin_shares(edges, known).tolist(),
        "sketch": _sketch(known),
    }


def _edges(known: Floats) -> list[float]:
    """Edges at the sample's deciles; between the values, and around them, where there are only a few.

    Without the outer edges a constant column could not be told from one that has moved to one side. A value
    that fills more than a tenth of the sample, such as the zeros of amounts, gets a bin of its own: else all
    above it could move unseen.
    """
    distinct = np.unique(known)
    if len(distinct) <= BINS:
        between = distinct[:-1] / 2 + distinct[1:] / 2
        above = np.nextafter(distinct[-1], np.inf)
        return [float(distinct[0]), *between.tolist(), float(min(above, np.finfo(np.float64).max))]
    inner = np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf")
    values, times = np.unique(inner, return_counts=True)
    above = np.minimum(np.nextafter(values[times > 1], np.inf), np.finfo(np.float64).max)
    return [float(edge) for edge in np.union1d(values, above)]


def _sketch(known: Floats) -> list[float]:
    if len(known) <= SKETCH:
        return [float(value) for value in known]
    ranks = ((np.arange(SKETCH) + 0.5) / SKETCH * len(known)).astype(np.int64)
    return [float(value) for value in known[ranks]]


def _missing(known: int, rows: int) -> float:
    return (rows - known) / rows if rows else 0.0


def _is_bool(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def _number_or_none(value: Any) -> float | None:
    if _is_bool(value) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _plain(values: Sequence[Any]) -> Floats | None:
    """The values as an array where all of them are numbers at once; None where each must be looked at."""
    if any(isinstance(value, (str, bytes, list, tuple, dict)) for value in values):
        # An array of texts gives each the room of the longest: one long text among many takes gigabytes.
        return None
    try:
        array = np.asarray(values)
    except ValueError:
        return None
    return array.astype(np.float64) if array.dtype.kind in "fiu" and array.ndim == 1 else None
