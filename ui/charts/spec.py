"""What a figure shows, before anything is drawn.

A spec is frozen, holds plain numbers, and refuses when it is made what cannot be drawn (NaN, infinity, an
interval upside down). Scores are 0 to 100. Titles are findings and come from the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import isfinite
from typing import ClassVar, Literal

PILLARS = ("S", "C", "D", "T")
_KEY = re.compile(r"^[a-z][a-z0-9-]*$")

Number = float | None


class BadSpec(ValueError):
    """A figure was asked for with numbers that cannot be drawn."""


def _finite(where: str, *values: Number) -> None:
    for value in values:
        if value is not None and not isfinite(value):
            raise BadSpec(f"{where}: {value} is not a finite number")


def _within(where: str, low: float, high: float, *values: Number) -> None:
    _finite(where, *values)
    for value in values:
        if value is not None and not low <= value <= high:
            raise BadSpec(f"{where}: {value} is not between {low:g} and {high:g}")


def _pillar(where: str, code: str) -> None:
    if code[:1] not in PILLARS:
        raise BadSpec(f"{where}: {code!r} does not begin with a pillar letter ({', '.join(PILLARS)})")


@dataclass(frozen=True, kw_only=True)
class ChartSpec:
    """What every figure has.

    key    unique on its page; ids inside the drawings begin with it
    title  the finding, as a sentence
    unit   what is shown, its unit, and what band, bar, ring and tick mean
    n      how many people or rows stand behind it; None where that says nothing
    note   source and caveat, below the figure
    span   columns of the page that it fills: 12, 9, 8 or 6; decides the width of its wide drawing
    """

    kind: ClassVar[str] = ""
    key: str
    title: str
    unit: str
    n: int | None = None
    note: str = ""
    span: Literal[12, 9, 8, 6] = 12

    def __post_init__(self) -> None:
        if not _KEY.match(self.key):
            raise BadSpec(f"the key {self.key!r} must be lower-case letters, digits and hyphens")
        if not self.title.strip():
            raise BadSpec(f"{self.key}: a figure needs its finding as title")
        self.check()

    def check(self) -> None:
        """Raises BadSpec for what cannot be drawn."""

    @property
    def unit_line(self) -> str:
        """The unit line with the sample size at its end."""
        if self.n is None or re.search(r"\bn = ", self.unit):
            return self.unit
        return f"{self.unit}; n = {self.n:,}"


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A score of 0 to 100 with what stands around it; None is not known."""

    code: str
    name: str
    score: Number
    low: Number = None
    high: Number = None
    target: Number = None
    earlier: Number = None

    def check(self, where: str) -> None:
        """Raises BadSpec for a score outside 0 to 100 or half an interval."""
        here = f"{where}, {self.code}"
        _pillar(here, self.code)
        _within(here, 0, 100, self.score, self.low, self.high, self.target, self.earlier)
        if (self.low is None) != (self.high is None):
            raise BadSpec(f"{here}: an interval has two ends or none")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise BadSpec(f"{here}: the interval ends before it begins")


@dataclass(frozen=True, kw_only=True)
class PillarRow(Scored):
    """One pillar; ``extras`` are words for the columns that ``PillarRows.extra_heads`` names."""

    extras: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PillarRows(ChartSpec):
    """Pillars one below the other, weakest first as the caller orders them."""

    kind: ClassVar[str] = "pillar-rows"
    rows: tuple[PillarRow, ...]
    extra_heads: tuple[str, ...] = ()
    earlier_label: str = "Earlier"
    target_label: str = "Target"

    def check(self) -> None:
        for row in self.rows:
            row.check(self.key)
            if len(row.extras) not in (0, len(self.extra_heads)):
                raise BadSpec(f"{self.key}, {row.code}: {len(self.extra_heads)} extra columns are named")


@dataclass(frozen=True, kw_only=True)
class DimensionRow(Scored):
    """One dimension; ``cells`` by function, None where a function was not asked or is hidden."""

    cells: tuple[Number, ...] = ()

    @property
    def gap(self) -> Number:
        """Highest minus lowest function, in points; None with fewer than two functions."""
        known = [cell for cell in self.cells if cell is not None]
        return max(known) - min(known) if len(known) > 1 else None

    @property
    def short_by(self) -> Number:
        """Points missing to the target; None where one of the two is not known."""
        if self.target is None or self.score is None:
            return None
        return max(self.target - self.score, 0.0)


@dataclass(frozen=True)
class DimensionGroup:
    """The dimensions of one pillar. ``code`` is the pillar's letter; an empty name draws no heading."""

    code: str
    name: str
    rows: tuple[DimensionRow, ...]


@dataclass(frozen=True, kw_only=True)
class DimensionRows(ChartSpec):
    """Dimensions with interval and target; with ``functions`` also a heat map that shares the rows."""

    kind: ClassVar[str] = "dimension-rows"
    groups: tuple[DimensionGroup, ...]
    functions: tuple[str, ...] = ()
    earlier_label: str = "Earlier"
    target_label: str = "Target"

    def check(self) -> None:
        for group in self.groups:
            _pillar(self.key, group.code)
            for row in group.rows:
                row.check(self.key)
                _within(f"{self.key}, {row.code}", 0, 100, *row.cells)
                if len(row.cells) != len(self.functions):
                    raise BadSpec(
                        f"{self.key}, {row.code}: {len(self.functions)} functions, {len(row.cells)} cells"
                    )

    @property
    def rows(self) -> tuple[DimensionRow, ...]:
        """All rows, in order."""
        return tuple(row for group in self.groups for row in group.rows)


@dataclass(frozen=True)
class RadarAxis:
    """One dimension on the rim; value and target 0 to 100 or None."""

    code: str
    name: str
    value: Number
    target: Number = None


@dataclass(frozen=True, kw_only=True)
class Radar(ChartSpec):
    """Dimensions against their target, by pillar. ``bold``: the codes that the title speaks of."""

    kind: ClassVar[str] = "radar"
    axes: tuple[RadarAxis, ...]
    pillars: tuple[tuple[str, str], ...] = ()
    value_label: str = "This round"
    target_label: str = "Target"
    bold: tuple[str, ...] = ()
    span: Literal[12, 9, 8, 6] = 6

    def check(self) -> None:
        for axis in self.axes:
            _pillar(self.key, axis.code)
            _within(f"{self.key}, {axis.code}", 0, 100, axis.value, axis.target)


GanttState = Literal["done", "running", "planned", "late"]


@dataclass(frozen=True, kw_only=True)
class GanttItem:
    """One initiative; ``end`` is the first day after it.

    late_from  the day it should have ended; what follows is drawn as late
    gate       number of the gate that it closes; empty if none
    decides    a POC decision falls at its end
    """

    code: str
    name: str
    start: date
    end: date
    state: GanttState = "planned"
    late_from: date | None = None
    gate: str = ""
    decides: bool = False
    chosen: bool = False

    @property
    def days_late(self) -> int:
        """Whole days between the day it should have ended and its end."""
        return (self.end - self.late_from).days if self.state == "late" and self.late_from else 0


@dataclass(frozen=True)
class GanttGroup:
    """A phase and its initiatives."""

    name: str
    items: tuple[GanttItem, ...]


@dataclass(frozen=True, kw_only=True)
class Gantt(ChartSpec):
    """A plan in weeks from ``start``. ``mark``: the day a promise falls due, with its words."""

    kind: ClassVar[str] = "gantt"
    start: date
    weeks: int
    groups: tuple[GanttGroup, ...]
    today: date | None = None
    mark: tuple[date, str] | None = None
    span: Literal[12, 9, 8, 6] = 9

    def check(self) -> None:
        if not 0 < self.weeks <= 520:
            raise BadSpec(f"{self.key}: a plan has 1 to 520 weeks, not {self.weeks}")
        for item in self.items:
            if item.end < item.start:
                raise BadSpec(f"{self.key}, {item.name}: it ends before it begins")
            if item.start < self.start or item.end > self.end:
                raise BadSpec(f"{self.key}, {item.name}: it lies outside the weeks drawn")
            if item.code:
                _pillar(f"{self.key}, {item.name}", item.code)

    @property
    def end(self) -> date:
        """The first day after the last week."""
        return self.start + timedelta(weeks=self.weeks)

    @property
    def items(self) -> tuple[GanttItem, ...]:
        """All items, in order."""
        return tuple(item for group in self.groups for item in group.items)


@dataclass(frozen=True)
class MatrixPoint:
    """One use case; ``note`` stands behind its name in the table."""

    name: str
    x: float
    y: float
    chosen: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Matrix(ChartSpec):
    """Worth (up) against feasibility (right), 0 to ``top``; ``split`` parts the field at that value."""

    kind: ClassVar[str] = "matrix"
    points: tuple[MatrixPoint, ...]
    x_name: str = "Feasibility"
    y_name: str = "Worth"
    top: float = 100.0
    split: Number = None
    corners: tuple[str, str, str, str] | None = None
    span: Literal[12, 9, 8, 6] = 8

    def check(self) -> None:
        _finite(self.key, self.top, self.split)
        for point in self.points:
            _within(f"{self.key}, {point.name}", 0, self.top, point.x, point.y)


@dataclass(frozen=True, kw_only=True)
class WeekBars(ChartSpec):
    """Load by week from ``start`` with the capacity as a dashed line; weeks at or over it are dark."""

    kind: ClassVar[str] = "week-bars"
    start: date
    values: tuple[float, ...]
    capacity: Number = None
    capacity_label: str = ""
    value_name: str = "Load"
    span: Literal[12, 9, 8, 6] = 6

    def check(self) -> None:
        _finite(self.key, self.capacity, *self.values)
        if any(value < 0 for value in self.values) or (self.capacity is not None and self.capacity < 0):
            raise BadSpec(f"{self.key}: a load is never negative")

    def is_full(self, value: float) -> bool:
        """Whether a week is at or over the capacity."""
        return self.capacity is not None and value >= self.capacity - 1e-9

    def week(self, index: int) -> date:
        """The Monday of a week."""
        return self.start + timedelta(weeks=index)


@dataclass(frozen=True, kw_only=True)
class Lines(ChartSpec):
    """A value by step, such as a learning curve; ``points`` are steps, rising, with their values."""

    kind: ClassVar[str] = "lines"
    points: tuple[tuple[int, float], ...]
    x_name: str = "Step"
    value_name: str = "Value"
    span: Literal[12, 9, 8, 6] = 6

    def check(self) -> None:
        if not self.points:
            raise BadSpec(f"{self.key}: a line needs a point")
        _finite(self.key, *(value for _, value in self.points))
        if any(abs(value) > 1e300 for _, value in self.points):
            raise BadSpec(f"{self.key}: a value is too large to be drawn")
        steps = [step for step, _ in self.points]
        if any(later < earlier for earlier, later in pairwise(steps)):
            raise BadSpec(f"{self.key}: the steps do not rise")
