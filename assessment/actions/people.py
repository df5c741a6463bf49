"""The people of a round: added, invited, reminded, corrected, removed, joining by a workshop link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, links, mail
from accounts.models import Membership, User
from assessment import questionnaires
from assessment.access import ANSWER
from assessment.invitees import Invitee
from assessment.models import Assessment, Respondent
from assessment.progress import minutes
from ui.errors import Conflict, Invalid, TooMany

LINK_DAYS = 365
WORKSHOP_DAYS = 30
REMIND_AGAIN_AFTER = timedelta(hours=20)
MAX_RESPONDENTS = 2000


def invite_respondents(
    assessment: Assessment, invitees: Sequence[Invitee], *, by: User | None
) -> list[Respondent]:
    """Add people; in an open round each is sent a personal link. All of them or, if one fails, none."""
    if assessment.state not in ("draft", "open"):
        raise Conflict("People are added while a round is a draft or open.")
    if assessment.respondents.count() + len(invitees) > MAX_RESPONDENTS:
        raise TooMany(f"A round asks at most {MAX_RESPONDENTS} people.")
    accounts = _accounts(assessment, [invitee.address for invitee in invitees])
    with transaction.atomic():
        _hold(assessment)
        try:
            people = Respondent.objects.bulk_create(
                [
                    Respondent(
                        assessment=assessment,
                        name=invitee.name,
                        address=invitee.address,
                        function=invitee.function,
                        user_id=accounts.get(invitee.address),
                        accepts_answers=assessment.is_open,
                    )
                    for invitee in invitees
                ]
            )
        except IntegrityError as error:
            raise Conflict(
                "Somebody of this list was added meanwhile. Reload the page and try again."
            ) from error
        if assessment.is_open:
            send_invitations(assessment, people, by=by)
        audit.record(
            organization=assessment.organization,
            actor=by,
            event="respondents.added",
            subject=assessment,
            data={"count": len(people), "respondents": [str(person.pk) for person in people]},
        )
    return people


def send_invitations(assessment: Assessment, people: Iterable[Respondent], *, by: User | None) -> int:
    """Mail a personal link to each; returns how many had an address."""
    return _mail(assessment, people, "emails/answer_invitation", "invited_at", by)


def remind(assessment: Assessment, *, by: User | None, only: Respondent | None = None) -> int:
    """Mail those who have not handed in, at most once in 20 hours each. Returns how many were mailed."""
    if not assessment.is_open:
        raise Conflict("Reminders are sent while a round is open.")
    people = assessment.respondents.filter(submitted_at=None).exclude(address="")
    if only is not None:
        people = people.filter(pk=only.pk)
    latest = timezone.now() - REMIND_AGAIN_AFTER
    with transaction.atomic():
        due = [p for p in people.select_for_update() if p.reminded_at is None or p.reminded_at < latest]
        if not due:
            raise Conflict("Nobody to remind: all have handed in or were reminded within the last 20 hours.")
        count = _mail(assessment, due, "emails/answer_reminder", "reminded_at", by)
        _record(assessment, "respondents.reminded", by, count=count)
    return count


def correct_respondent(
    respondent: Respondent, *, name: str, address: str, function: str, by: User | None
) -> Respondent:
    """Mend name, address or function. A new address gets a new link, and the old links stop working."""
    assessment = respondent.assessment
    if function not in questionnaires.of(assessment).functions:
        raise Invalid("Choose one of the functions shown.", fields={"function": ["Not a function."]})
    if not (name.strip() or address.strip()):
        raise Invalid("A name or an address is needed.", fields={"name": ["Needed without an address."]})
    address = address.strip().lower()
    moved = address != respondent.address
    with transaction.atomic():
        _hold(assessment)
        changes: dict[str, Any] = {"name": name.strip(), "address": address, "function": function}
        if moved:
            changes["user_id"] = _accounts(assessment, [address]).get(address)
        try:
            with transaction.atomic():
                Respondent.objects.filter(pk=respondent.pk).update(**changes)
        except IntegrityError as error:
            raise Invalid(
                f"{address} is in this round already.", fields={"address": ["Is in this round already."]}
            ) from error
        respondent.refresh_from_db(fields=["name", "address", "function", "user"])
        if moved:
            links.revoke(subject=respondent, by=by)
            if assessment.is_open:
                send_invitations(assessment, [respondent], by=by)
        audit.record(
            organization=assessment.organization,
            actor=by,
            event="respondent.corrected",
            subject=respondent,
            data={"function": function, "address_changed": moved},
            personal={"name": respondent.name, "address": respondent.address},
        )
    return respondent


def remove_respondent(respondent: Respondent, *, by: User | None) -> None:
    """Take somebody out who has not begun; answers are never thrown away."""
    assessment = respondent.assessment
    with transaction.atomic():
        _hold(assessment)
        links.revoke(subject=respondent, by=by)
        pk = str(respondent.pk)
        gone, _ = Respondent.objects.filter(pk=respondent.pk, started_at=None).delete()
        if not gone:
            raise Conflict(f"{respondent} has begun to answer. Answers are kept, so the person stays.")
        _record(assessment, "respondent.removed", by, respondent=pk)


def personal_link(respondent: Respondent, *, by: User | None) -> str:
    """A further link to the same answers, to hand over in person; earlier ones stay good."""
    return mail.absolute(
        links.issue(
            purpose=ANSWER,
            organization=respondent.assessment.organization,
            subject=respondent,
            address=respondent.address,
            expires=timezone.now() + timedelta(days=LINK_DAYS),
            by=by,
        )
    )


def workshop_link(assessment: Assessment, *, by: User | None) -> str:
    """A link for a room: whoever opens it says name and function. A new one closes the one before."""
    if not assessment.is_open:
        raise Conflict("A workshop link is made while the round is open.")
    with transaction.atomic():
        links.revoke(subject=assessment, by=by, purpose=ANSWER)
        return mail.absolute(
            links.issue(
                purpose=ANSWER,
                organization=assessment.organization,
                subject=assessment,
                address="",
                expires=timezone.now() + timedelta(days=WORKSHOP_DAYS),
                by=by,
            )
        )


def join(assessment: Assessment, *, name: str, function: str, by: User | None) -> str:
    """Somebody in the room begins; returns the path of the person's own link."""
    if not name.strip():
        raise Invalid("Write your name, so that you can be found in the list.", fields={"name": ["Needed."]})
    if function not in questionnaires.of(assessment).functions:
        raise Invalid("Choose one of the functions shown.", fields={"function": ["Choose one."]})
    if assessment.respondents.count() >= MAX_RESPONDENTS:
        raise TooMany(f"A round asks at most {MAX_RESPONDENTS} people.")
    with transaction.atomic():
        _hold(assessment, "open")
        respondent = Respondent.objects.create(
            assessment=assessment,
            name=name.strip()[:150],
            function=function,
            invited_at=timezone.now(),
            accepts_answers=True,
        )
        _record(assessment, "respondent.joined", by, respondent=str(respondent.pk))
        return links.issue(
            purpose=ANSWER,
            organization=assessment.organization,
            subject=respondent,
            address="",
            expires=timezone.now() + timedelta(days=LINK_DAYS),
            by=by,
        )


def _mail(
    assessment: Assessment, people: Iterable[Respondent], template: str, stamp: str, by: User | None
) -> int:
    questionnaire = questionnaires.of(assessment)
    needed = {key: minutes(questionnaire.items_for(key)) for key in questionnaire.functions}
    reached = []
    for person in people:
        if not person.address:
            continue
        person.assessment = assessment
        mail.send(
            organization=assessment.organization,
            to=person.address,
            template=template,
            context={
                "assessment": assessment,
                "respondent": person,
                "function": questionnaire.functions[person.function].title,
                "minutes": needed[person.function],
                "link": personal_link(person, by=by),
                "sender": by,
            },
            by=by,
        )
        reached.append(person.pk)
    Respondent.objects.filter(pk__in=reached).update(**{stamp: timezone.now()})
    return len(reached)


def _accounts(assessment: Assessment, addresses: Sequence[str]) -> dict[str, UUID]:
    """The accounts of members among these addresses, unless they are in the round already."""
    taken = assessment.respondents.exclude(user=None).values("user_id")
    rows = Membership.objects.filter(
        organization=assessment.organization, user__email__in=[a for a in addresses if a]
    ).exclude(user_id__in=taken)
    return dict(rows.values_list("user__email", "user_id"))


def _hold(assessment: Assessment, *states: str) -> None:
    """Take the round's row for this transaction while its people may be changed."""
    allowed = states or ("draft", "open")
    held = Assessment.objects.filter(pk=assessment.pk, state__in=allowed, state=assessment.state)
    if not held.update(state=assessment.state):
        raise Conflict("This round takes no changes to its people now.")


def _record(assessment: Assessment, event: str, by: User | None, **data: object) -> None:
    audit.record(organization=assessment.organization, actor=by, event=event, subject=assessment, data=data)
