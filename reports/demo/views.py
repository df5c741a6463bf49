"""The door to the demo: who is there, and entering as one of them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import SESSION_KEY
from accounts.sign_in import BY_DEMO_DOOR, sign_in
from reports.demo.access import get_demo, get_demo_person, people_of_demo
from reports.demo.cast import parts


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """The people of the story, those with the most to see first."""
    organization = get_demo()
    rows = parts(people_of_demo(organization))
    return render(request, "reports/demo_choose.html", {"organization": organization, "rows": rows})


@require_POST
def enter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign in as one of them. The log names this door, which proves nothing about the visitor."""
    organization = get_demo()
    sign_in(request, get_demo_person(organization, pk), method=BY_DEMO_DOOR)
    request.session[SESSION_KEY] = str(organization.pk)
    return redirect("/")
