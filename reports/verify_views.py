"""The public check of a sealed sheet: no sign-in, and nothing is told beyond the file or the token itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import client_address, limit
from charters import seal_keys
from reports import verifying
from reports.sealing import installation_key
from reports.verifying import MAX_BYTES, Answer
from ui.errors import NotFound

FILES, TOKENS, WINDOW = 30, 120, 600


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """Hand in a file, and read what can be said of it."""
    if request.method != "POST":
        return _page(request, None)
    limit("verify-file", client_address(request), times=FILES, seconds=WINDOW)
    file = request.FILES.get("file")
    if file is None:
        return _page(request, None, error="Choose the PDF that you were sent.", status=422)
    if (file.size or 0) > MAX_BYTES:
        most = MAX_BYTES // 1_000_000
        words = f"This file is larger than {most} MB. No sign-off sheet is."
        return _page(request, None, error=words, status=413)
    return _page(request, verifying.look_at(file.read()))


@require_safe
@never_cache
def by_token(request: HttpRequest, token: str) -> HttpResponse:
    """What was sealed under the address on a sheet."""
    limit("verify-token", client_address(request), times=TOKENS, seconds=WINDOW)
    row = verifying.by_token(token)
    if row is None:
        raise NotFound("There is no sealed sheet at this address.")
    return _page(request, verifying.told(row, seen=False))


@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    """The certificates behind the seals of this installation, for checking without it."""
    installation_key()  # made now where nothing has been sealed yet
    roots = seal_keys.roots(Path(settings.KEYS_DIR))
    content = "".join(seal_keys.as_pem(root).decode() for root in roots)
    response = HttpResponse(content, content_type="application/x-pem-file")
    response["Content-Disposition"] = 'attachment; filename="throughline-seal.pem"'
    return response


def _page(request: HttpRequest, answer: Answer | None, *, error: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"answer": answer, "error": error, "most": MAX_BYTES // 1_000_000}
    return render(request, "reports/verify.html", context, status=status)
