"""What follows from a decision on a POC: the POC is done, and its next step is an item of the roadmap."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction

from accounts.models import Organization, User
from roadmap.actions.initiatives import add_own_initiative, known_items
from roadmap.actions.items import record_progress, set_item
from roadmap.models import InitiativeChoice, ItemProgress, NextStep
from roadmap.queries import catalogue_of, today_of
from ui import formats

LONGEST_WEEKS = 104
VERBS = {"scale": "Scale", "iterate": "Iterate", "stop": "Stop"}
# Who is asked for attention: building goes on, or the business closes it.
AUDIENCES = {"scale": "technical", "iterate": "technical", "stop": "business"}
# The question that each next step speaks to. Only its first step is claimed: a decision alone proves no more.
SPEAKS_TO = {
    "scale": "strategy.path_to_production.first_to_live",
    "iterate": "strategy.learning_method.test_before_scale",
    "stop": "strategy.learning_method.stopped_projects",
}


@transaction.atomic
def take_up_decision(
    organization: Organization,
    *,
    by: User,
    outcome: str,
    title: str,
    action: str,
    owner: str,
    due_on: datetime.date,
    source: str,
    source_path: str,
    poc: str = "",
) -> NextStep:
    """Add the next step as an initiative that every next plan takes in.

    `poc` is the key of the POC that was decided, empty where the roadmap held none.
    """
    entry = _entry(organization, outcome=outcome, title=title, action=action, due_on=due_on, source=source)
    row = add_own_initiative(organization, entry, by=by)
    set_item(
        organization, row.key, by=by, choice=InitiativeChoice.Choice.IN, reason=f"Decided in {source}."[:300]
    )
    record_progress(
        organization,
        row.key,
        by=by,
        state=ItemProgress.State.PLANNED,
        note=f"{owner}, by {formats.day(due_on)}. {action}",
    )
    _finish(organization, poc, by, f"{source} was decided: {outcome}.")
    return NextStep.objects.create(
        organization=organization,
        key=row.key,
        outcome=outcome,
        title=title[:300],
        owner=owner[:300],
        due_on=due_on,
        source=source[:120],
        source_path=source_path,
        poc=poc if poc in catalogue_of(organization).by_key else "",
    )


def _entry(
    organization: Organization, *, outcome: str, title: str, action: str, due_on: datetime.date, source: str
) -> dict[str, Any]:
    """The next step as an initiative of the catalogue, as long as the time until its day."""
    today = today_of(organization)
    weeks = max(1, min(LONGEST_WEEKS, -(-((due_on - today).days + 1) // 7)))
    return {
        "title": f"{VERBS[outcome]}: {title}"[:120],
        "pillar": "strategy",
        "phase": 1,
        "kind": "practice",
        "audience": AUDIENCES[outcome],
        "duration_weeks": weeks,
        "lifts": [_lift(organization, outcome)],
        "effort": {},
        "cost_low": 0,
        "cost_high": 0,
        "why": f"{source} was decided on {formats.day(today)}: {outcome}.",
        "done_when": action[:400],
    }


def _lift(organization: Organization, outcome: str) -> dict[str, Any]:
    items = known_items(organization)
    item = SPEAKS_TO[outcome] if SPEAKS_TO[outcome] in items else next(iter(items))
    return {"item": item, "from": 0, "to": 1}


def _finish(organization: Organization, poc: str, by: User, note: str) -> None:
    """The POC has had its decision week."""
    if poc not in catalogue_of(organization).by_key:
        return
    row = ItemProgress.objects.filter(organization=organization, key=poc).first()
    if row is not None and row.state in (ItemProgress.State.DONE, ItemProgress.State.DROPPED):
        return
    started = row.started_on if row else None
    record_progress(organization, poc, by=by, state=ItemProgress.State.DONE, started_on=started, note=note)
