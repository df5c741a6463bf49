"""Releases and what is done to what runs: progress, cancel, the share of a canary, roll back, stop, start."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person
from deployments.access import get_release, get_standing, standing_of
from deployments.actions import releasing
from deployments.forms import WhyForm
from deployments.models import Deployment, Release
from deployments.presentation import (
    deployment_state,
    history_of,
    release_state,
    steps_of,
    versions_of,
    waiver_words,
)
from deployments.release.lifecycle import ON_THE_WAY, OVER, State
from deployments.release.log import last_lines
from deployments.release.page import call_words, release_facts, release_title
from ui.errors import Conflict, Invalid, NotFound

GET_AND_POST = ["GET", "HEAD", "POST"]
MOST_SHOWN = 200


@require_safe
@login_required
def history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every version that was deployed here, and everything that happened, with who and why."""
    standing = get_standing(request.user, pk)
    deployment = standing.deployment
    operates = standing.may("operate")
    live = deployment.releases.filter(state=State.LIVE).first()
    open_ = releasing.under_way(deployment)
    kind, word = deployment_state(deployment, live, open_, deployment.releases.first())
    context = {
        "deployment": deployment,
        "live": live,
        "open": open_,
        "state": {"kind": kind, "word": word},
        "versions": versions_of(deployment, may_go_back=operates, shown=MOST_SHOWN),
        "happened": history_of(deployment, shown=MOST_SHOWN),
        "may": {"deploy": standing.may("deploy"), "operate": operates, "lead": standing.may("lead")},
        "back": releasing.last_good(deployment) if operates else None,
    }
    return render(request, "deployments/history.html", context)


@require_safe
@login_required
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One release: how far it is, what the gate said, what its log says."""
    found = get_release(request.user, pk)
    return render(request, "deployments/release.html", _release_context(request, found))


@require_safe
@login_required
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The part of that page that changes; it asks again while the release is on its way."""
    found = get_release(request.user, pk)
    return render(request, "deployments/_progress.html", _release_context(request, found))


def _release_context(request: HttpRequest, found: Release) -> dict[str, Any]:
    standing = standing_of(request.user, found.deployment)
    kind, word = release_state(found.state)
    return {
        "release": found,
        "deployment": found.deployment,
        "title": release_title(found),
        "facts": release_facts(found, kind, word),
        "steps": steps_of(found),
        "on_the_way": found.state in ON_THE_WAY,
        "moves": found.state not in OVER,
        "canary": found.state == State.CANARY,
        "log": last_lines(found),
        "may": {"deploy": standing.may("deploy"), "operate": standing.may("operate")},
        "waiver": waiver_words(found),
    }


@require_POST
@login_required
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a release off."""
    found = get_release(request.user, pk, need="deploy")
    releasing.cancel(found, by=person(request))
    messages.success(request, "The release is called off. What answers goes on answering.")
    return redirect("deployments:release", found.pk)


@require_POST
@login_required
def weight(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a canary another share."""
    found = get_release(request.user, pk, need="deploy")
    given = request.POST.get("weight", "")
    share = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    try:
        releasing.set_weight(found, by=person(request), weight=share)
    except Invalid as error:
        messages.error(request, " ".join(words for lines in error.fields.values() for words in lines))
    else:
        messages.success(request, f"It answers {share} % of the requests from now on.")
    return redirect("deployments:release", found.pk)


@require_POST
@login_required
def promote(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a canary everything."""
    found = get_release(request.user, pk, need="deploy")
    releasing.promote(found, by=person(request))
    messages.success(request, "It answers all requests from now on.")
    return redirect("deployments:release", found.pk)


@require_http_methods(GET_AND_POST)
@login_required
def roll_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask once, then go back to the last good version, or to the one that was chosen."""
    deployment = get_standing(request.user, pk, need="operate").deployment
    target = _target(deployment, request.GET.get("to", ""))
    canary = deployment.releases.filter(state=State.CANARY).first() if target is None else None
    to = target or releasing.last_good(deployment)
    if canary is None and to is None:
        raise Conflict("No earlier version has answered here, so there is nothing to go back to.")
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = releasing.roll_back(deployment, by=person(request), to=target, why=form.cleaned_data["why"])
        messages.success(
            request, "The canary is taken back." if canary else f"Back to {made}: it starts now."
        )
        return redirect("deployments:release", made.pk)
    live = deployment.releases.filter(state=State.LIVE).first()
    context = {
        "kind": f"{deployment.environment.name} · {deployment.title}",
        "title": f"Take the canary {canary} back" if canary else f"Roll back to {to}",
        "lede": "",
        "effects": _effects_of_going_back(live, canary, to),
        "form": form,
        "button": f"Take {canary} back" if canary else f"Roll back to version {to.version if to else ''}",
        "button_kind": "primary",
        "cancel_url": reverse("deployments:history", args=[deployment.pk]),
    }
    return render(request, "ui/confirm.html", context, status=422 if form.errors else 200)


def _effects_of_going_back(live: Release | None, canary: Release | None, to: Release | None) -> list[str]:
    if canary is not None:
        return [
            f"{live or 'The live version'} answers all requests again, at once.",
            "Callers notice nothing: answers under way are ended first.",
        ]
    now = f"{live} answers until then." if live else "The fallback answers until then."
    return [
        f"{to} is started, tested and takes over. {now}",
        "Callers notice nothing: answers under way are ended first.",
        "It takes as long as the version needs to start, some seconds to a minute.",
    ]


def _target(deployment: Deployment, wanted: str) -> Release | None:
    if not wanted:
        return None
    try:
        found = deployment.releases.filter(pk=UUID(wanted)).exclude(live_at=None).first()
    except ValueError as error:
        raise NotFound from error
    if found is None:
        raise NotFound
    return found


@require_http_methods(GET_AND_POST)
@login_required
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask once, then stop: from then on the fallback answers."""
    deployment = get_standing(request.user, pk, need="operate").deployment
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        releasing.stop(deployment, by=person(request), why=form.cleaned_data["why"])
        messages.success(request, f"{deployment.title} is stopped. {call_words(deployment)}")
        return redirect("deployments:history", deployment.pk)
    context = {
        "kind": f"{deployment.environment.name} · {deployment.title}",
        "title": f"Stop {deployment.title}",
        "lede": f"Agreed for then: {deployment.fallback_words}" if deployment.fallback_words else "",
        "effects": [
            call_words(deployment),
            "Answers under way are ended first; a release on its way is called off.",
            "It can be started again with the version that answered last.",
        ],
        "form": form,
        "button": "Stop it",
        "cancel_url": reverse("deployments:history", args=[deployment.pk]),
    }
    return render(request, "ui/confirm.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Start again what was stopped."""
    deployment = get_standing(request.user, pk, need="deploy").deployment
    try:
        made = releasing.start(deployment, by=person(request), why=request.POST.get("why", ""))
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("deployments:history", deployment.pk)
    messages.success(request, f"{made} starts now.")
    return redirect("deployments:release", made.pk)
