"""Whether a plan still rests on what is true: a digest of each thing that it was made from. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from roadmap.problem import canonical_json
from roadmap.problem_builder import Ground
from roadmap.wishes import PlanWishes

REASONS: Mapping[str, str] = {
    "result": "A newer result is there: {result}.",
    "roster": "The roster gives other hours than the plan was made with.",
    "catalogue": "Initiatives of the catalogue were added or changed.",
    "choices": "Initiatives were taken in, left out or set to a week since.",
    "use_cases": "A POC was decided, or a use case that a POC is about has left the list.",
}


def basis_of(
    ground: Ground, wishes: PlanWishes, *, result_hash: str, gone_use_cases: Sequence[str]
) -> dict[str, str]:
    """A digest of each part of what a plan rests on.

    gone_use_cases: initiatives whose use case was archived or decided. Progress of the work is no part of
    it: doing what was planned is no reason to plan again.
    """
    capacity = {role: amount for role, amount in ground.capacity.items() if role not in wishes.capacity}
    return {
        "result": result_hash,
        "roster": _digest(capacity),
        "catalogue": ground.catalogue.content_hash,
        "choices": _digest(
            [
                sorted(ground.taken_in),
                sorted(ground.left_out),
                sorted((key, day.isoformat()) for key, day in ground.pins.items()),
            ]
        ),
        "use_cases": _digest([ground.poc_decided, sorted(gone_use_cases)]),
    }


def changed_parts(stored: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of the parts that differ, in the order of REASONS."""
    return [part for part in REASONS if stored.get(part) != now.get(part)]


def reasons(stored: Mapping[str, str], now: Mapping[str, str], *, result: str) -> list[str]:
    """Why the plan should be made again, as sentences; `result` names the newest result."""
    return [REASONS[part].format(result=result) for part in changed_parts(stored, now)]


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
