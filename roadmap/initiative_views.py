"""Initiatives: the catalogue, one of them, how far it is, choices by hand, own ones."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import current_membership, person
from accounts.models import Organization
from roadmap import actions
from roadmap.access import get_initiative, get_own_initiative, get_plan
from roadmap.actions.initiatives import known_items
from roadmap.forms import (
    PILLAR_NAMES,
    BindingForm,
    ChoiceForm,
    ProgressForm,
    show_invalid,
)
from roadmap.initiative_page import initiative_context, rows_of
from roadmap.models import OwnInitiative, Plan, UseCase
from roadmap.own_forms import OwnInitiativeForm, entry_initial, with_one_more
from roadmap.plan_views import rights
from roadmap.queries import bindable, catalogue_of, latest_plan
from ui.errors import Invalid
from ui.panels import fill, mark

FORM = ("GET", "HEAD", "POST")
PER_PAGE = 60


@require_safe
@login_required
def catalogue(request: HttpRequest) -> HttpResponse:
    """All initiatives with what was chosen and how far they are."""
    membership = current_membership(request)
    chosen = {name: request.GET.get(name, "")[:40] for name in ("pillar", "phase", "state", "find")}
    rows = rows_of(membership.organization, **chosen)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    query = "&".join(f"{name}={value}" for name, value in chosen.items() if value.isalnum())
    context = {
        "page": page,
        "query": query,
        "total": len(rows),
        "chosen": chosen,
        "pillars": PILLAR_NAMES.items(),
        **rights(membership),
    }
    shown = render_to_string("roadmap/catalogue.html", context, request)
    return HttpResponse(fill(shown, request, membership.organization))


@require_safe
@login_required
def show(request: HttpRequest, key: str) -> HttpResponse:
    """One initiative: why it is in the plan, what it takes, how far it is."""
    membership = current_membership(request)
    return _page(request, membership.organization, key)


def _page(
    request: HttpRequest, organization: Organization, key: str, *, status: int = 200, **forms: Any
) -> HttpResponse:
    membership = current_membership(request)
    initiative = get_initiative(organization, key)
    plan = _plan(request, organization)
    context = initiative_context(organization, initiative, plan) | rights(membership) | forms
    context["projects"] = fill(mark("initiatives.projects", "all"), request, initiative)
    return render(request, "roadmap/initiative.html", context, status=status)


def _plan(request: HttpRequest, organization: Organization) -> Plan | None:
    """The plan that the reader comes from, if it is one of this organization; else the current one."""
    wanted = request.GET.get("plan", "")
    if len(wanted) == 36 and wanted.count("-") == 4 and wanted.replace("-", "").isalnum():
        try:
            plan = get_plan(request.user, wanted)
        except ValueError:
            return latest_plan(organization)
        return plan if plan.organization_id == organization.pk else None
    return latest_plan(organization)


@require_POST
@login_required
def progress(request: HttpRequest, key: str) -> HttpResponse:
    """Records how far an initiative is; for members."""
    organization = current_membership(request, "edit").organization
    get_initiative(organization, key)
    form = ProgressForm(request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        seen = given.pop("seen")
        try:
            actions.record_progress(organization, key, by=person(request), seen=seen or 0, **given)
        except Invalid as error:
            show_invalid(form, error)
        else:
            messages.success(request, "Saved. The plan shows it.")
            return redirect("roadmap:initiative", key=key)
    return _page(request, organization, key, status=422, progress_form=form)


@require_POST
@login_required
def choose(request: HttpRequest, key: str) -> HttpResponse:
    """Takes an initiative in, leaves it out, sets its week, or takes the choice back."""
    organization = current_membership(request, "manage").organization
    get_initiative(organization, key)
    form = ChoiceForm(request.POST)
    if form.is_valid():
        try:
            actions.set_item(organization, key, by=person(request), **form.cleaned_data)
        except Invalid as error:
            show_invalid(form, error)
        else:
            messages.success(request, "Saved. It takes effect when you plan again.")
            return redirect("roadmap:initiative", key=key)
    return _page(request, organization, key, status=422, choice_form=form)


@require_POST
@login_required
def bind(request: HttpRequest, key: str) -> HttpResponse:
    """Says which use case a POC is about."""
    organization = current_membership(request, "manage").organization
    get_initiative(organization, key)
    cases = {str(case.pk): case for case, _ in bindable(organization)}
    form = BindingForm(request.POST, cases=[(pk, case.title) for pk, case in cases.items()])
    if form.is_valid():
        chosen: UseCase | None = cases.get(form.cleaned_data["use_case"])
        actions.bind_use_case(organization, key, chosen, by=person(request))
        messages.success(request, "Saved. The plan calls it by its use case." if chosen else "Saved.")
        return redirect("roadmap:initiative", key=key)
    return _page(request, organization, key, status=422, binding_form=form)


@require_http_methods(FORM)
@login_required
def own_new(request: HttpRequest) -> HttpResponse:
    """Adds an initiative of the organization's own."""
    organization = current_membership(request, "manage").organization
    form = _own_form(request, organization)
    if form.is_bound and form.is_valid():
        try:
            row = actions.add_own_initiative(organization, form.entry(), by=person(request))
        except Invalid as error:
            show_invalid(form, _at_fields(form, error))
        else:
            messages.success(request, f"{row} is in the catalogue. Plan again to have it looked at.")
            return redirect("roadmap:initiative", key=row.key)
    context = {"form": form, "button": "Add the initiative", "cancel_url": reverse("roadmap:initiatives")}
    return render(request, "roadmap/own.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM)
@login_required
def own_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Changes an own initiative."""
    organization = current_membership(request, "manage").organization
    row = get_own_initiative(organization, key)
    form = _own_form(request, organization, row)
    seen = request.POST.get("seen", str(row.revision))[:9]
    if form.is_bound and form.is_valid():
        try:
            actions.change_own_initiative(
                row, form.entry(), by=person(request), seen=int(seen) if seen.isdecimal() else 0
            )
        except Invalid as error:
            show_invalid(form, _at_fields(form, error))
        else:
            messages.success(request, "Saved. Plan again to have it looked at.")
            return redirect("roadmap:initiative", key=key)
    context = {
        "form": form,
        "seen": seen,
        "button": "Save the initiative",
        "cancel_url": reverse("roadmap:initiative", args=[key]),
    }
    return render(request, "roadmap/own.html", context, status=422 if form.errors else 200)


def _own_form(
    request: HttpRequest, organization: Organization, row: OwnInitiative | None = None
) -> OwnInitiativeForm:
    """The form as sent; as typed so far where one more row was asked for; else as stored."""
    initial = entry_initial(row.content) if row else {}
    more = request.POST.get("more")
    if more:
        initial = with_one_more(request.POST, more)
    others = [one for one in catalogue_of(organization).initiatives if row is None or one.key != row.key]
    return OwnInitiativeForm(
        request.POST if request.method == "POST" and not more else None,
        initial=initial,
        items=known_items(organization),
        others=others,
        currency=organization.currency,
    )


def _at_fields(form: OwnInitiativeForm, error: Invalid) -> Invalid:
    """The problems of an entry beside the fields of the form."""
    fields: dict[str, list[str]] = {}
    for path, found in error.fields.items():
        fields.setdefault(form.field_of(path), []).extend(cast(list[str], found))
    return Invalid(error.message, fields=fields)


@require_POST
@login_required
def own_remove(request: HttpRequest, key: str) -> HttpResponse:
    """Takes an own initiative out of the catalogue."""
    organization = current_membership(request, "manage").organization
    actions.remove_own_initiative(get_own_initiative(organization, key), by=person(request))
    messages.success(request, "It is out of the catalogue; plans that hold it keep what they say.")
    return redirect("roadmap:initiatives")
