"""Write database, files and keys into one file; may run while people work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import backups


class Command(BaseCommand):
    help = (
        "Writes a backup of database, files and keys. Keep it as safe as the data folder: it holds the keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="where to write it, such as backup.tar.gz")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backups.write(Path(options["file"]))
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{options['file']}: {len(manifest.files)} files, {manifest.size} bytes before packing."
        )
        for anchor in manifest.anchors:
            self.stdout.write(anchor)
