"""The API of the Word copy."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request

from charters.access import get_charter, get_revision
from charters.models import Charter
from charters.word_copy import DOCX, word_response


class WordMixin(viewsets.GenericViewSet[Charter]):
    """A charter as a Word file to negotiate over."""

    @extend_schema(summary="The text of now as a Word file", responses={(200, DOCX): OpenApiTypes.BINARY})
    @action(detail=True)
    def word(self, request: Request, pk: str) -> HttpResponse:
        return word_response(get_charter(request.user, pk))

    @extend_schema(summary="One revision as a Word file", responses={(200, DOCX): OpenApiTypes.BINARY})
    @action(detail=True, url_path=r"revisions/(?P<number>[0-9]{1,9})/word", url_name="revision-word")
    def revision_word(self, request: Request, pk: str, number: str) -> HttpResponse:
        charter = get_charter(request.user, pk)
        return word_response(charter, get_revision(charter, int(number)))
