"""The queue's tables come with the database's."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        post_migrate.connect(_make_queue, sender=self)


def _make_queue(**_: Any) -> None:
    if "huey" not in settings.TASKS["default"]["BACKEND"]:
        return
    from huey.contrib.djhuey import HUEY  # reads the settings when it is imported

    HUEY.storage.initialize_schema()
