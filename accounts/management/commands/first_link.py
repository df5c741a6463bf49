"""Print a sign-in link that works once, for the first start and for a locked-out owner."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from accounts import first


class Command(BaseCommand):
    help = "Prints a link that signs in the first owner (or --email) once, within 30 minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", default="", help="the account to sign in; made if it does not exist")
        parser.add_argument(
            "--quiet-if-used", action="store_true", help="print nothing once somebody has signed in"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["quiet_if_used"] and first.anybody_signed_in():
            return
        path = first.issue(options["email"])
        self.stdout.write("Sign in with this link; it works once, for 30 minutes:")
        self.stdout.write(f"{settings.PUBLIC_URL}{path}")
