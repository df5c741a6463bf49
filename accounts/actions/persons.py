"""A person's own account: making, changing and erasing it."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast, Lower
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts import audit, erased_words
from accounts.actions.members import remove_member
from accounts.models import (
    ApiToken,
    IdempotencyKey,
    Invitation,
    Membership,
    Organization,
    OutgoingMail,
    PersonalLink,
    Role,
    User,
)
from ui.errors import Conflict, Invalid, NotAllowed


@transaction.atomic
def create_account(*, email: str, name: str, password: str | None = None, by: User | None = None) -> User:
    """An account for an address that is known to belong to the person."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password or None, name=name.strip())
    except IntegrityError as error:
        raise Conflict("There is an account with this address. Sign in with it.") from error
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    audit.record(
        organization=None,
        actor=by or user,
        event="account.created",
        subject=user,
        data={"with_password": bool(password)},
        personal={"address": user.email, "name": user.name},
    )
    return user


@transaction.atomic
def claim_account(user: User, *, name: str, email: str, password: str) -> None:
    """Give the account of the first start its person: name, address and, if wished, a password."""
    if email.strip().lower() != user.email:
        change_address(user, email=email)
    update_profile(user, name=name, theme=user.theme)
    if password:
        user.set_password(password)
        user.save(update_fields=["password"])
        record_account_event(user, "account.password_changed")


@transaction.atomic
def record_account_event(user: User, event: str) -> None:
    """Log what the sign-in library has just done to an account."""
    audit.record(organization=None, actor=user, event=event, subject=user, data={})


@transaction.atomic
def update_profile(user: User, *, name: str, theme: str) -> None:
    """Change the shown name and the choice of light or dark."""
    if theme not in User.Theme.values:
        raise Invalid("This theme does not exist.", fields={"theme": ["Choose one from the list."]})
    name = " ".join(name.split())
    if name != user.name:
        audit.record(
            organization=None,
            actor=user,
            event="account.renamed",
            subject=user,
            data={},
            personal={"before": user.name, "after": name},
        )
    User.objects.filter(pk=user.pk).update(name=name, theme=theme)
    user.refresh_from_db()


@transaction.atomic
def change_address(user: User, *, email: str) -> None:
    """Move an account to an address whose code the person has just entered."""
    email, before = email.strip().lower(), user.email
    try:
        with transaction.atomic():
            if not User.objects.filter(pk=user.pk, email=before).update(email=email):
                raise Conflict("Your address was changed in the meantime.")
            EmailAddress.objects.filter(user=user).delete()
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    except IntegrityError as error:
        raise Conflict("Another account has this address.") from error
    audit.record(
        organization=None,
        actor=user,
        event="account.address_changed",
        subject=user,
        data={},
        personal={"before": before, "after": email},
    )
    user.refresh_from_db()


@transaction.atomic
def erase_person(user: User, *, by: User) -> None:
    """Erase who a person is: name, address, ways to sign in, and what the audit log says in clear.

    What the person did stays under "Erased person". The person may do it, or somebody who owns every
    organization that the person belongs to.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    memberships = list(Membership.objects.filter(user=user).select_related("organization", "user"))
    _may_erase(user, by, memberships)
    addresses = _addresses(user)
    # The apps go first: they look where the person is still a member.
    for path in getattr(settings, "ERASERS", ()):
        import_string(path)(user, addresses)
    for membership in memberships:
        remove_member(membership, by=by)
    emptied = audit.erase_clear_text(addresses, [user.pk])
    forget_addresses(addresses)
    _forget(user)
    for organization in [None, *(membership.organization for membership in memberships)]:
        audit.record(
            organization=organization,
            actor=by,
            event="account.erased",
            subject=user,
            data={} if organization else {"clear_texts_emptied": emptied},
        )


def _may_erase(user: User, by: User, memberships: list[Membership]) -> None:
    if user.erased_at is not None:
        raise Conflict("This person is erased already.")
    if by.pk == user.pk:
        return
    owned = set(Membership.objects.filter(user=by, role=Role.OWNER).values_list("organization_id", flat=True))
    if not memberships or any(membership.organization_id not in owned for membership in memberships):
        raise NotAllowed("Only the person, or an owner of every organization of that person, can do this.")


def _addresses(user: User) -> set[str]:
    known = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    return {address.lower() for address in known}


def forget_addresses(addresses: set[str]) -> None:
    """Take these addresses out of mail, invitations, links and answers that programs were given."""
    now = timezone.now()
    here = Q(to__in=addresses)
    OutgoingMail.objects.filter(here, state=OutgoingMail.State.QUEUED).delete()
    OutgoingMail.objects.filter(here).update(
        to="erased@erased.invalid", subject="", text="", html="", error=""
    )
    Invitation.objects.filter(email__in=addresses, accepted_at=None).update(revoked_at=now)
    for invitation in Invitation.objects.filter(email__in=addresses):
        Invitation.objects.filter(pk=invitation.pk).update(email=f"{invitation.pk}@erased.invalid", name="")
    PersonalLink.objects.filter(address__in=addresses).update(revoked_at=now, address="")
    answers = IdempotencyKey.objects.annotate(said=Lower(Cast("body", TextField())))
    for address in addresses:
        answers.filter(said__contains=address).delete()


def _forget(user: User) -> None:
    now = timezone.now()
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    user.set_unusable_password()
    User.objects.filter(pk=user.pk).update(
        email=f"{user.pk}@erased.invalid",
        name=erased_words.NAME,
        password=user.password,
        is_active=False,
        erased_at=now,
    )


def owned_alone(user: User) -> list[Organization]:
    """The organizations that would be left without an owner if this person went."""
    mine = Membership.objects.filter(user=user, role=Role.OWNER).select_related("organization")
    return [
        membership.organization
        for membership in mine
        if not Membership.objects.filter(
            organization=membership.organization, role=Role.OWNER, user__is_active=True
        )
        .exclude(user=user)
        .exists()
    ]
