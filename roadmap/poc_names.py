"""What a POC is called: by its use case, or "POC 1" while nobody has said what it is about. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from roadmap.plan import PlanItem


class Titled(Protocol):
    title: str


def item_titles(items: Iterable[PlanItem], bound: Mapping[str, Titled]) -> dict[str, str]:
    """The name of each item by key; POCs are numbered by start, then key."""
    rows = list(items)
    names = {item.key: item.title for item in rows}
    pocs = sorted((item for item in rows if item.kind == "poc"), key=lambda item: (item.start_week, item.key))
    for number, item in enumerate(pocs, start=1):
        case = bound.get(item.key)
        names[item.key] = f"{case.title}, POC" if case else f"POC {number}"
    return names
