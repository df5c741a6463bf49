"""Figures that compare runs: each as a thread through several measures, or as a curve among others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import ClassVar

from ui.charts.spec import BadSpec, ChartSpec, Number

MOST_SCALES, MOST_THREADS, MOST_CURVES = 12, 100, 5
LARGEST = 1e300


@dataclass(frozen=True)
class Scale:
    """One measure: figures between two ends or, with ``words``, one of these words."""

    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thread:
    """One run: a value for each scale, the place of its word where a scale has words; None where none is."""

    name: str
    values: tuple[Number, ...]
    chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class Parallel(ChartSpec):
    """Parallel coordinates, the scales one below another so that their names can be read."""

    kind: ClassVar[str] = "parallel"
    scales: tuple[Scale, ...]
    threads: tuple[Thread, ...]
    name: str = "Run"

    def check(self) -> None:
        if not 2 <= len(self.scales) <= MOST_SCALES:
            raise BadSpec(f"{self.key}: 2 to {MOST_SCALES} scales can be compared")
        if not 2 <= len(self.threads) <= MOST_THREADS:
            raise BadSpec(f"{self.key}: 2 to {MOST_THREADS} threads can be compared")
        for thread in self.threads:
            if len(thread.values) != len(self.scales):
                raise BadSpec(f"{self.key}: {thread.name!r} has not a value for each scale")
            for scale, value in zip(self.scales, thread.values, strict=True):
                self._check_value(scale, value)

    def _check_value(self, scale: Scale, value: Number) -> None:
        if value is None:
            return
        if not isfinite(value) or abs(value) > LARGEST:
            raise BadSpec(f"{self.key}: {value} cannot be drawn")
        if scale.words and value not in range(len(scale.words)):
            raise BadSpec(f"{self.key}: {value} is no word of {scale.name!r}")

    def ends(self, at: int) -> tuple[float, float]:
        """The lowest and the highest value on a scale; of words the first and the last place."""
        if self.scales[at].words:
            return 0.0, float(len(self.scales[at].words) - 1)
        known = [value for thread in self.threads if (value := thread.values[at]) is not None]
        return (min(known), max(known)) if known else (0.0, 0.0)

    def place(self, at: int, value: float) -> float:
        """Where a value lies between the ends of its scale, 0 to 1; in the middle where they are the same."""
        low, high = self.ends(at)
        return (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5

    def said(self, at: int, value: Number) -> str | Number:
        """A value as tables give it."""
        words = self.scales[at].words
        return words[int(value)] if words and value is not None else value


@dataclass(frozen=True)
class Curve:
    """A named line: steps, rising, with their values."""

    name: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, kw_only=True)
class Curves(ChartSpec):
    """The same value of several runs by step, on one scale."""

    kind: ClassVar[str] = "curves"
    curves: tuple[Curve, ...]
    x_name: str = "Step"

    def check(self) -> None:
        if not 1 <= len(self.curves) <= MOST_CURVES:
            raise BadSpec(f"{self.key}: 1 to {MOST_CURVES} curves can be told apart")
        for curve in self.curves:
            if not curve.points:
                raise BadSpec(f"{self.key}: {curve.name!r} has no point")
            if any(not isfinite(value) or abs(value) > LARGEST for _, value in curve.points):
                raise BadSpec(f"{self.key}: a value of {curve.name!r} cannot be drawn")
            if any(later < earlier for (earlier, _), (later, _) in pairwise(curve.points)):
                raise BadSpec(f"{self.key}: the steps of {curve.name!r} do not rise")
