"""The one door to an organization. Rights are read from the database each time they are asked for."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import ApiToken, Invitation, Membership, Organization, OutgoingMail, Unit, User
from accounts.models.keys import new_secret
from accounts.permissions import allowed
from ui.errors import Conflict, DomainError, FreshSignInRequired, NotAllowed, NotFound

SESSION_KEY = "organization"
SUSPENDED_KEY = "accounts.suspended"
SUSPENDED_LIMIT = 100_000
SECRET_FIELDS = ("password", "secret", "code")

Person = User | AnonymousUser


class NoOrganization(DomainError):
    """A signed-in person who belongs to no organization."""

    status = 404
    code = "no_organization"

    def __init__(self) -> None:
        super().__init__(
            "You belong to no organization yet. Create one, or ask a colleague for an invitation."
        )


def person(request: HttpRequest | Any) -> User:
    """The signed-in person; only for views that have made sure of it."""
    if not isinstance(request.user, User):
        raise NotFound
    return request.user


def get_membership(user: Person | Any, organization: Organization) -> Membership | None:
    """The person's membership, read now; None for strangers, the signed-out and the disabled.

    A person who comes by token is a stranger everywhere but in the token's organization.
    """
    if not isinstance(user, User) or user.bound_to not in (None, organization.pk):
        return None
    return (
        Membership.objects.select_related("organization", "user")
        .filter(user_id=user.pk, organization_id=organization.pk, user__is_active=True)
        .first()
    )


def require(user: Person | Any, organization: Organization, need: str) -> Membership:
    """The membership, if it carries ``need`` ("view", "oversee", "edit", "manage" or "own").

    Strangers get NotFound, members without the right NotAllowed; in an archived organization, where
    everything can be read and nothing changed, those who otherwise could get a Conflict.
    """
    membership = get_membership(user, organization)
    if membership is None:
        raise NotFound
    state = membership.organization.state
    if allowed(membership.role, need, state):
        return membership
    if allowed(membership.role, need, "active"):
        raise Conflict(
            f"{membership.organization.name} is archived. Nothing can be changed until it is restored."
        )
    raise NotAllowed("Your role in this organization does not allow this. Ask an owner.")


def memberships_of(user: Person | Any) -> QuerySet[Membership]:
    """All memberships of a person, active organizations first, by name."""
    if not isinstance(user, User) or not user.is_active:
        return Membership.objects.none()
    rows = Membership.objects.select_related("organization").filter(user=user)
    if user.bound_to is not None:
        rows = rows.filter(organization_id=user.bound_to)
    return rows.order_by("organization__archived_at", "organization__name", "organization_id")


def find_membership(request: HttpRequest | Any) -> Membership | None:
    """The membership in the organization that this request works in; read once for each person."""
    if not isinstance(request.user, User):
        return None
    base: Any = getattr(request, "_request", request)
    who = (request.user.pk, request.user.bound_to)
    # A token makes another person of the same request, so what was found is kept with whom it was found for.
    if getattr(base, "_accounts_found_for", None) != who:
        base._accounts_found_for, base._accounts_membership = who, _choose_membership(request)
    found: Membership | None = base._accounts_membership
    return found


def _choose_membership(request: HttpRequest | Any) -> Membership | None:
    own = list(memberships_of(request.user))
    wanted = request.session.get(SESSION_KEY) if hasattr(request, "session") else None
    chosen = [membership for membership in own if str(membership.organization_id) == wanted]
    active = [membership for membership in own if membership.organization.archived_at is None]
    found = next(iter([*chosen, *active, *own]), None)
    if found is not None:
        found.user = person(request)  # read with the session; nobody asks for it again
    return found


def find_organization(request: HttpRequest | Any) -> Organization | None:
    """The organization that this request works in, or None."""
    membership = find_membership(request)
    return membership.organization if membership else None


def current_organization(request: HttpRequest | Any) -> Organization:
    """The organization that this request works in; raises NoOrganization when the person has none."""
    organization = find_organization(request)
    if organization is None:
        raise NoOrganization
    return organization


def current_membership(request: HttpRequest | Any, need: str = "view") -> Membership:
    """The person's membership in the current organization, if it carries ``need``."""
    return require(request.user, current_organization(request), need)


def get_organization(user: Person | Any, pk: UUID | str, *, need: str = "view") -> Organization:
    """An organization by id, if the person has ``need`` in it."""
    organization = Organization.objects.filter(pk=pk).first()
    if organization is None:
        raise NotFound
    return require(user, organization, need).organization


def get_archived(user: Person | Any, pk: UUID | str) -> Organization:
    """An archived organization, for those who may bring it back."""
    organization = get_organization(user, pk)
    if organization.archived_at is None:
        raise Conflict(f"{organization.name} is not archived.")
    return require(user, organization, "restore").organization


def get_member(user: Person | Any, pk: UUID | str, *, need: str = "view") -> Membership:
    """Somebody's membership by its id, if the person has ``need`` in that organization."""
    membership = Membership.objects.select_related("user", "organization", "unit").filter(pk=pk).first()
    if membership is None:
        raise NotFound
    require(user, membership.organization, need)
    return membership


def get_invitation(user: Person | Any, pk: UUID | str) -> Invitation:
    """An invitation by its id, for those who manage its organization."""
    invitation = Invitation.objects.select_related("organization", "unit").filter(pk=pk).first()
    if invitation is None:
        raise NotFound
    require(user, invitation.organization, "manage")
    return invitation


def get_mail(user: Person | Any, pk: UUID | str) -> OutgoingMail:
    """A mail by its id, for those who manage its organization."""
    mail = OutgoingMail.objects.select_related("organization").filter(pk=pk).first()
    if mail is None or mail.organization is None:
        raise NotFound
    require(user, mail.organization, "manage")
    return mail


def get_unit(user: Person | Any, pk: UUID | str) -> Unit:
    """A unit by its id, for those who manage its organization."""
    unit = Unit.objects.select_related("organization").filter(pk=pk).first()
    if unit is None:
        raise NotFound
    require(user, unit.organization, "manage")
    return unit


def get_token(user: Person | Any, pk: UUID | str) -> ApiToken:
    """A token by its id: one's own, or any of an organization that one owns."""
    token = ApiToken.objects.select_related("organization", "user").filter(pk=pk).first()
    if token is None:
        raise NotFound
    if not (isinstance(user, User) and token.user_id == user.pk):
        require(user, token.organization, "own")
    return token


def signed_in_at(request: HttpRequest | Any) -> float:
    """When the person last proved who they are in this session, in seconds since 1970; 0 for never."""
    if not hasattr(request, "session") or not request.user.is_authenticated:
        return 0.0
    records = get_authentication_records(request, request.user)
    return max((float(record["at"]) for record in records), default=0.0)


def signed_in_how(request: HttpRequest | Any) -> str:
    """How the person last proved who they are: "password", "code", "mfa", "link"; empty for never."""
    records = get_authentication_records(request, request.user) if request.user.is_authenticated else []
    return str(max(records, key=lambda record: record["at"])["method"]) if records else ""


def is_fresh(request: HttpRequest | Any) -> bool:
    """Whether the person proved who they are within the last minutes."""
    age = time.time() - signed_in_at(request)
    return 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def require_fresh(request: HttpRequest | Any) -> None:
    """Raises FreshSignInRequired unless the sign-in is fresh; what was typed is kept and sent on afterward.

    A token is no sign-in, so programs are always refused.
    """
    if isinstance(getattr(request, "auth", None), ApiToken):
        raise FreshSignInRequired("This needs a person who has just signed in; a token cannot do it.")
    if is_fresh(request):
        return
    resume = _suspend(request)
    raise FreshSignInRequired("Confirm that it is you, then go on.", resume=resume)


def _suspend(request: HttpRequest | Any) -> str:
    """Keep a posted form in the session; returns the mark by which it is found again, or nothing."""
    request.session.pop(SUSPENDED_KEY, None)
    if request.method != "POST" or request.FILES:
        return ""
    fields = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    if any(secret in name.lower() for name in fields for secret in SECRET_FIELDS):
        return ""
    if sum(len(value) for values in fields.values() for value in values) > SUSPENDED_LIMIT:
        return ""
    mark = new_secret()
    request.session[SUSPENDED_KEY] = {
        "mark": mark,
        "path": request.get_full_path(),
        "fields": fields,
        "user": str(request.user.pk),
    }
    return mark


def take_suspended(request: HttpRequest, mark: str) -> dict[str, Any] | None:
    """The form that waits under ``mark`` for a fresh sign-in of this very person; it is handed out once."""
    waiting = request.session.pop(SUSPENDED_KEY, None)
    if (
        isinstance(waiting, dict)
        and mark
        and (waiting["mark"], waiting["user"]) == (mark, str(request.user.pk))
    ):
        return waiting
    return None
