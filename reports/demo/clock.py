"""The story's clock and its calendar: while the demo is loaded, "now" is the moment that is being told.

Actions stamp what they write with the time of writing, frozen results and audit entries seal that time, and
audit rows cannot be changed afterward. A story of eight months can therefore only be told with another clock
running, not by mending dates later. The loader is a command in a process of its own: nothing else sees it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.utils import timezone

TICK = dt.timedelta(milliseconds=1)


class Clock:
    """Stands where the story is. Each look moves it a tick, so that rows keep the order they were made in."""

    def __init__(self, start: dt.datetime) -> None:
        self.moment = start.astimezone(dt.UTC)

    def __call__(self) -> dt.datetime:
        self.moment += TICK
        return self.moment

    def set(self, moment: dt.datetime) -> None:
        """Move on; a clock that is past the moment already stays, since time never runs back."""
        self.moment = max(self.moment, moment.astimezone(dt.UTC))


class Calendar:
    """What happens when. Parts of the story enter what they tell; it is then told in the order of time."""

    def __init__(self) -> None:
        self._entries: list[tuple[dt.datetime, int, Callable[[], object]]] = []

    def at(self, moment: dt.datetime, tell: Callable[[], object]) -> None:
        """Of two entries for one moment the one entered first is told first."""
        self._entries.append((moment.astimezone(dt.UTC), len(self._entries), tell))

    def tell(self, clock: Clock) -> None:
        for moment, _, tell in sorted(self._entries, key=lambda entry: entry[:2]):
            clock.set(moment)
            tell()


@contextmanager
def running(clock: Clock) -> Iterator[Clock]:
    """Everything that asks Django for the time, defaults of columns included, is told the clock's."""
    real = timezone.now
    stamped = _stamped_by(real)
    _use(clock, stamped)
    try:
        yield clock
    finally:
        _use(real, stamped)


def _stamped_by(now: Any) -> list[Any]:
    return [
        field
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if getattr(field, "default", None) is now
    ]


def _use(now: Any, fields: list[Any]) -> None:
    timezone.now = now
    for field in fields:
        field.default = now
        field.__dict__.pop("_get_default", None)  # the default as the field has kept it
