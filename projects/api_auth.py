"""A project's tracking token at the API: it opens what its program needs of this one project, to read."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.limits import client_address, limit
from accounts.models import User
from projects.actions.tokens import PREFIX, bearer_of
from projects.models import ProjectToken


class ProjectTokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer tlp_...`` at an address of the token's own project.

    Other keys are left to the next class. Only views that name this class take such a token.
    """

    def authenticate(self, request: Request) -> tuple[User, ProjectToken] | None:
        kind, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        secret = secret.strip()
        if kind.lower() != "bearer" or not secret.startswith(PREFIX):
            return None
        slug = str((request.parser_context or {}).get("kwargs", {}).get("slug", ""))
        bearer = bearer_of(secret, slug=slug, scope=ProjectToken.Scope.TRACKING)
        if bearer is None:
            limit("token", client_address(request._request), times=60, seconds=60)
            raise AuthenticationFailed("This token does not open this project.")
        bearer.user.bound_to = bearer.project.organization_id
        return bearer.user, bearer.token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ProjectTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the token shows in the API's description."""

    target_class = "projects.api_auth.ProjectTokenAuthentication"
    name = "projectToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of a project for tracking, made on its page “Connect”.",
        }
