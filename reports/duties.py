"""What stands on the desk, as values: duties, delays, stops of the line, changes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reports.sentences import delay
from ui.words import counted, in_words, plural, sentence

MONTHS_OF_DAYS = 60


@dataclass(frozen=True)
class Duty:
    """Something that waits for this reader: the button's verb, what it is about, since and until when."""

    verb: str
    what: str
    url: str
    detail: str = ""
    since: date | None = None
    due: date | None = None
    # Why it is this reader who is asked, as a full sentence.
    why: str = ""

    def days_late(self, today: date) -> int:
        return max((today - self.due).days, 0) if self.due else 0

    def late_words(self, today: date) -> str:
        """ "7 days late", or nothing."""
        days = self.days_late(today)
        return f"{plural(days, 'day', 'days')} late" if days else ""


@dataclass(frozen=True)
class Delay:
    """Something that is late, whoever it waits for."""

    days: int
    what: str
    url: str
    kind: str
    who: str = ""
    holds: str = ""


@dataclass(frozen=True)
class Mark:
    """A state in words with the name of its shape: good, watch, bad, open, neutral; what it is about."""

    state: str
    words: str
    about: str = ""
    url: str = ""


@dataclass(frozen=True)
class Stop:
    """One station of the line as it stands today.

    ``caption`` is the state in up to 32 characters; ``cells`` draws gates or seats as a row of squares
    (filled, of all), ``share`` a bar (done, all).
    """

    station: str
    url: str
    reached: bool
    headline: str
    caption: str = ""
    fact: str = ""
    cells: tuple[int, int] | None = None
    share: tuple[int, int] | None = None
    marks: tuple[Mark, ...] = ()
    note: str = ""

    @property
    def cell_list(self) -> list[bool]:
        """One entry per square of the row: whether it is filled."""
        filled, of = self.cells or (0, 0)
        return [place < filled for place in range(of)]


@dataclass(frozen=True)
class Change:
    """Something that happened since the reader was last here."""

    at: datetime
    when: str
    sentence: str
    url: str = ""
    detail: str = ""


def in_order(duties: Sequence[Duty], today: date) -> list[Duty]:
    """What needs action first: the latest first, then by due date, then the longest waiting."""
    return sorted(
        duties,
        key=lambda duty: (
            -duty.days_late(today),
            duty.due or date.max,
            duty.since or date.max,
            duty.what,
        ),
    )


def finding(duties: Sequence[Duty], delays: Sequence[Delay], today: date) -> str:
    """The title of the desk: how much waits, and how late it is."""
    late = [days for duty in duties if (days := duty.days_late(today))]
    if not duties:
        return _nothing_waits(delays)
    many = sentence(counted(len(duties), "thing waits", "things wait"))
    waits = f"{many} for you"
    if not late:
        return waits
    if len(duties) == 1:
        return f"{waits}, and it is {delay(late[0])} late"
    if len(late) == 1:
        return f"{waits}, and one of them is {delay(late[0])} late"
    if len(late) == len(duties):
        return f"{waits}, and all of them are late"
    return f"{waits}, and {in_words(len(late))} of them are late"


def _nothing_waits(delays: Sequence[Delay]) -> str:
    if not delays:
        return "Nothing waits for you"
    if len(delays) == 1:
        return f"Nothing waits for you, and one thing is {delay(delays[0].days)} late elsewhere"
    return f"Nothing waits for you, and {counted(len(delays), 'thing', 'things')} are late elsewhere"


def since_words(since: datetime | None, now: datetime) -> str:
    """Since when changes are told, for a heading: "since Tuesday", "since 08:12", "in the last seven days".

    Both moments are in the reader's zone; ``since`` is None on the first visit.
    """
    if since is None:
        return "in the last seven days"
    days = (now.date() - since.date()).days
    if days <= 0:
        return f"since {since:%H:%M}"
    if days == 1:
        return "since yesterday"
    if days < 7:
        return f"since {since:%A}"
    if days < MONTHS_OF_DAYS:
        return f"since {since.day} {since:%B}"
    return f"since {since.day} {since:%B %Y}"


def when_words(at: datetime, now: datetime) -> str:
    """When a change was, for its row: "Today 08:12", "Thu 16:40", "14 Nov 09:30"."""
    days = (now.date() - at.date()).days
    if days == 0:
        return f"Today {at:%H:%M}"
    if 0 < days < 7:
        return f"{at:%a %H:%M}"
    return f"{at.day} {at:%b %H:%M}"


def latest(changes: Sequence[Change], since: str) -> str:
    """The sentence below the finding: how much changed, and what came last."""
    if not changes:
        return f"Nothing that concerns you has changed {since}."
    if len(changes) == 1:
        return f"One thing changed {since}: {changes[0].sentence}"
    many = sentence(counted(len(changes), "thing", "things"))
    return f"{many} changed {since}, last: {changes[0].sentence}"


def why_these(duties: Sequence[Duty]) -> list[str]:
    """Why the reader is asked, each reason once, in the order of the duties."""
    return list(dict.fromkeys(duty.why for duty in duties if duty.why))
