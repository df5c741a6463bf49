"""A person's own settings: profile, address, ways to sign in, tokens."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions, codes
from accounts.access import (
    current_membership,
    find_membership,
    get_token,
    memberships_of,
    person,
    require_fresh,
)
from accounts.forms import AddressForm, CodeForm, ProfileForm, TokenForm
from accounts.models import ApiToken
from accounts.permissions import allowed
from ui.panels import fill

NEW_ADDRESS = "new address"


@require_GET
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """What a person can set, for the account and for the organization."""
    user = person(request)
    mine = find_membership(request)
    state = mine.organization.state if mine else "active"
    context = {
        "profile": ProfileForm(initial={"name": user.name, "theme": user.theme}),
        "second_factor": is_mfa_enabled(user),
        "sessions": len(UserSession.objects.purge_and_list(user)),
        "tokens": ApiToken.objects.filter(user=user, revoked_at=None).count(),
        "mine": mine,
        "organization": mine.organization if mine else None,
        "manages": bool(mine and allowed(mine.role, "manage", state)),
        "owns": bool(mine and mine.role == "owner"),
        "organizations": list(memberships_of(user)),
    }
    page = render_to_string("accounts/settings.html", context, request)
    return HttpResponse(fill(page, request, context["organization"]))


@require_POST
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Save name and theme."""
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/profile_invalid.html", {"form": form}, status=422)
    actions.update_profile(person(request), **form.cleaned_data)
    messages.success(request, "Saved.")
    return redirect("accounts:settings")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def address(request: HttpRequest) -> HttpResponse:
    """Ask for a new address and mail a code to it; needs a fresh sign-in."""
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require_fresh(request)
        new = form.cleaned_data["email"].lower()
        # Whether somebody else has the address is said only to who can read its mail.
        codes.send(
            request, purpose=NEW_ADDRESS, address=new, what="move your account here", organization=None
        )
        return redirect("accounts:address_code")
    return render(request, "accounts/address.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def address_code(request: HttpRequest) -> HttpResponse:
    """Take the code that was mailed to the new address."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        proven = codes.check(request, purpose=NEW_ADDRESS, code=form.cleaned_data["code"])
        if proven:
            actions.change_address(person(request), email=proven)
            messages.success(request, f"Your address is {proven} now.")
            return redirect("accounts:settings")
        form.add_error("code", "This is not the code, or it is older than ten minutes.")
    context = {"form": form, "sent_to": codes.sent_to(request, NEW_ADDRESS)}
    return render(request, "accounts/address_code.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens; an owner sees all of the organization."""
    mine = current_membership(request)
    return _tokens_page(request, TokenForm(initial={"days": "90"}), mine.role == "owner")


def _tokens_page(request: HttpRequest, form: TokenForm, owner: bool, secret: str = "") -> HttpResponse:
    organization = current_membership(request).organization
    rows = ApiToken.objects.filter(organization=organization, revoked_at=None).select_related("user")
    if not owner:
        rows = rows.filter(user=person(request))
    context = {
        "organization": organization,
        "tokens": rows.order_by("-created_at"),
        "form": form,
        "secret": secret,
        "owner": owner,
        "now": timezone.now(),
    }
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def create_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show it once; needs a fresh sign-in."""
    mine = current_membership(request)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _tokens_page(request, form, mine.role == "owner")
    require_fresh(request)
    given = form.cleaned_data
    end = timezone.now() + dt.timedelta(days=int(given["days"])) if given["days"] else None
    _, secret = actions.create_token(
        mine.organization, by=person(request), name=given["name"], scopes=given["scopes"], expires_at=end
    )
    response = _tokens_page(request, TokenForm(initial={"days": "90"}), mine.role == "owner", secret)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@login_required
def revoke_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a token."""
    token = get_token(request.user, pk)
    actions.revoke_token(token, by=person(request))
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("accounts:tokens")
