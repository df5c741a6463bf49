"""What was answered, counted in memory: figures by minute, and a few rows drawn by chance. Pure.

deployments/gateway/recording.py writes a batch every other second. How many rows are drawn is limited over
time, so that a busy model fills no disk; within a batch every row has the same chance.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from deployments.gateway import request_ids
from deployments.gateway.bodies import has_unwritable
from deployments.watch.figures import MINUTE, Figures, add, begin_of, count_prediction, place_of

# Rows drawn for one deployment: so many a minute in the long run, so many at once after a quiet time.
DRAWN_A_MINUTE = 12
DRAWN_AT_ONCE = 120
# Of one request at most so many rows take part.
ROWS_OF_A_REQUEST = 5
LARGEST_ROW = 20_000
MOST_COUNTED = 1_000
Key = tuple[UUID, int, dt.datetime]


@dataclass(slots=True)
class Drawn:
    """One asked row and its answer."""

    deployment: UUID
    release: UUID | None
    request: str
    at: dt.datetime
    row: dict[str, Any] | None
    output: Any
    fallback: bool


@dataclass(slots=True)
class Asked:
    """A request that was answered, with its table where there was one."""

    deployment: UUID
    number: int
    request: str
    at: dt.datetime
    milliseconds: float
    rows: int = 0
    error: str = ""
    fallback: bool = False
    predictions: Sequence[Any] = ()
    columns: Sequence[str] = ()
    data: Sequence[Sequence[Any]] = ()
    release: UUID | None = None
    keeps_inputs: bool = False
    masked: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Draw:
    """The reservoir of one deployment since the last batch, and how much it may hold."""

    allowed: float
    since: float
    seen: int = 0
    rows: list[Drawn] = field(default_factory=list)


@dataclass(slots=True)
class Batch:
    """What is written at once."""

    figures: dict[Key, Figures] = field(default_factory=dict)
    drawn: list[Drawn] = field(default_factory=list)
    tokens: dict[UUID, dt.datetime] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.figures or self.drawn or self.tokens)


class Telemetry:
    """The counts of this process since the last batch."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._batch = Batch()
        self._draws: dict[UUID, _Draw] = {}

    def count(self, asked: Asked) -> None:
        """Take a request into the figures of its minute."""
        key = (asked.deployment, asked.number, begin_of(asked.at, MINUTE))
        total = self._batch.figures.get(key)
        if total is None:
            total = self._batch.figures[key] = Figures()
        total.count += 1
        total.rows += asked.rows
        total.fallbacks += asked.fallback
        total.latency[place_of(asked.milliseconds)] += 1
        if asked.error:
            total.errors[asked.error] = total.errors.get(asked.error, 0) + 1
        if not asked.fallback:
            for value in _some(asked.predictions):
                count_prediction(total.outputs, value)
        if len(asked.predictions) == len(asked.data):
            self._draw(asked)

    def used(self, token: UUID, at: dt.datetime) -> None:
        """A token was used; its row says so later."""
        self._batch.tokens[token] = at

    def take(self) -> Batch:
        """All since the last time, for one transaction."""
        batch, self._batch = self._batch, Batch()
        for draw in self._draws.values():
            batch.drawn += draw.rows
            draw.allowed -= len(draw.rows)
            draw.seen, draw.rows = 0, []
        return batch

    def put_back(self, batch: Batch) -> None:
        """What could not be written: figures and uses wait for the next batch."""
        for key, more in batch.figures.items():
            if key in self._batch.figures:
                add(self._batch.figures[key], more)
            else:
                self._batch.figures[key] = more
        self._batch.tokens = batch.tokens | self._batch.tokens

    def _draw(self, asked: Asked) -> None:
        now = self._clock()
        draw = self._draws.setdefault(asked.deployment, _Draw(DRAWN_AT_ONCE, now))
        draw.allowed = min(DRAWN_AT_ONCE, draw.allowed + (now - draw.since) * DRAWN_A_MINUTE / 60)
        draw.since = now
        rows = len(asked.data)
        some = range(rows) if rows <= ROWS_OF_A_REQUEST else random.sample(range(rows), ROWS_OF_A_REQUEST)
        for at in some:
            draw.seen += 1
            if len(draw.rows) < int(draw.allowed):
                draw.rows.append(_drawn(asked, at))
            else:
                place = random.randrange(draw.seen)  # noqa: S311
                if place < len(draw.rows):
                    draw.rows[place] = _drawn(asked, at)


def _some(predictions: Sequence[Any]) -> Sequence[Any]:
    """All of them; of a very large answer as many as the picture of it needs, by chance."""
    return predictions if len(predictions) <= MOST_COUNTED else random.sample(predictions, MOST_COUNTED)


def _drawn(asked: Asked, at: int) -> Drawn:
    return Drawn(
        deployment=asked.deployment,
        release=asked.release,
        request=request_ids.of_row(asked.request, at, len(asked.data)),
        at=asked.at,
        row=_kept(asked, at) if asked.keeps_inputs else None,
        output=_storable(asked.predictions[at]),
        fallback=asked.fallback,
    )


def _kept(asked: Asked, at: int) -> dict[str, Any] | None:
    """The row without its masked columns; a very large one is not kept."""
    pairs = zip(asked.columns, asked.data[at], strict=True)
    row: Mapping[str, Any] = {name: value for name, value in pairs if name not in asked.masked}
    return dict(row) if _size(row) <= LARGEST_ROW else None


def _storable(value: Any) -> Any:
    """An answer as databases take it; what they do not take, or is very large, is left out."""
    return None if _size(value) > LARGEST_ROW or has_unwritable(value) else value


def _size(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(len(str(key)) + _size(part) for key, part in value.items())
    if isinstance(value, list):
        return sum(map(_size, value))
    return len(value) if isinstance(value, str) else 8
