"""Request ids in logs and answers, and the one place where a domain error becomes a page."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from ui.errors import DomainError, FreshSignInRequired, TooLarge

request_id: ContextVar[str] = ContextVar("request_id", default="-")
_GIVEN_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdFilter(logging.Filter):
    """Puts the id of the current request on each log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class RequestIdMiddleware:
    """Gives each request an id that its log lines and its answer carry."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        mark = request_id.set(given if _GIVEN_ID.match(given) else secrets.token_hex(8))
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(mark)


class DomainErrorMiddleware:
    """Turns a domain error raised by a page into a page with its sentence and its status."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        error = _unreadable(request)
        if error is not None:
            return _refuse(request, error)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, FreshSignInRequired):
            return _to_fresh_sign_in(request, error)
        if isinstance(error, DomainError):
            return error_page(request, error)
        return None


def _to_fresh_sign_in(request: HttpRequest, error: FreshSignInRequired) -> HttpResponse:
    # A redirect cannot repeat a POST: what waits under `resume` is sent later, else one returns to the form.
    back = request.get_full_path() if request.method == "GET" else request.META.get("HTTP_REFERER", "/")
    path = back if back.startswith("/") else "/" + back.split("/", 3)[-1]
    return HttpResponseRedirect(
        f"{reverse('account_reauthenticate')}?next={quote(path)}&resume={error.details.get('resume', '')}"
    )


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page for one domain error; a fragment request gets the sentence alone."""
    template = "ui/error_fragment.html" if getattr(request, "htmx", False) else "error.html"
    return render(request, template, {"error": error}, status=error.status)


def _unreadable(request: HttpRequest) -> DomainError | None:
    """What is refused before any page looks at it."""
    # No text of ours holds a NUL character, and PostgreSQL cannot even be asked for one.
    if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        return DomainError("This address holds a NUL character, which no text may hold.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    # Before the body is read: files are written to disk while they arrive.
    if length.isdecimal() and len(length) < 20 and int(length) <= settings.MAX_BODY_BYTES:
        return None
    most = settings.MAX_BODY_BYTES // 1024 // 1024
    return TooLarge(f"What was sent is larger than {most} MB, which is the most. Nothing was changed.")


def _refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=error.status)
    return error_page(request, error)
