"""What pages and reports say of waivers: their state, and one line for each."""

from __future__ import annotations

import datetime as dt

from deployments.models import Waiver
from deployments.release.gate import TITLES
from ui.formats import day


def waiver_state(row: Waiver, today: dt.date) -> tuple[str, str]:
    """Shape and word: it holds, waits for signatures, or has ended."""
    if row.withdrawn_at is not None:
        return "neutral", "Withdrawn"
    if today > row.ends_on:
        return "neutral", "Ended"
    if row.holds(today):
        return "watch", "Holds"
    return "open", "Waits for signatures"


def checks_of(row: Waiver) -> list[str]:
    """What need not hold, as the gate names it."""
    return [TITLES[key] for key in row.checks if key in TITLES]


def waiver_line(row: Waiver) -> str:
    """One signed waiver in one sentence, as charters print it: the same on every day."""
    checks = "; ".join(title.lower() for title in checks_of(row))
    names = " and ".join(name for name in (row.owner_name, row.second_name) if name)
    end = f", withdrawn on {day(row.withdrawn_at)}" if row.withdrawn_at else ""
    return (
        f"{row.model} version {row.version} may be deployed to {row.environment.name} without “{checks}” "
        f"until {day(row.ends_on)}, asked for by {row.asked_name}, signed by {names}{end}. "
        f"Reason: {row.reason}"
    )
