"""Opening a personal link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import links
from accounts.limits import client_address, limit
from accounts.models import PersonalLink


@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange the token for a mark in the session and go on to an address without it."""
    limit("link", client_address(request), times=60, seconds=300)
    link = links.find(token)
    if link is None or link.state != "active":
        return _closed(request, link)
    if request.method == "HEAD":
        return HttpResponse()
    response = redirect(links.enter(request, link))
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _closed(request: HttpRequest, link: PersonalLink | None) -> HttpResponse:
    context = {
        "link": link,
        "organization": link.organization.name if link else "",
        "ask": link.created_by if link else None,
        "link_bar": {"organization": link.organization.name if link else "", "share": ""},
    }
    return render(request, "accounts/link_closed.html", context, status=410 if link else 404)
