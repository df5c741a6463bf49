"""The kinds of events by name: actions know names, ``config/events.py`` knows words, pages and doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

AREAS = {
    "charters": "Charters: sent, signed into force, changed, decided",
    "verdicts": "Verdicts and readings",
    "projects": "Projects: asks, check-ins, candidates, decisions",
    "deployments": "Deployments: released, rolled back, stopped, failed; waivers",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event says in a digest, with ``{name}`` of its object, and the page that tells the rest."""

    area: str
    words: str
    page: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A type of object that events are about: what it is called outside, and the door to it."""

    name: str
    door: str

    def get(self, user: Any, pk: str) -> Any:
        """The object, for whom may see it; raises NotFound for everybody else."""
        found: Callable[..., Any] = import_string(self.door)
        return found(user, pk)


@cache
def kinds() -> Mapping[str, Kind]:
    found: Mapping[str, Kind] = import_string(settings.EVENT_KINDS)
    return found


@cache
def subjects() -> Mapping[str, Subject]:
    found: Mapping[str, Subject] = import_string(settings.EVENT_SUBJECTS)
    return found


def page_of(kind: str, about_id: str) -> str:
    """The path of the page that tells of an event."""
    return reverse(kinds()[kind].page, args=[about_id])
