"""Check-ins and asks of a project by the API, and the readings behind its verdicts."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import person
from accounts.idempotency import idempotent
from charters.api_keeping import ReadingSerializer
from charters.keeping import readings_of
from projects.access import get_project_named
from projects.actions.talking import answer_ask, ask_somebody, check_in, withdraw_ask
from projects.api_base import ONE, PK, OfProject, given, made
from projects.api_shapes import AskAnswer, AskSerializer, CheckInSerializer, NewAsk, NewCheckIn
from projects.models import Ask, CheckIn
from ui.api import Pagination
from ui.errors import Conflict


class BySince(Pagination):
    """Asks, the newest first."""

    ordering = ("-since", "pk")


class ByWeek(Pagination):
    """Check-ins, the newest first."""

    ordering = ("-week", "pk")


class TalkingMixin(OfProject):
    """How the project stands and whom it waits for."""

    @extend_schema(summary="Check-ins, newest first", responses=CheckInSerializer(many=True))
    @action(detail=True, url_path="check-ins", pagination_class=ByWeek)
    def checkins(self, request: Request, slug: str) -> Response:
        return self.page_of(CheckIn, CheckInSerializer, slug)

    @extend_schema(
        summary="Check in for a week",
        description="409 when the week was answered since `version`; `details.now` is that answer.",
        request=NewCheckIn,
        responses={201: CheckInSerializer},
    )
    @checkins.mapping.post
    @idempotent
    def check_in(self, request: Request, slug: str) -> Response:
        project, values = self.project(slug), given(NewCheckIn, request)
        seen = values.pop("version")
        try:
            row = check_in(project, by=person(request), seen=seen, **values)
        except Conflict as error:
            there = CheckIn.objects.get(project=project, week=values["week"])
            raise Conflict(error.message, now=CheckInSerializer(there).data) from error
        return made(CheckInSerializer, row)

    @extend_schema(summary="Asks, newest first", responses=AskSerializer(many=True))
    @action(detail=True, pagination_class=BySince)
    def asks(self, request: Request, slug: str) -> Response:
        return self.page_of(Ask, AskSerializer, slug)

    @extend_schema(summary="Ask somebody", request=NewAsk, responses={201: AskSerializer})
    @asks.mapping.post
    @idempotent
    def ask(self, request: Request, slug: str) -> Response:
        row = ask_somebody(self.project(slug), by=person(request), values=given(NewAsk, request))
        return made(AskSerializer, row)

    @extend_schema(summary="Note an answer", request=AskAnswer, responses=AskSerializer, parameters=[PK])
    @action(detail=True, methods=["post"], url_path=f"asks/{ONE}/answer")
    def answer(self, request: Request, slug: str, pk: str) -> Response:
        row = self.one(Ask, slug, pk)
        answer_ask(row, name=row.of_name, by=person(request), **given(AskAnswer, request))
        row.refresh_from_db()
        return Response(AskSerializer(row).data)

    @extend_schema(summary="Take an ask back", request=None, responses={204: None}, parameters=[PK])
    @action(detail=True, methods=["post"], url_path=f"asks/{ONE}/withdraw")
    def withdraw(self, request: Request, slug: str, pk: str) -> Response:
        withdraw_ask(self.one(Ask, slug, pk), by=person(request))
        return Response(status=204)

    @extend_schema(summary="Readings of the signed criteria", responses=ReadingSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def readings(self, request: Request, slug: str) -> Response:
        project = get_project_named(request.user, slug)
        rows = readings_of(project.charter) if project.charter is not None else []
        return Response(ReadingSerializer(rows, many=True).data)
