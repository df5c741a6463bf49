"""What pages and reports say of waivers: their state, and one line for each."""

from __future__ import annotations

import datetime as dt

from deployments.models import Waiver
from deployments.release_gate import TITLES
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


def waiver_line(row: Waiver) -> str:
    """One signed waiver in one sentence, as reports print it: the same on every day."""
    checks = "; ".join(TITLES[key].lower() for key in row.checks if key in TITLES)
    names = " and ".join(name for name in (row.owner_name, row.second_name) if name)
    end = f", withdrawn on {day(row.withdrawn_at)}" if row.withdrawn_at else ""
    return (
        f"{row.model} version {row.version} may be deployed to {row.environment.name} without “{checks}” "
        f"until {day(row.ends_on)}, signed by {names}{end}. Reason: {row.reason}"
    )
