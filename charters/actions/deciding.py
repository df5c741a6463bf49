"""Scale, iterate or stop: the outcome owner's decision against the pathway that was agreed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts import mail
from accounts.access import get_membership
from accounts.models import User
from charters.access import is_seat_of
from charters.actions.asking import tell
from charters.actions.changing import drop_change, open_change_of
from charters.actions.events import leave, lock, move_charter, move_revision
from charters.actions.observing import observe_decision
from charters.actions.outcome import report_to_use_case
from charters.actions.turns import Proof
from charters.document import NextStep
from charters.keeping import Standing, owner_seat, standing_of
from charters.models import Charter, Decision, Revision, Signatory, SignoffRound
from charters.queries import revision_in_force
from charters.signoff import Move, State
from roadmap.actions import take_up_decision
from roadmap.queries import today_of
from ui import formats
from ui.errors import Conflict, FreshSignInRequired, Invalid, NotAllowed

USE_CASE_STATES = {"scale": "scaled", "iterate": "iterated", "stop": "stopped"}
MOST_WORDS = 2000
FURTHEST = dt.timedelta(weeks=520)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the outcome owner decides: the outcome, why, and what is done next by whom until when."""

    outcome: str
    reason: str = ""
    next_action: str = ""
    next_owner: str = ""
    next_on: dt.date | None = None


@transaction.atomic
def decide(charter: Charter, choice: Choice, *, by: User, shown: str, proof: Proof) -> Decision:
    """Close the charter by a decision. `shown` is the mark of the standing that the page showed.

    Refused for anybody but the outcome owner, without a fresh sign-in, and when a reading has come in since.
    An open change request is dropped: what is decided is the text in force.
    """
    locked = lock(charter)
    revision = revision_in_force(locked)
    if revision is None:
        raise Conflict("There is no text in force to decide on.")
    seat = _require_owner(revision, by, proof)
    standing = standing_of(revision)
    if shown != standing.mark:
        raise Conflict(
            "A reading has come in, or the text has changed, since the page was opened. Look again."
        )
    checked = _checked(standing, choice)
    if open_change_of(locked) is not None:
        drop_change(locked, by=by, reason=f"The outcome owner has decided: {checked.outcome}.")
        locked.refresh_from_db()
    step = _on_roadmap(locked, checked, by)
    move_revision(revision, Move.CLOSE)
    move_charter(locked, State.IN_FORCE, State.CLOSED)
    decision = _keep(standing, checked, seat, step, by, proof)
    report_to_use_case(locked, revision, USE_CASE_STATES[checked.outcome], by=by)
    observe_decision(locked, decision, by=by)
    for path in settings.AFTER_DECISION:
        import_string(path)(decision, by)
    _tell(decision, by)
    return decision


def _require_owner(revision: Revision, by: User, proof: Proof) -> Signatory:
    age = (timezone.now() - proof.at).total_seconds()
    if not 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise FreshSignInRequired("Confirm that it is you, then go on.")
    seat = owner_seat(revision)
    if seat is None or not may_decide(seat, by):
        raise NotAllowed("The outcome owner decides, nobody else.")
    return seat


def may_decide(seat: Signatory, user: User) -> bool:
    """Whether this account holds the outcome owner's seat in an organization that is not archived."""
    organization = seat.round.revision.charter.organization
    if organization.archived_at or not user.is_active or not is_seat_of(seat, user):
        return False
    return get_membership(user, organization) is not None


def _checked(standing: Standing, choice: Choice) -> Choice:
    """The choice with what was agreed where nothing else was said. Raises Invalid with what is missing."""
    if choice.outcome not in Decision.Outcome.values:
        raise Invalid("Choose an outcome.", fields={"outcome": ["One of scale, iterate, stop."]})
    agreed = standing.text.pathway.get(choice.outcome, NextStep(choice.outcome))
    filled = Choice(
        outcome=choice.outcome,
        reason=choice.reason.strip(),
        next_action=choice.next_action.strip() or agreed.action or agreed.condition,
        next_owner=choice.next_owner.strip() or agreed.owner,
        next_on=choice.next_on or agreed.on,
    )
    problems: dict[str, list[str]] = {}
    if not filled.reason and choice.outcome not in standing.called_for:
        problems["reason"] = [
            "The result does not call for this on the agreed pathway: say why it is decided all the same."
        ]
    today = today_of(standing.revision.charter.organization)
    if filled.next_on is None or not today <= filled.next_on <= today + FURTHEST:
        problems["next_on"] = ["By when the next step is done: a day from today on, within ten years."]
    for name, words, most in (
        ("next_action", "What is done next.", MOST_WORDS),
        ("next_owner", "Who does it.", 300),
        ("reason", "", MOST_WORDS),
    ):
        given = getattr(filled, name)
        if words and not given:
            problems[name] = [words]
        elif len(given) > most or "\x00" in given:
            problems[name] = [f"At most {most} characters, without control characters."]
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)
    if filled.reason:
        return filled
    return replace(filled, reason=f"As agreed: {agreed.condition}")


def _on_roadmap(charter: Charter, choice: Choice, by: User) -> str:
    """The roadmap's item for what follows; its key."""
    if choice.next_on is None:
        raise AssertionError("checked before")
    step = take_up_decision(
        charter.organization,
        by=by,
        outcome=choice.outcome,
        title=charter.title or charter.code,
        action=choice.next_action,
        owner=choice.next_owner,
        due_on=choice.next_on,
        source=f"Charter {charter.code}",
        source_path=reverse("charters:decision", args=[charter.pk]),
        poc=charter.plan_item,
    )
    return step.key


def _keep(
    standing: Standing, choice: Choice, seat: Signatory, plan_item: str, by: User, proof: Proof
) -> Decision:
    now = timezone.now()
    verdict = standing.as_json()
    as_agreed = choice.outcome in standing.called_for
    following = {
        "next_action": choice.next_action,
        "next_owner": choice.next_owner,
        "next_on": choice.next_on,
        "plan_item": plan_item,
    }
    # Name and address stand in the entry itself: a decision keeps them as a signature does.
    facts = {
        "outcome": choice.outcome,
        "as_agreed": as_agreed,
        "verdict": verdict,
        "name": seat.name,
        "address": seat.email,
        "how": proof.how,
        "decided_at": now,
        **following,
    }
    entry = leave(
        "decided", revision=standing.revision, by=by, signatory=seat, data=facts, words=choice.reason, at=now
    )
    return Decision.objects.create(
        revision=standing.revision,
        outcome=choice.outcome,
        reason=choice.reason,
        verdict=verdict,
        as_agreed=as_agreed,
        by=by,
        by_name=seat.name,
        by_email=seat.email,
        authenticated=proof.how[:40],
        decided_at=now,
        audit=entry,
        **following,
    )


def _tell(decision: Decision, by: User) -> None:
    revision = decision.revision
    round_ = SignoffRound.objects.get(revision=revision, state=State.IN_FORCE)
    round_.revision = revision
    tell(
        round_,
        by=by,
        template="emails/charter_decided",
        outcome=decision.get_outcome_display().lower(),
        who=decision.by_name,
        as_agreed=decision.as_agreed,
        reason=decision.reason,
        verdict=decision.verdict["why"],
        next_action=decision.next_action,
        next_owner=decision.next_owner,
        next_on=formats.day(decision.next_on) if decision.next_on else "",
        link=mail.absolute(reverse("charters:decision", args=[revision.charter_id])),
    )
