"""Write docs/permissions.md from the table in the code, or check that it is up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.permissions_doc import render


class Command(BaseCommand):
    help = "Writes docs/permissions.md; with --check only compares it and ends with 1 when it differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "permissions.md"
        wanted = render()
        if not options["check"]:
            path.write_text(wanted, encoding="utf-8")
            return
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            raise CommandError("docs/permissions.md differs from the code. Run: manage.py permissions_doc")
