"""Who gets what at the addresses of deployments."""

from __future__ import annotations

from typing import Any

from tests.deployments import registry_cast as registry
from tests.deployments import urls_monitoring, urls_verifying
from tests.urls_rows import POST, Row, at, own


def deployment(cast: Any) -> list[Any]:
    return [registry.deployment_of(cast, slug="production").pk]


def rolled(cast: Any) -> list[Any]:
    """An endpoint that can go back."""
    made = registry.deployment_of(cast, slug="production")
    registry.release_of(made, 1, "stopped")
    registry.release_of(made, 2, "live")
    return [made.pk]


def release(state: str) -> Any:
    return lambda cast: [registry.release_of(registry.deployment_of(cast, slug="production"), state=state).pk]


def environment(cast: Any) -> list[Any]:
    return [registry.environment_of(cast).pk]


def version(cast: Any) -> list[Any]:
    """A version that was deployed once; tracking does not answer here."""
    made = registry.deployment_of(cast, slug="production")
    registry.release_of(made)
    assert made.project is not None
    return [made.project.slug, registry.MODEL, 1]


def waiver(cast: Any) -> list[Any]:
    return [registry.waiver_of(cast).pk]


ROWS: dict[str, Row] = {
    "deployments:list": own("view"),
    "deployments:environments": own("view"),
    "deployments:environment_add": own("manage"),
    "deployments:environment": at("manage", make=environment),
    "deployments:environment_archive": at("manage", make=environment),
    "deployments:external": own("manage"),
    "deployments:deploy": at("view", make=version),
    "deployments:card": at("view", make=version),
    "deployments:waiver_new": at("manage", make=version),
    "deployments:waivers": at("view", make=lambda cast: [registry.project_of(cast).pk]),
    "deployments:waiver": at("view", make=waiver),
    "deployments:waiver_sign": at("manage", make=waiver, method=POST),
    "deployments:waiver_withdraw": at("manage", make=waiver),
    "deployments:release": at("view", make=release("waiting")),
    "deployments:progress": at("view", make=release("waiting")),
    "deployments:cancel": at("manage", make=release("waiting"), method=POST),
    "deployments:weight": at("manage", make=release("canary"), method=POST, data={"weight": "20"}),
    "deployments:promote": at("manage", make=release("canary"), method=POST),
    "deployments:history": at("view", make=deployment),
    "deployments:change": at("manage", make=deployment),
    "deployments:archive": at("manage", make=deployment),
    "deployments:roll_back": at("manage", make=rolled),
    "deployments:stop": at("manage", make=deployment),
    "deployments:start": at("manage", make=deployment, method=POST),
    "deployment-list": own("view"),
    "deployment-detail": at("view", make=deployment),
    "deployment-external": own("manage", method=POST),
    "deployment-gate": at("view", make=deployment),
    "deployment-releases": at("view", make=deployment),
    "deployment-roll-back": at("manage", make=rolled, method=POST),
    "deployment-start": at("manage", make=deployment, method=POST),
    "deployment-stop": at("manage", make=deployment, method=POST),
    "environment-list": own("view"),
    "release-detail": at("view", make=release("waiting")),
    "release-cancel": at("manage", make=release("waiting"), method=POST),
    "release-promote": at("manage", make=release("canary"), method=POST),
    "release-weight": at("manage", make=release("canary"), method=POST),
    "waiver-list": own("view"),
    **urls_monitoring.ROWS,
    **urls_verifying.ROWS,
}
