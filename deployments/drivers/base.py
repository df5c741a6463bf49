"""What every driver can do. tests/deployments/test_drivers.py holds each of them to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Spec:
    """A release as a driver runs it.

    `release` tells it from all others; `model` is a folder that nobody changes any more; `python` runs it.
    """

    release: str
    name: str
    model: Path
    python: Path
    memory_mb: int = 1024
    at_once: int = 8
    timeout_ms: int = 5000
    # Of the reference sample, for explanations.
    profile: Mapping[str, Any] = field(default_factory=dict)


class Health(StrEnum):
    """How a replica is, as seen from outside."""

    STARTING = "starting"
    READY = "ready"
    # It runs and does not answer, or requests in it have hung for too long.
    HANGING = "hanging"
    GONE = "gone"
    # Nothing could be learned of it now; what was known before holds.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a replica. `address` is `unix:PATH` or an http address, `handle` what a person needs to
    find it; `busy` counts the requests it is at, None where it did not say."""

    health: Health
    address: str = ""
    handle: Mapping[str, Any] = field(default_factory=dict)
    busy: int | None = None
    rss_mb: float | None = None
    cpu_seconds: float | None = None
    message: str = ""


class Driver(Protocol):
    """A kind of place where replicas run. All calls can be repeated: what is as wanted stays as it is.

    Replicas are named by whoever calls, and found again by their names after a restart of the caller.
    Every call comes from one thread, but `logs`.
    """

    def why_off(self) -> str:
        """Why nothing can run here; empty where it can."""
        ...

    def deploy(self, spec: Spec, replicas: Sequence[str]) -> None:
        """Start these replicas of a release; returns before they are ready. Raises `CannotStart`."""
        ...

    def status(self, replicas: Collection[str]) -> dict[str, Seen]:
        """A look at each of these replicas; never waits for long, whatever they do."""
        ...

    def route(self, weights: Mapping[str, int]) -> None:
        """The shares of the traffic, by release, from now on. The gateway already sends by them."""
        ...

    def scale(self, spec: Spec, replicas: Sequence[str], surplus: Sequence[str]) -> None:
        """Let `replicas` run, and end those of `surplus`, which were running."""
        ...

    def stop(self, replicas: Collection[str]) -> None:
        """End these replicas at once, with all that they started."""
        ...

    def logs(self, replica: str, most: int = 20_000) -> str:
        """The end of what a replica has printed, also after its end."""
        ...

    def known(self) -> set[str]:
        """The names of all replicas that may still run, whoever started them."""
        ...

    def forget(self, replicas: Collection[str]) -> None:
        """Remove what is left of replicas that have ended, their logs too."""
        ...

    def close(self) -> None:
        """Let go of what this process holds for it; replicas run on."""
        ...


class CannotStart(Exception):
    """A replica cannot be started here; the sentence says why."""
