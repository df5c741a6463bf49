"""How far functions, and the people in them, see the same thing.

Alignment and gaps compare functions, each one voice. r_wg compares people: James, L. R., Demaree, R. G. and
Wolf, G. (1984), Estimating within-group interrater reliability with and without response bias, Journal of
Applied Psychology 69(1), 85-98, with the uniform null variance of five levels, (25 - 1) / 12 = 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from assessment.tally import HIGHEST_LEVEL, Group, Tally, levels_of

GAP = Fraction(3, 2)
UNIFORM_VARIANCE = 2
AGREEMENT_FROM = 5
AGREEMENT_LIMIT = Fraction(1, 2)


@dataclass(frozen=True)
class Gap:
    """A group that stands apart: its level, the mean level of the others, the distance between them."""

    group: Group
    others: tuple[Group, ...]
    level: Fraction
    others_level: Fraction

    @property
    def size(self) -> Fraction:
        return abs(self.level - self.others_level)

    @property
    def farthest(self) -> Group:
        """Among the others the one farthest from the group, the first of equals."""
        return max(self.others, key=lambda other: abs((other.level or Fraction(0)) - self.level))


def difference(groups: Iterable[Group]) -> Fraction | None:
    """Mean absolute difference of the levels of all pairs of groups, 0 to 4; None below two levels."""
    pairs = list(combinations(levels_of(groups), 2))
    if not pairs:
        return None
    return sum((abs(a - b) for a, b in pairs), Fraction(0)) / len(pairs)


def alignment(counts: Tally) -> Fraction | None:
    """100 x (1 - mean over items of the mean pair difference / 4), 0 to 100.

    Over the items on which two groups or more have a level; None without any.
    """
    known = [found for groups in counts.values() if (found := difference(groups)) is not None]
    if not known:
        return None
    return 100 * (1 - sum(known, Fraction(0)) / len(known) / HIGHEST_LEVEL)


def compared_items(counts: Tally) -> int:
    """On how many items the alignment rests."""
    return sum(len(levels_of(groups)) > 1 for groups in counts.values())


def widest_gap(groups: Iterable[Group]) -> Gap | None:
    """The group that stands 1.5 levels or more from the mean of the others, the widest if there are several.

    At most one per item. Of equal gaps the group that stands lower, then the first in the order of functions.
    """
    known = [group for group in groups if group.level is not None]
    if len(known) < 2:
        return None
    gaps = [_gap(group, tuple(other for other in known if other is not group)) for group in known]
    widest = max(gaps, key=lambda gap: (gap.size, -gap.level))
    return widest if widest.size >= GAP else None


def _gap(group: Group, others: tuple[Group, ...]) -> Gap:
    levels = levels_of(others)
    own = Fraction(group.total, group.n)
    return Gap(group, others, own, sum(levels, Fraction(0)) / len(levels))


def r_wg(groups: Iterable[Group]) -> Fraction | None:
    """1 - s^2 / 2 over all people of an item, s^2 with n - 1, clipped to 0..1; None below five people."""
    parts = list(groups)
    n = sum(part.n for part in parts)
    if n < AGREEMENT_FROM:
        return None
    total = sum(part.total for part in parts)
    squares = sum(part.squares for part in parts)
    variance = (squares - Fraction(total * total, n)) / (n - 1)
    return min(Fraction(1), max(Fraction(0), 1 - variance / UNIFORM_VARIANCE))
