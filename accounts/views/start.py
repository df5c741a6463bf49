"""The first start: a sign-in link from the console, then a name and an organization."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts import actions, first
from accounts.access import SESSION_KEY, memberships_of, person
from accounts.forms import OrganizationForm, StartForm
from accounts.limits import client_address, limit
from accounts.models import Organization, User
from accounts.sign_in import sign_in


@require_GET
def first_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in once with the link from the console. It was never mailed, so opening it may use it up."""
    limit("first", client_address(request), times=20, seconds=300)
    user = first.use(token)
    if user is None:
        return render(request, "accounts/first_closed.html", status=410)
    sign_in(request, user, method="link")
    return redirect("/" if memberships_of(user).exists() else "accounts:start")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Where a person without organization begins."""
    user = person(request)
    new = first.is_placeholder(user)
    shown = {} if new else {"your_name": user.name, "email": user.email}
    form: OrganizationForm
    if new:
        form = StartForm(request.POST or None, user=user, initial=shown)
    else:
        form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        organization = _begin(user, form)
        if new and form.cleaned_data["password"]:
            sign_in(request, user, method="link")
        request.session[SESSION_KEY] = str(organization.pk)
        messages.success(request, f"{organization.name} is ready.")
        return redirect("/")
    context = {"form": form, "new": new}
    return render(request, "accounts/start.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _begin(user: User, form: OrganizationForm) -> Organization:
    given = form.cleaned_data
    if isinstance(form, StartForm):
        actions.claim_account(user, name=given["your_name"], email=given["email"], password=given["password"])
    return actions.create_organization(
        by=user,
        name=given["name"],
        currency=given["currency"],
        time_zone=given["time_zone"],
        functions=given["functions"],
    )
