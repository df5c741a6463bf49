"""Counting: from people x items arrays to whole numbers per item and function.

Everything that scores, compares or gates starts from these counts, as exact fractions. Rounding happens once,
where a figure is shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from assessment.responses import Sheet

HIGHEST_LEVEL = 4
JOINT = "+"


@dataclass(frozen=True)
class Group:
    """The answers of one group of people to one item.

    `members` are the labels in it: one function, or several where a confidential round joins them.
    `total` and `squares` are the sums of the levels and of their squares over the `n` people who gave one.
    """

    members: tuple[str, ...]
    n: int
    total: int
    squares: int
    asked: int
    unknown: int
    present: int

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions in it; the label of a group that a confidential round joins names several."""
        return tuple(function for label in self.members for function in label.split(JOINT))

    @property
    def level(self) -> Fraction | None:
        """Mean level 0 to 4 of those who gave one."""
        return Fraction(self.total, self.n) if self.n else None


Tally = dict[str, tuple[Group, ...]]


@dataclass(frozen=True)
class Counts:
    """Groups x items counts (int64): people with a level, sum of levels, sum of squared levels."""

    n: NDArray[np.int64]
    total: NDArray[np.int64]
    squares: NDArray[np.int64]


def membership(group: NDArray[np.intp], groups: int) -> NDArray[np.float64]:
    """Groups x people, 1 where the person is in the group. `group` holds 0 to groups - 1 per person."""
    same: NDArray[np.bool_] = np.arange(groups)[:, None] == group[None, :]
    return same.astype(np.float64)


def count(members: NDArray[np.float64], levels: NDArray[np.int8], given: NDArray[np.bool_]) -> Counts:
    """The array core: sums per group and item.

    members  (groups, people) of `membership`
    levels   (people, items) 0 to 4 where `given`, anything elsewhere
    Matrix products of whole numbers in float64 are exact far beyond any number of people.
    """
    weights = np.where(given, levels, 0).astype(np.float64)
    n = members @ given.astype(np.float64)
    total = members @ weights
    squares = members @ (weights * weights)
    return Counts(n.astype(np.int64), total.astype(np.int64), squares.astype(np.int64))


def tally(sheet: Sheet, labels: Sequence[str], order: Sequence[str]) -> Tally:
    """Per item one group per label that has somebody with a say, in the given order.

    `labels` names the group of each person: the function, or what a confidential round joins it to.
    """
    index = {label: number for number, label in enumerate(order)}
    members = membership(np.array([index[label] for label in labels], dtype=np.intp), len(order))
    counts = count(members, sheet.levels, sheet.given)
    asked, unknown, present = (
        (members @ mask.astype(np.float64)).astype(np.int64)
        for mask in (sheet.asked, sheet.unknown, sheet.present)
    )
    return {
        item.key: tuple(
            Group(
                (label,),
                int(counts.n[row, column]),
                int(counts.total[row, column]),
                int(counts.squares[row, column]),
                int(asked[row, column]),
                int(unknown[row, column]),
                int(present[row, column]),
            )
            for row, label in enumerate(order)
            if present[row, column]
        )
        for column, item in enumerate(sheet.items)
    }


def join(groups: Iterable[Group], order: Sequence[str]) -> Group:
    """One group of all the people of several groups."""
    parts = list(groups)
    members = {member for part in parts for member in part.members}
    return Group(
        tuple(label for label in order if label in members),
        sum(part.n for part in parts),
        sum(part.total for part in parts),
        sum(part.squares for part in parts),
        sum(part.asked for part in parts),
        sum(part.unknown for part in parts),
        sum(part.present for part in parts),
    )


def levels_of(groups: Iterable[Group]) -> list[Fraction]:
    """The levels of the groups that have one: each group one voice."""
    return [level for group in groups if (level := group.level) is not None]


def item_level(groups: Iterable[Group]) -> Fraction | None:
    """Mean over groups of group levels, 0 to 4; None without any."""
    levels = levels_of(groups)
    return sum(levels, Fraction(0)) / len(levels) if levels else None


def levels_alone(counts: Tally, label: str) -> dict[str, Fraction | None]:
    """Per item the level of one group where it speaks for itself, None where it is silent or joined."""
    return {
        item: next((group.level for group in groups if group.members == (label,)), None)
        for item, groups in counts.items()
    }


def weighted_mean(pairs: Iterable[tuple[Fraction, Fraction | None]]) -> Fraction | None:
    """sum(weight x value) / sum(weight) over the pairs that have a value; None if no weight is left."""
    known = [(weight, value) for weight, value in pairs if value is not None]
    weights = sum((weight for weight, _ in known), Fraction(0))
    if not weights:
        return None
    return sum((weight * value for weight, value in known), Fraction(0)) / weights


def weight_of(number: float) -> Fraction:
    """A weight as the decimal that was written: 0.1 is one tenth, not its nearest binary fraction."""
    return Fraction(str(number))


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves upward: the one rounding, at the edge."""
    return math.floor(value + Fraction(1, 2))
