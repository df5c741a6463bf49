"""What a change request must keep, and how often the definition of success has moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from charters.diff import compare

SignOff = Sequence[Mapping[str, Any]]


def missing_roles(signed: SignOff, planned: SignOff) -> list[str]:
    """The roles that signed the text in force and are not asked by the new one, in the order of signing.

    A role is a party; its seat may have another person.
    """
    asked = {_party(seat) for seat in _seats(planned)}
    missing = {seat["role"]: None for seat in _seats(signed) if _party(seat) not in asked}
    return list(missing)


def _seats(plan: SignOff) -> Iterable[Mapping[str, Any]]:
    return [seat for step in plan for seat in step["seats"]]


def _party(seat: Mapping[str, Any]) -> str:
    return str(seat["seat"]).partition(".")[0]


def criteria_changes(texts: Sequence[Mapping[str, Any]]) -> int:
    """How often a criterion was added, dropped, loosened, tightened or redefined from text to text.

    Counted step by step: what was dropped and taken in again later has changed twice.
    """
    return sum(len(compare(before, after).effects) for before, after in pairwise(texts))


def hand_over(values: Mapping[str, Any], leaver: str, successor: str) -> dict[str, Any]:
    """The fields in which a leaver is named for work, with the successor in the leaver's place.

    Seats are left out: a seat is a signature, and each is handed over by itself.
    """
    changed: dict[str, Any] = {}
    for name, value in values.items():
        if not leaver or name.startswith("seat."):
            continue
        if isinstance(value, Mapping):
            record = {part: successor if given == leaver else given for part, given in value.items()}
            if record != dict(value):
                changed[name] = record
        elif value == leaver:
            changed[name] = successor
    return changed
