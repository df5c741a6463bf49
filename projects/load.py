"""How much of a full week people are promised to projects, and who is promised more than there is. Pure.

Shares and capacities are percent of a full week; a capacity is what the roster gives, 100 without an entry.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WEEK = dt.timedelta(weeks=1)
FULL = 100


@dataclass(frozen=True, slots=True)
class Promise:
    """One person on one project: `share` percent (None: nobody has said), from and to these days.

    An open start or end is None and counts as always. `person` tells people apart, `name` is for reading.
    """

    person: str
    name: str
    project: str
    project_name: str
    share: int | None
    start: dt.date | None = None
    end: dt.date | None = None

    def holds_in(self, monday: dt.date) -> bool:
        """Whether it touches the week from this Monday to its Sunday."""
        begun = self.start is None or self.start <= monday + dt.timedelta(days=6)
        return begun and (self.end is None or self.end >= monday)


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """One person: the promises that hold this week, and percent by week from this one on."""

    person: str
    name: str
    capacity: int
    promises: tuple[Promise, ...]
    weeks: tuple[int, ...]

    @property
    def now(self) -> int:
        return self.weeks[0]

    @property
    def peak(self) -> int:
        return max(self.weeks)

    @property
    def peak_week(self) -> int:
        """How many weeks from now the first of the highest weeks is."""
        return self.weeks.index(self.peak)

    @property
    def unsaid(self) -> int:
        """On how many projects nobody has said the share."""
        return sum(promise.share is None for promise in self.promises)

    @property
    def is_over(self) -> bool:
        return self.peak > self.capacity


def loads(
    promises: Iterable[Promise], capacities: Mapping[str, int], monday: dt.date, weeks: int
) -> list[PersonLoad]:
    """Everybody with a promise in these weeks: the furthest over capacity first, then the highest, by name.

    `weeks` is at least 1.
    """
    by_person: dict[str, list[Promise]] = defaultdict(list)
    mondays = [monday + WEEK * at for at in range(weeks)]
    for promise in promises:
        if any(promise.holds_in(week) for week in mondays):
            by_person[promise.person].append(promise)
    found = [
        PersonLoad(
            person=person,
            name=own[0].name,
            capacity=capacities.get(person, FULL),
            promises=tuple(sorted(own, key=lambda one: (-(one.share or 0), one.project_name))),
            weeks=tuple(sum(one.share or 0 for one in own if one.holds_in(week)) for week in mondays),
        )
        for person, own in by_person.items()
    ]
    return sorted(found, key=lambda load: (-(load.peak - load.capacity), -load.peak, load.name.casefold()))


@dataclass(frozen=True, slots=True)
class Overload:
    """A person who would be promised more than there is: the highest week and what it is made of."""

    name: str
    percent: int
    capacity: int
    monday: dt.date
    others: tuple[Promise, ...]


def overloads(
    promises: Sequence[Promise],
    added: Sequence[Promise],
    capacities: Mapping[str, int],
    monday: dt.date,
    weeks: int,
) -> list[Overload]:
    """Whom the added promises take over their capacity, the furthest first.

    Looked at are the weeks from `monday` on in which an added promise holds. Who is over without it, and gets
    no more by it (a share of 0 or none), is not named.
    """
    found = []
    for person in dict.fromkeys(promise.person for promise in added):
        mine = [promise for promise in added if promise.person == person and promise.share]
        others = [promise for promise in promises if promise.person == person]
        capacity = capacities.get(person, FULL)
        worst: tuple[int, dt.date] | None = None
        for at in range(weeks):
            week = monday + WEEK * at
            new = sum(promise.share or 0 for promise in mine if promise.holds_in(week))
            total = new + sum(promise.share or 0 for promise in others if promise.holds_in(week))
            if new and total > capacity and (worst is None or total > worst[0]):
                worst = (total, week)
        if worst is not None:
            held = tuple(one for one in others if one.share and one.holds_in(worst[1]))
            found.append(Overload(mine[0].name, worst[0], capacity, worst[1], held))
    return sorted(found, key=lambda one: (one.capacity - one.percent, one.name))
