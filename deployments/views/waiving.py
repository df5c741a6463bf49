"""Waivers: asked for, signed by two, withdrawn, and printed where they matter."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person, require_fresh, signed_in_at, signed_in_how
from charters.actions import Proof
from deployments.access import get_waiver, require_nameable
from deployments.actions.waiving import (
    OWNER,
    ask_waiver,
    may_withdraw,
    outcome_owner,
    part_of,
    require_withdrawable,
    sign_waiver,
    withdraw_waiver,
)
from deployments.forms import WaiverForm, refuse
from deployments.models import Environment, Waiver
from deployments.queries import waivers_in
from deployments.release.endpoints import endpoint_for, endpoints_of
from deployments.release.gate_facts import gate_of
from deployments.release.waiver_words import checks_of, end_of, waiver_state
from projects.access import get_project, get_project_named
from roadmap.queries import today_of
from ui.errors import Invalid, NotFound
from ui.formats import moment


@require_safe
@login_required
def waivers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All waivers of a project, standing and ended."""
    project = get_project(request.user, pk)
    rows = [(row, *waiver_state(row, today_of(project.organization))) for row in waivers_in(project)]
    return render(request, "deployments/waivers.html", {"project": project, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: HttpRequest, slug: str, model: str, version: int) -> HttpResponse:
    """Ask for one: which checks may pass, why, until when."""
    project = get_project_named(request.user, slug, need="contribute")
    places = Environment.objects.filter(organization=project.organization, archived_at=None)
    wanted = places.filter(slug=request.GET.get("environment", "")).first()
    environment = wanted or places.filter(policy=Environment.Policy.BLOCK).first() or places.first()
    if environment is None:
        raise NotFound
    require_nameable(model, version)
    endpoint = endpoint_for(project, environment, model, endpoints_of(project, environment))
    found = [one.key for one in gate_of(endpoint, model, version).waivable]
    form = WaiverForm(request.POST if request.method == "POST" else None, initial={"checks": found})
    if request.method == "POST" and form.is_valid():
        try:
            made = ask_waiver(
                project, environment, by=person(request), model=model, version=version, **form.cleaned_data
            )
        except Invalid as error:
            refuse(form, error.fields, error.message)
        else:
            messages.success(request, "The waiver waits for two signatures.")
            return redirect("deployments:waiver", made.pk)
    context = {
        "project": project,
        "environment": environment,
        "model": model,
        "version": version,
        "owner": outcome_owner(project),
        "form": form,
    }
    return render(request, "deployments/waiver_new.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def waiver(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What may pass, why, until when, and who has signed."""
    row = get_waiver(request.user, pk)
    seat = outcome_owner(row.project)
    today = today_of(row.project.organization)
    kind, word = waiver_state(row, today)
    part = part_of(row, person(request))
    missing = row.owner_signed_at is None if part == OWNER else bool(part) and row.second_signed_at is None
    context = {
        "waiver": row,
        "state": {"kind": kind, "word": word},
        "checks": checks_of(row),
        "end": end_of(row),
        "part": part if missing and not end_of(row) and today <= row.ends_on else "",
        "signatures": _signatures(row, seat.name if seat else "", part),
        "may_withdraw": row.withdrawn_at is None and may_withdraw(row, person(request)),
        "releases": row.releases.select_related("deployment__environment"),
    }
    return render(request, "deployments/waiver.html", context)


def _signatures(row: Waiver, owner: str, part: str) -> list[dict[str, Any]]:
    """The two blocks, as ui/signature.html takes them."""
    found = []
    for role, name, at, awaited in (
        ("outcome owner", row.owner_name, row.owner_signed_at, owner or "Nobody yet"),
        ("second person", row.second_name, row.second_signed_at, "A lead of the project"),
    ):
        status = "signed" if at else "you" if part == role else "waiting"
        when = f"Signed {moment(at)}" if at else "Not signed yet"
        found.append({"name": name or awaited, "role": role, "status": status, "when": when})
    return found


@require_POST
@login_required
def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign it, after a fresh sign-in."""
    row = get_waiver(request.user, pk)
    require_fresh(request)
    at = dt.datetime.fromtimestamp(signed_in_at(request), tz=dt.UTC)
    signed = sign_waiver(row, by=person(request), proof=Proof("account", signed_in_how(request), at))
    holds = signed.holds(today_of(signed.project.organization))
    words = "Both have signed: the waiver holds." if holds else "Signed. One more signature is needed."
    messages.success(request, words)
    return redirect("deployments:waiver", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask once, then take it back."""
    row = get_waiver(request.user, pk)
    if request.method == "POST":
        withdraw_waiver(row, by=person(request))
        messages.success(
            request, "The waiver is withdrawn. What was deployed by it stays until it is rolled back."
        )
        return redirect("deployments:waiver", row.pk)
    require_withdrawable(row, person(request))
    context = {
        "kind": f"Waivers of {row.project.name}",
        "title": f"Withdraw the waiver for {row.model} version {row.version}",
        "effects": [
            f"Nothing more is deployed to {row.environment.name} by it.",
            "What was deployed by it stays until it is rolled back.",
            "It cannot be taken up again: another one needs two signatures.",
        ],
        "button": "Withdraw the waiver",
        "cancel_url": reverse("deployments:waiver", args=[row.pk]),
    }
    return render(request, "ui/confirm.html", context)
