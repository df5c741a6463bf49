"""Bring a data folder to the state of this version: tables, content, static files, a first way in."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from assessment.actions import load_standard_questionnaires

LOCK = 7_410_223


class Command(BaseCommand):
    help = "Migrates, loads the content, collects static files and prints the address. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="fill an empty installation with the demo")

    def handle(self, *args: Any, **options: Any) -> None:
        with _alone():
            self.prepare(**options)

    def prepare(self, **options: Any) -> None:
        migrate()
        call_command("createcachetable", verbosity=0)
        self.collect_static()
        load_standard_questionnaires()
        if options["demo"]:
            call_command("load_demo")
        self.stdout.write(f"\nThroughline runs at {settings.PUBLIC_URL}")
        call_command("first_link", quiet_if_used=True)

    def collect_static(self) -> None:
        """Copy static files once per version of them; hashing and compressing takes seconds."""
        if not settings.STATIC_HASHED:
            return
        mark = Path(settings.STATIC_ROOT) / ".version"
        version = _version_of(settings.BASE_DIR / "static")
        if mark.exists() and mark.read_text(encoding="ascii") == version:
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        mark.write_text(version, encoding="ascii")


def migrate() -> None:
    """Bring the tables up to date: all or nothing, so that a start which is killed leaves none half made.

    Django writes down a migration only after its own transaction. PostgreSQL keeps its own way: there, the
    window is as small, and one transaction over all would hold locks for long.
    """
    if connection.vendor != "sqlite":
        call_command("migrate", interactive=False, verbosity=0)
        return
    with connection.constraint_checks_disabled(), transaction.atomic():
        call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time, on this machine and on this database: the others wait and then find all of it done."""
    with (Path(settings.DATA_DIR) / "prepare.lock").open("w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Given back when the connection ends.
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


def _version_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
