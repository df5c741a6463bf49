"""Rounds, their people, answers and results as an API; data assets and the roster: evidence/api.py."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from accounts.access import current_membership, person
from accounts.api import UUID_PATTERN, StrictSerializer, unit_by_name
from accounts.idempotency import idempotent
from assessment import actions, questionnaires
from assessment.access import get_assessment, get_respondent_in, sees_names
from assessment.answer_values import AnswerError, read_answer, read_revision, read_time
from assessment.evidence.api import DataAssetViewSet, RosterViewSet
from assessment.invitees import Invitee, InviteesError, read_lines
from assessment.models import Answer, Assessment, Respondent, Result
from assessment.serializers import (
    AnswerSerializer,
    AssessmentSerializer,
    Correction,
    NewAnswer,
    NewAssessment,
    NewRespondents,
    Reason,
    RespondentSerializer,
    ResultHead,
    ResultSerializer,
)
from ui.api import Pagination
from ui.errors import Invalid, NotAllowed, NotFound

ROUND = OpenApiParameter("assessment", str, description="The id of a round", required=True)


@extend_schema_view(list=extend_schema(summary="Rounds"), retrieve=extend_schema(summary="One round"))
class AssessmentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Assessment]):
    """Rounds of the organization, and the moves between their states."""

    scope = "assessments"
    serializer_class = AssessmentSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Assessment.objects.none()

    def get_queryset(self) -> QuerySet[Assessment]:
        organization = current_membership(self.request).organization
        found = Assessment.objects.filter(organization=organization)
        return found.select_related("unit", "questionnaire").defer("questionnaire__content")

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(get_assessment(request.user, pk))

    @extend_schema(summary="Create a round", request=NewAssessment, responses={201: AssessmentSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        organization = current_membership(request, "manage").organization
        values = _valid(NewAssessment, request)
        unit = unit_by_name(organization, values.pop("unit"))
        return self._shown(
            actions.create_assessment(organization, by=person(request), unit=unit, **values), status=201
        )

    @extend_schema(summary="Open a draft round", request=None)
    @action(detail=True, methods=["post"])
    def open(self, request: Request, pk: str) -> Response:
        found = get_assessment(request.user, pk, need="manage")
        actions.open_round(found, by=person(request))
        return self._shown(found)

    @extend_schema(summary="Start the review: lock answers", request=None)
    @action(detail=True, methods=["post"], url_path="start-review")
    def start_review(self, request: Request, pk: str) -> Response:
        found = get_assessment(request.user, pk, need="manage")
        actions.start_review(found, by=person(request))
        return self._shown(found)

    @extend_schema(
        summary="Close a round in review: freeze its result", request=None, responses=ResultSerializer
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        found = get_assessment(request.user, pk, need="manage")
        return Response(ResultSerializer(actions.close(found, by=person(request))).data)

    @extend_schema(summary="Open a round again", request=Reason)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        found = get_assessment(request.user, pk, need="manage")
        actions.reopen(found, by=person(request), **_valid(Reason, request))
        return self._shown(found)

    def _shown(self, found: Assessment, status: int = 200) -> Response:
        return Response(self.get_serializer(found).data, status=status)


@extend_schema_view(list=extend_schema(summary="People of a round", parameters=[ROUND]))
class RespondentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Respondent]):
    """The people of a round, for facilitators and owners."""

    scope = "assessments"
    serializer_class = RespondentSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Respondent.objects.none()

    def get_queryset(self) -> QuerySet[Respondent]:
        return Respondent.objects.filter(assessment=_round(self.request))

    @extend_schema(
        summary="Ask people", request=NewRespondents, responses={201: RespondentSerializer(many=True)}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        values = _valid(NewRespondents, request)
        found = get_assessment(request.user, values["assessment"], need="manage")
        people = actions.invite_respondents(found, _invitees(found, values["people"]), by=person(request))
        return Response(self.get_serializer(people, many=True).data, status=201)

    @extend_schema(summary="Correct a person", request=Correction)
    def partial_update(self, request: Request, pk: str) -> Response:
        respondent = _respondent(request, pk)
        correction = Correction(data=request.data, partial=True)
        correction.is_valid(raise_exception=True)
        stands = {name: getattr(respondent, name) for name in ("name", "address", "function")}
        values = stands | correction.validated_data
        changed = actions.correct_respondent(respondent, by=person(request), **values)
        return Response(self.get_serializer(changed).data)

    @extend_schema(summary="Take somebody out who has not begun")
    def destroy(self, request: Request, pk: str) -> Response:
        actions.remove_respondent(_respondent(request, pk), by=person(request))
        return Response(status=204)

    @extend_schema(summary="Remind a person", request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def remind(self, request: Request, pk: str) -> Response:
        respondent = _respondent(request, pk)
        actions.remind(respondent.assessment, only=respondent, by=person(request))
        return Response(status=204)


class BySaving(Pagination):
    """Newest answers first."""

    ordering = ("-saved_at", "pk")


@extend_schema_view(list=extend_schema(summary="Answers of a named round", parameters=[ROUND]))
class AnswerViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Answer]):
    """Answers: to read for facilitators and owners of named rounds, to write by the person asked."""

    scope = "assessments"
    serializer_class = AnswerSerializer
    pagination_class = BySaving
    queryset = Answer.objects.none()

    def get_queryset(self) -> QuerySet[Answer]:
        found = _round(self.request)
        if not sees_names(current_membership(self.request), found):
            raise NotAllowed("In a confidential round nobody sees answers of single people.")
        return Answer.objects.filter(respondent__assessment=found)

    @extend_schema(summary="Save one’s own answer", request=NewAnswer, responses=AnswerSerializer)
    def create(self, request: Request) -> Response:
        values = _valid(NewAnswer, request)
        respondent = (
            Respondent.objects.select_related("assessment__organization")
            .filter(pk=values.pop("respondent"), user=person(request))
            .first()
        )
        if respondent is None:
            raise NotFound
        get_assessment(request.user, respondent.assessment_id)
        item = questionnaires.of(respondent.assessment).items.get(values.pop("item"))
        if item is None:
            raise NotFound
        try:
            base = read_revision(values.pop("base_revision"))
            content = read_answer(item, values)
        except AnswerError as error:
            raise Invalid(str(error), fields=error.fields) from error
        answer = actions.save_answer(
            respondent,
            item.key,
            content,
            base_revision=base,
            by=person(request),
            client_time=read_time(values.get("client_time")),
        )
        return Response(self.get_serializer(answer).data)


@extend_schema_view(
    list=extend_schema(summary="Frozen results, newest first", responses=ResultHead(many=True)),
    retrieve=extend_schema(summary="One frozen result with its content", responses=ResultSerializer),
)
class ResultViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Result]):
    """Frozen results of closed rounds, for all members."""

    scope = "assessments"
    serializer_class = ResultHead
    lookup_value_regex = UUID_PATTERN
    queryset = Result.objects.none()

    def get_queryset(self) -> QuerySet[Result]:
        organization = current_membership(self.request).organization
        found = Result.objects.filter(assessment__organization=organization, assessment__state="closed")
        # Two results of one confidential round would show by subtraction who answered in between.
        newer = Result.objects.filter(assessment=OuterRef("assessment"), number__gt=OuterRef("number"))
        return found.exclude(Q(Exists(newer)) & Q(assessment__visibility="confidential"))

    def retrieve(self, request: Request, pk: str) -> Response:
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotFound
        return Response(ResultSerializer(found).data)


def _valid(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _round(request: Request | Any) -> Assessment:
    """The round that the query names, for those who lead it."""
    wanted = request.query_params.get("assessment", "")
    try:
        pk = serializers.UUIDField().to_internal_value(wanted)
    except serializers.ValidationError as error:
        raise Invalid(
            "Name a round: ?assessment=ID.", fields={"assessment": ["Must be the id of a round."]}
        ) from error
    return get_assessment(request.user, pk, need="manage")


def _respondent(request: Request, pk: str) -> Respondent:
    found = Respondent.objects.filter(pk=pk).values_list("assessment_id", flat=True).first()
    if found is None:
        raise NotFound
    return get_respondent_in(get_assessment(request.user, found, need="manage"), pk)


def _invitees(assessment: Assessment, people: list[dict[str, Any]]) -> list[Invitee]:
    """The same rules as for pasted lists; a line is the place in the list, counted from 1."""
    functions = {key: found.title for key, found in questionnaires.of(assessment).functions.items()}
    known = assessment.respondents.exclude(address="").values_list("address", flat=True)
    unknown = [one["function"] for one in people if one["function"] not in functions]
    if unknown:
        raise Invalid(
            "Some functions do not exist.", fields={"people": [f"There is no {name!r}." for name in unknown]}
        )
    lines = [f"\t{one['address']}\t{one['function']}" for one in people]
    try:
        read = read_lines(lines, functions=functions, known=known)
    except InviteesError as error:
        raise Invalid(
            "Some people cannot be added.", fields={"people": [str(p) for p in error.problems]}
        ) from error
    return [
        Invitee(one["name"].strip(), checked.address, checked.function)
        for one, checked in zip(people, read, strict=True)
    ]


def register(router: BaseRouter) -> None:
    """Put the view sets of assessment on the router of the API."""
    router.register("assessments", AssessmentViewSet, basename="assessment")
    router.register("respondents", RespondentViewSet, basename="respondent")
    router.register("answers", AnswerViewSet, basename="answer")
    router.register("results", ResultViewSet, basename="result")
    router.register("data-assets", DataAssetViewSet, basename="data-asset")
    router.register("roster", RosterViewSet, basename="roster")
