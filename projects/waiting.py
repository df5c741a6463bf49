"""The waiting clock: days on which work stood still because somebody was waited for. Pure."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody was waited for from `since` until `until`, both days; `party` is the department or person."""

    since: dt.date
    until: dt.date
    party: str


def folded(party: str) -> str:
    """What two spellings of one department have in common: letters without case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", party).casefold().split())


def usual_spellings(parties: Iterable[str]) -> dict[str, str]:
    """By folded name the spelling most used; of several the first in the alphabet."""
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for party in parties:
        written = " ".join(party.split())
        count[folded(party)][written] += 1
    return {key: min(own, key=lambda name: (-own[name], name)) for key, own in count.items()}


def blocked_days(spans: Iterable[Span], start: dt.date, end: dt.date) -> int:
    """Calendar days within [start, end) on which at least one of the spans was open.

    A span covers [since, until): an ask that is answered on the day it was made blocks no day. Days on which
    several are open count once.
    """
    return len(_days(spans, start, end))


def blocked_by_party(spans: Iterable[Span], start: dt.date, end: dt.date) -> dict[str, int]:
    """Blocked days of each party, longest first; a day with two parties counts for both."""
    days = {party: len(_days(own, start, end)) for party, own in by_party(spans).items()}
    return dict(sorted(((key, n) for key, n in days.items() if n), key=lambda pair: (-pair[1], pair[0])))


def median_reply_days(spans: Iterable[Span]) -> dict[str, float]:
    """Median days from asked to answered of each party, over spans that have ended."""
    found = {
        party: float(median(max((span.until - span.since).days, 0) for span in own))
        for party, own in by_party(spans).items()
    }
    return dict(sorted(found.items()))


def by_party(spans: Iterable[Span]) -> dict[str, list[Span]]:
    """The spans of each party, however it was written, under the spelling most used."""
    own: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        own[folded(span.party)].append(span)
    names = usual_spellings(span.party for every in own.values() for span in every)
    return {names[key]: every for key, every in own.items()}


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
