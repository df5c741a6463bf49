"""The demo's content, and its days as dates. Knows no tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ui.yaml_file import load_yaml

FRIDAY = 4
FIXTURE = Path(__file__).parents[2] / "fixtures" / "demo" / "halvorsen.yaml"
CONFIDENCES = {"c": "can_show", "f": "fairly_sure", "g": "guess"}

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """The demo as its file tells it. Days are offsets from ``anchor``, the day 0 of the file."""

    content: Entry
    anchor: dt.date

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.content["organization"]["time_zone"])

    def date(self, day: int) -> dt.date:
        return self.anchor + dt.timedelta(days=day)

    def optional_date(self, day: int | None) -> dt.date | None:
        return None if day is None else self.date(day)

    def moment(self, day: int, time: str = "09:00") -> dt.datetime:
        """A day of the story at a local time "HH:MM"."""
        hours, minutes = time.split(":")
        return dt.datetime.combine(self.date(day), dt.time(int(hours), int(minutes)), self.zone)

    def person(self, key: str) -> Entry:
        return next(entry for entry in self.content["people"] if entry["id"] == key)

    def name(self, key: str) -> str:
        return str(self.person(key)["name"])

    def working_day(self, day: int) -> int:
        """The day itself, or the Monday after a weekend."""
        weekday = self.date(day).weekday()
        return day + max(0, 7 - weekday) if weekday > FRIDAY else day


@lru_cache(maxsize=1)
def content() -> Entry:
    """The file of the demo; not to be changed by its readers."""
    found: Entry = load_yaml(FIXTURE)
    return found


def tell(today: dt.date) -> Story:
    """The story with its day 0 on the latest Friday on or before ``today``."""
    return Story(content(), today - dt.timedelta(days=(today.weekday() - FRIDAY) % 7))


def read_level(short: str) -> tuple[int | None, str]:
    """An answer of the file, such as "2c" or "dk", as level (None: don't know) and confidence."""
    return (None, "") if short == "dk" else (int(short[0]), CONFIDENCES[short[1]])
