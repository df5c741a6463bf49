"""The one place where a release moves, with its share of the traffic and its line in the history."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import User
from deployments.models import Change, Deployment, Release
from deployments.release.lifecycle import ANSWERING, ON_THE_WAY, OVER, State, may_move
from deployments.routing import touch
from jobs import outbox
from ui.errors import Conflict

ALL = 100
MOST_WORDS = 300
FIELDS = ("state", "step", "message", "weight", "live_at", "ended_at")


@transaction.atomic
def move(
    release: Release, to: State, *, by: User | None = None, step: str = "", message: str = ""
) -> Release:
    """Bring a release to the state `to`; `step` and `message` replace what the page shows of its progress.

    The shares of what answers always come to 100, or to 0 where nothing answers: a release that goes live
    takes all and lets the others drain; a canary takes what it begins with from the live one, and is live
    at once where nothing else is; what an ending release leaves goes to the one that stays.
    Raises Conflict where the release cannot move so, for instance because somebody else was faster.
    """
    deployment = lock(release.deployment_id)
    row = Release.objects.select_for_update().get(pk=release.pk)
    before, to = State(row.state), State(to)
    _require_move(row, before, to)
    others = list(_answering(deployment).exclude(pk=row.pk))
    if to == State.CANARY and not others:
        to = State.LIVE
    if to == State.LIVE:
        for other in others:
            move(other, State.DRAINING, message=f"Release {row.number} took over.")
    row.state, row.step, row.message, row.weight = to, step[:200], message, _share(row, to)
    if to in ANSWERING and row.live_at is None:
        row.live_at = timezone.now()
    if to in OVER:
        row.ended_at = timezone.now()
    row.save(update_fields=FIELDS)
    share_out(deployment)
    _say_move(deployment, row, before, to, why=message, by=by)
    touch(deployment)
    release.refresh_from_db(fields=FIELDS)
    return release


def _say_move(
    deployment: Deployment, row: Release, before: State, to: State, *, why: str, by: User | None
) -> None:
    """In the history, in the audit log, and to those who listen."""
    tell(deployment, f"release_{to}", f"{row} {_SENTENCES[to]}", release=row, why=why, by=by)
    audit.record(
        organization=deployment.organization,
        actor=by,
        event="deployment.release_moved",
        subject=deployment,
        data={
            "slug": slug_of(deployment),
            "release": row.number,
            "before": str(before),
            "state": str(to),
        },
    )
    _publish_move(deployment, row, to)


def _require_move(row: Release, before: State, to: State) -> None:
    if not may_move(before, to):
        raise Conflict(f"Release {row.number} is “{before.words}”: it cannot become “{to.words}”.")
    if row.cancel_requested and before in ON_THE_WAY and to not in OVER:
        # Who moves it may have read it before somebody called it off, or stopped the deployment.
        raise Conflict(f"Release {row.number} was called off: it cannot become “{to.words}”.")


def lock(pk: UUID) -> Deployment:
    """The deployment, held until the end of the transaction: one mover at a time."""
    held = Deployment.objects.select_for_update(of=("self",)).select_related(
        "organization", "project__organization", "environment"
    )
    return held.get(pk=pk)


def slug_of(deployment: Deployment) -> str:
    """The project by which the audit log and archives find what happened; empty for what has none."""
    return deployment.project.slug if deployment.project is not None else ""


def tell(
    deployment: Deployment,
    kind: str,
    words: str,
    *,
    release: Release | None = None,
    why: str = "",
    by: User | None = None,
) -> Change:
    """A line of the history. Without a person it was the product itself."""
    return Change.objects.create(
        deployment=deployment,
        release=release,
        kind=kind,
        words=words[:MOST_WORDS],
        why=why,
        by=by,
        by_name=by.get_full_name() if by else "",
    )


def publish(kind: str, deployment: Deployment, release: Release | None = None) -> None:
    """Tell webhooks and digests; nobody is named there."""
    facts = {"endpoint": deployment.name, "environment": deployment.environment.slug}
    if release is not None:
        facts |= {"release": str(release.number), "model": release.model, "version": str(release.version)}
    outbox.publish(kind, organization=deployment.organization, about=deployment, data=facts)


def _publish_move(deployment: Deployment, release: Release, to: State) -> None:
    rolled_back = release.kind == Release.Kind.ROLL_BACK
    kinds = {
        State.CANARY: "deployment.canary",
        State.LIVE: "deployment.rolled_back" if rolled_back else "deployment.released",
        State.FAILED: "deployment.failed",
    }
    if to in kinds:
        publish(kinds[to], deployment, release)


_SENTENCES = {
    State.WAITING: "waits to be deployed",
    State.BUILDING: "gets its build",
    State.STARTING: "starts",
    State.TESTING: "is tested with the reference sample",
    State.READY: "is ready",
    State.CANARY: "answers a share of the requests",
    State.LIVE: "is live",
    State.DRAINING: "ends its last answers",
    State.STOPPED: "has stopped",
    State.FAILED: "has failed",
    State.CANCELLED: "was cancelled",
}


def _answering(deployment: Deployment) -> QuerySet[Release]:
    return Release.objects.select_for_update().filter(deployment=deployment, state__in=ANSWERING)


def _share(release: Release, to: State) -> int:
    if to == State.LIVE:
        return ALL
    return min(max(release.begin_weight, 1), ALL - 1) if to == State.CANARY else 0


def share_out(deployment: Deployment) -> None:
    """Let the shares come to 100: the live release has what the canary leaves, a lone one has all."""
    answering = list(_answering(deployment).order_by("-number"))
    canary = next((row for row in answering if row.state == State.CANARY), None)
    for row in answering:
        taken = canary.weight if canary is not None and row is not canary else 0
        share = ALL - taken if row is not canary or len(answering) == 1 else row.weight
        Release.objects.filter(pk=row.pk).update(weight=share)
