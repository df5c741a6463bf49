"""Making organizations, switching between them, their settings, units and archive."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions, queries
from accounts.access import (
    SESSION_KEY,
    current_membership,
    get_archived,
    get_organization,
    get_unit,
    person,
    require_fresh,
)
from accounts.forms import NameTypedForm, OrganizationForm, SettingsForm, UnitForm
from accounts.models import Unit


@require_POST
@login_required
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Work in another organization from now on."""
    organization = get_organization(request.user, pk)
    request.session[SESSION_KEY] = str(organization.pk)
    return redirect("/")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """A further organization, owned by whoever makes it."""
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        organization = actions.create_organization(by=person(request), **form.cleaned_data)
        request.session[SESSION_KEY] = str(organization.pk)
        messages.success(request, f"{organization.name} is ready.")
        return redirect("/")
    context = {"form": form}
    return render(request, "accounts/organization_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Names, money, time and mail of the current organization."""
    organization = current_membership(request, "manage").organization
    name = organization.name
    form = SettingsForm(request.POST or None, instance=organization)
    if request.method == "POST" and form.is_valid():
        actions.update_organization(organization, by=person(request), **form.cleaned_data)
        messages.success(request, f"Settings of {organization.name} saved.")
        return redirect("accounts:settings")
    context = {"form": form, "name": name}
    return render(request, "accounts/organization_settings.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
def units(request: HttpRequest) -> HttpResponse:
    """The units of the current organization."""
    organization = current_membership(request, "manage").organization
    return _units_page(request, organization.pk, UnitForm())


def _units_page(request: HttpRequest, organization_id: UUID, form: UnitForm) -> HttpResponse:
    rows = Unit.objects.filter(organization_id=organization_id, archived_at=None)
    context = {"units": rows, "form": form}
    return render(request, "accounts/units.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def add_unit(request: HttpRequest) -> HttpResponse:
    """One more unit."""
    organization = current_membership(request, "manage").organization
    form = UnitForm(request.POST)
    if not form.is_valid():
        return _units_page(request, organization.pk, form)
    unit = actions.add_unit(organization, by=person(request), name=form.cleaned_data["name"])
    messages.success(request, f"{unit.name} is added.")
    return redirect("accounts:units")


@require_POST
@login_required
def rename_unit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another name for a unit."""
    unit = get_unit(request.user, pk)
    actions.rename_unit(unit, by=person(request), name=request.POST.get("name", ""))
    messages.success(request, "The unit has its new name.")
    return redirect("accounts:units")


@require_POST
@login_required
def remove_unit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Offer a unit no longer."""
    unit = get_unit(request.user, pk)
    actions.remove_unit(unit, by=person(request))
    messages.success(request, f"{unit.name} is archived.")
    return redirect("accounts:units")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def archive(request: HttpRequest) -> HttpResponse:
    """Ask, then close the current organization for changes."""
    organization = current_membership(request, "own").organization
    form = NameTypedForm(request.POST or None, expected=organization.name)
    if request.method == "POST" and form.is_valid():
        require_fresh(request)
        actions.archive_organization(organization, by=person(request))
        messages.success(request, f"{organization.name} is archived. An owner can restore it in settings.")
        return redirect("accounts:settings")
    context = {
        "kind": "Settings",
        "title": f"Archive {organization.name}",
        "effects": [
            "Everything can still be read, printed and exported.",
            "Nothing can be changed: open rounds take no answers, nothing can be signed.",
            f"{len(queries.members(organization))} members keep their access. An owner can restore it.",
        ],
        "form": form,
        "button": f"Archive {organization.name}",
        "cancel_url": "/settings/",
    }
    return render(request, "ui/confirm.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open an archived organization again."""
    organization = get_archived(request.user, pk)
    actions.restore_organization(organization, by=person(request))
    messages.success(request, f"{organization.name} is open again.")
    return redirect("accounts:settings")
