"""Words that reports and the desk share: delays, long dates, weeks of a plan, very long words. Pure."""

from __future__ import annotations

import re
from datetime import date

from ui.words import counted, in_words

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
LONGEST_RUN = 24
_LONG_RUN = re.compile(rf"\S{{{LONGEST_RUN},}}")


def delay(days: int) -> str:
    """How late something is: "a day", "a week", "two weeks", "nine days", "40 days"."""
    if days == 1:
        return "a day"
    if days == 7:
        return "a week"
    if days in (14, 21, 28):
        return f"{in_words(days // 7)} weeks"
    return counted(days, "day", "days")


def long_day(value: date) -> str:
    """18 December 2026: the date of a cover, whatever the organization's short form."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def short_hash(value: str) -> str:
    """a4f0…91c7."""
    return f"{value[:4]}…{value[-4:]}" if len(value) > 9 else value


def shorten(text: str, most: int) -> str:
    """At most so many characters, the last an ellipsis where something is left out."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def breakable(text: str) -> str:
    """Lets a run of letters without any space break, so that no line leaves its column."""
    return _LONG_RUN.sub(lambda run: _with_breaks(run.group()), text)


def _with_breaks(run: str) -> str:
    step = LONGEST_RUN // 2
    return "\u200b".join(run[start : start + step] for start in range(0, len(run), step))
