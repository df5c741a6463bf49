"""Ending a charter that is in force before its decision."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import person, require_fresh, signed_in_at, signed_in_how
from charters.access import get_charter_to_cancel
from charters.actions import Proof, cancel_charter
from charters.forms import ReasonForm
from charters.models import Revision
from charters.signoff import State
from ui.errors import Conflict


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a reason, then cancel; for the outcome owner and those who manage charters."""
    charter = get_charter_to_cancel(request.user, pk)
    revision = Revision.objects.filter(charter=charter, state=State.IN_FORCE).first()
    if revision is None:
        raise Conflict("No revision of this charter is in force, so there is nothing to cancel.")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require_fresh(request)
        at = dt.datetime.fromtimestamp(signed_in_at(request), tz=dt.UTC)
        proof = Proof("account", signed_in_how(request), at)
        cancel_charter(charter, by=person(request), reason=form.cleaned_data["reason"], proof=proof)
        messages.success(request, f"Charter {charter.code} is cancelled. Everybody who signed is told.")
        return redirect("charters:show", charter.pk)
    context = {
        "kind": f"Charter {charter.code}",
        "title": f"Cancel charter {charter.code}",
        "lede": charter.title,
        "effects": [
            f"Revision {revision.number} is no longer in force, and no change of it can be made.",
            "Signatures and history stay on record.",
            "Its use case is marked as stopped.",
            "Everybody who signed is told, with your reason.",
            "This cannot be undone: to go on, begin a new charter.",
        ],
        "form": form,
        "button": f"Cancel charter {charter.code}",
        "cancel_url": reverse("charters:show", args=[charter.pk]),
    }
    return render(request, "ui/confirm.html", context, status=422 if form.errors else 200)
