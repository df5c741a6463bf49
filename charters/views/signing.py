"""Reading and signing: by account with a fresh sign-in, or by personal link with a mailed code."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import codes
from charters.access import get_visitor
from charters.actions import decline, name_delegate, request_changes, sign, take_back
from charters.actions.asking import link_signing_is_off
from charters.forms import CodeForm, ReasonForm
from charters.models import Signatory
from charters.sign_page import LINK_OFF, candidates, context_of, proof_of, purpose_of, standing_of
from charters.signing_forms import DelegateForm, LimitsForm
from ui.errors import Conflict

GET_AND_POST = ["GET", "HEAD", "POST"]
# Where somebody goes on after asking for a code.
AFTER_CODE = ("decline", "changes", "delegate")


@require_safe
@never_cache
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The whole text, its hash, what kind of signature this is, and the decision, on one page."""
    visitor = get_visitor(request, pk)
    Signatory.objects.filter(pk=visitor.signatory.pk, opened_at=None).update(opened_at=timezone.now())
    return render(request, "charters/sign.html", context_of(request, visitor))


@require_POST
@never_cache
def submit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign. The hash that was shown is part of the request; the sign-in or the code is fresh.

    A limit that is not acceptable leads to declining; one that was left open is named, and nothing is signed.
    """
    visitor = get_visitor(request, pk)
    code = CodeForm(request.POST)
    standing = standing_of(visitor)
    limits = LimitsForm(request.POST, limits=standing["limits"])
    if standing["link_off"]:
        raise Conflict(LINK_OFF)
    if not standing["can_act"]:
        raise Conflict(standing["why_not"])
    if limits.refused:
        query = urlencode({"limits": ",".join(limits.refused)})
        return redirect(f"{reverse('charters:decline', args=[visitor.signatory.pk])}?{query}")
    proof = proof_of(request, visitor, code) if limits.is_valid() else None
    if proof is None:
        context = context_of(request, visitor, code) | {"limits_form": limits}
        return render(request, "charters/sign.html", context, status=422)
    shown = request.POST.get("sha256", "")
    signatures = sign(visitor, by=visitor.user, shown_hash=shown, proof=proof, accepted=limits.accepted)
    messages.success(request, f"Signed as {', '.join(item.role for item in signatures)}.")
    return redirect("charters:sign", visitor.signatory.pk)


@require_POST
@never_cache
def send_code(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mail six digits to the address that is frozen in the revision."""
    visitor = get_visitor(request, pk)
    if visitor.link is None:
        raise Conflict("With an account you sign in again instead of using a code.")
    if link_signing_is_off():
        raise Conflict(LINK_OFF)
    charter = visitor.signatory.round.revision.charter
    codes.send(
        request,
        purpose=purpose_of(visitor),
        address=visitor.signatory.email,
        what=f"answer charter {charter.code}",
        organization=charter.organization,
    )
    messages.success(request, f"A code is on its way to {visitor.signatory.email}.")
    then = request.POST.get("then", "")
    if then in AFTER_CODE:
        limits = request.POST.get("limits", "")
        query = f"?{urlencode({'limits': limits})}" if limits else ""
        return redirect(f"{reverse(f'charters:{then}', args=[visitor.signatory.pk])}{query}")
    return redirect(f"{reverse('charters:sign', args=[visitor.signatory.pk])}#decision")


@require_http_methods(GET_AND_POST)
@never_cache
def decline_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a reason, then decline; with the limits that are not acceptable, where that is why."""
    visitor = get_visitor(request, pk)
    form, code = ReasonForm(request.POST or None), CodeForm(request.POST or None)
    context = context_of(request, visitor, code)
    given = request.POST if request.method == "POST" else request.GET
    known = {item.key: item for item in context["limits"]}
    refused = [known[key] for key in dict.fromkeys(given.get("limits", "").split(",")) if key in known]
    if request.method == "POST" and form.is_valid():
        proof = proof_of(request, visitor, code)
        if proof is not None:
            reason = form.cleaned_data["reason"]
            keys = [item.key for item in refused]
            decline(visitor, by=visitor.user, reason=reason, proof=proof, limits=keys)
            messages.success(request, "Declined. Everybody who was asked is told.")
            return redirect("charters:sign", visitor.signatory.pk)
    context |= {"form": form, "refused": refused, "refused_keys": ",".join(item.key for item in refused)}
    status = 422 if form.errors or code.errors else 200
    return render(request, "charters/decline.html", context, status=status)


@require_http_methods(GET_AND_POST)
@never_cache
def changes_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask what must change, then end the round with that."""
    visitor = get_visitor(request, pk)
    form, code = ReasonForm(request.POST or None), CodeForm(request.POST or None)
    context = context_of(request, visitor, code) | {"form": form}
    if request.method == "POST" and form.is_valid():
        proof = proof_of(request, visitor, code)
        if proof is not None:
            request_changes(visitor, by=visitor.user, reason=form.cleaned_data["reason"], proof=proof)
            messages.success(request, "Changes are asked for. Everybody who was asked is told.")
            return redirect("charters:sign", visitor.signatory.pk)
    status = 422 if form.errors or code.errors else 200
    return render(request, "charters/changes.html", context, status=status)


@require_http_methods(GET_AND_POST)
@never_cache
def delegate_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Name a member who signs in one's place."""
    visitor = get_visitor(request, pk)
    people = candidates(visitor)
    form, code = DelegateForm(request.POST or None, people=people), CodeForm(request.POST or None)
    context = context_of(request, visitor, code) | {"form": form, "people": people}
    if request.method == "POST" and form.is_valid():
        proof = proof_of(request, visitor, code)
        if proof is not None:
            to, reason = form.person, form.cleaned_data["reason"]
            name_delegate(visitor, by=visitor.user, to=to, reason=reason, proof=proof)
            messages.success(request, f"{to.get_full_name()} signs in your place, until you take that back.")
            return redirect("charters:sign", visitor.signatory.pk)
    status = 422 if form.errors or code.errors else 200
    return render(request, "charters/delegate.html", context, status=status)


@require_POST
@never_cache
def take_back_seat(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign in person again."""
    visitor = get_visitor(request, pk)
    take_back(visitor, by=visitor.user)
    messages.success(request, "You sign in person again.")
    return redirect("charters:sign", visitor.signatory.pk)
