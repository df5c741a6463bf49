"""Who is on a project: added, changed, gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Membership, Organization, User
from projects.models import Project, ProjectMember, ProjectToken, Risk, Task
from projects.seen import mark_of
from ui.errors import Conflict, Invalid

WORDS = ("role", "works_as", "share")


@transaction.atomic
def add_member(project: Project, *, by: User, values: Mapping[str, Any]) -> ProjectMember:
    """Somebody joins; a member of the organization by the address, anybody else as a name."""
    Project.objects.select_for_update().get(pk=project.pk)
    email = values["email"].strip().lower()
    here = ProjectMember.objects.filter(project=project, left_at=None)
    same = here.filter(email__iexact=email) if email else here.filter(name__iexact=values["name"], email="")
    if same.exists():
        field = "email" if email else "name"
        raise Invalid("Somebody is here already.", fields={field: ["This person is on the project."]})
    membership = Membership.objects.filter(
        organization=project.organization, user__email__iexact=email
    ).first()
    row = ProjectMember.objects.create(
        project=project,
        name=values["name"],
        email=email,
        user_id=membership.user_id if email and membership else None,
        **{name: values[name] for name in WORDS},
    )
    _record(row, by, "project.member_added", role=row.role)
    return row


@transaction.atomic
def change_member(member: ProjectMember, *, by: User, values: Mapping[str, Any], seen: str = "") -> None:
    """Another role, share or work, for one who is as the mark `seen` says. A project keeps a lead."""
    Project.objects.select_for_update().get(pk=member.project_id)
    member.refresh_from_db(fields=["role", "works_as", "share", "left_at"])
    if all(getattr(member, name) == values[name] for name in WORDS) and member.left_at is None:
        return
    if seen and seen != mark_of_member(member):
        raise Conflict("Somebody else has changed this meanwhile.")
    if values["role"] != ProjectMember.Role.LEAD:
        _keep_a_lead(member)
    changed = ProjectMember.objects.filter(pk=member.pk, left_at=None)
    if not changed.update(**{name: values[name] for name in WORDS}):
        raise Conflict("This person has left the project.")
    _record(member, by, "project.member_changed", role=values["role"])


def mark_of_member(member: ProjectMember) -> str:
    """The mark of what can be changed of somebody on a project."""
    return mark_of(*(getattr(member, name) for name in WORDS))


@transaction.atomic
def end_membership(member: ProjectMember, *, by: User) -> None:
    """Somebody leaves: open cards and risks lose their owner, tokens end, what was done keeps the name."""
    Project.objects.select_for_update().get(pk=member.project_id)
    member.refresh_from_db(fields=["role"])
    _keep_a_lead(member)
    if not ProjectMember.objects.filter(pk=member.pk, left_at=None).update(left_at=timezone.now()):
        raise Conflict("This person has left the project.")
    _let_go(member)
    _record(member, by, "project.member_left", role=member.role)


def leave_organization(user: User, organization: Organization, by: User) -> None:
    """Who is removed from an organization leaves its projects too, also as their only lead."""
    rows = ProjectMember.objects.select_related("project__organization").filter(
        user=user, project__organization=organization, left_at=None
    )
    for member in rows:
        ProjectMember.objects.filter(pk=member.pk).update(left_at=timezone.now())
        _let_go(member)
        _record(member, by, "project.member_left", role=member.role)


def _let_go(member: ProjectMember) -> None:
    Task.objects.filter(owner=member).exclude(column=Task.Column.DONE).update(owner=None)
    Risk.objects.filter(owner=member, closed_at=None).update(owner=None)
    if member.user_id is not None:
        tokens = ProjectToken.objects.filter(project=member.project_id, user=member.user_id, revoked_at=None)
        tokens.update(revoked_at=timezone.now())


def _keep_a_lead(member: ProjectMember) -> None:
    if member.role != ProjectMember.Role.LEAD:
        return
    leads = ProjectMember.objects.filter(project=member.project_id, role=member.role, left_at=None)
    if not leads.exclude(pk=member.pk).exists():
        raise Conflict("This is the only lead. Make somebody else a lead first.")


def _record(member: ProjectMember, by: User, event: str, *, role: str) -> None:
    subject: UUID = member.pk
    audit.record(
        organization=member.project.organization,
        actor=by,
        event=event,
        subject=member.project,
        data={"slug": member.project.slug, "member": subject, "role": role},
        personal={"name": member.name, **({"address": member.email} if member.email else {})},
    )
