"""Health and figures of the process, the reference of the API; everything else is a page of an app."""

from __future__ import annotations

import json
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET

from accounts.scopes import SCOPES
from config.reference import Group, groups
from deployments.watch.exposition import CONTENT_TYPE, exposition


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 once the database answers; a proxy and the launcher ask here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return JsonResponse({"status": "ok"})


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures of all deployments for Prometheus, which has a token of its own; nobody else finds anything."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if not wanted or kind.lower() != "bearer" or not constant_time_compare(given.strip(), wanted):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE)


@require_GET
def api_docs(request: HttpRequest) -> HttpResponse:
    """The API for people: every address, what it takes, the scope that it needs, the shape of errors."""
    return render(request, "api_docs.html", {"groups": _reference(), "scopes": SCOPES})


@lru_cache(maxsize=1)
def _reference() -> list[Group]:
    """Read from the reviewed snapshot: drawing the schema takes seconds, and a test compares the two."""
    from config.api import router

    schema = json.loads((settings.BASE_DIR / "docs" / "openapi.json").read_text(encoding="utf-8"))
    areas = {prefix.partition("/")[0]: getattr(view, "scope", "") for prefix, view, _ in router.registry}
    return groups(schema, areas)
