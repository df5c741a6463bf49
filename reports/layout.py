"""The frame that all reports share: cover, chapters with numbers, running heads. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports.sentences import shorten

LONG_TITLE = 70
LONGER_TITLE = 140
MOST_LINES = 4
LONGEST_LINE = 60
LONGEST_HEAD = 60
LONGEST_FOOT = 100
LONGEST_MARK = 44
LONGEST_CAPTION = 36


@dataclass(frozen=True)
class Station:
    """A stop of the line on the cover."""

    name: str
    caption: str
    reached: bool
    current: bool = False

    @property
    def short_caption(self) -> str:
        return shorten(self.caption, LONGEST_CAPTION)


@dataclass(frozen=True)
class Cover:
    """The first page. ``blocks`` are (term, lines) at its foot; a block without lines is left out."""

    organization: str
    title: str
    sentence: str
    date: str
    stations: Sequence[Station]
    blocks: Sequence[tuple[str, Sequence[str]]]

    @property
    def size(self) -> str:
        """The class of the title by its length, so that the longest still ends above the line."""
        if len(self.title) <= LONG_TITLE:
            return ""
        return " is-long" if len(self.title) <= LONGER_TITLE else " is-longer"

    @property
    def shown_blocks(self) -> list[tuple[str, list[str]]]:
        """The blocks that say something, each of at most four short lines."""
        return [(term, _fitting(lines)) for term, lines in self.blocks if lines]


def _fitting(lines: Sequence[str]) -> list[str]:
    shown = list(lines) if len(lines) <= MOST_LINES else list(lines[: MOST_LINES - 1])
    more = len(lines) - len(shown)
    return [shorten(line, LONGEST_LINE) for line in shown] + ([f"and {more} more"] if more else [])


@dataclass(frozen=True)
class Section:
    """A part of a chapter that the contents list."""

    id: str
    title: str


@dataclass(frozen=True)
class Chapter:
    """A chapter: ``name`` says what it is about, ``finding`` what it found; the template prints ``data``.

    ``brief`` chapters stand in the contents with their finding alone; one that is not ``fresh`` begins where
    the one before ends, if its first part still fits there.
    """

    name: str
    finding: str
    lede: str
    template: str
    data: Mapping[str, Any]
    sections: Sequence[Section] = ()
    brief: bool = False
    fresh: bool = False
    number: str = ""
    id: str = ""

    @property
    def mark(self) -> str:
        """What the head of its pages says."""
        return shorten(f"{self.number} {self.name}", LONGEST_MARK)


def numbered(chapters: Sequence[Chapter], appendix: Sequence[Chapter] = ()) -> list[Chapter]:
    """Chapters with numbers 1, 2, 3, those of the appendix with letters A, B, C, and unique ids.

    The first of all begins a page.
    """
    marks = [str(place) for place in range(1, len(chapters) + 1)]
    marks += [chr(ord("A") + place) for place in range(len(appendix))]
    return [
        replace(
            chapter,
            number=mark,
            id=f"chapter-{mark}",
            fresh=chapter.fresh or mark == "1",
            sections=[Section(f"{section.id}-{mark}", section.title) for section in chapter.sections],
        )
        for mark, chapter in zip(marks, [*chapters, *appendix], strict=True)
    ]


def running(organization: str, about: str, foot: str) -> dict[str, str]:
    """What stands at the head and the foot of each page, each on one line."""
    return {"head": shorten(f"{organization}, {about}", LONGEST_HEAD), "foot": shorten(foot, LONGEST_FOOT)}
