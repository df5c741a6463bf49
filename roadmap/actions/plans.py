"""Publishing a plan, and putting a scenario aside."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from roadmap.advice import blocking_advice
from roadmap.models import Plan
from ui.errors import Conflict, Invalid


def publish_plan(plan: Plan, *, by: User | None) -> Plan:
    """Make a draft the plan that the organization works by; the one before is replaced.

    Raises Conflict when somebody was faster, Invalid for what no organization should work by.
    """
    if not plan.found:
        raise Conflict("No plan was found under these wishes, so there is nothing to publish.")
    problems = blocking_advice(plan)
    if problems:
        raise Invalid(" ".join(problems))
    try:
        with transaction.atomic():
            _publish(plan, by)
    except IntegrityError as error:
        raise Conflict("Somebody else published a plan just now. Look at it first.") from error
    plan.refresh_from_db()
    return plan


def _publish(plan: Plan, by: User | None) -> None:
    now = timezone.now()
    others = Plan.objects.filter(organization=plan.organization, state=Plan.State.PUBLISHED)
    before = list(others.exclude(pk=plan.pk).values_list("pk", flat=True))
    Plan.objects.filter(pk__in=before, state=Plan.State.PUBLISHED).update(
        state=Plan.State.REPLACED, replaced_at=now
    )
    moved = Plan.objects.filter(pk=plan.pk, state=Plan.State.DRAFT, archived_at=None).update(
        state=Plan.State.PUBLISHED, published_at=now, published_by=by
    )
    if not moved:
        raise Conflict("This plan is no draft any more. Reload the page.")
    audit.record(
        organization=plan.organization,
        actor=by,
        event="plan.published",
        subject=plan,
        data={"number": plan.number, "plan_hash": plan.plan_hash, "replaces": [str(pk) for pk in before]},
    )


@transaction.atomic
def archive_plan(plan: Plan, *, by: User | None) -> None:
    """Put a draft aside; it stays in the history."""
    moved = Plan.objects.filter(pk=plan.pk, state=Plan.State.DRAFT, archived_at=None).update(
        archived_at=timezone.now()
    )
    if not moved:
        raise Conflict("Only a draft can be put aside.")
    audit.record(
        organization=plan.organization,
        actor=by,
        event="plan.archived",
        subject=plan,
        data={"number": plan.number},
    )
