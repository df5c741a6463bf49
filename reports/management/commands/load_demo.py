"""Fill the installation with the demo, an invented maker of pumps."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from reports.demo.loader import load
from reports.demo.runs import request_runs


class Command(BaseCommand):
    help = "Loads the demo: rounds, evidence, plan and charters of an invented firm. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        # Signatures of the story are marked as no evidence only where the demo is switched on.
        if not settings.DEMO:
            raise CommandError("The demo is switched off. Set THROUGHLINE_DEMO=1, or start with --demo.")
        loaded = load(timezone.now())
        name = loaded.organization.name
        if loaded.made:
            self.stdout.write(f"The demo is loaded: {name}.")
        else:
            self.stdout.write(f"The demo is there already: {name}. Nothing was changed.")
        if request_runs(loaded.organization) is not None:
            self.stdout.write("Its training runs are made once the server is up; its pages say how far.")
        self.stdout.write(f"Enter it at {settings.PUBLIC_URL}{reverse('demo:choose')}")
