"""The one door to a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.access import get_membership
from accounts.models import Membership, User
from accounts.permissions import PROJECT_BY_ORGANIZATION, allowed, project_roles_for
from projects.models import Project, ProjectMember
from ui.errors import Conflict, NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to a project: by membership of its organization, of the project, or both."""

    project: Project
    membership: Membership | None
    member: ProjectMember | None

    def may(self, need: str) -> bool:
        """Whether this person has "view", "contribute" or "lead" here, the organization being active."""
        if self.member is not None and self.member.role in project_roles_for(need):
            return True
        role = self.membership.role if self.membership else ""
        return allowed(role, PROJECT_BY_ORGANIZATION[need], "active")


def get_project(user: Any, pk: UUID | str, *, need: str = "view") -> Project:
    """The project, for those of its organization or on it; NotFound for strangers."""
    return get_standing(user, pk, need=need).project


def get_standing(user: Any, pk: UUID | str, *, need: str = "view") -> Standing:
    """The project with how the person stands to it; rights are read now.

    Raises NotFound for strangers, NotAllowed without the right, Conflict where nothing can be changed.
    """
    return _let_in(user, Project.objects.filter(pk=pk), need)


def get_project_named(user: Any, slug: str, *, need: str = "view") -> Project:
    """The same door by the project's short name, which programs know."""
    return _let_in(user, Project.objects.filter(slug=slug), need).project


def get_project_to_move(user: Any, pk: UUID | str) -> Standing:
    """For its leads, also when it is closed: they close it, pause it and take it up again."""
    standing = get_standing(user, pk)
    if not standing.may("lead"):
        raise NotAllowed("Your role in this project does not allow this. Ask its lead.")
    _require_kept(standing.project)
    return standing


def _let_in(user: Any, found: QuerySet[Project], need: str) -> Standing:
    project = found.select_related("organization", "charter", "use_case", "created_by").first()
    if project is None:
        raise NotFound
    standing = standing_of(user, project)
    if not standing.may("view"):
        raise NotFound
    if not standing.may(need):
        raise NotAllowed("Your role in this project does not allow this. Ask its lead.")
    if need != "view":
        _require_open(project)
    return standing


def standing_of(user: Any, project: Project) -> Standing:
    """How a person stands to a project; a person who comes by token only within the token's organization."""
    if not isinstance(user, User) or user.bound_to not in (None, project.organization_id):
        return Standing(project, None, None)
    member = (
        ProjectMember.objects.filter(project=project, user=user, left_at=None).first()
        if user.is_active
        else None
    )
    return Standing(project, get_membership(user, project.organization), member)


def rights_now(user: User, project: Project) -> frozenset[str]:
    """All that this person may do here at this moment; what is archived or closed is only read."""
    standing = standing_of(user, project)
    rights = frozenset(need for need in ("view", "contribute", "lead") if standing.may(need))
    over = project.archived_at or project.organization.archived_at or project.state == Project.State.CLOSED
    return rights & {"view"} if over else rights


def _require_open(project: Project) -> None:
    _require_kept(project)
    if project.state == Project.State.CLOSED:
        raise Conflict(f"{project.name} is closed. Its lead can take it up again.")


def _require_kept(project: Project) -> None:
    if project.organization.archived_at is not None:
        raise Conflict(
            f"{project.organization.name} is archived. Nothing can be changed until it is restored."
        )
    if project.archived_at is not None:
        raise Conflict(f"{project.name} is archived. Nothing can be changed until it is restored.")
