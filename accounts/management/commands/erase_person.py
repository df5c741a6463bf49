"""Erase a person on the console, for an operator who was asked to."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions
from accounts.models import User
from ui.errors import DomainError


class Command(BaseCommand):
    help = "Erases name and address of a person everywhere; the audit log still verifies."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address of the person")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError("There is no account with this address.")
        if (
            not options["yes"]
            and input(f"Erase {user.get_full_name()}? This cannot be undone. [y/N] ") != "y"
        ):
            raise CommandError("Nothing was changed.")
        try:
            actions.erase_person(user, by=user)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write("The person is erased.")
