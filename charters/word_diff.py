"""What was added to a text and what was taken away, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

KEPT, ADDED, REMOVED = "kept", "added", "removed"
# A figure such as 0.75 or 1,184 is one word; marks and the space between words stand for themselves.
_TOKEN = re.compile(r"\w+(?:[.,]\d+)*|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text: kept, added or removed."""

    kind: str
    text: str


def pieces(was: str, now: str) -> tuple[Piece, ...]:
    """Both texts in one: without what was added it reads as `was`, without what was removed as `now`."""
    old, new = _TOKEN.findall(was), _TOKEN.findall(now)
    found: list[Piece] = []
    for _, old_from, old_to, new_from, new_to in _runs(old, new):
        removed, added = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        if removed == added:
            _append(found, KEPT, removed)
        else:
            _append(found, REMOVED, removed)
            _append(found, ADDED, added)
    return tuple(found)


def _runs(old: list[str], new: list[str]) -> list[tuple[bool, int, int, int, int]]:
    """The blocks of two token lists, each with whether it is kept; a mere space kept between two changes is
    drawn into them."""
    blocks: list[tuple[bool, int, int, int, int]] = []
    opcodes = SequenceMatcher(None, old, new).get_opcodes()
    for at, (tag, old_from, old_to, new_from, new_to) in enumerate(opcodes):
        inside = 0 < at < len(opcodes) - 1
        kept = tag == "equal" and not (inside and not "".join(old[old_from:old_to]).strip())
        if blocks and not kept and not blocks[-1][0]:
            _, first_old, _, first_new, _ = blocks[-1]
            blocks[-1] = (False, first_old, old_to, first_new, new_to)
        else:
            blocks.append((kept, old_from, old_to, new_from, new_to))
    return blocks


def _append(found: list[Piece], kind: str, text: str) -> None:
    if not text:
        return
    if found and found[-1].kind == kind:
        found[-1] = Piece(kind, found[-1].text + text)
    else:
        found.append(Piece(kind, text))
