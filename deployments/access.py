"""The one door to deployments, releases, waivers and environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.access import get_membership, require
from accounts.models import Membership, Organization, User
from accounts.permissions import allowed
from deployments.models import Deployment, Environment, Release, Waiver
from projects.access import Standing as ProjectStanding
from projects.access import standing_of as project_standing_of
from projects.models import Project
from ui.errors import Conflict, NotAllowed, NotFound

LARGEST_VERSION, LONGEST_NAME = 2_147_483_647, 250
NEEDS = ("view", "contribute", "lead", "take", "operate", "deploy", "manage")

# What the owner for operation may beside those who may this.
_OWNER_TOO = {"operate": "deploy", "take": "contribute"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to a deployment: by its project, by its organization, or both."""

    deployment: Deployment
    membership: Membership | None
    project: ProjectStanding | None
    # Whether this is the owner for operation, who is called at night.
    is_owner: bool = False

    def may(self, need: str) -> bool:
        """Whether this person has one of ``NEEDS``; "deploy" is what the environment asks for.

        "operate" leads out of danger only: the owner for operation, to whom alerts go, may always stop and go
        back; "take" is to take an alert.
        """
        if need in _OWNER_TOO:
            return self.may(_OWNER_TOO[need]) or (self.is_owner and self.may("view"))
        if need == "deploy":
            need = self.deployment.environment.deployers
        if need != "manage" and self.project is not None:
            return self.project.may(need)
        role = self.membership.role if self.membership else ""
        return allowed(role, "view" if need == "view" else "manage", "active")


def get_deployment(user: Any, pk: UUID | str, *, need: str = "view") -> Deployment:
    """The deployment, for those of its organization or its project; NotFound for strangers."""
    return get_standing(user, pk, need=need).deployment


def get_standing(user: Any, pk: UUID | str, *, need: str = "view") -> Standing:
    """The deployment with how the person stands to it; rights are read now.

    Raises NotFound for strangers, NotAllowed without the right, Conflict where nothing can be changed.
    """
    found = Deployment.objects.select_related("organization", "project__organization", "environment", "owner")
    deployment = found.filter(pk=pk).first()
    if deployment is None:
        raise NotFound
    standing = standing_of(user, deployment)
    if not standing.may("view"):
        raise NotFound
    if not standing.may(need):
        raise NotAllowed(_refusal(deployment, need))
    if need != "view":
        _require_open(deployment)
    return standing


def get_deployment_named(user: Any, project: Project, name: str, *, need: str = "view") -> Deployment:
    """The same door by the name in its address."""
    found = Deployment.objects.filter(project=project, name=name, archived_at=None).first()
    if found is None:
        raise NotFound
    return get_deployment(user, found.pk, need=need)


def get_release(user: Any, pk: UUID | str, *, need: str = "view") -> Release:
    """A release with its deployment, by the same door."""
    release = Release.objects.select_related("build", "waiver").filter(pk=pk).first()
    if release is None:
        raise NotFound
    release.deployment = get_deployment(user, release.deployment_id, need=need)
    return release


def get_waiver(user: Any, pk: UUID | str) -> Waiver:
    """A waiver, for those who see its project."""
    found = Waiver.objects.select_related(
        "project__organization", "project__charter", "environment", "owner", "second", "asked_by"
    )
    waiver = found.filter(pk=pk).first()
    if waiver is None or not project_standing_of(user, waiver.project).may("view"):
        raise NotFound
    return waiver


def get_environment(user: Any, pk: UUID | str, *, need: str = "view") -> Environment:
    """An environment, for members of its organization; guests of projects see it on deployments only."""
    environment = Environment.objects.select_related("organization").filter(pk=pk).first()
    if environment is None:
        raise NotFound
    require(user, environment.organization, need)
    return environment


def standing_of(user: Any, deployment: Deployment) -> Standing:
    """How a person stands to a deployment; a person who comes by token only in the token's organization."""
    if not isinstance(user, User) or user.bound_to not in (None, deployment.organization_id):
        return Standing(deployment, None, None)
    is_owner = deployment.owner_id == user.pk
    if deployment.project is None:
        return Standing(deployment, get_membership(user, deployment.organization), None, is_owner)
    project = project_standing_of(user, deployment.project)
    return Standing(deployment, project.membership, project, is_owner)


def may_deploy(user: Any, project: Project, environment: Environment) -> bool:
    """Whether this person may deploy this project's models to the environment now."""
    if environment.archived_at is not None or not _is_open(project.organization, project):
        return False
    return Standing(
        Deployment(organization=project.organization, project=project, environment=environment),
        get_membership(user, project.organization),
        project_standing_of(user, project),
    ).may("deploy")


def require_nameable(model: str, version: int) -> None:
    """Raises NotFound for what no registered version can be called."""
    if not 1 <= version <= LARGEST_VERSION or not 1 <= len(model) <= LONGEST_NAME or "\x00" in model:
        raise NotFound


def _refusal(deployment: Deployment, need: str) -> str:
    if need in ("deploy", "operate"):
        who = deployment.environment.get_deployers_display()
        return f"In {deployment.environment.name}, these may deploy: {who.lower()}."
    return "Your role does not allow this. Ask a lead of the project, or an owner of the organization."


def _is_open(organization: Organization, project: Project | None) -> bool:
    if organization.archived_at is not None:
        return False
    return project is None or (project.archived_at is None and project.state != Project.State.CLOSED)


def _require_open(deployment: Deployment) -> None:
    if deployment.organization.archived_at is not None:
        name = deployment.organization.name
        raise Conflict(f"{name} is archived. Nothing can be changed until it is restored.")
    if deployment.archived_at is not None:
        raise Conflict(f"{deployment.title} is archived. Nothing can be changed there.")
