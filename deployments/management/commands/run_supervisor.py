"""`manage.py run_supervisor`: keeps the models that should answer running, until it is asked to end."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from deployments.supervisor import Supervisor


class Command(BaseCommand):
    help = "Starts, watches and ends the replicas of deployed models. One supervises; a second waits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keep",
            action="store_true",
            help="leave the replicas running at the end, for the next supervisor",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asked: list[int] = []

        def ask(number: int, frame: FrameType | None) -> None:
            asked.append(number)

        signal.signal(signal.SIGTERM, ask)
        signal.signal(signal.SIGINT, ask)
        Supervisor().run(lambda: bool(asked), keep=options["keep"])
