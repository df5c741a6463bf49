"""The sealed sign-off sheet: its download, and asking for it where sealing had failed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from accounts.access import person
from charters.access import get_charter_and_membership
from charters.actions.sheets import request_sheet
from charters.models import SealedSheet, SignoffRound
from charters.signoff import State
from jobs import files
from ui.errors import Conflict, NotFound


@require_safe
@login_required
def download(request: HttpRequest, pk: UUID, number: int) -> FileResponse:
    """The sealed sheet of a revision as a file."""
    charter, _ = get_charter_and_membership(request.user, pk)
    rows = SealedSheet.objects.select_related("file")
    row = rows.filter(round__revision__charter=charter, round__revision__number=number).first()
    if row is None:
        raise NotFound
    response = FileResponse(
        files.open_file(row.file), as_attachment=True, filename=row.file.name, content_type="application/pdf"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@login_required
def seal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have the sheet of the revision in force sealed, once more if that had failed."""
    charter, _ = get_charter_and_membership(request.user, pk, need="manage")
    rows = SignoffRound.objects.select_related("revision__charter__organization")
    round_ = rows.filter(
        revision__charter=charter, revision__state=State.IN_FORCE, state=State.IN_FORCE
    ).first()
    if round_ is None:
        raise Conflict("No revision of this charter is in force.")
    request_sheet(round_, by=person(request))
    messages.success(request, "The sheet is being sealed. It is mailed to everybody who signed.")
    return redirect("charters:show", charter.pk)
