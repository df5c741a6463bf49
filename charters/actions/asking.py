"""Mails of a round: who is asked, by account or by link, and who is told how it ended.

A signing link is made here, put into the mail to the frozen address, and kept nowhere else: no page and no
answer of the API ever holds one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import links, mail
from accounts.models import Membership, Organization, User
from charters.access import SIGN
from charters.models import Signatory, SignoffRound
from charters.queries import in_turn
from charters.seats import asked_changes, blocked
from charters.signoff import Round, SeatState

LINK_DAYS = 30
GRACE_DAYS = 14


def link_signing_is_off() -> bool:
    """Signing by link proves nothing while codes only reach a file; the demo shows it, marked as such."""
    return mail.mail_goes_to_files() and not settings.DEMO


def accounts_at(organization: Organization, emails: Iterable[str]) -> dict[str, User]:
    """The members of an organization with these addresses, active ones only."""
    rows = Membership.objects.filter(
        organization=organization, user__email__in=list(emails), user__is_active=True
    ).select_related("user")
    return {row.user.email: row.user for row in rows}


def ask_those_in_turn(round_: SignoffRound, *, by: User | None, state: Round | None = None) -> None:
    """Mail everybody whose turn it is and who was not asked yet; one mail to a person with several seats.

    `state` is the round as it was just read, under lock; without it the round is read here.
    """
    turn = in_turn(round_, state)
    rows = [
        row
        for row in Signatory.objects.filter(round=round_, asked_at=None, state=SeatState.WAITING)
        if row.seat in turn
    ]
    for seats in of_one_person(rows):
        ask(seats, round_, by=by)


def of_one_person(rows: Iterable[Signatory]) -> list[list[Signatory]]:
    """Seats grouped by who is asked for whom: one mail and one page for each."""
    groups: dict[tuple[str, str], list[Signatory]] = {}
    for row in rows:
        groups.setdefault((row.email, _address(row)), []).append(row)
    return list(groups.values())


def _address(seat: Signatory) -> str:
    return seat.delegate_email if seat.delegated_at is not None else seat.email


def ask(seats: list[Signatory], round_: SignoffRound, *, by: User | None, again: bool = False) -> None:
    """One mail to one person, or to the delegate, about all of these seats.

    For a person who has left nobody else is asked: who opened the round is told instead.
    """
    first = seats[0]
    now = timezone.now()
    changed = {"reminded_at": now} if again else {"asked_at": now}
    Signatory.objects.filter(pk__in=[seat.pk for seat in seats]).update(**changed)
    gone = blocked([first], round_.revision.charter.organization_id)
    if gone:
        _tell_opener(round_, gone[first.pk], by)
        return
    delegated = first.delegated_at is not None
    by_link = first.user_id is None and not delegated
    path = _link(first, round_, by) if by_link else reverse("charters:sign", args=[first.pk])
    _send(
        round_,
        _address(first),
        "emails/charter_sign",
        by,
        again=again,
        name=first.delegate_name if delegated else first.name,
        holder=first.name if delegated else "",
        why=first.delegate_reason if delegated else "",
        link=mail.absolute(path),
        roles=", ".join(seat.role for seat in seats),
        by_link=by_link,
        asked=asked_changes(round_.revision.charter),
        overdue=round_.due_on is not None and round_.due_on < timezone.localdate(),
    )


def _link(seat: Signatory, round_: SignoffRound, by: User | None) -> str:
    return links.issue(
        purpose=SIGN,
        organization=round_.revision.charter.organization,
        subject=seat,
        address=seat.email,
        expires=_expiry(round_),
        by=by,
    )


def _tell_opener(round_: SignoffRound, why: str, by: User | None) -> None:
    """The round waits for somebody who cannot sign any more: who sent it must decide how it goes on."""
    opener = round_.opened_by
    if opener is None or not accounts_at(round_.revision.charter.organization, [opener.email]):
        return
    path = reverse("charters:show", args=[round_.revision.charter_id])
    _send(
        round_,
        opener.email,
        "emails/charter_blocked",
        by,
        name=opener.get_full_name(),
        why=why,
        link=mail.absolute(path),
    )


def _expiry(round_: SignoffRound) -> dt.datetime:
    last = timezone.now() + dt.timedelta(days=LINK_DAYS)
    if round_.due_on is None:
        return last
    due = dt.datetime.combine(round_.due_on + dt.timedelta(days=GRACE_DAYS), dt.time(), tzinfo=dt.UTC)
    return max(due, timezone.now() + dt.timedelta(days=1))


def revoke_links(round_: SignoffRound, *, by: User | None) -> None:
    """A link dies with its round."""
    for signatory in Signatory.objects.filter(round=round_, user=None):
        links.revoke(subject=signatory, by=by, purpose=SIGN)


def tell(
    round_: SignoffRound, *, by: User | None, template: str, only_answered: bool = False, **context: Any
) -> None:
    """The same mail to everybody of a round (who has answered), once per address."""
    rows = Signatory.objects.filter(round=round_).exclude(asked_at=None)
    if only_answered:
        rows = rows.exclude(state=SeatState.WAITING)
    told = {row.email: row.name for row in rows}
    told |= {row.delegate_email: row.delegate_name for row in rows if row.delegated_at and row.delegate_email}
    for email, name in sorted(told.items()):
        _send(round_, email, template, by, name=name, **context)


def _send(round_: SignoffRound, to: str, template: str, by: User | None, **context: Any) -> None:
    charter = round_.revision.charter
    mail.send(
        organization=charter.organization,
        to=to,
        template=template,
        by=by,
        context={
            "charter": charter,
            "revision": round_.revision,
            "due_on": round_.due_on,
            "sender": by.get_full_name() if by else "",
            **context,
        },
    )
