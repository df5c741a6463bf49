"""Telling of verdicts that have changed: events for those outside, and one mail to the outcome owner."""

from __future__ import annotations

from django.urls import reverse

from accounts import mail
from accounts.models import User
from charters.actions import events
from charters.criteria import OUTCOME_WORDS
from charters.keeping import Judged, Standing, owner_seat
from charters.signoff import State


def tell_verdicts(before: Standing, after: Standing, *, by: User | None, by_name: str) -> None:
    """Tell of every criterion whose outcome changed and of the charter as a whole; of nothing if none did.

    Belongs in the transaction of the change. Who made the change is not mailed about it, and nobody is told
    of a text that is no longer in force.
    """
    if after.revision.state != State.IN_FORCE:
        return
    was = {item.criterion.key: item for item in before.judged}
    changed = [
        (was[item.criterion.key], item)
        for item in after.judged
        if item.criterion.key in was and was[item.criterion.key].verdict.outcome is not item.verdict.outcome
    ]
    for earlier, now in changed:
        events.tell("criterion.verdict_changed", after.revision, **_facts(earlier, now))
    whole = before.verdict.outcome is not after.verdict.outcome
    if whole:
        outcomes = {"was": before.verdict.outcome, "now": after.verdict.outcome}
        events.tell("charter.verdict_changed", after.revision, candidate=after.candidate, **outcomes)
    if changed or whole:
        _mail_owner(before, after, changed, by=by, by_name=by_name)


def _facts(was: Judged, now: Judged) -> dict[str, str]:
    criterion = now.criterion
    return {
        "key": criterion.key,
        "criterion": criterion.name or criterion.question,
        "was": was.verdict.outcome,
        "now": now.verdict.outcome,
    }


def _mail_owner(
    before: Standing, after: Standing, changed: list[tuple[Judged, Judged]], *, by: User | None, by_name: str
) -> None:
    seat = owner_seat(after.revision)
    if seat is None or (by is not None and by.email == seat.email):
        return
    charter = after.revision.charter
    mail.send(
        organization=charter.organization,
        to=seat.email,
        template="emails/charter_verdict",
        by=by,
        context={
            "charter": charter,
            "name": seat.name,
            "changes": [
                {
                    "criterion": now.criterion.name or now.criterion.question,
                    "was": OUTCOME_WORDS[was.verdict.outcome].lower(),
                    "now": OUTCOME_WORDS[now.verdict.outcome].lower(),
                    "why": now.verdict.why,
                }
                for was, now in changed
            ],
            "was": OUTCOME_WORDS[before.verdict.outcome].lower(),
            "now": OUTCOME_WORDS[after.verdict.outcome].lower(),
            "verdict": after.verdict.why,
            "by_name": by_name or "The product",
            "link": mail.absolute(reverse("charters:readings", args=[charter.pk])),
        },
    )
