"""Give the installation a new sealing key; what the old one sealed stays verifiable."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import audit
from charters import seal_keys


class Command(BaseCommand):
    help = "Makes a new sealing key. Old sheets stay verifiable; the old private key is gone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--issuer", action="store_true", help="a new issuing key as well")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.SEAL_KEY:
            raise CommandError("SEAL_KEY names a key from outside; change that setting instead.")
        host = urlsplit(settings.PUBLIC_URL).netloc or "localhost"
        key = seal_keys.rotate(Path(settings.KEYS_DIR), host, issuer_too=options["issuer"])
        with transaction.atomic():
            audit.record(
                organization=None,
                actor=None,
                event="seal_key.rotated",
                subject=None,
                data={"key": key.mark, "issuer": options["issuer"]},
            )
        self.stdout.write(f"New sealing key, certificate SHA-256 {key.mark}.")
