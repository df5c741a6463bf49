"""Releases that somebody asks for: deploy, roll back, cancel, stop, start, and the share of a canary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts import audit
from accounts.models import User
from deployments.access import standing_of
from deployments.actions.moving import ALL, lock, move, publish, share_out, slug_of, tell
from deployments.models import Deployment, Release
from deployments.references import find_reference
from deployments.release.before import TAKEN_BACK, have_answered, kept_as_fallback
from deployments.release.gate import Stance
from deployments.release.gate_facts import Gate, gate_of
from deployments.release.lifecycle import ANSWERING, ON_THE_WAY, State
from deployments.routing import touch
from projects.tracking import records
from projects.tracking.records import TrackingIsAway
from ui.errors import Conflict, Invalid, NotAllowed

MOST_WORDS = 2000
# What takes a canary back: the share of errors or the 95th percentile, once so many requests were counted.
GUARD = {"error_share": (0.0, 1.0), "p95_ms": (1.0, 600_000.0), "min_requests": (1.0, 1_000_000.0)}


def request_release(
    deployment: Deployment,
    *,
    by: User,
    model: str,
    version: int,
    why: str = "",
    begin_weight: int = ALL,
    guard: Mapping[str, float] | None = None,
) -> Release:
    """Ask for a registered version at a deployment; the supervisor takes it from there.

    Refused without the environment's right, while another release is under way, for a version that is not
    registered, and where the gate is shut. A gate that only warns wants a reason.
    """
    if deployment.project is not None:
        # What the client kept is taken in before anything is locked: reading it can take seconds.
        find_reference(deployment.project, model, version)
    return _request(
        deployment,
        by=by,
        model=model,
        version=version,
        why=_checked_words(why),
        weight=_checked_weight(begin_weight, most=ALL),
        guard=_checked_guard(guard or {}),
    )


@transaction.atomic
def _request(
    deployment: Deployment,
    *,
    by: User,
    model: str,
    version: int,
    why: str,
    weight: int,
    guard: Mapping[str, float],
) -> Release:
    held = _held(deployment, by)
    _require_project_open(held)
    _require_nothing_under_way(held)
    if _live(held, model, version) is not None:
        raise Conflict(f"{model} version {version} is live already.")
    found = _registered(held, model, version)
    gate = gate_of(held, model, version, registered_at=found.made_at)
    _require_gate(held, gate, why)
    return _make(
        held,
        by=by,
        why=why,
        gate=gate,
        model=model,
        version=version,
        model_id=found.model_id,
        run=found.run,
        begin_weight=weight,
        guard=dict(guard),
    )


@transaction.atomic
def roll_back(
    deployment: Deployment, *, by: User | None = None, to: Release | None = None, why: str = ""
) -> Release:
    """Back to the last good version, or to `to`. A canary is taken back and nothing is started.

    The gate is noted but bars nobody: what answered before was let through then, and this must be fast.
    """
    held = _held(deployment, by, need="operate")
    why = _checked_words(why)
    canary = _answering(held, State.CANARY)
    if canary is not None and to is None:
        return _take_back(held, canary, by=by, why=why)
    _require_nothing_under_way(held)
    last = to if to is not None else last_good(held)
    if last is None or last.deployment_id != held.pk or last.live_at is None:
        raise Conflict("No earlier version has answered here, so there is nothing to go back to.")
    if _live(held, last.model, last.version) is not None:
        raise Conflict(f"{last} is live already.")
    return _make(
        held,
        by=by,
        why=why,
        gate=gate_of(held, last.model, last.version),
        kind=Release.Kind.ROLL_BACK,
        model=last.model,
        version=last.version,
        model_id=last.model_id,
        run=last.run,
        # The very files that answered then.
        files_sha256=last.files_sha256,
    )


@transaction.atomic
def take_back(release: Release, *, why: str) -> bool:
    """The product takes a canary back; False where somebody has promoted, taken back or stopped it since."""
    held = lock(release.deployment_id)
    row = Release.objects.select_for_update().get(pk=release.pk)
    if row.state != State.CANARY:
        return False
    _take_back(held, row, by=None, why=_checked_words(why))
    return True


@transaction.atomic
def cancel(release: Release, *, by: User) -> Release:
    """Call off a release that is on its way; what answers goes on answering."""
    held = _held(release.deployment, by)
    row = Release.objects.select_for_update().get(pk=release.pk, deployment=held)
    if row.state not in ON_THE_WAY:
        raise Conflict(f"Release {row.number} is “{row.get_state_display()}”: it can no longer be cancelled.")
    if row.cancel_requested:
        raise Conflict(f"Release {row.number} is being cancelled already.")
    row.cancel_requested = True
    row.save(update_fields=["cancel_requested"])
    _note(held, by, "cancel_asked", f"{row} is called off", row)
    if row.state == State.WAITING:
        move(row, State.CANCELLED, by=by)
    return row


@transaction.atomic
def stop(
    deployment: Deployment, *, by: User | None = None, why: str = "", keeps_fallback: bool = False
) -> Deployment:
    """Let nothing run any more; the gateway answers with the fallback until it is started again.

    With `keeps_fallback`, as at drift, the version before stays up where it is the fallback; a stop by hand
    ends that too.
    """
    held = _held(deployment, by, need="operate")
    again = held.wanted == Deployment.Wanted.STOPPED
    if again and held.kept_id is None:
        raise Conflict(f"{held.title} is stopped already.")
    words = "The version before was stopped too" if again else f"{held.title} was stopped"
    held.kept_id = kept_as_fallback(held) if keeps_fallback else None
    held.wanted = Deployment.Wanted.STOPPED
    held.save(update_fields=["wanted", "kept"])
    why = _checked_words(why)
    _note(held, by, "stopped", words, why=why)
    publish("deployment.stopped", held)
    for row in Release.objects.filter(deployment=held, state__in=ON_THE_WAY | ANSWERING):
        if row.state in ANSWERING:
            move(row, State.DRAINING, by=by, message=why)
        elif row.state == State.WAITING:
            move(row, State.CANCELLED, by=by, message=why)
        else:
            Release.objects.filter(pk=row.pk).update(cancel_requested=True)
    touch(held)
    return held


def start(deployment: Deployment, *, by: User, why: str = "") -> Release:
    """Bring back the version that answered last, through the gate as it stands now."""
    if Deployment.objects.get(pk=deployment.pk).wanted == Deployment.Wanted.RUNNING:
        raise Conflict(f"{deployment.title} is not stopped.")
    last = have_answered(deployment).first()
    if last is None:
        raise Conflict("Nothing has answered here yet. Deploy a version.")
    return request_release(deployment, by=by, model=last.model, version=last.version, why=why)


@transaction.atomic
def set_weight(release: Release, *, by: User, weight: int, why: str = "") -> Release:
    """Give a canary another share of the requests; the live release has the rest."""
    held = _held(release.deployment, by)
    row = _canary(held, release)
    row.weight = _checked_weight(weight, most=ALL - 1)
    row.save(update_fields=["weight"])
    share_out(held)
    words = f"{row} answers {row.weight} % of the requests"
    _note(held, by, "weight_set", words, row, why=_checked_words(why), weight=row.weight)
    touch(held)
    return row


@transaction.atomic
def promote(release: Release, *, by: User) -> Release:
    """Give a canary all of the traffic; what was live drains."""
    held = _held(release.deployment, by)
    row = _canary(held, release)
    _note(held, by, "promoted", f"{row} was given all of the traffic", row)
    return move(row, State.LIVE, by=by)


def last_good(deployment: Deployment) -> Release | None:
    """The last release of another version than the live one that has answered and did not fail."""
    live = deployment.releases.filter(state=State.LIVE).first()
    rows = have_answered(deployment).filter(state__in=[State.DRAINING, State.STOPPED])
    if live is None:
        failed = deployment.releases.filter(state=State.FAILED).exclude(live_at=None).first()
        live = failed
    if live is not None:
        rows = rows.exclude(model=live.model, version=live.version)
    return rows.first()


def under_way(deployment: Deployment) -> Release | None:
    """The release that somebody waits for: on its way, or a canary."""
    return deployment.releases.filter(state__in=[*ON_THE_WAY, State.CANARY]).first()


def _held(deployment: Deployment, by: User | None, *, need: str = "deploy") -> Deployment:
    """The deployment, locked, with the right read once more: it may have been taken away meanwhile."""
    held = lock(deployment.pk)
    if held.archived_at is not None or held.organization.archived_at is not None:
        raise Conflict(f"{held.title} is archived. Nothing can be changed there.")
    if held.is_external:
        raise Conflict(f"{held.title} runs elsewhere. It is released where it runs.")
    if by is not None and not standing_of(by, held).may(need):
        raise NotAllowed(
            f"In {held.environment.name}, these may deploy: {held.environment.get_deployers_display()}."
        )
    return held


def _require_project_open(held: Deployment) -> None:
    if held.project is None or held.project.archived_at is not None or held.project.state == "closed":
        raise Conflict("The project is closed. Take it up again to deploy its models.")
    if held.environment.archived_at is not None:
        raise Conflict(f"{held.environment.name} is archived. Nothing is deployed there.")


def _require_nothing_under_way(held: Deployment) -> None:
    row = under_way(held)
    if row is None:
        return
    who = row.asked_name or "The product"
    rest = "Promote it or take it back." if row.state == State.CANARY else "Wait for it, or cancel it."
    raise Conflict(f"{who} was faster: {row} is “{row.get_state_display()}”. {rest}")


def _require_gate(held: Deployment, gate: Gate, why: str) -> None:
    names = "; ".join(one.title for one in gate.in_the_way)
    if gate.stance is Stance.SHUT:
        raise Conflict(f"The gate of {held.environment.name} is shut. What does not hold: {names}.")
    if gate.stance is Stance.WARNED and not why:
        raise Invalid(
            f"The gate of {held.environment.name} warns. What does not hold: {names}.",
            fields={"why": ["Say why it is deployed all the same."]},
        )


def _registered(held: Deployment, model: str, version: int) -> records.Version:
    if held.project is None:
        raise AssertionError("what is served here has a project")
    try:
        rows = records.versions_of(held.project.slug)
    except TrackingIsAway as error:
        raise Conflict("Tracking does not answer, so the version cannot be looked up. Try again.") from error
    found = next((row for row in rows if (row.model, row.version) == (model, version)), None)
    if found is None:
        raise Invalid(
            "This version is not registered.", fields={"version": ["One of the registered versions."]}
        )
    return found


def _make(held: Deployment, *, by: User | None, why: str, gate: Gate, **values: Any) -> Release:
    latest = held.releases.aggregate(latest=Max("number"))["latest"] or 0
    row = Release.objects.create(
        deployment=held,
        number=latest + 1,
        why=why,
        gate=gate.as_json(),
        waiver=gate.used,
        asked_by=by,
        asked_name=by.get_full_name() if by else "",
        **values,
    )
    if held.wanted == Deployment.Wanted.STOPPED:
        held.wanted = Deployment.Wanted.RUNNING
        held.save(update_fields=["wanted"])
    word = "Roll-back to" if row.kind == Release.Kind.ROLL_BACK else "Deployment of"
    _note(held, by, f"asked_{row.kind}", f"{word} {row} was asked for", row, why=why, release_kind=row.kind)
    touch(held)
    return row


def _take_back(held: Deployment, canary: Release, *, by: User | None, why: str) -> Release:
    _note(held, by, TAKEN_BACK, f"The canary {canary} was taken back", canary, why=why)
    move(canary, State.DRAINING, by=by, message=why)
    live = _answering(held, State.LIVE)
    return live if live is not None else canary


def _note(
    held: Deployment,
    by: User | None,
    kind: str,
    words: str,
    release: Release | None = None,
    *,
    why: str = "",
    **data: Any,
) -> None:
    """The line of the history and the entry of the audit log."""
    tell(held, kind, words, release=release, why=why, by=by)
    facts = {"release": release.number, "model": release.model, "version": release.version} if release else {}
    audit.record(
        organization=held.organization,
        actor=by,
        event=f"deployment.{kind}",
        subject=held,
        data={"name": held.name, "slug": slug_of(held), **facts, **data},
    )


def _answering(held: Deployment, state: State) -> Release | None:
    return held.releases.filter(state=state).first()


def _live(held: Deployment, model: str, version: int) -> Release | None:
    return held.releases.filter(state=State.LIVE, model=model, version=version).first()


def _canary(held: Deployment, release: Release) -> Release:
    row = Release.objects.select_for_update().get(pk=release.pk, deployment=held)
    if row.state != State.CANARY:
        raise Conflict(f"Release {row.number} is “{row.get_state_display()}”, not a canary.")
    return row


def _checked_words(why: str) -> str:
    why = why.strip()
    if len(why) > MOST_WORDS or "\x00" in why:
        raise Invalid("The reason is too long.", fields={"why": [f"At most {MOST_WORDS} characters."]})
    return why


def _checked_weight(weight: int, *, most: int) -> int:
    if not 1 <= weight <= most:
        raise Invalid("The share does not fit.", fields={"weight": [f"A whole number from 1 to {most}."]})
    return weight


def _checked_guard(guard: Mapping[str, float]) -> dict[str, float]:
    problems: dict[str, list[str]] = {}
    for name, value in guard.items():
        if name not in GUARD:
            problems[name] = [f"One of {', '.join(GUARD)}."]
        elif not math.isfinite(value) or not GUARD[name][0] <= value <= GUARD[name][1]:
            problems[name] = [f"From {GUARD[name][0]:g} to {GUARD[name][1]:g}."]
    if problems:
        raise Invalid("The guard of the canary does not fit.", fields=problems)
    return {name: float(value) for name, value in guard.items()}
