"""The few marks that every drawing is made of. Colors and type come by class, never by attribute or style."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

# Advance widths of IBM Plex Sans 600 in hundredths of an em, from the space on; lighter weights are narrower.
_ADVANCES = (
    "24 31 47 66 60 96 71 26 34 34 56 60 30 40 30 44 60 60 60 60 60 60 60 60 60 60 32 32 60 60 60 49 "
    "90 67 66 64 69 60 58 71 72 42 54 68 52 82 72 71 64 71 66 61 58 69 64 95 66 63 60 33 44 33 60 56 "
    "60 56 60 51 60 56 35 54 59 28 28 56 29 89 59 56 60 60 39 50 37 59 52 82 54 52 50 36 38 36 60"
)
_WIDTHS = tuple(int(advance) for advance in _ADVANCES.split(" "))
_OTHER, _WIDE = 68, 100


def text_width(text: str, size: float) -> float:
    """Pixels that a text takes at most, to the precision that a label needs."""
    return sum(_advance(char) for char in text) * size / 100


def _advance(char: str) -> int:
    index = ord(char) - 32
    if 0 <= index < len(_WIDTHS):
        return _WIDTHS[index]
    if unicodedata.combining(char):
        return 0
    return _WIDE if unicodedata.east_asian_width(char) in "WF" else _OTHER


def fitted(text: str, width: float, size: float) -> str:
    """The text, cut with an ellipsis where it is wider than ``width``; the whole of it is in the table."""
    if text_width(text, size) <= width:
        return text
    kept = text
    while kept and text_width(kept + "…", size) > width:
        # A letter leaves with the marks that stand on it.
        while len(kept) > 1 and unicodedata.combining(kept[-1]):
            kept = kept[:-1]
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(text: str, width: float, size: float, lines: int = 2) -> list[str]:
    """The text in at most ``lines`` lines that fit; the last one is cut where need be."""
    result: list[str] = []
    rest = text.split()
    while rest and len(result) < lines - 1:
        line = rest.pop(0)
        while rest and text_width(f"{line} {rest[0]}", size) <= width:
            line = f"{line} {rest.pop(0)}"
        result.append(fitted(line, width, size))
    if rest:
        result.append(fitted(" ".join(rest), width, size))
    return result or [""]


def num(value: float) -> str:
    """A coordinate with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


class Canvas:
    """Collects marks; ``markup`` wraps them as one accessible figure."""

    def __init__(self, uid: str, width: float) -> None:
        self.uid = uid
        self.width = width
        self._parts: list[str] = []
        self._hatches: set[str] = set()

    def text(self, x: float, y: float, words: str, cls: str = "", anchor: str = "", turn: float = 0) -> None:
        """Words with their base line at y; ``anchor``: "", "middle" or "end"; ``turn`` in degrees."""
        attributes = f' class="{cls}"' if cls else ""
        attributes += f' text-anchor="{anchor}"' if anchor else ""
        attributes += f' transform="rotate({num(turn)} {num(x)} {num(y)})"' if turn else ""
        self._parts.append(f'<text x="{num(x)}" y="{num(y)}"{attributes}>{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, cls: str) -> None:
        """A straight line."""
        self._parts.append(
            f'<line x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}" class="{cls}"/>'
        )

    def rect(self, x: float, y: float, width: float, height: float, cls: str) -> None:
        """A rectangle; nothing where it has no area."""
        if width > 0 and height > 0:
            self._parts.append(
                f'<rect x="{num(x)}" y="{num(y)}" width="{num(width)}" height="{num(height)}" class="{cls}"/>'
            )

    def circle(self, x: float, y: float, radius: float, cls: str) -> None:
        """A circle."""
        self._parts.append(f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(radius)}" class="{cls}"/>')

    def path(self, d: str, cls: str) -> None:
        """A path."""
        self._parts.append(f'<path d="{d}" class="{cls}"/>')

    def hatched(self, x: float, y: float, width: float, height: float, cls: str = "c-hatch") -> None:
        """A hatched rectangle: not asked, hidden, or late."""
        if width <= 0 or height <= 0:
            return
        self._hatches.add(cls)
        self._parts.append(
            f'<rect x="{num(x)}" y="{num(y)}" width="{num(width)}" height="{num(height)}"'
            f' fill="url(#{self.uid}-{cls})"/>'
        )

    @contextmanager
    def group(self, cls: str) -> Iterator[None]:
        """Marks that share a class."""
        self._parts.append(f'<g class="{cls}">')
        yield
        self._parts.append("</g>")

    def markup(self, height: float, label: str, cls: str) -> str:
        """The finished figure: ``role="img"`` with a label that repeats the title."""
        # Lines at 45 degrees, 6 px apart.
        patterns = "".join(
            f'<pattern id="{self.uid}-{name}" width="6" height="6" patternUnits="userSpaceOnUse"'
            f' patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" class="{name}"/></pattern>'
            for name in sorted(self._hatches)
        )
        defs = f"<defs>{patterns}</defs>" if patterns else ""
        size = f"{num(self.width)} {num(height)}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chart {cls}" role="img"'
            f' aria-label="{escape(label)}" viewBox="0 0 {size}"'
            f' width="{num(self.width)}" height="{num(height)}">{defs}{"".join(self._parts)}</svg>'
        )
