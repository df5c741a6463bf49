"""Confidential rounds: who is joined with whom, so that no figure rests on fewer than three people.

Two steps. First, functions in which fewer than three people started are pooled for the whole round; a pool
of fewer than three joins the smallest function. Second, the same rule item by item: a group of which one or
two people gave a level on an item is joined with others on that item alone. Everything that is published is
worked out from the joined counts, so no arithmetic on published figures leads to fewer than three people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assessment.question_bank import Questionnaire
from assessment.responses import Sheet
from assessment.tally import JOINT, Group, Tally, join

SMALLEST_GROUP = 3


@dataclass(frozen=True)
class Column:
    """A group that results are shown for: a function, or functions that a confidential round joins."""

    key: str
    title: str
    members: tuple[str, ...]
    people: int


@dataclass(frozen=True)
class Columns:
    """The groups of a round in the order of the questionnaire, and the group of each person."""

    groups: tuple[Column, ...]
    labels: tuple[str, ...]

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(group.key for group in self.groups)

    def title(self, members: Sequence[str]) -> str:
        return joined_title([group.title for group in self.groups if group.key in members])


def columns(questionnaire: Questionnaire, sheet: Sheet, *, confidential: bool) -> Columns:
    """The groups of a round: one per function that was asked, joined by size in a confidential round."""
    functions = [person.function for person in sheet.people]
    started = np.asarray(sheet.asked.any(axis=1))
    order = [function for function in questionnaire.functions if function in functions]
    sizes = dict.fromkeys(order, 0)
    for function, has_started in zip(functions, started, strict=True):
        sizes[function] += int(has_started)
    sets = join_small(sizes) if confidential else [(function,) for function in order]
    groups = tuple(
        Column(
            JOINT.join(members),
            joined_title([questionnaire.functions[member].title for member in members]),
            members,
            sum(sizes[member] for member in members),
        )
        for members in sets
    )
    label = {member: group.key for group in groups for member in group.members}
    return Columns(groups, tuple(label[function] for function in functions))


def join_small(sizes: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Groups of functions of at least three people each, in the order of `sizes`.

    Functions of fewer than three are pooled; a pool of fewer than three joins the smallest function (the
    first of equals). With fewer than three people in all, one group that is too small remains.
    """
    order = list(sizes)
    pool = {function for function in order if sizes[function] < SMALLEST_GROUP}
    large = [function for function in order if function not in pool]
    if pool and large and sum(sizes[function] for function in pool) < SMALLEST_GROUP:
        pool.add(min(large, key=lambda function: sizes[function]))
    sets: list[tuple[str, ...]] = [(function,) for function in order if function not in pool]
    if pool:
        sets.append(tuple(function for function in order if function in pool))
    return sorted(sets, key=lambda members: order.index(members[0]))


def pool_items(counts: Tally, order: Sequence[str]) -> Tally:
    """The second step: the same rule on each item. An item with fewer than three levels has no group."""
    return {item: _pool_item(groups, order) for item, groups in counts.items()}


def _pool_item(groups: tuple[Group, ...], order: Sequence[str]) -> tuple[Group, ...]:
    stands = [group for group in groups if _stands(group)]
    rest = [group for group in groups if not _stands(group)]
    if not rest:
        return groups
    pool = join(rest, order)
    if pool.n < SMALLEST_GROUP:
        hosts = [group for group in stands if group.n]
        if not hosts:
            return ()
        host = min(hosts, key=lambda group: group.n)
        stands.remove(host)
        pool = join([host, pool], order)
    return tuple(sorted([*stands, pool], key=lambda group: order.index(group.members[0])))


def _stands(group: Group) -> bool:
    """Three people with a level, or no level at all from three people or more, or nobody who started."""
    if group.n:
        return group.n >= SMALLEST_GROUP
    return group.asked == 0 or group.asked >= SMALLEST_GROUP


def joined_title(titles: Sequence[str]) -> str:
    """ "Legal and security", "People and finance" -> "Legal and security, people and finance"."""
    first, *others = titles
    return ", ".join([first, *(title[:1].lower() + title[1:] for title in others)])
