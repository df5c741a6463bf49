"""Check a sealed sign-off sheet with nothing but the file and the certificate behind its seals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from charters import seal_keys, sheet
from charters.sheet import Verdict
from ui import limited
from ui.errors import DomainError

MAX_BYTES = 100_000_000
SECONDS, MEGABYTES = 120, 1500


class Command(BaseCommand):
    help = (
        "Checks a sealed sign-off sheet: every seal, every byte, every attachment. Needs no database. "
        "Ends with 0 when all is intact, otherwise with 1 and the reason."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the sealed sheet")
        parser.add_argument(
            "--trust",
            action="append",
            default=[],
            metavar="CA.pem",
            help="certificates whose seals are trusted; without it those of this installation",
        )
        parser.add_argument(
            "--charter", default="", metavar="FULL.pdf", help="the full charter that belongs to the sheet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        content = _read(options["file"])
        charter = _read(options["charter"]) if options["charter"] else None
        try:
            verdict: Verdict = limited.call(
                sheet.check,
                content,
                _trusted(options["trust"]),
                True,
                charter,
                what="Checking this file",
                megabytes=MEGABYTES,
                seconds=SECONDS,
            )
        except DomainError as error:
            raise CommandError(error.message, returncode=1) from error
        self._tell(verdict)
        if not verdict.intact:
            reasons = "\n".join(str(problem) for problem in verdict.problems)
            raise CommandError(f"Not intact.\n{reasons}", returncode=1)
        self.stdout.write("Intact: every seal, every byte and every attachment.")

    def _tell(self, verdict: Verdict) -> None:
        log = verdict.log
        if log:
            self.stdout.write(f"{log['charter']} revision {log['revision']}, {log.get('organization', '')}")
            self.stdout.write(f"Text SHA-256 {log['text_sha256']}")
        if verdict.by:
            self.stdout.write(f"Sealed by {verdict.by}")
        for _, says in verdict.seals:
            self.stdout.write(f"- {says}")


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror or error}.", returncode=1) from error
    if len(content) > MAX_BYTES:
        raise CommandError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB.", returncode=1)
    return content


def _trusted(names: list[str]) -> list[bytes]:
    if not names:
        return seal_keys.roots(Path(settings.KEYS_DIR))
    try:
        return [one for name in names for one in seal_keys.read_certificates(_read(name))]
    except seal_keys.SealKeyError as error:
        raise CommandError(str(error), returncode=1) from error
