"""What all of the API shares: one error shape, paging, and a parser that refuses what JSON does not know."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from ui.errors import DomainError, Invalid

MAX_JSON_BYTES = 2 * 1024 * 1024
MAX_JSON_DEPTH = 40
WRONG_CURSOR = "This is no place in the list; follow `next` or `previous` of an earlier page."


class Pagination(CursorPagination):
    """Pages by cursor, newest first, so that a list stays stable while rows are added."""

    ordering = ("-created_at", "pk")
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    place: Field[Any, Any] | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        first = self.get_ordering(request, queryset, view)[0].lstrip("-")
        self.place = queryset.model._meta.get_field(first)
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Any:
        """As the base class reads it; a place that the ordering field cannot hold is refused here."""
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self._check_place(str(cursor.position))
        except (exceptions.NotFound, ValidationError, ValueError, OverflowError) as error:
            raise exceptions.ValidationError({"cursor": [WRONG_CURSOR]}) from error
        return cursor

    def _check_place(self, position: str) -> None:
        if "\0" in position:
            raise ValueError("a text that no database holds")
        value = self.place.to_python(position) if self.place else None
        if isinstance(value, dt.datetime):
            if value.tzinfo is None:
                raise ValueError("a moment without its time zone")
            # Moments at the ends of the calendar exist in some time zones only.
            value.astimezone(dt.UTC)


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 has it: no NaN, infinity, repeated names, endless nesting or NUL characters."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(MAX_JSON_BYTES + 1)
        if len(raw) > MAX_JSON_BYTES:
            raise exceptions.ParseError(f"The body is larger than {MAX_JSON_BYTES} bytes.")
        try:
            value = json.loads(
                raw.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_no_repeats
            )
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError(f"The body is not valid JSON: {error}") from error
        _check(value, 0)
        return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name stands twice in one object")
    return dict(pairs)


def _check(value: Any, depth: int) -> None:
    if depth > MAX_JSON_DEPTH:
        raise exceptions.ParseError(f"The body is nested more than {MAX_JSON_DEPTH} levels deep.")
    if isinstance(value, str) and ("\x00" in value or any("\ud800" <= c <= "\udfff" for c in value)):
        raise exceptions.ParseError("A text holds a NUL or a lone surrogate character.")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise exceptions.ParseError("A number is too large.")
    if isinstance(value, dict):
        for name, child in value.items():
            _check(name, depth + 1)
            _check(child, depth + 1)
    elif isinstance(value, list):
        for child in value:
            _check(child, depth + 1)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Every error has the shape ``{"error": {"code", "message", "fields"?, "details"?}}``."""
    if isinstance(error, DomainError):
        body: dict[str, Any] = {"code": error.code, "message": error.message}
        if isinstance(error, Invalid) and error.fields:
            body["fields"] = error.fields
        if error.details:
            body["details"] = error.details
        return Response({"error": body}, status=error.status)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = default_handler(error, dict(context))
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = {"error": _shape(error)}
    return response


def _shape(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"": error.detail}
        return {"code": "invalid", "message": "Some fields need another value.", "fields": fields}
    return {
        "code": str(error.get_codes()) if isinstance(error.detail, str) else "error",
        "message": str(error.detail),
    }
