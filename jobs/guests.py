"""People from outside an organization whom one of its objects names: apps above say who they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import Organization, User


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody without a membership; ``since`` says by (type, id) from when an object named this person."""

    organization: Organization
    user: User
    since: Mapping[tuple[str, str], dt.datetime]


def guests() -> list[Guest]:
    """All guests, as they are now."""
    found: Callable[[], Iterable[Guest]] = import_string(settings.EVENT_GUESTS)
    return list(found())
