"""Decisions, documents and people of a project by the API."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import person
from accounts.idempotency import idempotent
from projects.actions import work
from projects.actions.documents import add_document, let_through, remove_document
from projects.actions.people import WORDS, add_member, change_member, end_membership
from projects.api_base import ONE, PK, STALE, OfProject, given, made, told_what_is_there
from projects.api_shapes import (
    LoggedDecisionSerializer,
    NewDecision,
    NewDocument,
    NewPaper,
    NewProjectMember,
    PaperSerializer,
    ProjectMemberChange,
    ProjectMemberSerializer,
)
from projects.downloads import as_download
from projects.models import LoggedDecision, Paper, ProjectMember
from ui.api import Pagination


class ByDay(Pagination):
    """Decisions, the newest first."""

    ordering = ("-logged_at", "pk")


class ByAdded(Pagination):
    """Papers and people, the newest first."""

    ordering = ("-added_at", "pk")


class RecordsMixin(OfProject):
    """What was decided, what is kept on paper, and who is on the project."""

    @extend_schema(summary="Decisions, newest first", responses=LoggedDecisionSerializer(many=True))
    @action(detail=True, pagination_class=ByDay)
    def decisions(self, request: Request, slug: str) -> Response:
        return self.page_of(LoggedDecision, LoggedDecisionSerializer, slug)

    @extend_schema(summary="Log a decision", request=NewDecision, responses={201: LoggedDecisionSerializer})
    @decisions.mapping.post
    @idempotent
    def log_decision(self, request: Request, slug: str) -> Response:
        values = given(NewDecision, request)
        return made(
            LoggedDecisionSerializer, work.log_decision(self.project(slug), by=person(request), values=values)
        )

    @extend_schema(summary="Documents, links and minutes, newest first", responses=PaperSerializer(many=True))
    @action(detail=True, pagination_class=ByAdded)
    def papers(self, request: Request, slug: str) -> Response:
        return self.page_of(Paper, PaperSerializer, slug, archived_at=None)

    @extend_schema(summary="Add a link or minutes", request=NewPaper, responses={201: PaperSerializer})
    @papers.mapping.post
    @idempotent
    def add_paper(self, request: Request, slug: str) -> Response:
        values = given(NewPaper, request)
        return made(PaperSerializer, work.add_paper(self.project(slug), by=person(request), values=values))

    @extend_schema(
        summary="Add a document",
        description="What could act on who opens it is held back until a lead lets it through.",
        request={"multipart/form-data": NewDocument},
        responses={201: PaperSerializer},
    )
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def documents(self, request: Request, slug: str) -> Response:
        project, values = self.project(slug), given(NewDocument, request)
        sent = values["file"]
        paper = add_document(
            project, by=person(request), name=sent.name, content=sent.read(), title=values["title"]
        )
        return made(PaperSerializer, paper)

    @extend_schema(
        summary="Take a paper off the list",
        description="Of a document the bytes are deleted.",
        request=None,
        responses={204: None},
        parameters=[PK],
    )
    @action(detail=True, methods=["delete"], url_path=f"papers/{ONE}")
    def paper(self, request: Request, slug: str, pk: str) -> Response:
        row = self.one(Paper, slug, pk)
        if row.file_id is None:
            work.archive_paper(row)
        else:
            remove_document(row, by=person(request))
        return Response(status=204)

    @extend_schema(
        summary="Download a document",
        description="409 while it is held back.",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        parameters=[PK],
    )
    @action(detail=True, url_path=f"papers/{ONE}/file")
    def paper_file(self, request: Request, slug: str, pk: str) -> HttpResponse:
        return as_download(self.one(Paper, slug, pk, "view"))

    @extend_schema(
        summary="Let a document through that was held back",
        description="For leads.",
        request=None,
        responses=PaperSerializer,
        parameters=[PK],
    )
    @action(detail=True, methods=["post"], url_path=f"papers/{ONE}/release")
    def release(self, request: Request, slug: str, pk: str) -> Response:
        row = self.one(Paper, slug, pk, "lead")
        let_through(row, by=person(request))
        row.refresh_from_db()
        return Response(PaperSerializer(row).data)

    @extend_schema(summary="People on the project", responses=ProjectMemberSerializer(many=True))
    @action(detail=True, pagination_class=ByAdded)
    def members(self, request: Request, slug: str) -> Response:
        return self.page_of(ProjectMember, ProjectMemberSerializer, slug, left_at=None)

    @extend_schema(
        summary="Somebody joins",
        description="For leads.",
        request=NewProjectMember,
        responses={201: ProjectMemberSerializer},
    )
    @members.mapping.post
    @idempotent
    def join(self, request: Request, slug: str) -> Response:
        project = self.project(slug, "lead")
        return made(
            ProjectMemberSerializer,
            add_member(project, by=person(request), values=given(NewProjectMember, request)),
        )

    @extend_schema(
        summary="Another role, work or share",
        description=f"For leads. A project keeps a lead. {STALE}",
        request=ProjectMemberChange,
        responses=ProjectMemberSerializer,
        parameters=[PK],
    )
    @action(detail=True, methods=["patch"], url_path=f"members/{ONE}")
    def member(self, request: Request, slug: str, pk: str) -> Response:
        row = self.one(ProjectMember, slug, pk, "lead", left_at=None)
        values = {name: getattr(row, name) for name in WORDS} | given(ProjectMemberChange, request)
        seen = values.pop("version")
        with told_what_is_there(ProjectMemberSerializer, row):
            change_member(row, by=person(request), values=values, seen=seen)
        row.refresh_from_db()
        return Response(ProjectMemberSerializer(row).data)

    @extend_schema(
        summary="Somebody leaves the project",
        description="For leads.",
        request=None,
        responses={204: None},
        parameters=[PK],
    )
    @member.mapping.delete
    def leave(self, request: Request, slug: str, pk: str) -> Response:
        end_membership(self.one(ProjectMember, slug, pk, "lead", left_at=None), by=person(request))
        return Response(status=204)
