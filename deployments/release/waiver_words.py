"""What pages and reports say of waivers: their state, and one line for each."""

from __future__ import annotations

import datetime as dt

from deployments.models import Waiver
from deployments.release.gate import TITLES
from deployments.release.gate_facts import ended_with
from ui.formats import day


def waiver_state(row: Waiver, today: dt.date) -> tuple[str, str]:
    """Shape and word: it holds, waits for signatures, or has ended."""
    if row.withdrawn_at is not None:
        return "neutral", "Withdrawn"
    if today > row.ends_on or ended_with(row) is not None:
        return "neutral", "Ended"
    if row.holds(today):
        return "watch", "Holds"
    return "open", "Waits for signatures"


def end_of(row: Waiver) -> str:
    """What has ended it before its last day, as pages and reports say it; empty where nothing has."""
    if row.withdrawn_at is not None:
        return f"withdrawn on {day(row.withdrawn_at)}"
    revision = ended_with(row)
    if revision is None:
        return ""
    return f"ended with revision {revision.number} of the charter, which changed the must criteria"


def checks_of(row: Waiver) -> list[str]:
    """What need not hold, as the gate names it."""
    return [TITLES[key] for key in row.checks if key in TITLES]


def waiver_line(row: Waiver) -> str:
    """One signed waiver in one sentence, as charters print it: the same on every day, under one text."""
    checks = "; ".join(title.lower() for title in checks_of(row))
    names = " and ".join(name for name in (row.owner_name, row.second_name) if name)
    end = f", {words}" if (words := end_of(row)) else ""
    return (
        f"{row.model} version {row.version} may be deployed to {row.environment.name} without “{checks}” "
        f"until {day(row.ends_on)}, asked for by {row.asked_name}, signed by {names}{end}. "
        f"Reason: {row.reason}"
    )
