"""Bring a backup back into an empty place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import backups


class Command(BaseCommand):
    help = (
        "Restores a backup. Stop the server first. Refuses a place that holds data unless --force is given."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a file that backup wrote")
        parser.add_argument(
            "--force", action="store_true", help="replace what is there, even if it is newer than the backup"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restored = backups.restore(Path(options["file"]), force=options["force"])
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored the state of {restored.manifest.made_at}: {len(restored.manifest.files)} files."
        )
        for warning in restored.lost:
            self.stdout.write(self.style.WARNING(warning))
