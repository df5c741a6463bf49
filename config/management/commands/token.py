"""Make a token on the console: for the API of an organization, or for one project."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import actions
from accounts.models import Membership, User
from accounts.scopes import SCOPES
from projects.actions.tokens import create_project_token
from projects.models import Project, ProjectToken
from ui.errors import DomainError


class Command(BaseCommand):
    help = "Prints a token for a member of an organization, or for somebody on a project."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the member's e-mail address")
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument("--org", help="the organization's short name")
        place.add_argument("--project", help="the project's short name, as in its tracking address")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            help=f"with --org one or more of: {', '.join(SCOPES)}; "
            f"with --project one of: {', '.join(ProjectToken.Scope.values)}",
        )
        parser.add_argument(
            "--deployment", default="", help="with --scope serving: the one deployment that it opens, by name"
        )
        parser.add_argument("--name", default="Made on the console")
        parser.add_argument("--days", type=int, default=90, help="how long it works; 0 for no end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["deployment"] and not options["project"]:
            raise CommandError("--deployment goes with --project.")
        days = options["days"]
        if not 0 <= days <= 36_500:
            raise CommandError("--days takes a number from 0 to 36500.")
        end = timezone.now() + dt.timedelta(days=days) if days else None
        make = _for_project if options["project"] else _for_organization
        self.stdout.write(make(options, end))


def _for_organization(options: dict[str, Any], end: dt.datetime | None) -> str:
    membership = (
        Membership.objects.select_related("user", "organization")
        .filter(user__email=options["user"].lower(), organization__slug=options["org"])
        .first()
    )
    if membership is None:
        raise CommandError(
            f"{options['user']} is no member of an organization with the short name {options['org']}."
        )
    try:
        _, secret = actions.create_token(
            membership.organization,
            by=membership.user,
            name=options["name"],
            scopes=options["scope"],
            expires_at=end,
        )
    except DomainError as error:
        raise CommandError(f"{error.message} Scopes: {', '.join(SCOPES)}.") from error
    return secret


def _for_project(options: dict[str, Any], end: dt.datetime | None) -> str:
    if len(options["scope"]) != 1:
        raise CommandError("A project's token has one scope.")
    project = Project.objects.select_related("organization").filter(slug=options["project"]).first()
    user = User.objects.filter(email=options["user"].lower(), is_active=True).first()
    if project is None or user is None:
        raise CommandError(f"{options['user']} is on no project with the short name {options['project']}.")
    try:
        _, secret = create_project_token(
            project,
            by=user,
            scope=options["scope"][0],
            only=options["deployment"],
            name=options["name"],
            expires_at=end,
        )
    except DomainError as error:
        raise CommandError(f"{error.message} Scopes: {', '.join(ProjectToken.Scope.values)}.") from error
    return secret
