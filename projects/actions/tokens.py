"""Keys for programs: made for one project and one purpose, shown once, revoked at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.models.keys import hash_secret, new_secret
from projects.access import rights_now, standing_of
from projects.models import Project, ProjectToken
from ui.errors import Conflict, Invalid, NotAllowed

PREFIX = "tlp_"
SHOWN = 8
# A token's last use is noted at most this often, so that reading costs no write.
NOTED_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token speaks for, with the rights that this person has in the project now."""

    project: Project
    user: User
    token: ProjectToken
    rights: frozenset[str]


@transaction.atomic
def create_project_token(
    project: Project,
    *,
    by: User,
    scope: str,
    name: str,
    expires_at: dt.datetime | None = None,
    only: str = "",
) -> tuple[ProjectToken, str]:
    """A token and its secret, which is kept nowhere; `only` names the one deployment that it opens."""
    name = " ".join(name.split())[:80]
    if not name:
        raise Invalid("A token needs a name.", fields={"name": ["Say where it is used."]})
    if scope not in ProjectToken.Scope.values:
        raise Invalid(
            "This purpose is not known.",
            fields={"scope": [f"One of {', '.join(ProjectToken.Scope.values)}."]},
        )
    if only and scope != ProjectToken.Scope.SERVING:
        raise Invalid(
            "Only a token for serving can be kept to one deployment.",
            fields={"only": ["Leave it out, or take the scope serving."]},
        )
    if not standing_of(by, project).may("view"):
        raise NotAllowed("Only people on this project have tokens for it.")
    secret = PREFIX + new_secret()
    token = ProjectToken.objects.create(
        project=project,
        user=by,
        scope=scope,
        only=only,
        name=name,
        prefix=secret[: len(PREFIX) + SHOWN],
        token_hash=hash_secret(secret),
        expires_at=expires_at,
    )
    audit.record(
        organization=project.organization,
        actor=by,
        event="project.token_made",
        subject=token,
        data={"slug": project.slug, "scope": scope, "only": only, "expires": expires_at},
    )
    return token, secret


@transaction.atomic
def revoke_project_token(token: ProjectToken, *, by: User) -> None:
    """It stops working with the commit."""
    if not ProjectToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise Conflict("This token was revoked before.")
    audit.record(
        organization=token.project.organization,
        actor=by,
        event="project.token_revoked",
        subject=token,
        data={"slug": token.project.slug, "scope": token.scope},
    )


def bearer_of(
    secret: str, *, slug: str, scope: str, deployment: str = "", note: bool = True
) -> Bearer | None:
    """Who stands behind a secret at this project, read now; None for a wrong, ended or foreign one.

    `deployment` is the one that is asked, for tokens that open only one; `note` writes down the last use.
    """
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    now = timezone.now()
    token = (
        ProjectToken.objects.select_related("project__organization", "user")
        .filter(token_hash=hash_secret(secret), scope=scope, project__slug=slug, revoked_at=None)
        .first()
    )
    if token is None or (token.expires_at is not None and token.expires_at <= now):
        return None
    if token.only not in ("", deployment):
        return None
    rights = rights_now(token.user, token.project)
    if not rights:
        return None
    if note and (token.last_used_at is None or now - token.last_used_at > NOTED_EVERY):
        ProjectToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return Bearer(token.project, token.user, token, rights)
