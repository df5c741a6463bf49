"""Choices about initiatives, how far they are, and which use case a POC is about."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, User
from roadmap.models import InitiativeChoice, ItemProgress, UseCase
from roadmap.problem import first_monday
from roadmap.queries import DECIDED, catalogue_of, today_of
from ui import formats
from ui.errors import Conflict, Invalid

Day = datetime.date
BEGUN = (ItemProgress.State.RUNNING, ItemProgress.State.DONE)
FURTHEST = datetime.timedelta(weeks=520)


@transaction.atomic
def set_item(
    organization: Organization,
    key: str,
    *,
    by: User | None,
    choice: str,
    monday: Day | None = None,
    reason: str = "",
) -> InitiativeChoice | None:
    """Take an initiative in ("in"), leave it out ("out"), set its week ("pin") or take the choice back ("").

    Every next plan follows it; the one at hand is then marked for a replan. `monday` is any day of the week.
    """
    _refuse_unknown(organization, key)
    begun = ItemProgress.objects.filter(organization=organization, key=key, state__in=BEGUN).exists()
    if begun and choice:
        raise Conflict("It has begun; its weeks are a fact. Correct its progress first.")
    if choice == "":
        InitiativeChoice.objects.filter(organization=organization, key=key).delete()
        _record(organization, by, "initiative.released", key)
        return None
    if choice not in InitiativeChoice.Choice.values:
        raise Invalid("Choose in, out or a week.", fields={"choice": ["One of in, out, pin."]})
    row, _ = InitiativeChoice.objects.update_or_create(
        organization=organization,
        key=key,
        defaults={
            "choice": choice,
            "monday": _monday(organization, monday) if choice == "pin" else None,
            "reason": reason.strip()[:300],
            "made_by": by,
            "made_at": timezone.now(),
        },
    )
    _record(organization, by, "initiative.chosen", key, choice=choice, monday=row.monday)
    return row


def _monday(organization: Organization, day: Day | None) -> Day:
    """The Monday of the week that was meant; not in the past."""
    first = first_monday(today_of(organization))
    last = first + FURTHEST
    chosen = day - datetime.timedelta(days=day.weekday()) if day else None
    if chosen is None or not first <= chosen <= last:
        allowed = f"Choose a day from {formats.day(first)} to {formats.day(last)}."
        raise Invalid("Its week needs another day.", fields={"monday": [allowed]})
    return chosen


@transaction.atomic
def record_progress(
    organization: Organization,
    key: str,
    *,
    by: User | None,
    state: str,
    started_on: Day | None = None,
    expected_on: Day | None = None,
    finished_on: Day | None = None,
    note: str | None = None,
    seen: int | None = None,
) -> ItemProgress:
    """How far an initiative is: planned, running, done or dropped. Days left out are today's.

    `seen` is the revision that an editor had before the eyes (0: none yet); a newer one raises Conflict.
    Later stages call it without.
    """
    _refuse_unknown(organization, key)
    values = _days(organization, state, started_on, expected_on, finished_on)
    if note is not None:
        values["note"] = note.strip()[:500]
    values |= {"state": state, "changed_by": by, "changed_at": timezone.now()}
    row = _save(organization, key, values, seen)
    _record(organization, by, "initiative.progress", key, state=state)
    return row


def _days(
    organization: Organization,
    state: str,
    started_on: Day | None,
    expected_on: Day | None,
    finished_on: Day | None,
) -> dict[str, Any]:
    """The days that fit the state. Raises Invalid with the field and what is allowed."""
    today = today_of(organization)
    if state not in ItemProgress.State.values:
        raise Invalid("Choose a state.", fields={"state": ["One of planned, running, done, dropped."]})
    if state not in BEGUN:
        return {"started_on": None, "expected_on": None, "finished_on": None}
    problems: dict[str, list[str]] = {}
    done = state == ItemProgress.State.DONE
    finished = (finished_on or today) if done else None
    started = started_on or finished or today
    if started > today:
        problems["started_on"] = [f"It cannot have begun after {formats.day(today)}."]
    if started < today - FURTHEST:
        problems["started_on"] = [f"Choose a day after {formats.day(today - FURTHEST)}."]
    if finished is not None and finished > today:
        problems["finished_on"] = [f"It cannot have ended after {formats.day(today)}."]
    elif finished is not None and finished < started:
        problems["finished_on"] = ["It cannot end before it began."]
    if not done and expected_on is not None and not started <= expected_on <= today + FURTHEST:
        problems["expected_on"] = ["Choose a day after its start."]
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)
    return {
        "started_on": started,
        "expected_on": None if done else expected_on,
        "finished_on": finished,
    }


def _save(organization: Organization, key: str, values: dict[str, Any], seen: int | None) -> ItemProgress:
    row, made = ItemProgress.objects.get_or_create(organization=organization, key=key, defaults=values)
    if made:
        return row
    current = row.revision if seen is None else seen
    moved = ItemProgress.objects.filter(pk=row.pk, revision=current).update(revision=current + 1, **values)
    if not moved:
        raise Conflict(
            f"{row.changed_by or 'Somebody'} changed this meanwhile: it is "
            f"{row.get_state_display().lower()} now. Look at it, then save again.",
            revision=row.revision,
        )
    row.refresh_from_db()
    return row


@transaction.atomic
def bind_use_case(
    organization: Organization, key: str, use_case: UseCase | None, *, by: User | None
) -> ItemProgress:
    """Say which use case a POC of the roadmap is about; None takes it back."""
    initiative = _refuse_unknown(organization, key)
    if not initiative.is_poc:
        raise Invalid("Only a POC is about a use case.", fields={"use_case": ["Choose it on a POC."]})
    if use_case is not None:
        usable = use_case.organization_id == organization.pk and use_case.archived_at is None
        if not usable or use_case.state in DECIDED:
            raise Invalid(
                "This use case cannot be tried.",
                fields={"use_case": ["Choose a use case of the list that has not been decided."]},
            )
    row, _ = ItemProgress.objects.get_or_create(organization=organization, key=key)
    ItemProgress.objects.filter(pk=row.pk).update(
        use_case=use_case, revision=row.revision + 1, changed_by=by, changed_at=timezone.now()
    )
    row.refresh_from_db()
    bound = str(use_case.pk) if use_case else None
    _record(organization, by, "initiative.bound", key, use_case=bound)
    return row


def _refuse_unknown(organization: Organization, key: str) -> Any:
    initiative = catalogue_of(organization).by_key.get(key)
    if initiative is None:
        raise Invalid("There is no such initiative.", fields={"key": ["Not in the catalogue."]})
    return initiative


def _record(organization: Organization, by: User | None, event: str, key: str, **data: Any) -> None:
    audit.record(
        organization=organization,
        actor=by,
        event=event,
        subject=organization,
        data={"initiative": key, **data},
    )
