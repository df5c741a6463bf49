"""The daily work of a project by the API: cards, milestones and risks."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import person
from accounts.api import UUID_PATTERN, StrictSerializer
from accounts.idempotency import idempotent
from projects.access import get_project_named
from projects.actions import work
from projects.api_shapes import (
    MilestoneChange,
    MilestoneSerializer,
    MilestoneValues,
    RiskChange,
    RiskSerializer,
    RiskValues,
    TaskChange,
    TaskSerializer,
    TaskValues,
)
from projects.models import Milestone, Project, ProjectMember, Risk, Task
from ui.errors import Invalid, NotFound

Row = TypeVar("Row", bound=models.Model)
ONE = f"(?P<pk>{UUID_PATTERN})"
PK = OpenApiParameter("pk", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)


class WorkMixin(viewsets.GenericViewSet[Project]):
    """Cards of the board, milestones and risks: read, added, changed, put away."""

    @extend_schema(summary="Cards of the board", responses=TaskSerializer(many=True))
    @action(detail=True)
    def tasks(self, request: Request, slug: str) -> Response:
        project = get_project_named(request.user, slug)
        return paged(self, TaskSerializer, Task.objects.filter(project=project, archived_at=None))

    @extend_schema(summary="Add a card", request=TaskValues, responses={201: TaskSerializer})
    @tasks.mapping.post
    @idempotent
    def add_task(self, request: Request, slug: str) -> Response:
        project = get_project_named(request.user, slug, need="contribute")
        values = _linked(project, given(TaskValues, request))
        return Response(TaskSerializer(work.add_task(project, by=person(request), values=values)).data, 201)

    @extend_schema(
        summary="Change a card",
        description="409 when somebody else has changed it since `version`.",
        request=TaskChange,
        responses=TaskSerializer,
        parameters=[PK],
    )
    @action(detail=True, methods=["patch"], url_path=f"tasks/{ONE}")
    def task(self, request: Request, slug: str, pk: str) -> Response:
        project = get_project_named(request.user, slug, need="contribute")
        row = own(Task, project, pk)
        values = _linked(project, given(TaskChange, request))
        return Response(TaskSerializer(work.change_task(row, seen=values.pop("version"), values=values)).data)

    @extend_schema(summary="Take a card off the board", request=None, responses={204: None}, parameters=[PK])
    @task.mapping.delete
    def archive_task(self, request: Request, slug: str, pk: str) -> Response:
        project = get_project_named(request.user, slug, need="contribute")
        work.archive_task(own(Task, project, pk))
        return Response(status=204)

    @extend_schema(summary="Milestones", responses=MilestoneSerializer(many=True))
    @action(detail=True)
    def milestones(self, request: Request, slug: str) -> Response:
        project = get_project_named(request.user, slug)
        return paged(self, MilestoneSerializer, Milestone.objects.filter(project=project))

    @extend_schema(summary="Add a milestone", request=MilestoneValues, responses={201: MilestoneSerializer})
    @milestones.mapping.post
    @idempotent
    def add_milestone(self, request: Request, slug: str) -> Response:
        project = get_project_named(request.user, slug, need="contribute")
        row = work.save_milestone(project, values=given(MilestoneValues, request))
        return Response(MilestoneSerializer(row).data, 201)

    @extend_schema(
        summary="Change a milestone",
        request=MilestoneChange,
        responses=MilestoneSerializer,
        parameters=[PK],
    )
    @action(detail=True, methods=["patch"], url_path=f"milestones/{ONE}")
    def milestone(self, request: Request, slug: str, pk: str) -> Response:
        project = get_project_named(request.user, slug, need="contribute")
        row = own(Milestone, project, pk)
        work.save_milestone(project, values=given(MilestoneChange, request), milestone=row)
        return Response(MilestoneSerializer(row).data)

    @extend_schema(summary="Risks, also those that are over", responses=RiskSerializer(many=True))
    @action(detail=True)
    def risks(self, request: Request, slug: str) -> Response:
        project = get_project_named(request.user, slug)
        return paged(self, RiskSerializer, Risk.objects.filter(project=project))

    @extend_schema(summary="Add a risk", request=RiskValues, responses={201: RiskSerializer})
    @risks.mapping.post
    @idempotent
    def add_risk(self, request: Request, slug: str) -> Response:
        project = get_project_named(request.user, slug, need="contribute")
        values = _linked(project, given(RiskValues, request))
        return Response(RiskSerializer(work.save_risk(project, values=values)).data, 201)

    @extend_schema(summary="Change a risk", request=RiskChange, responses=RiskSerializer, parameters=[PK])
    @action(detail=True, methods=["patch"], url_path=f"risks/{ONE}")
    def risk(self, request: Request, slug: str, pk: str) -> Response:
        project = get_project_named(request.user, slug, need="contribute")
        row = own(Risk, project, pk)
        work.save_risk(project, values=_linked(project, given(RiskChange, request)), risk=row)
        return Response(RiskSerializer(row).data)

    @extend_schema(summary="A risk is over", request=None, responses={204: None}, parameters=[PK])
    @action(detail=True, methods=["post"], url_path=f"risks/{ONE}/close")
    def close_risk(self, request: Request, slug: str, pk: str) -> Response:
        project = get_project_named(request.user, slug, need="contribute")
        work.close_risk(own(Risk, project, pk))
        return Response(status=204)


def paged(view: viewsets.GenericViewSet[Any], serializer: Any, rows: models.QuerySet[Any]) -> Response:
    """One page of a list that belongs to a project."""
    return view.get_paginated_response(serializer(view.paginate_queryset(rows), many=True).data)


def given(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """What was sent, checked."""
    found = kind(data=request.data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


def own(model: type[Row], project: Project, pk: Any) -> Row:
    """An object of this very project; raises NotFound for one of another."""
    row = model._default_manager.filter(project=project, pk=pk).first()
    if row is None:
        raise NotFound
    return row


def _linked(project: Project, values: dict[str, Any]) -> dict[str, Any]:
    """Ids of an owner and of a milestone as the objects of this project that they name."""
    rows: dict[str, models.QuerySet[Any]] = {
        "owner": ProjectMember.objects.filter(project=project, left_at=None),
        "milestone": Milestone.objects.filter(project=project),
    }
    for name, found in rows.items():
        if values.get(name) is not None:
            values[name] = found.filter(pk=values[name]).first()
            if values[name] is None:
                raise Invalid(
                    "Some fields need another value.", fields={name: ["There is none with this id here."]}
                )
    return values
