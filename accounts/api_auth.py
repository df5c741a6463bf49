"""Who calls the API: a token by the Authorization header, checked on every request."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.limits import client_address, limit
from accounts.models import ApiToken, User
from accounts.models.keys import hash_secret
from accounts.scopes import grants

# A busy token is not written on every request.
NOTE_USE_EVERY = dt.timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer tl_...``. ``request.auth`` is then the token."""

    keyword = b"bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword:
            return None
        secret = parts[1].decode("ascii", errors="replace") if len(parts) == 2 else ""
        token = _find(secret)
        if token is None:
            limit("token", client_address(request._request), times=60, seconds=60)
            raise AuthenticationFailed("This token does not exist, has ended or was revoked.")
        _note_use(token)
        token.user.bound_to = token.organization_id
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _find(secret: str) -> ApiToken | None:
    now = timezone.now()
    return (
        ApiToken.objects.select_related("user", "organization")
        .filter(token_hash=hash_secret(secret), revoked_at=None, user__is_active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .filter(organization__memberships__user_id=F("user_id"))
        .first()
    )


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > NOTE_USE_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


class ScopePermission(BasePermission):
    """Lets a token do what its scopes say. A view names its area in ``scope``; without one none may.

    What the person behind the token may do is asked in ``accounts.access`` as for pages.
    """

    message = "The scopes of this token do not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        area = getattr(view, "scope", "")
        return bool(area) and grants(request.auth.scopes, area, write=request.method not in SAFE_METHODS)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the token shows in the API's description."""

    target_class = "accounts.api_auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token made in settings."}
