"""The waiting clock: days on which work stood still because somebody was waited for. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody was waited for from `since` until `until`, both days; `party` is the department or person."""

    since: dt.date
    until: dt.date
    party: str


def blocked_days(spans: Iterable[Span], start: dt.date, end: dt.date) -> int:
    """Calendar days within [start, end) on which at least one of the spans was open.

    A span covers [since, until): an ask that is answered on the day it was made blocks no day. Days on which
    several are open count once.
    """
    return len(_days(spans, start, end))


def blocked_by_party(spans: Iterable[Span], start: dt.date, end: dt.date) -> dict[str, int]:
    """Blocked days of each party, longest first; a day with two parties counts for both."""
    by_party: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_party[span.party].append(span)
    days = {party: len(_days(own, start, end)) for party, own in by_party.items()}
    return dict(sorted(((key, n) for key, n in days.items() if n), key=lambda pair: (-pair[1], pair[0])))


def median_reply_days(spans: Iterable[Span]) -> dict[str, float]:
    """Median days from asked to answered of each party, over spans that have ended."""
    by_party: dict[str, list[int]] = defaultdict(list)
    for span in spans:
        by_party[span.party].append(max((span.until - span.since).days, 0))
    return {party: float(median(days)) for party, days in sorted(by_party.items())}


def working_days(since: dt.date, until: dt.date) -> int:
    """Mondays to Fridays in [since, until); 0 where `until` is not later."""
    days = max((until - since).days, 0)
    weeks, rest = divmod(days, 7)
    return weeks * 5 + sum((since.weekday() + offset) % 7 < 5 for offset in range(rest))


def _days(spans: Iterable[Span], start: dt.date, end: dt.date) -> set[int]:
    covered: set[int] = set()
    for span in spans:
        first, last = max(span.since, start), min(span.until, end)
        covered.update(range(first.toordinal(), last.toordinal()))
    return covered
