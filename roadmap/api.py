"""Plans and initiatives as an API: what the pages can do, with scoped tokens."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from accounts.access import current_membership, person
from accounts.api import UUID_PATTERN, StrictSerializer
from accounts.idempotency import idempotent
from roadmap import actions, use_case_api
from roadmap.access import get_initiative, get_plan, get_request
from roadmap.api_forms import (
    ChoiceSerializer,
    InitiativeSerializer,
    PlanRequestSerializer,
    PlanSerializer,
    ProgressSerializer,
    WhatIfSerializer,
    WishesSerializer,
    initiative_data,
)
from roadmap.initiative_page import rows_of
from roadmap.models import Plan, PlanRequest
from roadmap.queries import plans_of
from roadmap.standing import standing_of


class PlanDetailSerializer(PlanSerializer):
    """A plan with everything that it says, and why it should be made again."""

    content = serializers.JSONField(read_only=True)
    wishes = serializers.JSONField(read_only=True)
    relaxations = serializers.JSONField(read_only=True)
    what_if = serializers.JSONField(read_only=True)
    replan_needed = serializers.SerializerMethodField()

    class Meta(PlanSerializer.Meta):
        fields = (
            *PlanSerializer.Meta.fields,
            "wishes",
            "content",
            "relaxations",
            "what_if",
            "replan_needed",
        )
        read_only_fields = fields

    def get_replan_needed(self, plan: Plan) -> list[str]:
        return [] if plan.state == Plan.State.REPLACED else list(standing_of(plan).reasons)


class RelaxSerializer(StrictSerializer):
    """Which of the offered changes to plan with, counted from 0."""

    number = serializers.IntegerField(min_value=0, max_value=100)


@extend_schema_view(list=extend_schema(summary="Plans of the organization, newest first"))
class PlanViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Plan]):
    """Plans. Making one takes seconds: the answer is a request, to be asked again until its plan is there."""

    scope = "roadmap"
    serializer_class = PlanSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Plan.objects.none()

    def get_queryset(self) -> QuerySet[Plan]:
        return plans_of(current_membership(self.request).organization)

    @extend_schema(summary="One plan with all that it says", responses=PlanDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(PlanDetailSerializer(get_plan(request.user, pk)).data)

    @extend_schema(summary="Ask for a plan", request=WishesSerializer, responses={202: PlanRequestSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        organization = current_membership(request, "manage").organization
        given = WishesSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = actions.request_plan(
            organization, given.wishes(), by=person(request), name=given.validated_data["name"]
        )
        return _asked(made)

    @extend_schema(summary="Make a draft the plan in force", request=None, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        plan = get_plan(request.user, pk, need="manage")
        return Response(PlanSerializer(actions.publish_plan(plan, by=person(request))).data)

    @extend_schema(
        summary="Plan again from where one stands", request=None, responses={202: PlanRequestSerializer}
    )
    @action(detail=True, methods=["post"])
    def replan(self, request: Request, pk: str) -> Response:
        return _asked(actions.replan(get_plan(request.user, pk, need="manage"), by=person(request)))

    @extend_schema(
        summary="Plan with a change that was offered",
        request=RelaxSerializer,
        responses={202: PlanRequestSerializer},
    )
    @action(detail=True, methods=["post"])
    def relax(self, request: Request, pk: str) -> Response:
        plan = get_plan(request.user, pk, need="manage")
        given = RelaxSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return _asked(actions.relax_plan(plan, given.validated_data["number"], by=person(request)))

    @extend_schema(
        summary="Ask what dropping or delaying an item costs",
        request=WhatIfSerializer,
        responses={202: PlanRequestSerializer},
    )
    @action(detail=True, methods=["post"], url_path="what-if")
    def what_if(self, request: Request, pk: str) -> Response:
        plan = get_plan(request.user, pk, need="manage")
        given = WhatIfSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return _asked(actions.request_what_if(plan, by=person(request), **given.validated_data))


def _asked(made: PlanRequest) -> Response:
    made.refresh_from_db()
    return Response(PlanRequestSerializer(made).data, status=202)


@extend_schema_view(retrieve=extend_schema(summary="How far a request for a plan is"))
class PlanRequestViewSet(viewsets.GenericViewSet[PlanRequest]):
    """Requests for plans."""

    scope = "roadmap"
    serializer_class = PlanRequestSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = PlanRequest.objects.none()

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(get_request(request.user, pk)).data)


KEY = OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH)


class InitiativeViewSet(viewsets.GenericViewSet[Any]):
    """Initiatives: the catalogue with what was chosen and how far each is."""

    scope = "roadmap"
    serializer_class = InitiativeSerializer
    lookup_field = "key"
    lookup_value_regex = "[a-z0-9_]{1,120}"
    queryset = Plan.objects.none()
    pagination_class = None

    @extend_schema(summary="All initiatives", responses=OpenApiResponse(InitiativeSerializer(many=True)))
    def list(self, request: Request) -> Response:
        organization = current_membership(request).organization
        return Response([initiative_data(row) for row in rows_of(organization)])

    @extend_schema(summary="One initiative", parameters=[KEY], responses=InitiativeSerializer)
    def retrieve(self, request: Request, key: str) -> Response:
        organization = current_membership(request).organization
        return _one(organization, key)

    @extend_schema(
        summary="Record how far it is",
        parameters=[KEY],
        request=ProgressSerializer,
        responses=InitiativeSerializer,
    )
    @action(detail=True, methods=["post"])
    def progress(self, request: Request, key: str) -> Response:
        organization = current_membership(request, "edit").organization
        get_initiative(organization, key)
        given = ProgressSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actions.record_progress(organization, key, by=person(request), **given.validated_data)
        return _one(organization, key)

    @extend_schema(
        summary="Take it in, leave it out or set its week",
        parameters=[KEY],
        request=ChoiceSerializer,
        responses=InitiativeSerializer,
    )
    @action(detail=True, methods=["post"])
    def choice(self, request: Request, key: str) -> Response:
        organization = current_membership(request, "manage").organization
        get_initiative(organization, key)
        given = ChoiceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actions.set_item(organization, key, by=person(request), **given.validated_data)
        return _one(organization, key)


def _one(organization: Any, key: str) -> Response:
    get_initiative(organization, key)
    row = next(row for row in rows_of(organization) if row.initiative.key == key)
    return Response(initiative_data(row))


def register(router: BaseRouter) -> None:
    """Put the view sets of the roadmap on the router of the API."""
    use_case_api.register(router)
    router.register("plans", PlanViewSet, basename="plan")
    router.register("plan-requests", PlanRequestViewSet, basename="planrequest")
    router.register("initiatives", InitiativeViewSet, basename="initiative")
