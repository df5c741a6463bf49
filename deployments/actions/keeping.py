"""Deployments as objects: made for a project, registered where they run elsewhere, changed, put away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit
from accounts.models import Membership, Organization, User
from deployments.access import may_deploy
from deployments.actions.moving import slug_of, tell
from deployments.models import Deployment, Environment
from deployments.release.lifecycle import OVER
from deployments.routing import touch
from projects.models import Project
from ui.errors import Conflict, Invalid, NotAllowed

# What both kinds have, what is served here has, and what runs elsewhere has.
SHARED = ("title", "owner_name", "deputy_name", "fallback_words", "rehearsed_on", "note")
SERVED = (*SHARED, "fallback", "fallback_value")
EXTERNAL = (*SHARED, "endpoint", "vendor", "external_version", "since")
LENGTHS = {
    "title": 300,
    "owner_name": 300,
    "deputy_name": 300,
    "fallback_words": 5000,
    "note": 5000,
    "endpoint": 500,
    "vendor": 300,
    "external_version": 60,
}
MOST_CONSTANT = 2000


@transaction.atomic
def open_deployment(
    project: Project, environment: Environment, *, by: User, name: str, values: Mapping[str, Any]
) -> Deployment:
    """A new endpoint of a project in an environment; nothing answers there before its first release."""
    if environment.organization_id != project.organization_id:
        raise Invalid(
            "This environment is another organization’s.", fields={"environment": ["One of yours."]}
        )
    if not may_deploy(by, project, environment):
        who = environment.get_deployers_display()
        raise NotAllowed(f"In {environment.name}, these may deploy: {who}.")
    slug = slugify(name)[:40]
    if not slug or slug != name:
        raise Invalid(
            "The name does not fit an address.",
            fields={"name": [f"Small letters, digits and hyphens, at most 40{_hint(slug)}."]},
        )
    row = Deployment(
        organization=project.organization,
        project=project,
        environment=environment,
        name=slug,
        keeps_samples=environment.keeps_samples,
        sample_days=environment.sample_days,
        made_by=by,
    )
    _fill(row, values, SERVED)
    _save(row)
    _note(row, by, "added", f"{row.title} was made in {environment.name}")
    return row


@transaction.atomic
def register_external(
    organization: Organization,
    environment: Environment,
    *,
    by: User,
    values: Mapping[str, Any],
    project: Project | None = None,
) -> Deployment:
    """Note what runs elsewhere, so that the registry is complete; nothing is called or watched there."""
    if environment.organization_id != organization.pk or environment.archived_at is not None:
        raise Invalid(
            "This environment is not there.", fields={"environment": ["One of the organization’s."]}
        )
    if project is not None and project.organization_id != organization.pk:
        raise Invalid("This project is not there.", fields={"project": ["One of the organization’s."]})
    row = Deployment(
        organization=organization,
        project=project,
        environment=environment,
        kind=Deployment.Kind.EXTERNAL,
        made_by=by,
    )
    _fill(row, values, EXTERNAL)
    row.name = _free_name(project, slugify(row.title)[:36] or "external")
    _save(row)
    _note(row, by, "registered", f"{row.title} was registered")
    return row


@transaction.atomic
def change_deployment(deployment: Deployment, *, by: User, values: Mapping[str, Any]) -> Deployment:
    """Change who answers for it and what answers when the model cannot."""
    row = Deployment.objects.select_for_update(of=("self",)).get(pk=deployment.pk)
    if row.archived_at is not None:
        raise Conflict(f"{row.title} is archived. Nothing can be changed there.")
    names = EXTERNAL if row.is_external else SERVED
    before = {name: getattr(row, name) for name in names}
    _fill(row, values, names)
    changed = [name for name in names if getattr(row, name) != before[name]]
    if not changed:
        return row
    _save(row)
    words = ", ".join(_WORDS.get(name, name.replace("_", " ")) for name in changed)
    _note(row, by, "changed", f"Changed: {words}", changed=changed)
    return row


@transaction.atomic
def archive_deployment(deployment: Deployment, *, by: User) -> None:
    """Put a deployment away; refused while something runs or is under way."""
    row = Deployment.objects.select_for_update(of=("self",)).get(pk=deployment.pk)
    require_archivable(row)
    row.archived_at = timezone.now()
    row.save(update_fields=["archived_at"])
    _note(row, by, "archived", f"{row.title} was archived")


def require_archivable(deployment: Deployment) -> None:
    """Raise Conflict for what is put away already, or still runs."""
    if deployment.archived_at is not None:
        raise Conflict(f"{deployment.title} is archived already.")
    if deployment.releases.exclude(state__in=OVER).exists():
        raise Conflict(f"{deployment.title} still runs. Stop it first.")


_WORDS = {
    "owner_name": "owner for operation",
    "deputy_name": "deputy",
    "fallback_words": "the fallback in words",
    "fallback_value": "the constant",
    "rehearsed_on": "day of the rehearsal",
    "external_version": "version",
}


def _fill(row: Deployment, values: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if name in values:
            value = values[name]
            setattr(row, name, value.strip() if isinstance(value, str) and name in LENGTHS else value)
    problems: dict[str, list[str]] = {}
    for name, most in LENGTHS.items():
        text = getattr(row, name)
        if len(text) > most or "\x00" in text:
            problems[name] = [f"At most {most} characters, without control characters."]
    if not row.title:
        problems["title"] = ["Say what it is called."]
    if row.fallback not in Deployment.Fallback.values:
        problems["fallback"] = [f"One of {', '.join(Deployment.Fallback.values)}."]
    if len(json.dumps(row.fallback_value)) > MOST_CONSTANT:
        problems["fallback_value"] = [f"At most {MOST_CONSTANT} characters as JSON."]
    if row.endpoint and not _is_address(row.endpoint):
        problems["endpoint"] = ["An address that begins with https:// or http://."]
    if problems:
        raise Invalid("Some fields need another value.", fields=problems)
    if "owner_name" in values:
        row.owner = _member_named(row.organization_id, row.owner_name)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _member_named(organization: Any, name: str) -> User | None:
    """The member whom the name means; nobody where it is not one member's alone."""
    rows = Membership.objects.filter(organization_id=organization, user__name=name, user__is_active=True)
    found = list(rows.select_related("user")[:2]) if name else []
    return found[0].user if len(found) == 1 else None


def _free_name(project: Project | None, base: str) -> str:
    if project is None:
        return base
    taken = set(Deployment.objects.filter(project=project, archived_at=None).values_list("name", flat=True))
    names = [base, *[f"{base}-{number}" for number in range(2, 100)]]
    return next((name for name in names if name not in taken), base)


def _save(row: Deployment) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Invalid(
            "This name is taken.", fields={"name": ["Another deployment of this project has it."]}
        ) from error


def _note(row: Deployment, by: User, kind: str, words: str, **data: Any) -> None:
    tell(row, kind, words, by=by)
    audit.record(
        organization=row.organization,
        actor=by,
        event=f"deployment.{kind}",
        subject=row,
        data={"name": row.name, "slug": slug_of(row), "kind": row.kind, **data},
    )
    touch(row)


def _hint(slug: str) -> str:
    return f", for instance {slug}" if slug else ""
