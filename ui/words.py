"""Counts in words, so that a title can be a sentence for none, one and many."""

from __future__ import annotations

from collections.abc import Sequence

_SMALL = "no one two three four five six seven eight nine ten eleven twelve"
_WORDS = dict(enumerate(_SMALL.split(" ")))


def in_words(count: int) -> str:
    """Gives "four"; from thirteen up the figure: "14". Zero is "no"."""
    return _WORDS.get(count, f"{count:,}")


def counted(count: int, one: str, many: str) -> str:
    """Gives "one gate", "four gates", "no gates"."""
    return f"{in_words(count)} {one if count == 1 else many}"


def plural(count: int, one: str, many: str) -> str:
    """Gives "1 gate", "4 gates", "0 gates"."""
    return f"{count:,} {one if count == 1 else many}"


def sentence(text: str) -> str:
    """The first letter in upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


def listed(names: Sequence[str], *, last: str = "and") -> str:
    """Gives "sponsor, data owner and practitioner"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
