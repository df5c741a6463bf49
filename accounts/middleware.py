"""Each page is written in the time zone and the formats of the organization that it belongs to."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.access import find_organization
from accounts.links import organization_of_visitor
from accounts.localize import as_in


class OrganizationMiddleware:
    """For members their current organization, for visitors the one whose personal link they opened last."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        organization = find_organization(request) or organization_of_visitor(request)
        with as_in(organization):
            return self.get_response(request)
