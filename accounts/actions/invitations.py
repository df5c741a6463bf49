"""Inviting people, correcting and withdrawing invitations, and accepting one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit, mail
from accounts.actions.members import add_member
from accounts.actions.organizations import known_functions
from accounts.models import Invitation, Membership, Organization, Role, Unit, User
from accounts.models.keys import hash_secret, new_secret
from ui.errors import Conflict, Invalid, NotAllowed

VALID_FOR = dt.timedelta(days=14)
AT_ONCE = 500


@dataclass(frozen=True)
class Invitee:
    """One person to invite."""

    email: str
    name: str = ""
    role: str = Role.MEMBER
    functions: list[str] = field(default_factory=list)
    unit: Unit | None = None


@transaction.atomic
def invite(organization: Organization, *, by: User, people: Sequence[Invitee]) -> list[Invitation]:
    """Invite people by mail. Who is a member or has an open invitation already is left as is."""
    if len(people) > AT_ONCE:
        raise Invalid(
            f"At most {AT_ONCE} people can be invited at once.", fields={"people": ["Split the list."]}
        )
    _may_grant(by, organization, {person.role for person in people})
    known = _known_addresses(organization)
    invitations = []
    for person in people:
        address = person.email.strip().lower()
        if address in known:
            continue
        known.add(address)
        invitations.append(_invite_one(organization, by, address, person))
    return invitations


def _known_addresses(organization: Organization) -> set[str]:
    now = timezone.now()
    members = Membership.objects.filter(organization=organization).values_list("user__email", flat=True)
    waiting = Invitation.objects.filter(organization=organization, accepted_at=None, revoked_at=None)
    # A lapsed invitation would stand in the way of a new one for the same address.
    waiting.filter(expires_at__lte=now).update(revoked_at=now)
    return {address.lower() for address in [*members, *waiting.values_list("email", flat=True)]}


def _invite_one(organization: Organization, by: User, address: str, person: Invitee) -> Invitation:
    token = new_secret()
    invitation = Invitation.objects.create(
        organization=organization,
        email=address,
        name=person.name.strip(),
        role=person.role,
        functions=known_functions(person.functions),
        unit=person.unit,
        token_hash=hash_secret(token),
        invited_by=by,
        expires_at=timezone.now() + VALID_FOR,
    )
    audit.record(
        organization=organization,
        actor=by,
        event="invitation.sent",
        subject=invitation,
        data={"role": invitation.role, "functions": invitation.functions},
        personal={"address": address, "name": invitation.name},
    )
    _mail(invitation, token, by)
    return invitation


def _mail(invitation: Invitation, token: str, by: User) -> None:
    mail.send(
        organization=invitation.organization,
        to=invitation.email,
        template="emails/invitation",
        context={
            "invitation": invitation,
            "by": by,
            "link": mail.absolute(reverse("accounts:invitation", args=[token])),
        },
        by=by,
    )


def _may_grant(by: User, organization: Organization, roles: set[str]) -> None:
    """Facilitators invite for every role but owner."""
    if Role.OWNER not in roles:
        return
    if not Membership.objects.filter(user=by, organization=organization, role=Role.OWNER).exists():
        raise NotAllowed("Only an owner can invite another owner.")


@transaction.atomic
def resend_invitation(invitation: Invitation, *, by: User) -> None:
    """Send the invitation again with a new link; the old link stops working."""
    token = new_secret()
    _move(invitation, token_hash=hash_secret(token), expires_at=timezone.now() + VALID_FOR)
    audit.record(
        organization=invitation.organization, actor=by, event="invitation.resent", subject=invitation, data={}
    )
    _mail(invitation, token, by)


@transaction.atomic
def correct_invitation(
    invitation: Invitation,
    *,
    by: User,
    email: str,
    name: str,
    role: str,
    functions: list[str],
    unit: Unit | None,
) -> None:
    """Correct an open invitation. Another address gets a new link; the old one stops working."""
    _may_grant(by, invitation.organization, {role, invitation.role})
    email = email.strip().lower()
    moved_address = email != invitation.email
    if moved_address and email in _known_addresses(invitation.organization):
        raise Invalid(
            "This address is in use.", fields={"email": ["It belongs to a member or an open invitation."]}
        )
    changes: dict[str, Any] = {
        "email": email,
        "name": name.strip(),
        "role": role,
        "functions": known_functions(functions),
        "unit": unit,
    }
    _move(invitation, **changes)
    audit.record(
        organization=invitation.organization,
        actor=by,
        event="invitation.corrected",
        subject=invitation,
        data={"role": role, "functions": changes["functions"], "address_changed": moved_address},
        personal={"address": email, "name": changes["name"]},
    )
    if moved_address:
        resend_invitation(invitation, by=by)


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: User) -> None:
    """Withdraw an open invitation; its link stops working with the commit."""
    _move(invitation, revoked_at=timezone.now())
    audit.record(
        organization=invitation.organization,
        actor=by,
        event="invitation.revoked",
        subject=invitation,
        data={},
    )


def _move(invitation: Invitation, **changes: Any) -> None:
    still_open = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if not still_open.update(**changes):
        raise Conflict("This invitation is no longer open.")
    for name, value in changes.items():
        setattr(invitation, name, value)


@transaction.atomic
def accept_invitation(invitation: Invitation, *, user: User) -> Membership:
    """Make ``user``, whose address the invitation names, a member."""
    if user.email != invitation.email:
        raise NotAllowed("This invitation was sent to another address. Sign in with that one.")
    now = timezone.now()
    moved = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=now, email=user.email
    ).update(accepted_at=now)
    if not moved:
        raise Conflict("This invitation is no longer open. Ask for a new one.")
    invitation.refresh_from_db()
    existing = Membership.objects.filter(user=user, organization=invitation.organization).first()
    return existing or add_member(
        invitation.organization,
        user=user,
        by=user,
        role=invitation.role,
        functions=invitation.functions,
        unit=invitation.unit,
    )
