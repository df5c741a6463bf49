"""Where requests may go now: read from the tables, and again whatever was marked as changed since.

Each process keeps its own; a look at the marks costs one short query, at most four times a second.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db.models import Prefetch, Q

from deployments.gateway.fitting import Column, columns_of
from deployments.masks import Model, masks_of
from deployments.models import Deployment, Release, Replica
from deployments.release.lifecycle import ANSWERING

LOOK_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Place:
    """A replica that answers: `unix:PATH` or an http address."""

    replica: UUID
    address: str


@dataclass(frozen=True, slots=True)
class Target:
    """A release that can be asked."""

    release: UUID
    number: int
    label: str
    weight: int
    columns: list[Column] | None
    places: tuple[Place, ...]
    # Columns of which nobody is told what the reference sample holds, though the replica may know it.
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """All that an answer of one deployment rests on."""

    deployment: UUID
    slug: str
    name: str
    title: str
    is_running: bool
    fallback: str
    fallback_value: Any
    at_once: int
    timeout: float
    keeps_inputs: bool
    masked: frozenset[str]
    # Those that get requests by weight; those that were live before and still answer, the newest first.
    targets: tuple[Target, ...]
    spare: tuple[Target, ...]
    # Of the newest release that answers or has answered, for input that no model is there to take.
    signature: dict[str, Any] = field(default_factory=dict)
    label: str = ""

    def choose(self, without: Collection[UUID] = ()) -> Target | None:
        """A release by its weight, of those with a replica that is not left out."""
        able = [one for one in self.targets if any(place.replica not in without for place in one.places)]
        if len(able) < 2:
            return able[0] if able else None
        weights = [one.weight for one in able]
        return random.choices(able, weights if any(weights) else None)[0]  # noqa: S311


class Routes:
    """The routes of this process."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Route] = {}
        self._marks: dict[UUID, tuple[dt.datetime, tuple[str, str] | None]] = {}
        self._looked = float("-inf")
        self._lock = threading.Lock()

    def find(self, slug: str, name: str) -> Route | None:
        """The route of a name in a project, at most a quarter of a second old."""
        if not self.is_fresh():
            self.look()
        return self.known(slug, name)

    def is_fresh(self) -> bool:
        """Whether nothing need be read again yet."""
        return time.monotonic() - self._looked <= LOOK_EVERY

    def known(self, slug: str, name: str) -> Route | None:
        """The route as it was read last."""
        return self._routes.get((slug, name))

    def look(self) -> None:
        """Read again what has changed."""
        with self._lock:
            begun = time.monotonic()
            served = Deployment.objects.filter(kind=Deployment.Kind.SERVED, archived_at=None)
            marks = dict(served.exclude(project=None).values_list("pk", "changed_at"))
            known = {pk: mark for pk, (mark, _) in self._marks.items()}
            for pk in known.keys() - marks.keys():
                self._forget(pk)
            changed = [pk for pk, mark in marks.items() if known.get(pk) != mark]
            for route in _read(changed):
                self._forget(route.deployment)
                self._routes[route.slug, route.name] = route
                self._marks[route.deployment] = (marks[route.deployment], (route.slug, route.name))
            self._looked = begun

    def addresses(self) -> set[str]:
        """All that is asked now."""
        routes = list(self._routes.values())
        targets = [one for route in routes for one in (*route.targets, *route.spare)]
        return {place.address for target in targets for place in target.places}

    def _forget(self, pk: UUID) -> None:
        _, key = self._marks.pop(pk, (None, None))
        if key is not None:
            self._routes.pop(key, None)


def _read(deployments: list[UUID]) -> list[Route]:
    """Routes from the tables, with five queries for however many."""
    if not deployments:
        return []
    ready = Replica.objects.filter(state=Replica.State.READY).exclude(address="").order_by("number")
    releases = (
        Release.objects.filter(Q(state__in=ANSWERING) | Q(live_at__isnull=False))
        .order_by("-number")
        .prefetch_related(Prefetch("replicas", ready, to_attr="ready"))
    )
    found = Deployment.objects.filter(pk__in=deployments).select_related("environment", "project")
    able = list(found.prefetch_related(Prefetch("releases", releases, to_attr="able")))
    masks = masks_of({one.project_id for one in able if one.project_id})
    return [_route(one, masks) for one in able]


def _route(deployment: Any, masks: Mapping[Model, frozenset[str]]) -> Route:
    environment, able = deployment.environment, deployment.able
    asked = [one for one in able if one.state in ANSWERING]
    left = [one for one in able if one.state not in ANSWERING and one.ready]
    if deployment.wanted == Deployment.Wanted.STOPPED:
        # What was stopped is not asked for its last second; what was kept at the stop answers on.
        left = [one for one in left if one.pk == deployment.kept_id]
    last = (asked or able or [None])[0]
    return Route(
        deployment=deployment.pk,
        slug=deployment.project.slug,
        name=deployment.name,
        title=deployment.title,
        is_running=deployment.wanted == Deployment.Wanted.RUNNING,
        fallback=deployment.fallback,
        fallback_value=deployment.fallback_value,
        at_once=environment.at_once,
        timeout=environment.timeout_ms / 1000,
        keeps_inputs=deployment.keeps_samples and environment.keeps_samples,
        masked=frozenset(map(str, deployment.masked or [])),
        targets=tuple(_targets(asked, deployment.project_id, masks)),
        spare=tuple(_targets(left, deployment.project_id, masks)),
        signature=(last.signature or {}) if last else {},
        label=last.label if last else "",
    )


def _targets(
    releases: Iterable[Any], project: UUID, masks: Mapping[Model, frozenset[str]]
) -> Iterable[Target]:
    for one in releases:
        yield Target(
            release=one.pk,
            number=one.number,
            label=quote(one.label),
            weight=one.weight,
            columns=columns_of(one.signature or {}),
            places=tuple(Place(replica.pk, replica.address) for replica in one.ready),
            hidden=masks.get((project, one.model), frozenset()),
        )
