"""What all parts of a project's API share: the door, one page of a list, one object, what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import models
from drf_spectacular.utils import OpenApiParameter
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import UUID_PATTERN, StrictSerializer
from projects.access import get_project_named
from projects.models import Milestone, Project, ProjectMember
from ui.errors import Conflict, Invalid, NotFound

Row = TypeVar("Row", bound=models.Model)
ONE = f"(?P<pk>{UUID_PATTERN})"
STALE = "409 when somebody else has changed it since `version`; `details.now` is what is there."
PK = OpenApiParameter("pk", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)


class OfProject(viewsets.GenericViewSet[Project]):
    """A part of the API below one project, which its short name in the address tells."""

    def page_of(self, model: type[models.Model], serializer: Any, slug: str, **which: Any) -> Response:
        """One page of what belongs to the project, for whoever may see it."""
        project = get_project_named(self.request.user, slug)
        rows = model._default_manager.filter(project=project, **which)
        return paged(self, serializer, rows)

    def project(self, slug: str, need: str = "contribute") -> Project:
        """The project, for whoever may change it."""
        return get_project_named(self.request.user, slug, need=need)

    def one(self, model: type[Row], slug: str, pk: str, need: str = "contribute", **which: Any) -> Row:
        """An object of this very project, for whoever may change it; NotFound for one of another."""
        rows = model._default_manager.select_related("project__organization")
        row = rows.filter(project=self.project(slug, need), pk=pk, **which).first()
        if row is None:
            raise NotFound
        return row


def paged(view: viewsets.GenericViewSet[Any], serializer: Any, rows: models.QuerySet[Any]) -> Response:
    """One page of a list."""
    return view.get_paginated_response(serializer(view.paginate_queryset(rows), many=True).data)


def given(kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """What was sent, checked."""
    found = kind(data=request.data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


@contextmanager
def told_what_is_there(serializer: Any, row: models.Model) -> Iterator[None]:
    """A Conflict of the block tells what is there now, with the version to write over."""
    try:
        yield
    except Conflict as error:
        row.refresh_from_db()
        raise Conflict(error.message, **error.details, now=serializer(row).data) from error


def made(serializer: Any, row: models.Model) -> Response:
    """The answer to what has been added."""
    return Response(serializer(row).data, 201)


def linked(project: Project, values: dict[str, Any]) -> dict[str, Any]:
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
