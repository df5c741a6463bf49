"""Change requests of a charter in force: what one does, giving it up, a successor for somebody who left."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import person
from charters.access import get_change, get_charter, get_charter_and_membership
from charters.actions import drop_change, name_successor
from charters.change_page import change_context
from charters.forms import ReasonForm
from charters.keeping_forms import SuccessorForm
from charters.models import ChangeRequest
from charters.queries import document_of, revision_in_force
from charters.shown import Rights
from ui.errors import Conflict, NotFound

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_safe
@login_required
def change(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """One change request against the text that it changes, word by word, with its effects."""
    charter, membership = get_charter_and_membership(request.user, pk)
    row = get_change(charter, number)
    context = change_context(row, charter) | {"rights": Rights.of(membership)}
    return render(request, "charters/change.html", context)


@require_http_methods(GET_AND_POST)
@login_required
def drop(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Ask for a reason, then give the change up."""
    charter = get_charter(request.user, pk, need="manage")
    row = get_change(charter, number)
    if row.state != ChangeRequest.State.OPEN:
        raise Conflict(f"Change request {row.number} is {row.get_state_display().lower()} already.")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        drop_change(charter, by=person(request), reason=form.cleaned_data["reason"])
        messages.success(request, f"Change request {row.number} is dropped.")
        return redirect("charters:show", charter.pk)
    base = row.base.number
    context = {
        "kind": f"Charter {charter.code}",
        "title": f"Drop change request {row.number}",
        "lede": row.reason,
        "effects": [
            f"Revision {base} stays in force, with its signatures.",
            f"The draft becomes the text of revision {base} again; what was written stays in its history.",
            "Whoever was asked to sign the change is told, with your reason. Links stop working at once.",
        ],
        "form": form,
        "button": f"Drop change request {row.number}",
        "cancel_url": reverse("charters:change", args=[charter.pk, row.number]),
    }
    return render(request, "ui/confirm.html", context, status=422 if form.errors else 200)


@require_http_methods(GET_AND_POST)
@login_required
def successor(request: HttpRequest, pk: UUID, seat: str) -> HttpResponse:
    """Name who takes a seat; the change request is opened with the seat filled in."""
    charter = get_charter(request.user, pk, need="manage")
    revision = revision_in_force(charter)
    held = document_of(revision).get("seat", {}).get(seat) if revision else None
    if revision is None or not held or not held.get("name"):
        raise NotFound
    form = SuccessorForm(request.POST or None, organization=charter.organization, leaver=held["name"])
    if request.method == "POST" and form.is_valid():
        row = name_successor(charter, seat, by=person(request), **form.cleaned_data)
        messages.success(request, f"Change request {row.number} is open, with the seat filled in.")
        return redirect("charters:change", charter.pk, row.number)
    context = {
        "kind": f"Charter {charter.code}",
        "title": f"Name a successor for {held['name']}",
        "lede": charter.title,
        "effects": [
            f"A change request is opened; revision {revision.number} stays in force until the same roles "
            "have signed the new one.",
            "The seat holds the successor in the draft. Check the rest of the text before you freeze it.",
        ],
        "form": form,
        "button": "Open the change request",
        "button_kind": "primary",
        "cancel_url": reverse("charters:show", args=[charter.pk]),
    }
    return render(request, "ui/confirm.html", context, status=422 if form.errors else 200)
