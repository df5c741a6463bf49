"""The answers to what no page answers: a database or a disk that does not do its part, an unreadable request.

Wherever a fault shows, in a page, a session or a middleware, it ends here, since Django asks these views for
every error that nobody else has answered.
"""

from __future__ import annotations

import errno
import sys

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.views.defaults import server_error as failed

RETRY_SECONDS = 5
DATABASE = (
    "The database does not answer right now. What was shown as saved is kept. If you were saving something, "
    "look whether it stands there before you send it again."
)
DISK = "The server’s disk is full, so nothing was saved. What was saved before is kept. Tell your operator."
UNREADABLE: dict[type[Exception], str] = {
    TooManyFilesSent: "This form holds more than 5 files, which is the most. Nothing was changed.",
    TooManyFieldsSent: "This form holds more than 3000 fields, which is the most. Nothing was changed.",
    RequestDataTooBig: "Without its files this is larger than 2 MB, which is the most. Nothing was changed.",
    MultiPartParserError: "The parts of this form cannot be told apart. Nothing was changed.",
}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of an error: 503 where time or an operator mends it, 500 for a fault of ours."""
    sentence = why(sys.exc_info()[1])
    return _unavailable(request, sentence) if sentence else failed(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a request that cannot be read; a session that could not be kept is told as what it is."""
    below = exception.__cause__ or exception.__context__
    if isinstance(exception, SessionInterrupted) and isinstance(below, DatabaseError | UpdateError):
        return _unavailable(request, DATABASE)
    known = (sentence for kind, sentence in UNREADABLE.items() if isinstance(exception, kind))
    sentence = next(known, "This request cannot be read. Nothing was changed.")
    return _bare(request, 400, "invalid", "Not done", "Nothing was changed", sentence)


def _unavailable(request: HttpRequest, sentence: str) -> HttpResponse:
    title = "Try again in a few seconds" if sentence == DATABASE else "Nothing can be saved"
    response = _bare(request, 503, "unavailable", "Not available just now", title, sentence)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _bare(request: HttpRequest, status: int, code: str, kind: str, title: str, sentence: str) -> HttpResponse:
    """A sentence as JSON for those who read that, else as a page that needs neither session nor user."""
    if request.path.startswith("/api/") or "json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": {"code": code, "message": sentence}}, status=status)
    context = {"kind": kind, "title": title, "sentence": sentence}
    return HttpResponse(render_to_string("bare.html", context), status=status)


def why(error: BaseException | None) -> str:
    """What to say of an error that is nobody's input and no fault of ours; empty for any other."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return DISK
    if not isinstance(error, OperationalError | InterfaceError):
        return ""
    words = str(error).lower()
    if "no such" in words:  # SQLite's words for a missing table or column
        return ""
    return DISK if "is full" in words or "no space left" in words else DATABASE
