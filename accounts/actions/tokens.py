"""Keys for programs. The full token is shown once, when it is made."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import ApiToken, Organization, User
from accounts.models.keys import hash_secret, new_secret
from accounts.scopes import SCOPES
from ui.errors import Conflict, Invalid

SHOWN = 8


@transaction.atomic
def create_token(
    organization: Organization,
    *,
    by: User,
    name: str,
    scopes: list[str],
    expires_at: dt.datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token of ``by`` for one organization; returns the row and the token itself."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Invalid(
            "A token needs scopes that exist.", fields={"scopes": [f"Choose from: {', '.join(SCOPES)}."]}
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("The end lies in the past.", fields={"expires_at": ["Choose a later time."]})
    secret = f"tl_{new_secret()}"
    token = ApiToken.objects.create(
        user=by,
        organization=organization,
        name=name.strip() or "Token",
        prefix=secret[:SHOWN],
        token_hash=hash_secret(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        expires_at=expires_at,
    )
    audit.record(
        organization=organization,
        actor=by,
        event="token.created",
        subject=token,
        data={"scopes": token.scopes, "expires": expires_at},
    )
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, by: User) -> None:
    """End a token; requests with it are refused from the commit on."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise Conflict("This token is revoked already.")
    audit.record(organization=token.organization, actor=by, event="token.revoked", subject=token, data={})
