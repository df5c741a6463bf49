"""Guests of one charter: somebody of a vendor or partner who reads it by a personal link and comments."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, links, mail
from accounts.models import User
from charters.fields import FieldError, Spec, clean_scalar
from charters.models import Charter, Guest
from ui.errors import Conflict, Invalid, TooMany

GUEST = "guest"
LINK_DAYS = 30
MOST_GUESTS = 20


@transaction.atomic
def invite_guest(charter: Charter, *, name: str, email: str, company: str = "", by: User) -> Guest:
    """Invite somebody to this charter alone and mail the link. Raises Conflict for one who is invited."""
    values = _cleaned(name=name, email=email, company=company)
    locked = _lock(charter)
    if Guest.objects.filter(charter=locked, revoked_at=None).count() >= MOST_GUESTS:
        raise TooMany(f"A charter has at most {MOST_GUESTS} guests.")
    try:
        with transaction.atomic():
            guest = Guest.objects.create(charter=locked, invited_by=by, **values)
    except IntegrityError as error:
        raise Conflict(f"{values['email']} is a guest of this charter already.") from error
    _record(guest, "charter.guest_invited", by)
    _mail_link(guest, by)
    return guest


@transaction.atomic
def remind_guest(guest: Guest, *, by: User) -> None:
    """Mail a further link, good for as long as the first was."""
    _refuse_revoked(guest)
    _mail_link(guest, by)


@transaction.atomic
def copy_link(guest: Guest, *, by: User) -> str:
    """A further link to hand over in person, while mail only goes to files. It reads; it never signs."""
    _refuse_revoked(guest)
    if not mail.mail_goes_to_files():
        raise Conflict("Mail works here, so the link goes to the guest’s address only.")
    return mail.absolute(_issue(guest, by))


@transaction.atomic
def revoke_guest(guest: Guest, *, by: User) -> None:
    """Close the guest's links at once; what was said stays."""
    open_ones = Guest.objects.filter(pk=guest.pk, revoked_at=None)
    if not open_ones.update(revoked_at=timezone.now()):
        raise Conflict("This guest was let go already.")
    links.revoke(subject=guest, by=by, purpose=GUEST)
    _record(guest, "charter.guest_revoked", by)


def _lock(charter: Charter) -> Charter:
    locked = Charter.objects.select_for_update(of=("self",)).select_related("organization").get(pk=charter.pk)
    if locked.archived_at:
        raise Conflict("This charter is archived.")
    return locked


def _refuse_revoked(guest: Guest) -> None:
    _lock(guest.charter)
    if not Guest.objects.filter(pk=guest.pk, revoked_at=None).exists():
        raise Conflict("This guest was let go; invite the person again.")


def _cleaned(**given: str) -> dict[str, str]:
    errors: dict[str, list[str]] = {}
    values = {}
    labels = {"name": "Name", "email": "E-mail address", "company": "Company"}
    for key, text in given.items():
        try:
            values[key] = str(clean_scalar(Spec(key, labels[key], "line"), text))
        except FieldError as error:
            errors[key] = [str(error)]
    if not errors and not values["name"]:
        errors["name"] = ["Who is it?"]
    if not errors:
        values["email"] = values["email"].lower()
        try:
            validate_email(values["email"])
        except ValidationError:
            errors["email"] = ["An address such as name@firm.com."]
    if errors:
        raise Invalid("This guest cannot be invited.", fields=errors)
    return values


def _issue(guest: Guest, by: User) -> str:
    return links.issue(
        purpose=GUEST,
        organization=guest.charter.organization,
        subject=guest,
        address=guest.email,
        expires=timezone.now() + dt.timedelta(days=LINK_DAYS),
        by=by,
    )


def _mail_link(guest: Guest, by: User) -> None:
    mail.send(
        organization=guest.charter.organization,
        to=guest.email,
        template="emails/charter_guest",
        by=by,
        context={
            "charter": guest.charter,
            "name": guest.name,
            "sender": by.get_full_name(),
            "link": mail.absolute(_issue(guest, by)),
            "days": LINK_DAYS,
        },
    )


def _record(guest: Guest, event: str, by: User) -> None:
    audit.record(
        organization=guest.charter.organization,
        actor=by,
        event=event,
        subject=guest.charter,
        data={"guest": guest.pk},
        personal={"name": guest.name, "address": guest.email, "company": guest.company},
    )
