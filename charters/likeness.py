"""Which use cases are so alike that what one has taught is worth reading for the other. Pure.

The rule is written out in docs/lessons.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SAME = "the same use case"


@dataclass(frozen=True, slots=True)
class Likened:
    """What use cases are compared by: kind of answer, unit (the domain), data assets by id and name."""

    key: str
    problem_type: str = ""
    unit: str = ""
    assets: dict[str, str] = field(default_factory=dict)


def reasons(one: Likened, other: Likened) -> tuple[str, ...]:
    """Why they are alike, the strongest first; empty where they are not.

    Being the same use case outweighs all. Otherwise shared data counts before the same kind of answer, and
    that before the same unit; a unit alone is not enough, since one unit does very different things.
    """
    if one.key == other.key:
        return (SAME,)
    shared = sorted(one.assets[key] for key in one.assets.keys() & other.assets.keys())
    found = [f"the same data, {', '.join(shared)}"] if shared else []
    if one.problem_type and one.problem_type == other.problem_type:
        found.append("the same kind of answer")
    if found and one.unit and one.unit == other.unit:
        found.append("the same unit")
    return tuple(found)


def weight(found: tuple[str, ...]) -> int:
    """4 for the same use case, 2 for shared data, 1 each for kind of answer and unit; 0 for none."""
    if SAME in found:
        return 4
    return sum(2 if reason.startswith("the same data") else 1 for reason in found)
