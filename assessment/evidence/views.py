"""Pages of the register of data assets and of the roster."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import current_membership
from accounts.permissions import allowed
from assessment.access import account_of
from assessment.evidence import actions, queries, sheets
from assessment.evidence.access import get_asset, get_roster_person
from assessment.evidence.forms import AssetForm, PersonForm, SheetForm
from assessment.evidence.register import status_of
from assessment.evidence.roles import role_book
from ui.errors import Invalid
from ui.words import counted, in_words, sentence

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
@login_required
def assets(request: HttpRequest) -> HttpResponse:
    """The register, least usable first."""
    membership = current_membership(request)
    rows = queries.register_of(membership.organization)
    edits = allowed(membership.role, "edit", membership.organization.state)
    context = {
        "rows": rows,
        "edits": edits,
        "title": _assets_title(rows),
        "facts": _assets_facts(rows),
        "seen": queries.observations_of(membership.organization),
        "buttons": _buttons("asset_new", "Add a data asset", "asset_import") if edits and rows else [],
    }
    return render(request, "evidence/assets.html", context)


def _buttons(new: str, label: str, import_: str) -> list[dict[str, Any]]:
    return [
        {"label": "Import a spreadsheet", "url": reverse(f"evidence:{import_}")},
        {"label": label, "url": reverse(f"evidence:{new}"), "kind": "primary"},
    ]


def _assets_title(rows: list[queries.AssetRow]) -> str:
    if not rows:
        return "No data asset is registered yet"
    blocked = sum(row.status.key == "not_usable_yet" for row in rows)
    if blocked:
        if blocked == len(rows):
            return "The data asset cannot be used yet" if blocked == 1 else "No data asset can be used yet"
        return sentence(f"{in_words(blocked)} of {in_words(len(rows))} data assets cannot be used yet")
    best = sum(row.status.key == "best" for row in rows)
    return f"All data assets can be used, {best} of {len(rows)} at their best"


def _assets_facts(rows: list[queries.AssetRow]) -> list[dict[str, str]]:
    waits = sorted(row.asset.days_to_access for row in rows if row.asset.days_to_access is not None)
    return [
        {"term": "Labeled", "value": f"{sum(row.asset.labeled for row in rows)} of {len(rows)}"},
        {
            "term": "In one repository",
            "value": f"{sum(row.asset.in_one_repository for row in rows)} of {len(rows)}",
        },
        {
            "term": "With a legal basis",
            "value": f"{sum(bool(row.asset.legal_basis) for row in rows)} of {len(rows)}",
        },
        {"term": "Days to access", "value": ", ".join(map(str, waits)) or "Not known"},
    ]


@login_required
def asset_new(request: HttpRequest) -> HttpResponse:
    membership = current_membership(request, "edit")
    form = AssetForm(request.POST or None, organization=membership.organization)
    if request.method == "POST" and form.is_valid():
        try:
            asset = actions.save_asset(membership.organization, form.cleaned_data, by=account_of(request))
        except Invalid as error:
            _to_form(form, error)
        else:
            messages.success(request, f"{asset.name} is in the register.")
            return redirect("evidence:assets")
    context = {"form": form, "title": "Add a data asset"}
    return render(request, "evidence/asset.html", context, status=422 if form.errors else 200)


@login_required
def asset(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One data asset, with its status and next step; a form for those who may change it."""
    found = get_asset(request.user, pk, need="view" if request.method == "GET" else "edit")
    membership = current_membership(request)
    status = status_of(found)
    form = AssetForm(request.POST or None, instance=found, organization=found.organization)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        base = data.pop("base_revision")
        stored = get_asset(request.user, pk, need="edit")
        try:
            actions.save_asset(
                found.organization, data, by=account_of(request), asset=stored, base_revision=base
            )
        except Invalid as error:
            _to_form(form, error)
        else:
            messages.success(request, f"{stored.name} is changed.")
            return redirect("evidence:assets")
    context = {
        "asset": found,
        "status": status,
        "form": form,
        "title": found.name,
        "edits": found.archived_at is None
        and allowed(membership.role, "edit", membership.organization.state),
    }
    return render(request, "evidence/asset.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def asset_archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_asset(request.user, pk, need="edit")
    actions.archive_asset(found, by=account_of(request))
    messages.success(request, f"{found.name} is archived.")
    return redirect("evidence:assets")


@login_required
def asset_import(request: HttpRequest) -> HttpResponse:
    organization = current_membership(request, "edit").organization

    def take(content: bytes) -> tuple[int, int]:
        return actions.import_assets(organization, sheets.read_assets(content), by=account_of(request))

    return _import(request, take, "evidence:assets", "evidence:asset_template", "Import data assets")


@require_GET
@login_required
def asset_template(request: HttpRequest) -> HttpResponse:
    current_membership(request)
    return _download(sheets.asset_template(), "data-assets.xlsx")


@require_GET
@login_required
def roster(request: HttpRequest) -> HttpResponse:
    """Who covers which role, and what rests on one person."""
    membership = current_membership(request)
    people = queries.roster_of(membership.organization)
    manages = allowed(membership.role, "manage", membership.organization.state)
    view = queries.view_of(people)
    roles = role_book().roles
    context = {
        "people": [
            (person, [(roles[s.role].name, s.share) for s in person.shares.all() if s.role in roles])
            for person in people
        ],
        "view": view,
        "manages": manages,
        "sees_skills": membership.role in ("owner", "facilitator"),
        "skills": role_book().skills,
        "title": _roster_title(view, bool(people)),
        "buttons": _buttons("person_new", "Add a person", "roster_import") if manages and people else [],
    }
    return render(request, "evidence/roster.html", context)


def _roster_title(view: queries.RosterView, any_people: bool) -> str:
    if not any_people:
        return "Nobody is on the roster yet"
    missing = [role for role in view.roles if role.state != "covered"]
    if not missing:
        return "All seven roles are covered"
    return sentence(
        f"{counted(len(missing), 'role is', 'roles are')} not covered, {missing[0].name.lower()} first"
    )


@login_required
def person_new(request: HttpRequest) -> HttpResponse:
    organization = current_membership(request, "manage").organization
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.save_person(organization, form.entry(), by=account_of(request))
        except Invalid as error:
            _to_form(form, error)
        else:
            messages.success(request, f"{person.name} is on the roster.")
            return redirect("evidence:roster")
    context = {"form": form, "title": "Add a person", "levels": role_book().levels}
    return render(request, "evidence/person.html", context, status=422 if form.errors else 200)


@login_required
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One entry of the roster; skill levels of named people are for facilitators and owners only."""
    found = get_roster_person(request.user, pk, need="manage")
    form = PersonForm(request.POST or None, person=found)
    if request.method == "POST" and form.is_valid():
        base = form.cleaned_data["base_revision"]
        try:
            actions.save_person(
                found.organization, form.entry(), by=account_of(request), person=found, base_revision=base
            )
        except Invalid as error:
            _to_form(form, error)
        else:
            messages.success(request, f"{found.name} is changed.")
            return redirect("evidence:roster")
    context = {"form": form, "title": found.name, "person": found, "levels": role_book().levels}
    return render(request, "evidence/person.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def person_archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_roster_person(request.user, pk, need="manage")
    actions.archive_person(found, by=account_of(request))
    messages.success(request, f"{found.name} is archived.")
    return redirect("evidence:roster")


@login_required
def roster_import(request: HttpRequest) -> HttpResponse:
    organization = current_membership(request, "manage").organization

    def take(content: bytes) -> tuple[int, int]:
        return actions.import_roster(organization, sheets.read_roster(content), by=account_of(request))

    return _import(request, take, "evidence:roster", "evidence:roster_template", "Import the roster")


@require_GET
@login_required
def roster_template(request: HttpRequest) -> HttpResponse:
    current_membership(request)
    return _download(sheets.roster_template(), "roster.xlsx")


def _import(request: HttpRequest, take: Any, back: str, template: str, title: str) -> HttpResponse:
    form = SheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            added, changed = take(form.cleaned_data["file"].read(sheets.MAX_BYTES + 1))
        except Invalid as error:
            _to_form(form, error)
        else:
            messages.success(request, sentence(f"{counted(added, 'row', 'rows')} added, {changed} changed."))
            return redirect(back)
    context = {
        "form": form,
        "title": title,
        "back_url": reverse(back),
        "template_url": reverse(template),
    }
    return render(request, "evidence/import.html", context, status=422 if form.errors else 200)


def _to_form(form: Any, error: Invalid) -> None:
    """What an action refuses stands beside the fields that it names."""
    if not error.fields:
        form.add_error(None, error.message)
    for name, texts in error.fields.items():
        form.add_error(name if name in form.fields else None, list(texts))


def _download(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=EXCEL, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
