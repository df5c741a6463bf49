"""What pages say of deployments: states as shape and word, versions with their verdicts, what happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from deployments.actions.releasing import last_good
from deployments.models import Change, Deployment, Release
from deployments.release.gate import MUSTS
from deployments.release.lifecycle import ON_THE_WAY, OVER, State
from ui.formats import day

SHOWN = 12
# good, watch, bad, open or neutral, as ui/templatetags has their shapes.
KINDS = {
    State.CANARY: "watch",
    State.LIVE: "good",
    State.DRAINING: "open",
    State.STOPPED: "neutral",
    State.FAILED: "bad",
    State.CANCELLED: "neutral",
}
STEPS = (
    (State.WAITING, "Asked for"),
    (State.BUILDING, "Build: the packages of the model"),
    (State.STARTING, "Start: replicas in the sandbox"),
    (State.TESTING, "Smoke test with the reference sample"),
    (State.READY, "Switch"),
    (State.LIVE, "Live"),
)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One release in the list of versions, with what the gate said of it then."""

    release: Release
    kind: str
    word: str
    when: str
    musts: str
    waiver: str
    # The address of the question before a roll-back to it; empty where it cannot be.
    back_url: str


@dataclass(frozen=True, slots=True)
class HappenedRow:
    """One line of the history."""

    when: dt.datetime
    words: str
    who: str
    why: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a release on its way: done, now or ahead."""

    words: str
    at: str


def release_state(state: str) -> tuple[str, str]:
    """Shape and word of a release's state."""
    found = State(state)
    return KINDS.get(found, "open"), found.words


def deployment_state(
    deployment: Deployment, live: Release | None, open_: Release | None, last: Release | None
) -> tuple[str, str]:
    """Shape and word of a deployment by what answers there, what is on its way and what was last."""
    if deployment.is_external:
        return "neutral", "Runs elsewhere"
    if deployment.wanted == Deployment.Wanted.STOPPED:
        return "watch", "Stopped"
    if open_ is not None:
        return release_state(open_.state)
    if live is not None:
        return release_state(live.state)
    if last is not None and last.state == State.FAILED:
        return "bad", "Failed"
    return "open", "Nothing deployed"


def versions_of(deployment: Deployment, *, may_go_back: bool = False, shown: int = SHOWN) -> list[VersionRow]:
    """The releases of a deployment, newest first; a button for each version that it can go back to."""
    rows = list(deployment.releases.select_related("waiver")[:shown])
    good = last_good(deployment) if may_go_back else None
    answering = {row.label for row in rows if row.state in (State.LIVE, State.CANARY)}
    return [_version(row, answering, can=good is not None) for row in rows]


def history_of(deployment: Deployment, *, shown: int = SHOWN, steps: bool = True) -> list[HappenedRow]:
    """What happened, newest first: who, what, why; without ``steps`` not how a release got where it is."""
    rows = deployment.changes.all()
    if not steps:
        rows = rows.exclude(kind__in=[f"release_{state}" for state in ON_THE_WAY])
    return [happened(row) for row in rows[:shown]]


def happened(row: Change) -> HappenedRow:
    """One line of the history; without a person it was the product itself."""
    return HappenedRow(row.at, row.words, row.by_name or "The product", row.why, row.simulated)


def steps_of(release: Release) -> list[StepRow]:
    """The way of a release with what is done, what goes on and what lies ahead."""
    order = [state for state, _ in STEPS]
    state = State(release.state)
    if state in (State.CANARY, State.DRAINING, State.STOPPED):
        state = State.LIVE
    at = order.index(state) if state in order else -1
    if state in (State.FAILED, State.CANCELLED):
        return []
    return [
        StepRow(words, "done" if number < at or state == State.LIVE else "now" if number == at else "ahead")
        for number, (_, words) in enumerate(STEPS)
    ]


def musts_then(gate: list[Mapping[str, Any]]) -> str:
    """What the gate said of the must criteria when the release was asked for."""
    found = next((one for one in gate if one.get("key") == MUSTS), None)
    if found is None:
        return "Not held against criteria"
    if found.get("holds"):
        return "Musts met"
    return "Musts waived" if found.get("waived") else "Musts not met"


def _version(row: Release, answering: set[str], *, can: bool) -> VersionRow:
    kind, word = release_state(row.state)
    back = can and row.live_at is not None and row.state in OVER | {State.DRAINING}
    back = back and row.state != State.FAILED and row.label not in answering
    url = f"{reverse('deployments:roll_back', args=[row.deployment_id])}?to={row.pk}" if back else ""
    return VersionRow(row, kind, word, _when(row), musts_then(row.gate), waiver_words(row), url)


def _when(row: Release) -> str:
    if row.live_at is None:
        return f"asked for on {day(row.asked_at)}"
    if row.ended_at is None:
        return f"live since {day(row.live_at)}"
    return f"{day(row.live_at)} to {day(row.ended_at)}"


def waiver_words(row: Release) -> str:
    """Who let something pass for this release, and until when."""
    if row.waiver is None:
        return ""
    names = " and ".join(name for name in (row.waiver.owner_name, row.waiver.second_name) if name)
    end = "withdrawn" if row.waiver.withdrawn_at else f"until {day(row.waiver.ends_on)}"
    return f"Waiver by {names}, {end}"
