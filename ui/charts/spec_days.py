"""Figures over days: how something stood week by week, and what is due when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import ClassVar, Literal

from ui.charts.spec import BadSpec, ChartSpec

WeekState = Literal["good", "watch", "bad", "missing", "rest"]
STATES: tuple[WeekState, ...] = ("good", "watch", "bad", "missing", "rest")


@dataclass(frozen=True, kw_only=True)
class StateWeeks(ChartSpec):
    """A state for each week: pairs of a Monday and its state, without gaps. ``words`` name the states."""

    kind: ClassVar[str] = "state-weeks"
    weeks: tuple[tuple[date, WeekState], ...]
    words: tuple[str, str, str, str, str]

    def check(self) -> None:
        if not self.weeks:
            raise BadSpec(f"{self.key}: there is no week")
        if any(later - earlier != timedelta(weeks=1) for (earlier, _), (later, _) in pairwise(self.weeks)):
            raise BadSpec(f"{self.key}: a week is left out")
        for week, state in self.weeks:
            if week.weekday() != 0:
                raise BadSpec(f"{self.key}: {week} is no Monday")
            if state not in STATES:
                raise BadSpec(f"{self.key}: {state!r} is no state of a week")

    @property
    def lanes(self) -> tuple[WeekState, ...]:
        """The states that are drawn; weeks of rest have a lane only where there are some."""
        rests = any(state == "rest" for _, state in self.weeks)
        return STATES if rests else STATES[:-1]

    def word(self, state: WeekState) -> str:
        """The state as people say it."""
        return self.words[STATES.index(state)]


@dataclass(frozen=True)
class DueMark:
    """Something that is due on a day, and the day on which it was there."""

    name: str
    due: date
    done: date | None = None

    def state(self, today: date) -> str:
        """ "done", "late" or "open"."""
        if self.done is not None:
            return "done"
        return "late" if self.due < today else "open"


@dataclass(frozen=True, kw_only=True)
class Timeline(ChartSpec):
    """What is due when, one row each in the order of days."""

    kind: ClassVar[str] = "timeline"
    marks: tuple[DueMark, ...]
    today: date

    def check(self) -> None:
        if not self.marks:
            raise BadSpec(f"{self.key}: nothing is due")

    @property
    def first(self) -> date:
        """The first day drawn: of a mark, or today."""
        return min([self.today, *(mark.due for mark in self.marks), *self._done])

    @property
    def last(self) -> date:
        """The last day drawn; at least four weeks after the first."""
        days = [self.today, *(mark.due for mark in self.marks), *self._done]
        return max([self.first + timedelta(weeks=4), *days])

    @property
    def _done(self) -> list[date]:
        return [mark.done for mark in self.marks if mark.done is not None]
