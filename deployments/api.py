"""Deployments as an API. Waivers are signed at the page: that needs a person who has just signed in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from accounts.access import current_membership, person
from accounts.api import UUID_PATTERN, ByNumber, StrictSerializer
from accounts.idempotency import idempotent
from accounts.models import Organization
from deployments.access import get_deployment, get_release, require_nameable
from deployments.actions import keeping, releasing
from deployments.api_shapes import (
    DeploymentSerializer,
    EnvironmentSerializer,
    GateAnswer,
    NewDeployment,
    NewExternal,
    NewRelease,
    NewWeight,
    ReleaseSerializer,
    RollBack,
    WaiverSerializer,
    Words,
)
from deployments.models import Deployment, Environment, Release, Waiver
from deployments.queries import deployments_of
from deployments.references import find_reference
from deployments.release.gate_facts import gate_of
from projects.access import get_project_named
from projects.models import Project
from ui.api import Pagination
from ui.errors import Conflict, Invalid

VERSION = [
    OpenApiParameter("model", str, required=True),
    OpenApiParameter("version", int, required=True),
]


class _ByMaking(Pagination):
    ordering = ("-made_at", "pk")


class _ByName(Pagination):
    ordering = ("name", "pk")


class _ByAsking(Pagination):
    ordering = ("-asked_at", "pk")


def given(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """What was sent, checked."""
    found = kind(data=request.data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


@extend_schema_view(
    list=extend_schema(summary="Deployments of the organization, also those that run elsewhere")
)
class DeploymentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Deployment]):
    """The registry: read, released to, rolled back, stopped and started."""

    scope = "deployments"
    lookup_value_regex = UUID_PATTERN
    serializer_class = DeploymentSerializer
    pagination_class = _ByMaking
    queryset = Deployment.objects.none()

    def get_queryset(self) -> QuerySet[Deployment]:
        return deployments_of(current_membership(self.request).organization)

    @extend_schema(summary="One deployment", responses=DeploymentSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(DeploymentSerializer(get_deployment(request.user, pk)).data)

    @extend_schema(summary="Make an endpoint", request=NewDeployment, responses={201: DeploymentSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        values = given(NewDeployment, request)
        project = get_project_named(request.user, values.pop("project"))
        environment = _environment(project.organization, values.pop("environment"))
        name = values.pop("name")
        made = keeping.open_deployment(project, environment, by=person(request), name=name, values=values)
        return Response(DeploymentSerializer(made).data, 201)

    @extend_schema(
        summary="Register what runs elsewhere", request=NewExternal, responses={201: DeploymentSerializer}
    )
    @action(detail=False, methods=["post"])
    @idempotent
    def external(self, request: Request) -> Response:
        organization = current_membership(request, "manage").organization
        values = given(NewExternal, request)
        environment = _environment(organization, values.pop("environment"))
        slug = values.pop("project", None)
        project: Project | None = get_project_named(request.user, slug) if slug else None
        made = keeping.register_external(
            organization, environment, by=person(request), values=values, project=project
        )
        return Response(DeploymentSerializer(made).data, 201)

    @extend_schema(summary="The gate for a version", parameters=VERSION, responses=GateAnswer)
    @action(detail=True)
    def gate(self, request: Request, pk: str) -> Response:
        deployment = get_deployment(request.user, pk)
        if deployment.is_external:
            raise Conflict(f"{deployment.title} runs elsewhere. It is released where it runs.")
        model, version = request.query_params.get("model", ""), request.query_params.get("version", "")
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 11 else 0
        if not number or not model:
            raise Invalid(
                "Name a version.", fields={"model": ["Its name."], "version": ["Its number, from 1 on."]}
            )
        require_nameable(model, number)
        if deployment.project is not None:
            find_reference(deployment.project, model, number)
        found = gate_of(deployment, model, number)
        return Response({"stance": str(found.stance), "checks": found.as_json()})

    @extend_schema(summary="Releases, newest first", responses=ReleaseSerializer(many=True))
    @action(detail=True)
    def releases(self, request: Request, pk: str) -> Response:
        rows = Release.objects.filter(deployment=get_deployment(request.user, pk))
        pages = ByNumber()
        shown = pages.paginate_queryset(rows, request, self) or []
        return pages.get_paginated_response(ReleaseSerializer(shown, many=True).data)

    @extend_schema(
        summary="Deploy a registered version",
        description="409 while another release is under way, and where the gate is shut.",
        request=NewRelease,
        responses={201: ReleaseSerializer},
    )
    @releases.mapping.post
    @idempotent
    def release(self, request: Request, pk: str) -> Response:
        deployment = get_deployment(request.user, pk, need="deploy")
        values = given(NewRelease, request)
        require_nameable(values["model"], values["version"])
        return Response(
            ReleaseSerializer(releasing.request_release(deployment, by=person(request), **values)).data, 201
        )

    @extend_schema(summary="Roll back", request=RollBack, responses={201: ReleaseSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back")
    @idempotent
    def roll_back(self, request: Request, pk: str) -> Response:
        deployment = get_deployment(request.user, pk, need="operate")
        values = given(RollBack, request)
        to = None
        if values.get("to") is not None:
            to = deployment.releases.filter(number=values["to"]).first()
            if to is None:
                raise Invalid("There is no such release.", fields={"to": ["The number of a release here."]})
        made = releasing.roll_back(deployment, by=person(request), to=to, why=values["why"])
        return Response(ReleaseSerializer(made).data, 201)

    @extend_schema(summary="Stop: the fallback answers", request=Words, responses=DeploymentSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        deployment = get_deployment(request.user, pk, need="operate")
        stopped = releasing.stop(deployment, by=person(request), why=given(Words, request)["why"])
        return Response(DeploymentSerializer(stopped).data)

    @extend_schema(summary="Start what was stopped", request=Words, responses={201: ReleaseSerializer})
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        deployment = get_deployment(request.user, pk, need="deploy")
        made = releasing.start(deployment, by=person(request), why=given(Words, request)["why"])
        return Response(ReleaseSerializer(made).data, 201)


class ReleaseViewSet(viewsets.GenericViewSet[Release]):
    """One release: how far it is, called off, and the share of a canary."""

    scope = "deployments"
    lookup_value_regex = UUID_PATTERN
    serializer_class = ReleaseSerializer
    pagination_class = ByNumber
    queryset = Release.objects.none()

    @extend_schema(summary="One release", responses=ReleaseSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(ReleaseSerializer(get_release(request.user, pk)).data)

    @extend_schema(summary="Call a release off", request=None, responses=ReleaseSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        found = get_release(request.user, pk, need="deploy")
        return Response(ReleaseSerializer(releasing.cancel(found, by=person(request))).data)

    @extend_schema(summary="Set the share of a canary", request=NewWeight, responses=ReleaseSerializer)
    @action(detail=True, methods=["post"])
    def weight(self, request: Request, pk: str) -> Response:
        found = get_release(request.user, pk, need="deploy")
        values = given(NewWeight, request)
        return Response(ReleaseSerializer(releasing.set_weight(found, by=person(request), **values)).data)

    @extend_schema(summary="Give a canary all requests", request=None, responses=ReleaseSerializer)
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, pk: str) -> Response:
        found = get_release(request.user, pk, need="deploy")
        return Response(ReleaseSerializer(releasing.promote(found, by=person(request))).data)


@extend_schema_view(list=extend_schema(summary="Environments of the organization"))
class EnvironmentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Environment]):
    """Where models answer, with the rules of each place."""

    scope = "deployments"
    serializer_class = EnvironmentSerializer
    pagination_class = _ByName
    queryset = Environment.objects.none()

    def get_queryset(self) -> QuerySet[Environment]:
        organization = current_membership(self.request).organization
        return Environment.objects.filter(organization=organization, archived_at=None)


@extend_schema_view(list=extend_schema(summary="Waivers of the organization, newest first"))
class WaiverViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Waiver]):
    """Checks of the gate that two people let pass, also those that have ended; to read."""

    scope = "deployments"
    serializer_class = WaiverSerializer
    pagination_class = _ByAsking
    queryset = Waiver.objects.none()

    def get_queryset(self) -> QuerySet[Waiver]:
        organization = current_membership(self.request).organization
        return Waiver.objects.filter(project__organization=organization).select_related(
            "project", "environment"
        )


def _environment(organization: Organization, slug: str) -> Environment:
    found = Environment.objects.filter(organization=organization, archived_at=None, slug=slug).first()
    if found is None:
        raise Invalid("There is no such environment.", fields={"environment": ["The slug of one."]})
    return found


def register(router: BaseRouter) -> None:
    """Put deployments on the router of the API."""
    router.register("deployments", DeploymentViewSet, basename="deployment")
    router.register("releases", ReleaseViewSet, basename="release")
    router.register("environments", EnvironmentViewSet, basename="environment")
    router.register("waivers", WaiverViewSet, basename="waiver")
