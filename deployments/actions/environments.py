"""Environments of an organization: those it begins with, and those it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit
from accounts.models import Organization, User
from deployments.models import Deployment, Environment
from deployments.routing import touch_all
from ui.errors import Conflict, Invalid

MOST = 20
# What every organization begins with; deployments/migrations/0002_first_environments.py has the same.
FIRST: tuple[dict[str, Any], ...] = (
    {
        "name": "Staging",
        "slug": "staging",
        "purpose": "To try a version with test traffic before others rely on it.",
        "policy": Environment.Policy.WARN,
        "deployers": Environment.Deployers.CONTRIBUTORS,
        "position": 1,
    },
    {
        "name": "Production",
        "slug": "production",
        "purpose": "People or systems act on the answers.",
        "policy": Environment.Policy.BLOCK,
        "wants_verified": True,
        "replicas": 2,
        "position": 2,
    },
)
CHANGEABLE = (
    "name",
    "purpose",
    "driver",
    "policy",
    "wants_verified",
    "deployers",
    "replicas",
    "memory_mb",
    "at_once",
    "timeout_ms",
    "keeps_samples",
    "sample_days",
)
RANGES = {
    "replicas": (1, 8),
    "memory_mb": (128, 65_536),
    "at_once": (1, 256),
    "timeout_ms": (100, 60_000),
    "sample_days": (1, 365),
}


def found_environments(organization: Organization) -> None:
    """Staging and production, in the transaction in which an organization is founded."""
    Environment.objects.bulk_create([Environment(organization=organization, **first) for first in FIRST])


@transaction.atomic
def save_environment(
    organization: Organization,
    *,
    by: User,
    values: Mapping[str, Any],
    environment: Environment | None = None,
) -> Environment:
    """Make an environment, or change one; what runs there follows its limits from then on."""
    row = environment or Environment(organization=organization)
    for name in CHANGEABLE:
        if name in values:
            setattr(row, name, values[name])
    row.name = row.name.strip()
    _check(row)
    if environment is None:
        row.slug = _free_slug(row)
        row.position = Environment.objects.filter(organization=organization).count() + 1
    changed = sorted(name for name in CHANGEABLE if name in values)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict("Somebody has just made an environment with this name.") from error
    audit.record(
        organization=organization,
        actor=by,
        event="environment.changed" if environment else "environment.added",
        subject=row,
        data={"name": row.name, "slug": row.slug, "changed": changed, "policy": row.policy},
    )
    touch_all(row)
    return row


def require_archivable(environment: Environment) -> None:
    """Raise Conflict for one that is put away already, or where something is deployed."""
    if environment.archived_at is not None:
        raise Conflict(f"{environment.name} is archived already.")
    if Deployment.objects.filter(environment=environment, archived_at=None).exists():
        raise Conflict(f"{environment.name} has deployments. Archive them first.")


@transaction.atomic
def archive_environment(environment: Environment, *, by: User) -> None:
    """Put an environment away; refused while something is deployed there."""
    row = Environment.objects.select_for_update(of=("self",)).get(pk=environment.pk)
    require_archivable(row)
    row.archived_at = timezone.now()
    row.save(update_fields=["archived_at"])
    audit.record(
        organization=row.organization,
        actor=by,
        event="environment.archived",
        subject=row,
        data={"name": row.name, "slug": row.slug},
    )


def _check(row: Environment) -> None:
    problems: dict[str, list[str]] = {}
    if not row.name or len(row.name) > 60:
        problems["name"] = ["1 to 60 characters."]
    for name, kind in (
        ("driver", Environment.Driver),
        ("policy", Environment.Policy),
        ("deployers", Environment.Deployers),
    ):
        if getattr(row, name) not in kind.values:
            problems[name] = [f"One of {', '.join(kind.values)}."]
    for name, (least, most) in RANGES.items():
        if not least <= int(getattr(row, name)) <= most:
            problems[name] = [f"A whole number from {least} to {most}."]
    same = Environment.objects.filter(organization=row.organization, archived_at=None, name__iexact=row.name)
    if same.exclude(pk=row.pk).exists():
        problems["name"] = ["Another environment has this name."]
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)


def _free_slug(row: Environment) -> str:
    taken = set(Environment.objects.filter(organization=row.organization).values_list("slug", flat=True))
    if len(taken) >= MOST:
        raise Conflict(f"An organization has at most {MOST} environments.")
    base = slugify(row.name)[:36] or "environment"
    names = [base, *[f"{base}-{number}" for number in range(2, MOST + 2)]]
    return next(name for name in names if name not in taken)
