"""States of projects as shapes and words. Pure."""

from __future__ import annotations

HEALTH: dict[str, tuple[str, str]] = {
    "green": ("good", "On track"),
    "amber": ("watch", "At risk"),
    "red": ("bad", "Off track"),
}


def health_mark(health: str | None) -> tuple[str, str]:
    """Shape and word of a state of health, such as ("watch", "At risk"); open where nobody has said it."""
    return HEALTH.get(health or "", ("open", "No check-in yet"))
