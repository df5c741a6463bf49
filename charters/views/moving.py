"""Moving a charter on: freeze, send, remind, withdraw, revise, archive."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person, require
from charters.access import get_charter
from charters.actions import (
    archive_charter,
    freeze_revision,
    remind,
    send_for_signature,
    start_revision,
    withdraw,
)
from charters.actions.asking import accounts_at, link_signing_is_off
from charters.forms import ReasonForm, SendForm
from charters.models import Charter, Signatory
from charters.queries import current_revision, document_of, latest_revision
from charters.signoff import Order, State
from ui.errors import Conflict, Invalid, NotFound

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_POST
@login_required
def freeze(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Freeze the draft; what stands in the way is shown on the review page."""
    charter = get_charter(request.user, pk, need="manage")
    try:
        revision = freeze_revision(charter, by=person(request))
    except Invalid as error:
        messages.error(request, "Not frozen: what stands in the way is listed here.")
        if "problems" not in error.details:
            raise
        return redirect("charters:review", charter.pk)
    messages.success(request, f"Revision {revision.number} is frozen.")
    return redirect("charters:send", charter.pk)


@require_http_methods(GET_AND_POST)
@login_required
def send(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show who will be asked in which order, then send."""
    charter = get_charter(request.user, pk, need="manage")
    revision = latest_revision(charter)
    if revision is None or charter.state not in (State.FROZEN, State.WITHDRAWN, State.CHANGES):
        raise Conflict("There is no frozen revision to send.")
    form = SendForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        send_for_signature(charter, by=person(request), due_on=form.cleaned_data["due_on"])
        messages.success(request, f"Revision {revision.number} is out for signature.")
        return redirect("charters:show", charter.pk)
    context = {"charter": charter, "revision": revision, "form": form, **_who_signs(charter, revision)}
    return render(request, "charters/send.html", context, status=422 if form.errors else 200)


def _who_signs(charter: Charter, revision: object) -> dict[str, object]:
    plan = document_of(revision)["sign_off"]  # type: ignore[arg-type]
    accounts = accounts_at(charter.organization, {seat["email"] for step in plan for seat in step["seats"]})
    steps = [
        {
            "number": step["step"],
            "in_order": step["order"] == Order.IN_ORDER,
            "seats": [{**seat, "by_link": seat["email"] not in accounts} for seat in step["seats"]],
        }
        for step in plan
    ]
    by_link = any(seat["by_link"] for step in steps for seat in step["seats"])
    return {"steps": steps, "by_link": by_link, "link_off": by_link and link_signing_is_off()}


@require_POST
@login_required
def remind_signatory(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mail somebody again whose turn it is."""
    signatory = (
        Signatory.objects.select_related("round__revision__charter__organization").filter(pk=pk).first()
    )
    if signatory is None:
        raise NotFound
    charter = signatory.round.revision.charter
    require(request.user, charter.organization, "manage")
    remind(signatory, by=person(request))
    messages.success(request, f"{signatory.name} was mailed again.")
    return redirect("charters:show", charter.pk)


@require_http_methods(GET_AND_POST)
@login_required
def withdraw_revision(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a reason, then take the revision back."""
    charter = get_charter(request.user, pk, need="manage")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        withdraw(charter, by=person(request), reason=form.cleaned_data["reason"])
        messages.success(request, f"Revision {charter.latest_number} was withdrawn.")
        return redirect("charters:show", charter.pk)
    return _ask(
        request,
        charter,
        form,
        title=f"Withdraw revision {charter.latest_number}",
        effects=[
            "Nobody can sign it any more; links stop working at once.",
            "Signatures given stay on record for this round.",
            "Everybody who was asked is told, with your reason.",
        ],
        button=f"Withdraw revision {charter.latest_number}",
    )


@require_http_methods(GET_AND_POST)
@login_required
def revise(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a reason, then open a new draft over the latest revision."""
    charter = get_charter(request.user, pk, need="manage")
    form = ReasonForm(request.POST or None)
    form.fields["reason"].required = charter.state != State.FROZEN
    if request.method == "POST" and form.is_valid():
        start_revision(charter, by=person(request), reason=form.cleaned_data["reason"])
        messages.success(request, f"Revision {charter.next_number} is a draft now.")
        return redirect("charters:write", charter.pk, "problem")
    is_change = charter.state == State.IN_FORCE
    title = "Request a change" if is_change else f"Begin revision {charter.next_number}"
    return _ask(
        request,
        charter,
        form,
        title=title,
        effects=_effects_of_revising(charter),
        button="Open a change request" if is_change else title,
        kind="primary",
    )


def _effects_of_revising(charter: Charter) -> list[str]:
    current = current_revision(charter)
    number = current.number if current else charter.latest_number
    if charter.state == State.OUT:
        return [
            f"Revision {number} can no longer be signed.",
            f"Signatures given stay on record as “for revision {number}” and count for no other.",
            "Everybody who has answered is told.",
        ]
    if charter.state == State.IN_FORCE:
        return [
            f"Revision {number} stays in force until the same roles have signed the new one.",
            f"Its signatures are then “for revision {number}”.",
            "The difference is shown field by field, with its effect on the criteria.",
        ]
    return [f"Revision {number} is put aside.", "Its text becomes the draft that you change."]


@require_http_methods(GET_AND_POST)
@login_required
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then take a charter off the list."""
    charter = get_charter(request.user, pk, need="manage")
    if request.method == "POST":
        archive_charter(charter, by=person(request))
        messages.success(request, f"Charter {charter.code} is archived.")
        return redirect("charters:list")
    return _ask(
        request,
        charter,
        None,
        title=f"Archive charter {charter.code}",
        effects=["It leaves the list and can be read by its address.", "Signatures and history stay."],
        button=f"Archive {charter.code}",
    )


def _ask(
    request: HttpRequest,
    charter: Charter,
    form: ReasonForm | None,
    *,
    title: str,
    effects: list[str],
    button: str,
    kind: str = "bad",
) -> HttpResponse:
    context = {
        "kind": f"Charter {charter.code}",
        "title": title,
        "lede": charter.title,
        "effects": effects,
        "form": form,
        "button": button,
        "button_kind": kind,
        "cancel_url": reverse("charters:show", args=[charter.pk]),
    }
    return render(
        request, "ui/confirm.html", context, status=422 if form is not None and form.errors else 200
    )
