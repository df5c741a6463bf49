"""Signing a person in by other ways than a password: the first link and an accepted invitation."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# How somebody signed in who came through the door of the demo: it proves nothing about the person.
BY_DEMO_DOOR = "demo"


@transaction.atomic
def sign_in(request: HttpRequest, user: User, *, method: str) -> None:
    """Begin a session for ``user`` and say in the log how the person proved who they are."""
    login(request, user, backend=BACKEND)
    record_authentication(request, user, method=method)
    UserSession.objects.create_from_request(request)
    record_sign_in(user, method)


def record_sign_in(user: User, method: str) -> None:
    """Leave the entry of a sign-in on the installation's chain."""
    with transaction.atomic():
        audit.record(
            organization=None, actor=user, event="account.signed_in", subject=user, data={"method": method}
        )
