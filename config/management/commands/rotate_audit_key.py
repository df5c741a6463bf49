"""Give the audit log a new key; what the old one sealed stays provable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts import audit, chain
from config.keys import new_key, replace_key


class Command(BaseCommand):
    help = "Gives the audit log a new key. Stop the product first and start it afterward."

    def handle(self, *args: Any, **options: Any) -> None:
        key = new_key()
        marks = {"before": chain.key_mark(settings.AUDIT_KEY), "after": chain.key_mark(key)}
        with transaction.atomic():
            # Sealed by the old key, which so vouches for the new one.
            audit.record(organization=None, actor=None, event="audit_key.rotated", subject=None, data=marks)
            replace_key(Path(settings.KEYS_DIR), "audit", key)
        self.stdout.write(
            f"New key of the audit log, mark {marks['after']}. Start the product again to use it; "
            "the old key is kept, as it proves what it has sealed."
        )
