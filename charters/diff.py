"""What changed between two texts of a charter, field by field, and what that does to the criteria.

A criterion is *loosened* when some figure that missed the old one meets the new one, *tightened* when some
figure that met the old one misses the new one. A change of what is measured (metric key, unit, data, slice;
column with the truth, positive class, threshold) makes it another criterion: it is *redefined*, which says
neither. So does fixing what was left open: an earlier figure may have been measured otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from charters.criteria import Comparator, Criterion
from charters.document import CharterText, flatten, natural, read


class Effect(StrEnum):
    ADDED = "added"
    DROPPED = "dropped"
    LOOSENED = "loosened"
    TIGHTENED = "tightened"
    REDEFINED = "redefined"


_MEASURED = ("kind", "metric_key", "unit", "slice", "question", "evidence")
_UPWARD = {Comparator.AT_LEAST, Comparator.MORE_THAN}
_STRICT = {Comparator.MORE_THAN, Comparator.LESS_THAN}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs, by dotted name; None means that it was not there or is no longer there."""

    field: str
    was: str | bool | None
    now: str | bool | None


@dataclass(frozen=True, slots=True)
class CriterionEffect:
    """What happened to one criterion."""

    key: str
    name: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class PersonChange:
    """A person of the team whose part changed; shares in hundredths, None where the person is not in it."""

    name: str
    was: int | None
    now: int | None


@dataclass(frozen=True, slots=True)
class SeatChange:
    """A seat whose person changed; empty where nobody sat or sits there."""

    party: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts compared. `weeks`, `external` and `person_weeks` are growth: of the time box, of the external
    spend and of the own effort."""

    changes: tuple[Change, ...]
    effects: tuple[CriterionEffect, ...]
    deliverables_added: int
    deliverables_dropped: int
    weeks: int
    external: Decimal
    person_weeks: Decimal
    people: tuple[PersonChange, ...]
    seats: tuple[SeatChange, ...]

    def count(self, effect: Effect) -> int:
        return sum(item.effect is effect for item in self.effects)

    @property
    def added(self) -> int:
        """Criteria and deliverables that were not there before."""
        return self.count(Effect.ADDED) + self.deliverables_added

    @property
    def dropped(self) -> int:
        return self.count(Effect.DROPPED) + self.deliverables_dropped


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """The difference of two documents. Empty for equal texts; swapping the texts swaps was and now."""
    old, new = read(before), read(after)
    old_items = {item.key for item in old.deliverables}
    new_items = {item.key for item in new.deliverables}
    return Difference(
        changes=_changes(flatten(before), flatten(after)),
        effects=_effects(old.criteria, new.criteria),
        deliverables_added=len(new_items - old_items),
        deliverables_dropped=len(old_items - new_items),
        weeks=(new.weeks or 0) - (old.weeks or 0),
        external=_growth(old, new, "budget_external"),
        person_weeks=_growth(old, new, "internal_weeks"),
        people=_people(old, new),
        seats=_seats(old, new),
    )


def _growth(old: CharterText, new: CharterText, field: str) -> Decimal:
    return _number(new.text(field)) - _number(old.text(field))


def _people(old: CharterText, new: CharterText) -> tuple[PersonChange, ...]:
    """Who joins or leaves the team or has another share; several parts of one person are added up."""
    before, after = _shares(old), _shares(new)
    return tuple(
        PersonChange(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def _shares(text: CharterText) -> dict[str, int]:
    shares: dict[str, int] = {}
    for member in text.team:
        if member.name:
            shares[member.name] = shares.get(member.name, 0) + (member.share or 0)
    return shares


def _seats(old: CharterText, new: CharterText) -> tuple[SeatChange, ...]:
    before = {seat.key: seat.name for seat in old.seats}
    after = {seat.key: seat.name for seat in new.seats}
    return tuple(
        SeatChange(key, before.get(key, ""), after.get(key, ""))
        for key in sorted(before.keys() | after.keys(), key=natural)
        if before.get(key, "") != after.get(key, "")
    )


def _changes(old: Mapping[str, str | bool], new: Mapping[str, str | bool]) -> tuple[Change, ...]:
    names = sorted(old.keys() | new.keys(), key=natural)
    return tuple(
        Change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    )


def _effects(old: Iterable[Criterion], new: Iterable[Criterion]) -> tuple[CriterionEffect, ...]:
    before = {criterion.key: criterion for criterion in old}
    after = {criterion.key: criterion for criterion in new}
    found: list[CriterionEffect] = []
    for key in sorted(before.keys() | after.keys(), key=natural):
        if key not in after:
            found.append(CriterionEffect(key, before[key].name, Effect.DROPPED))
        elif key not in before:
            found.append(CriterionEffect(key, after[key].name, Effect.ADDED))
        else:
            found += [
                CriterionEffect(key, after[key].name, effect)
                for effect in effects_on(before[key], after[key])
            ]
    return tuple(found)


def effects_on(old: Criterion, new: Criterion) -> list[Effect]:
    """Redefined alone; else loosened, tightened, both (a moved "equal to") or nothing."""
    if any(getattr(old, name) != getattr(new, name) for name in _MEASURED) or old.data != new.data:
        return [Effect.REDEFINED]
    found = set()
    if old.must and not new.must:
        found.add(Effect.LOOSENED)
    if new.must and not old.must:
        found.add(Effect.TIGHTENED)
    if old.by != new.by and old.by is not None:
        found.add(Effect.LOOSENED if new.by is None or new.by > old.by else Effect.TIGHTENED)
    found |= _bar_moved(old, new)
    return [effect for effect in (Effect.LOOSENED, Effect.TIGHTENED) if effect in found]


@dataclass(frozen=True, slots=True)
class _Span:
    """The figures that meet a criterion; None is no bound. `open_` says that the bounds are not included."""

    low: Decimal | None
    high: Decimal | None
    open_: bool


def _span(criterion: Criterion) -> _Span | None:
    target, comparator = criterion.target, criterion.comparator
    if target is None or comparator is None:
        return None
    if comparator is Comparator.EQUALS:
        tolerance = criterion.tolerance or Decimal(0)
        return _Span(target - tolerance, target + tolerance, open_=False)
    is_open = comparator in _STRICT
    return _Span(target, None, is_open) if comparator in _UPWARD else _Span(None, target, is_open)


def _bar_moved(old: Criterion, new: Criterion) -> set[Effect]:
    before, after = _span(old), _span(new)
    if before == after:
        return set()
    if before is None:
        return {Effect.TIGHTENED}
    if after is None:
        return {Effect.LOOSENED}
    found = set()
    if not _within(after, before):
        found.add(Effect.LOOSENED)
    if not _within(before, after):
        found.add(Effect.TIGHTENED)
    return found


def _within(inner: _Span, outer: _Span) -> bool:
    """Whether every figure of `inner` lies in `outer`."""
    looser_edge = outer.open_ and not inner.open_
    low_ok = outer.low is None or (
        inner.low is not None and (inner.low > outer.low or (inner.low == outer.low and not looser_edge))
    )
    high_ok = outer.high is None or (
        inner.high is not None and (inner.high < outer.high or (inner.high == outer.high and not looser_edge))
    )
    return low_ok and high_ok


def _number(text: str) -> Decimal:
    return Decimal(text) if text else Decimal(0)
