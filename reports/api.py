"""Reports and exports as an API: what can be printed, asking for it, and the files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from accounts.access import current_membership, person
from accounts.api import UUID_PATTERN, StrictSerializer
from accounts.idempotency import idempotent
from jobs import actions as jobs
from jobs.access import get_job
from jobs.models import Job
from reports import actions, queries
from reports.access import get_report
from reports.export_views import answers_response
from reports.kinds import KINDS, get_kind
from reports.models import Report
from reports.views import file_response
from ui.errors import NotFound


class ReportSerializer(serializers.ModelSerializer[Report]):
    """One PDF that was made. The same input has the same ``input_hash``, and is kept once."""

    size = serializers.IntegerField(source="file.size", read_only=True)
    sha256 = serializers.CharField(source="file.sha256", read_only=True)
    file_name = serializers.CharField(source="file.name", read_only=True)

    class Meta:
        model = Report
        fields = (
            "id",
            "kind",
            "subject_id",
            "title",
            "paper",
            "input_hash",
            "file_name",
            "size",
            "sha256",
            "created_at",
        )
        read_only_fields = fields


class OfferSerializer(StrictSerializer):
    """Something that can be printed."""

    kind = serializers.CharField(source="kind.key")
    title = serializers.CharField(source="kind.title")
    subject_id = serializers.CharField(source="subject.id")
    name = serializers.CharField(source="subject.name")
    stands_at = serializers.DateField(source="subject.day")
    made = ReportSerializer(allow_null=True)


class WishSerializer(StrictSerializer):
    """What to print. ``subject_id``: a result for readiness, a plan for roadmap, a revision for charter."""

    kind = serializers.ChoiceField(choices=sorted(KINDS))
    subject_id = serializers.UUIDField()
    paper = serializers.ChoiceField(choices=Report.Paper.choices, default=Report.Paper.A4)


class RequestSerializer(serializers.ModelSerializer[Job]):
    """How far a report is. ``state``: queued, running, done, failed or cancelled."""

    report = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = ("id", "title", "state", "step", "done", "total", "message", "created_at", "report")
        read_only_fields = fields

    def get_report(self, job: Job) -> str | None:
        """The id of the report once it is there."""
        made = queries.made_by_job(job)
        return str(made.pk) if made else None


@extend_schema_view(list=extend_schema(summary="Reports that were made, the latest first"))
class ReportViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Report]):
    """Reports of the token's organization."""

    scope = "reports"
    serializer_class = ReportSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Report.objects.none()

    def get_queryset(self) -> QuerySet[Report]:
        organization = current_membership(self.request).organization
        return Report.objects.filter(organization=organization).select_related("file")

    @extend_schema(summary="One report")
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(get_report(person(request), pk)).data)

    @extend_schema(summary="The PDF of a report", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str) -> FileResponse:
        return file_response(get_report(person(request), pk))

    @extend_schema(summary="What can be printed", responses=OfferSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def offers(self, request: Request) -> Response:
        found = queries.offers(person(request), current_membership(request).organization)
        return Response(OfferSerializer(found, many=True).data)


@extend_schema_view(retrieve=extend_schema(summary="How far a report is"))
class ReportRequestViewSet(viewsets.GenericViewSet[Job]):
    """Requests for reports, each seen by the one who made it."""

    scope = "reports"
    serializer_class = RequestSerializer
    lookup_value_regex = UUID_PATTERN
    queryset = Job.objects.none()

    @extend_schema(summary="Ask for a report", request=WishSerializer, responses={202: RequestSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        given = WishSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        kind = get_kind(given.validated_data["kind"])
        subject = kind.find(person(request), str(given.validated_data["subject_id"]), kind.need)
        job = actions.request_report(kind, subject, paper=given.validated_data["paper"], by=person(request))
        return Response(self.get_serializer(job).data, status=202)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(_own_job(request, pk)).data)

    @extend_schema(summary="Stop making a report", request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        job = _own_job(request, pk)
        jobs.cancel(job)
        job.refresh_from_db()
        return Response(self.get_serializer(job).data)


def _own_job(request: Request, pk: str) -> Job:
    """The caller's job, if it makes a report in the organization that the token is for."""
    job = get_job(person(request), pk)
    if job.name != actions.RENDER or job.organization_id != current_membership(request).organization_id:
        raise NotFound
    return job


class ExportViewSet(viewsets.GenericViewSet[Any]):
    """Answers of a round as CSV; its id is that of the round."""

    scope = "reports"
    lookup_value_regex = UUID_PATTERN
    queryset = Report.objects.none()
    serializer_class = ReportSerializer

    @extend_schema(summary="Answers of a round", responses={(200, "text/csv"): OpenApiTypes.STR})
    def retrieve(self, request: Request, pk: str) -> StreamingHttpResponse:
        return answers_response(person(request), UUID(pk))


def register(router: BaseRouter) -> None:
    """Put the view sets of reports on the router of the API."""
    router.register("reports", ReportViewSet, basename="report")
    router.register("report-requests", ReportRequestViewSet, basename="report-request")
    router.register("exports", ExportViewSet, basename="export")
