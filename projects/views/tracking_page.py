"""The way from a project to MLflow's own page on the second host name."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from accounts.access import person
from projects.access import get_standing
from projects.actions.visits import open_visit
from projects.tracking import server
from ui.errors import Conflict


@require_POST
@login_required
def open_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send the browser to MLflow's page with a ticket; a form, so that a link in a mail opens nothing."""
    project = get_standing(request.user, pk).project
    if reason := server.why_no_page():
        raise Conflict(reason)
    ticket = open_visit(project, by=person(request), session_key=str(request.session.session_key))
    query = urlencode({"ticket": ticket})
    response = HttpResponseRedirect(f"{settings.GATES_URL}/mlflow/{project.slug}/enter?{query}")
    response["Cache-Control"] = "no-store"
    return response
