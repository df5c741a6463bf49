"""Intervals: how far a score moves with other colleagues. Not an error margin.

Percentile bootstrap: people are drawn again within their function, the score is worked out anew, 2,000 times;
the interval runs from the 5th to the 95th percentile. The same answers give the same interval by any path and
on any machine: rows are sorted, the seed comes from them, and random numbers are taken as raw words of PCG64,
whose stream is fixed (the streams of numpy's own `integers` may change between versions).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

REPLICATES = 2000
PERCENTILES = (5, 95)
PEOPLE_FROM = 5
OWN_STRATUM_FROM = 3
_DRAWS_AT_ONCE = 2_000_000

Floats = NDArray[np.float64]
Row = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class Part:
    """What is resampled: a dimension, or the dimensions of a pillar.

    items    one per column: (dimension index, weight, groups); a group is a tuple of labels with one voice
    weights  one per dimension, used when there are several
    """

    items: tuple[tuple[int, float, tuple[tuple[str, ...], ...]], ...]
    weights: tuple[float, ...]


def interval(
    labels: Sequence[str], levels: NDArray[np.int8], part: Part, *, version: str, key: str
) -> tuple[float, float] | None:
    """5th and 95th percentile of the resampled score, 0 to 100; None below five people.

    labels   the group of each person
    levels   (people, items of the part), 0 to 4, negative where the person gave none; people without any
             level are left out
    version  of the questionnaire; with `key` (of the dimension or pillar) and the sorted rows it is the seed
    """
    rows = sorted(
        (label, tuple(row))
        for label, row in zip(labels, np.maximum(levels, -1).tolist(), strict=True)
        if max(row) >= 0
    )
    return _resampled(tuple(rows), part, version, key) if len(rows) >= PEOPLE_FROM else None


@lru_cache(maxsize=2048)
def _resampled(rows: tuple[Row, ...], part: Part, version: str, key: str) -> tuple[float, float]:
    """The same rows give the same interval, so a round that is looked at again is not resampled again."""
    seed = hashlib.sha256(json.dumps([version, key, rows], separators=(",", ":")).encode()).digest()
    ordered = _by_stratum(rows)
    names = [row[0] for row in ordered]
    values = np.array([row[1] for row in ordered], dtype=np.int8)
    scores = [_scores(drawn, names, values, part) for drawn in _draws(names, int.from_bytes(seed, "big"))]
    low, high = np.percentile(np.concatenate(scores), PERCENTILES, method="linear")
    return float(low), float(high)


def _by_stratum(rows: Sequence[Row]) -> list[Row]:
    """Sorted rows with the people of small groups last; each group's rows stay together."""
    sizes = _sizes([row[0] for row in rows])
    return sorted(rows, key=lambda row: sizes[row[0]] < OWN_STRATUM_FROM)


def _sizes(names: Sequence[str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for name in names:
        sizes[name] = sizes.get(name, 0) + 1
    return sizes


def _draws(names: Sequence[str], seed: int) -> Iterator[Floats]:
    """Replicates x people: how often each person was drawn, in blocks of replicates.

    A stratum of m people is drawn m times: groups of three or more are strata of their own, all smaller
    groups together are one. One raw word per replicate and row; its upper 32 bits times m, shifted down, are
    the draw.
    """
    people = len(names)
    first, size = _strata(names)
    words = np.random.PCG64(seed)
    step = max(1, _DRAWS_AT_ONCE // people)
    for start in range(0, REPLICATES, step):
        block = min(step, REPLICATES - start)
        raw = np.asarray(words.random_raw(block * people), dtype=np.uint64).reshape(block, people)
        drawn = first + (((raw >> np.uint64(32)) * size) >> np.uint64(32)).astype(np.int64)
        drawn += np.arange(block, dtype=np.int64)[:, None] * people
        yield np.bincount(drawn.ravel(), minlength=block * people).reshape(block, people).astype(np.float64)


def _strata(names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Per row the first row and the size of its stratum."""
    sizes = _sizes(names)
    strata = [name if sizes[name] >= OWN_STRATUM_FROM else "" for name in names]
    counted = _sizes(strata)
    first = np.array([strata.index(stratum) for stratum in strata], dtype=np.int64)
    return first, np.array([counted[stratum] for stratum in strata], dtype=np.uint64)


def _scores(drawn: Floats, names: Sequence[str], values: NDArray[np.int8], part: Part) -> Floats:
    """The score of each replicate, 0 to 100. Whole-number sums keep every step free of summation order."""
    given = (values >= 0).astype(np.float64)
    levels = np.maximum(values, 0).astype(np.float64)
    sums: dict[str, tuple[Floats, Floats]] = {}
    for name in dict.fromkeys(names):
        start, end = names.index(name), len(names) - list(reversed(names)).index(name)
        both = drawn[:, start:end] @ np.hstack([levels[start:end], given[start:end]])
        sums[name] = (both[:, : levels.shape[1]], both[:, levels.shape[1] :])
    dimensions = len(part.weights)
    top = np.zeros((dimensions, len(drawn)))
    bottom = np.zeros((dimensions, len(drawn)))
    for column, (dimension, weight, groups) in enumerate(part.items):
        value, known = _item(sums, groups, column)
        top[dimension] += weight * value
        bottom[dimension] += weight * known
    if dimensions == 1:
        return np.asarray(25.0 * top[0] / bottom[0])
    return _over_dimensions(top, bottom, part.weights)


def _item(
    sums: dict[str, tuple[Floats, Floats]], groups: tuple[tuple[str, ...], ...], column: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Mean level over the groups that came out with a level, and whether any did."""
    replicates = len(next(iter(sums.values()))[0])
    total, voices = np.zeros(replicates), np.zeros(replicates)
    for members in groups:
        level, n = np.zeros(replicates), np.zeros(replicates)
        for member in members:
            if member in sums:
                level += sums[member][0][:, column]
                n += sums[member][1][:, column]
        total += np.divide(level, n, out=np.zeros(replicates), where=n > 0)
        voices += n > 0
    return np.divide(total, voices, out=np.zeros(replicates), where=voices > 0), voices > 0


def _over_dimensions(top: Floats, bottom: Floats, weights: tuple[float, ...]) -> Floats:
    total = np.zeros(top.shape[1])
    known = np.zeros(top.shape[1])
    for dimension, weight in enumerate(weights):
        has = bottom[dimension] > 0
        score = np.divide(top[dimension], bottom[dimension], out=np.zeros_like(total), where=has)
        total += weight * score
        known += weight * has
    return np.asarray(25.0 * total / known)
