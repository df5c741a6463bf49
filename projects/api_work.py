"""The daily work of a project by the API: cards, milestones and risks."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import person
from accounts.idempotency import idempotent
from projects.actions import work
from projects.api_base import ONE, PK, STALE, OfProject, given, linked, made, told_what_is_there
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
from projects.models import Milestone, Risk, Task


class WorkMixin(OfProject):
    """Cards of the board, milestones and risks: read, added, changed, put away."""

    @extend_schema(summary="Cards of the board", responses=TaskSerializer(many=True))
    @action(detail=True)
    def tasks(self, request: Request, slug: str) -> Response:
        return self.page_of(Task, TaskSerializer, slug, archived_at=None)

    @extend_schema(summary="Add a card", request=TaskValues, responses={201: TaskSerializer})
    @tasks.mapping.post
    @idempotent
    def add_task(self, request: Request, slug: str) -> Response:
        project = self.project(slug)
        values = linked(project, given(TaskValues, request))
        return made(TaskSerializer, work.add_task(project, by=person(request), values=values))

    @extend_schema(
        summary="Change a card",
        description=STALE,
        request=TaskChange,
        responses=TaskSerializer,
        parameters=[PK],
    )
    @action(detail=True, methods=["patch"], url_path=f"tasks/{ONE}")
    def task(self, request: Request, slug: str, pk: str) -> Response:
        row = self.one(Task, slug, pk)
        values = linked(row.project, given(TaskChange, request))
        with told_what_is_there(TaskSerializer, row):
            work.change_task(row, seen=values.pop("version"), values=values)
        return Response(TaskSerializer(row).data)

    @extend_schema(summary="Take a card off the board", request=None, responses={204: None}, parameters=[PK])
    @task.mapping.delete
    def archive_task(self, request: Request, slug: str, pk: str) -> Response:
        work.archive_task(self.one(Task, slug, pk))
        return Response(status=204)

    @extend_schema(summary="Milestones", responses=MilestoneSerializer(many=True))
    @action(detail=True)
    def milestones(self, request: Request, slug: str) -> Response:
        return self.page_of(Milestone, MilestoneSerializer, slug)

    @extend_schema(summary="Add a milestone", request=MilestoneValues, responses={201: MilestoneSerializer})
    @milestones.mapping.post
    @idempotent
    def add_milestone(self, request: Request, slug: str) -> Response:
        row = work.save_milestone(self.project(slug), values=given(MilestoneValues, request))
        return made(MilestoneSerializer, row)

    @extend_schema(
        summary="Change a milestone",
        description=STALE,
        request=MilestoneChange,
        responses=MilestoneSerializer,
        parameters=[PK],
    )
    @action(detail=True, methods=["patch"], url_path=f"milestones/{ONE}")
    def milestone(self, request: Request, slug: str, pk: str) -> Response:
        row = self.one(Milestone, slug, pk)
        values = given(MilestoneChange, request)
        seen = values.pop("version")
        with told_what_is_there(MilestoneSerializer, row):
            kept = work.save_milestone(row.project, values=values, milestone=row, seen=seen)
        return Response(MilestoneSerializer(kept).data)

    @extend_schema(summary="Risks, also those that are over", responses=RiskSerializer(many=True))
    @action(detail=True)
    def risks(self, request: Request, slug: str) -> Response:
        return self.page_of(Risk, RiskSerializer, slug)

    @extend_schema(summary="Add a risk", request=RiskValues, responses={201: RiskSerializer})
    @risks.mapping.post
    @idempotent
    def add_risk(self, request: Request, slug: str) -> Response:
        project = self.project(slug)
        values = linked(project, given(RiskValues, request))
        return made(RiskSerializer, work.save_risk(project, values=values))

    @extend_schema(
        summary="Change a risk",
        description=STALE,
        request=RiskChange,
        responses=RiskSerializer,
        parameters=[PK],
    )
    @action(detail=True, methods=["patch"], url_path=f"risks/{ONE}")
    def risk(self, request: Request, slug: str, pk: str) -> Response:
        row = self.one(Risk, slug, pk)
        values = linked(row.project, given(RiskChange, request))
        seen = values.pop("version")
        with told_what_is_there(RiskSerializer, row):
            kept = work.save_risk(row.project, values=values, risk=row, seen=seen)
        return Response(RiskSerializer(kept).data)

    @extend_schema(summary="A risk is over", request=None, responses={204: None}, parameters=[PK])
    @action(detail=True, methods=["post"], url_path=f"risks/{ONE}/close")
    def close_risk(self, request: Request, slug: str, pk: str) -> Response:
        work.close_risk(self.one(Risk, slug, pk))
        return Response(status=204)
