"""Tells the use case of a charter how far it is."""

from __future__ import annotations

import json
from decimal import Decimal

from accounts.models import User
from charters.document import read
from charters.models import Charter, Revision
from charters.signoff import State
from roadmap.use_case_actions import record_charter


def report_to_use_case(charter: Charter, revision: Revision, state: str, *, by: User | None) -> None:
    """Passes on state, time, money and people. While a revision is in force nothing less is reported."""
    if charter.use_case is None:
        return
    in_force = Revision.objects.filter(charter=charter, state=State.IN_FORCE)
    if state != "running" and in_force.exists():
        return
    if state == "idea":
        record_charter(charter.use_case, by=by, state=state)
        return
    text = read(json.loads(revision.content))
    record_charter(
        charter.use_case,
        by=by,
        state=state,
        starts_on=text.day("time_start"),
        ends_on=text.day("time_end"),
        budget=Decimal(text.text("budget_external") or "0"),
        team=[member.name for member in text.team if member.name],
    )
