"""Inviting people, correcting what was sent, and accepting."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions
from accounts.access import SESSION_KEY, current_membership, get_invitation, person
from accounts.forms import AcceptForm, InvitationForm, InviteForm, function_key
from accounts.limits import client_address, limit
from accounts.models import Invitation, Organization, Unit, User
from accounts.models.keys import hash_secret
from accounts.sign_in import sign_in
from ui.errors import NotFound

INVITED_KEY = "accounts.invitation"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def invite(request: HttpRequest) -> HttpResponse:
    """Paste or upload addresses; either all lines can be read and are invited, or none is."""
    organization = current_membership(request, "manage").organization
    form = InviteForm(request.POST or None, request.FILES or None, organization=organization)
    if request.method == "POST" and form.is_valid():
        invited = actions.invite(organization, by=person(request), people=_invitees(form, organization))
        known = len(form.entries) - len(invited)
        noun = "invitation" if len(invited) == 1 else "invitations"
        rest = f" {known} of the addresses were members or invited already." if known else ""
        messages.success(request, f"{len(invited)} {noun} on the way.{rest}")
        return redirect("accounts:people")
    context = {"organization": organization, "form": form}
    return render(request, "accounts/invite.html", context, status=422 if form.errors else 200)


def _invitees(form: InviteForm, organization: Organization) -> list[actions.Invitee]:
    given = form.cleaned_data
    units = {unit.name.lower(): unit for unit in Unit.objects.filter(organization=organization)}
    return [
        actions.Invitee(
            email=entry.address,
            name=entry.name,
            role=given["role"],
            functions=[key] if (key := function_key(entry.function)) else given["functions"],
            unit=units.get(entry.unit.lower()) or given["unit"],
        )
        for entry in form.entries
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct address, function, role or unit of an open invitation."""
    row = get_invitation(request.user, pk)
    initial = {name: getattr(row, name) for name in ("email", "name", "role", "functions")}
    form = InvitationForm(
        request.POST or None, organization=row.organization, initial={**initial, "unit": row.unit_id}
    )
    if request.method == "POST" and form.is_valid():
        actions.correct_invitation(row, by=person(request), **form.cleaned_data)
        messages.success(request, f"The invitation of {row.email} is corrected.")
        return redirect("accounts:people")
    context = {"row": row, "form": form}
    return render(request, "accounts/invitation_edit.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def resend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mail the invitation again with a new link."""
    row = get_invitation(request.user, pk)
    limit("invitation.resend", str(pk), times=3, seconds=3600)
    actions.resend_invitation(row, by=person(request))
    messages.success(request, f"The invitation is on its way to {row.email} again.")
    return redirect("accounts:people")


@require_POST
@login_required
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraw an open invitation."""
    row = get_invitation(request.user, pk)
    actions.revoke_invitation(row, by=person(request))
    messages.success(request, f"The invitation of {row.email} is withdrawn.")
    return redirect("accounts:people")


@require_GET
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange the token for a mark in the session; opening uses nothing up."""
    limit("invitation", client_address(request), times=30, seconds=300)
    row = Invitation.objects.filter(token_hash=hash_secret(token)).first()
    if row is None:
        raise NotFound
    request.session[INVITED_KEY] = str(row.pk)
    return redirect("accounts:invited")


def _invited(request: HttpRequest) -> Invitation:
    if INVITED_KEY not in request.session:
        raise NotFound
    row = (
        Invitation.objects.select_related("organization", "invited_by")
        .filter(pk=str(request.session[INVITED_KEY]))
        .first()
    )
    if row is None:
        raise NotFound
    return row


@require_GET
def invited(request: HttpRequest) -> HttpResponse:
    """What one is invited to, and the one step that is left."""
    row = _invited(request)
    return _invited_page(request, row, AcceptForm(initial={"name": row.name}))


def _invited_page(request: HttpRequest, row: Invitation, form: AcceptForm) -> HttpResponse:
    known = User.objects.filter(email=row.email, is_active=True).exists()
    if row.state != "open":
        return render(request, "accounts/invitation_closed.html", {"row": row}, status=410)
    context = {
        "row": row,
        "form": form,
        "signed_in": request.user.is_authenticated,
        "matches": request.user.is_authenticated and person(request).email == row.email,
        "known": known,
        "sign_in_url": f"{reverse('account_login')}?next={reverse('accounts:invited')}",
    }
    return render(request, "accounts/invited.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def accept(request: HttpRequest) -> HttpResponse:
    """Accept with the account that is signed in."""
    row = _invited(request)
    actions.accept_invitation(row, user=person(request))
    return _welcome(request, row)


@require_POST
def join(request: HttpRequest) -> HttpResponse:
    """Open an account for the invited address and accept. The mailed link has proven the address."""
    row = _invited(request)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _invited_page(request, row, form)
    with transaction.atomic():
        user = actions.create_account(
            email=row.email, name=form.cleaned_data["name"], password=form.cleaned_data["password"]
        )
        actions.accept_invitation(row, user=user)
    kept = request.session.get(INVITED_KEY)
    sign_in(request, user, method="invitation")
    request.session[INVITED_KEY] = kept
    return _welcome(request, row)


def _welcome(request: HttpRequest, row: Invitation) -> HttpResponse:
    request.session.pop(INVITED_KEY, None)
    request.session[SESSION_KEY] = str(row.organization_id)
    messages.success(request, f"You belong to {row.organization.name} now.")
    return redirect("/")
