"""Use cases as an API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from accounts.access import current_membership, person
from accounts.api import UUID_PATTERN, StrictSerializer
from accounts.idempotency import idempotent
from roadmap import use_case_actions as actions
from roadmap.portfolio import Score, standing
from roadmap.use_case_access import get_use_case
from roadmap.use_case_models import UseCase
from roadmap.use_case_queries import (
    facts_of,
    portfolio_problems,
    ranked,
    roster_skills,
    standing_of,
    use_cases_of,
)
from roadmap.use_case_rubric import rubric

# A list reads the roster once; a single use case reads it when it is asked for.
UNREAD = object()


class ScoreSerializer(serializers.Serializer[Score]):
    """An axis: 0 to 100, null without any answer."""

    value = serializers.IntegerField(source="rounded", allow_null=True)
    coverage = serializers.FloatField()
    provisional = serializers.BooleanField(source="is_provisional")


class StandingSerializer(serializers.Serializer[Any]):
    """Worth and feasibility with what follows from them."""

    worth = ScoreSerializer()
    feasibility = ScoreSerializer()
    marks = serializers.ListField(child=serializers.CharField())
    quadrant = serializers.CharField()


class UseCaseSerializer(serializers.ModelSerializer[UseCase]):
    """A use case. Send `revision` as it was read when you change one."""

    standing = serializers.SerializerMethodField()
    assets = serializers.SerializerMethodField()

    class Meta:
        model = UseCase
        fields = (
            "id",
            "title",
            "description",
            "unit",
            "outcome_owner",
            "problem_type",
            "data_origin",
            "touches",
            "horizon",
            "other_uses",
            "lessons",
            "levels",
            "assets",
            "state",
            "starts_on",
            "ends_on",
            "budget",
            "team",
            "revision",
            "created_at",
            "updated_at",
            "standing",
        )
        read_only_fields = fields

    @extend_schema_field(StandingSerializer)
    def get_standing(self, use_case: UseCase) -> dict[str, Any]:
        skills = self.context.get("skills", UNREAD)
        found = standing_of(use_case) if skills is UNREAD else standing(facts_of(use_case, skills), rubric())
        return dict(StandingSerializer(found).data)

    def get_assets(self, use_case: UseCase) -> list[str]:
        return [str(asset.pk) for asset in use_case.assets.all()]


class UseCaseValues(StrictSerializer):
    """What can be written. `levels` maps a question to a level of 0 to 4, null, or {"level", "note"}."""

    title = serializers.CharField(required=False, max_length=150)
    description = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    unit = serializers.UUIDField(required=False, allow_null=True)
    outcome_owner = serializers.CharField(required=False, allow_blank=True, max_length=150)
    problem_type = serializers.CharField(required=False, allow_blank=True, max_length=30)
    data_origin = serializers.CharField(required=False, allow_blank=True, max_length=12)
    touches = serializers.ListField(required=False, child=serializers.CharField(max_length=20), max_length=20)
    horizon = serializers.CharField(required=False, allow_blank=True, max_length=6)
    other_uses = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    lessons = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    levels = serializers.JSONField(required=False)
    assets = serializers.ListField(required=False, child=serializers.UUIDField(), max_length=100)


class UseCaseChange(UseCaseValues):
    """Changed fields, and the revision that they are written over."""

    revision = serializers.IntegerField(min_value=1, max_value=2_000_000_000)


class PortfolioProblemSerializer(serializers.Serializer[Any]):
    """What the list as a whole lacks."""

    id = serializers.CharField()
    severity = serializers.CharField()
    sentence = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField())


@extend_schema_view(list=extend_schema(summary="Use cases of the organization, newest first"))
class UseCaseViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[UseCase]):
    """Use cases with worth and feasibility."""

    scope = "roadmap"
    serializer_class = UseCaseSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = UseCase.objects.none()

    def get_queryset(self) -> QuerySet[UseCase]:
        return use_cases_of(current_membership(self.request).organization)

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if self.action == "list" and not getattr(self, "swagger_fake_view", False):
            context["skills"] = roster_skills(current_membership(self.request).organization)
        return context

    @extend_schema(summary="One use case")
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(UseCaseSerializer(get_use_case(request.user, pk)).data)

    @extend_schema(summary="Add a use case", request=UseCaseValues, responses={201: UseCaseSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        organization = current_membership(request, "edit").organization
        given = UseCaseValues(data=request.data)
        given.is_valid(raise_exception=True)
        use_case = actions.create_use_case(organization, by=person(request), values=given.validated_data)
        return Response(UseCaseSerializer(use_case).data, status=201)

    @extend_schema(summary="Change a use case", request=UseCaseChange, responses=UseCaseSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        use_case = get_use_case(request.user, pk, need="edit")
        given = UseCaseChange(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        seen = values.pop("revision")
        changed = actions.change_use_case(use_case, by=person(request), values=values, seen=seen)
        return Response(UseCaseSerializer(changed).data)

    @extend_schema(summary="Archive a use case")
    def destroy(self, request: Request, pk: str) -> Response:
        actions.archive_use_case(get_use_case(request.user, pk, need="edit"), by=person(request))
        return Response(status=204)

    @extend_schema(summary="Take an archived use case back", request=None, responses=UseCaseSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        use_case = get_use_case(request.user, pk, need="edit")
        actions.restore_use_case(use_case, by=person(request))
        return Response(UseCaseSerializer(get_use_case(request.user, pk)).data)

    @extend_schema(summary="What the list as a whole lacks", responses=PortfolioProblemSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def portfolio(self, request: Request) -> Response:
        organization = current_membership(request).organization
        standings = [item for _, item in ranked(use_cases_of(organization))]
        found = portfolio_problems(organization, standings)
        return Response(PortfolioProblemSerializer(found, many=True).data)


def register(router: BaseRouter) -> None:
    """Put use cases on the router of the API."""
    router.register("use-cases", UseCaseViewSet, basename="use_case")
