"""The link that the console prints: it makes the first account, works once and for half an hour."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.actions import create_account
from accounts.models import FirstLink, Membership, Role, User
from accounts.models.keys import hash_secret, new_secret

PLACEHOLDER = "owner@localhost"
VALID_FOR = dt.timedelta(minutes=30)


def is_placeholder(user: User) -> bool:
    """Whether this is the account of the first start that has no person's address yet."""
    return user.email == PLACEHOLDER


def anybody_signed_in() -> bool:
    """Whether the installation is in use, so that nobody needs a first link."""
    return User.objects.filter(last_login__isnull=False, is_active=True).exists()


@transaction.atomic
def issue(address: str = "") -> str:
    """Make a link for the account with ``address``, else for the first owner; returns its path.

    An installation without accounts gets its first one. Earlier links stop working.
    """
    user = _owner(address)
    now = timezone.now()
    FirstLink.objects.filter(user=user, used_at=None).update(used_at=now)
    token = new_secret()
    FirstLink.objects.create(user=user, token_hash=hash_secret(token), expires_at=now + VALID_FOR)
    audit.record(organization=None, actor=None, event="account.first_link", subject=user, data={})
    return reverse("accounts:first", args=[token])


def _owner(address: str) -> User:
    if address:
        known = User.objects.filter(email=address.strip().lower()).first()
        return known or create_account(email=address, name="")
    active = User.objects.filter(is_active=True).order_by("created_at")
    owners = Membership.objects.filter(role=Role.OWNER).values("user_id")
    return (
        active.filter(pk__in=owners).first() or active.first() or create_account(email=PLACEHOLDER, name="")
    )


@transaction.atomic
def use(token: str) -> User | None:
    """The account that the link opens, once; None when it was used, has expired or never was."""
    now = timezone.now()
    links = FirstLink.objects.filter(
        token_hash=hash_secret(token), used_at=None, expires_at__gt=now, user__is_active=True
    )
    link = links.select_related("user").first()
    if link is None or not links.update(used_at=now):
        return None
    return link.user
