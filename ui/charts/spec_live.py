"""Figures of what runs: a value over time against its limit, and how values are spread now and then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import isfinite
from typing import ClassVar, Literal

from ui.charts.spec import BadSpec, ChartSpec, Number

LARGEST = 1e300


@dataclass(frozen=True, kw_only=True)
class Series(ChartSpec):
    """A value by moment, rising, in the reader's zone; None breaks the line.

    limit   a dashed line with its label, such as what was agreed
    events  moments with a word each, such as when a version took over
    from_zero  whether the scale begins at 0
    window  from when to when the figure looks; where it is left out, from the first moment to the last
    """

    kind: ClassVar[str] = "series"
    points: tuple[tuple[datetime, Number], ...]
    value_name: str
    limit: Number = None
    limit_label: str = ""
    events: tuple[tuple[datetime, str], ...] = ()
    from_zero: bool = True
    window: tuple[datetime, datetime] | None = None
    span: Literal[12, 9, 8, 6] = 6

    def check(self) -> None:
        if not any(value is not None for _, value in self.points):
            raise BadSpec(f"{self.key}: a series needs a value")
        for value in [self.limit, *(value for _, value in self.points)]:
            if value is not None and (not isfinite(value) or abs(value) > LARGEST):
                raise BadSpec(f"{self.key}: {value} cannot be drawn")
        if any(later <= earlier for (earlier, _), (later, _) in pairwise(self.points)):
            raise BadSpec(f"{self.key}: the moments do not rise")

    @property
    def known(self) -> tuple[tuple[datetime, float], ...]:
        """The points that have a value."""
        return tuple((at, value) for at, value in self.points if value is not None)


@dataclass(frozen=True)
class Share:
    """A bin or a category with its share in percent now and then; `then` None where that is not known."""

    name: str
    now: float
    then: Number = None


@dataclass(frozen=True, kw_only=True)
class Spread(ChartSpec):
    """How values are spread: bars now, an outline then."""

    kind: ClassVar[str] = "spread"
    shares: tuple[Share, ...]
    now_label: str = "Now"
    then_label: str = "Training"
    # The names are edges of bins: only the first and the last are written.
    binned: bool = False
    span: Literal[12, 9, 8, 6] = 6

    def check(self) -> None:
        if not self.shares:
            raise BadSpec(f"{self.key}: nothing is spread")
        for share in self.shares:
            for value in (share.now, share.then):
                if value is not None and not 0 <= value <= 100.0001:
                    raise BadSpec(f"{self.key}, {share.name}: {value} is no share in percent")

    @property
    def has_then(self) -> bool:
        return any(share.then is not None for share in self.shares)
