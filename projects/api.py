"""Projects as an API, by their short names. Tokens are made at the page, after a fresh sign-in."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from accounts.access import current_membership
from accounts.api_auth import TokenAuthentication
from projects.access import get_project_named
from projects.api_auth import ProjectTokenAuthentication
from projects.api_criteria import ProjectCriteria, criteria_of
from projects.api_records import RecordsMixin
from projects.api_shapes import ProjectSerializer
from projects.api_talking import TalkingMixin
from projects.api_work import WorkMixin
from projects.models import Project

SLUG_PATTERN = "[a-z0-9-]{1,40}"


@extend_schema_view(list=extend_schema(summary="Projects of the organization, newest first"))
class ProjectViewSet(
    WorkMixin, TalkingMixin, RecordsMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Project]
):
    """Projects. A project's own tracking token opens its signed criteria and nothing else here."""

    scope = "projects"
    lookup_field = "slug"
    lookup_value_regex = SLUG_PATTERN
    serializer_class = ProjectSerializer
    queryset = Project.objects.none()

    def get_queryset(self) -> QuerySet[Project]:
        organization = current_membership(self.request).organization
        return Project.objects.filter(organization=organization, archived_at=None)

    @extend_schema(summary="One project", responses=ProjectSerializer)
    def retrieve(self, request: Request, slug: str) -> Response:
        return Response(ProjectSerializer(get_project_named(request.user, slug)).data)

    @extend_schema(summary="Signed criteria with their present verdicts", responses=ProjectCriteria)
    @action(
        detail=True,
        authentication_classes=[ProjectTokenAuthentication, TokenAuthentication, SessionAuthentication],
    )
    def criteria(self, request: Request, slug: str) -> Response:
        project = get_project_named(request.user, slug)
        return Response(ProjectCriteria(criteria_of(project)).data)


def register(router: BaseRouter) -> None:
    """Put projects on the router of the API."""
    router.register("projects", ProjectViewSet, basename="project")
